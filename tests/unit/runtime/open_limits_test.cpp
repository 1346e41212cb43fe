// `Ruleset::open` on how much and how large: bounds of elements, sizes of names and texts.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "heed/base/limits.h"
#include "heed/runtime/ruleset.h"
#include "opened.h"
#include "support/rich_image.h"

namespace heed::test {
namespace {

TEST(Open, words_are_within_limits) {
  {
    ImageBuilder b;
    b.push(Column::asset_name, b.string("a"));
    b.push(Column::asset_kind, image::PartKind::text);
    b.push(Column::asset_prop_count, std::uint8_t{1});
    b.push(Column::prop_key, b.string("text"));
    b.push(Column::prop_value, b.string(std::string(limits::text_size_bytes_max + 1, 'x')));
    expect_refused_at(b, Column::string_length, b.count(Column::string_length) - 1);
  }
  {
    ImageBuilder b;
    b.attribute(std::string(limits::name_size_bytes_max + 1, 'n'), image::Type::number);
    expect_refused_at(b, Column::attribute_name, 0);
  }
  {
    ImageBuilder b;
    b.attribute("a", image::Type::string, image::Source::page,
                b.string(std::string(limits::string_size_bytes_max + 1, 'v')));
    expect_refused_at(b, Column::attribute_default, 0);
  }
  {
    ImageBuilder b;
    std::vector<Field> fields;
    for (int i = 0; i < 17; ++i) fields.push_back({"f" + std::to_string(i), image::Type::number});
    b.signal("s", fields);
    expect_refused_at(b, Column::signal_field_count, 0);
  }
  {
    ImageBuilder b;
    b.journey("j", {});
    expect_refused_at(b, Column::journey_stage_count, 0);
  }
  {
    ImageBuilder b;
    const auto always = b.condition({{}});
    std::vector<Stage> stages;
    for (int i = 0; i < 33; ++i) stages.push_back({"s" + std::to_string(i), always});
    b.journey("j", stages);
    expect_refused_at(b, Column::journey_stage_count, 0);
  }
}

TEST(Open, conditions_and_parts_are_within_limits) {
  {
    ImageBuilder b;
    b.condition(std::vector<std::vector<std::uint32_t>>(65));
    expect_refused_at(b, Column::condition_term_count, 0);
  }
  {
    ImageBuilder b;
    const auto now = b.input(image::InputKind::now, 0);
    b.condition({std::vector<std::uint32_t>(65, b.predicate(now, Op::present, {}))});
    expect_refused_at(b, Column::term_predicate_count, 0);
  }
  {
    ImageBuilder b;
    b.slot("s");
    b.trigger({.name = "t", .condition = b.condition({{}}), .parts = std::vector<Part>(9)});
    expect_refused_at(b, Column::content_part_count, 0);
  }
  for (const std::size_t count : {std::size_t{0}, std::size_t{65}}) {
    ImageBuilder b;
    b.slot("s");
    std::vector<Option> options;
    for (std::size_t i = 0; i < count; ++i) options.push_back({std::to_string(i), share_one});
    b.trigger({.name = "t", .condition = b.condition({{}}), .parts = {{"p", options}}});
    expect_refused_at(b, Column::part_option_count, 0);
  }
}

TEST(Open, the_largest_allowed_opens) {
  const std::string name(limits::name_size_bytes_max, 'n');
  ImageBuilder b({1}, {},
                 {name, std::string(limits::string_size_bytes_max, 'v'),
                  std::string(limits::text_size_bytes_max, 't')});
  b.site(name, name, name, name);
  b.attribute("flag", image::Type::boolean, image::Source::page, 1);
  b.attribute("text", image::Type::string, image::Source::page, 1);
  b.attribute("number", image::Type::number, image::Source::page, 0);
  b.asset("asset", image::PartKind::text,
          {{"text", std::string(limits::text_size_bytes_max, 't')}});
  std::vector<Field> fields;
  std::vector<Stage> stages;
  std::vector<Option> options;
  std::vector<Part> parts;
  const auto always = b.condition({{}});
  for (std::size_t i = 0; i < limits::field_count_max; ++i) {
    fields.push_back({"f" + std::to_string(i), image::Type::number});
  }
  for (std::size_t i = 0; i < limits::stage_count_max; ++i) {
    stages.push_back({"s" + std::to_string(i), always});
  }
  for (std::size_t i = 0; i < limits::option_count_max; ++i) {
    options.push_back({"o" + std::to_string(i), share_one});
  }
  for (const char part : std::string("abcdefgh")) parts.push_back({std::string(1, part), options});
  ASSERT_EQ(parts.size(), limits::part_count_max);
  constexpr std::uint64_t longest_ms = limits::time_ms_max;
  const auto signal = b.signal("signal", fields);
  b.feature("window", {.signal = signal, .window_ms = longest_ms});
  b.feature("score", {image::FeatureKind::score, signal, 15, 0, longest_ms});
  b.metric("metric", signal, 15, true, longest_ms);
  b.journey("journey", stages);
  const auto now = b.predicate(b.input(image::InputKind::now, 0), Op::present, {});
  const std::vector<std::uint32_t> term(limits::term_predicate_count_max, now);
  const auto large =
      b.condition(std::vector<std::vector<std::uint32_t>>(limits::term_count_max, term));
  b.slot("slot");
  b.layer("layer");
  b.campaign("campaign", limits::cap_times_max, longest_ms);
  b.trigger({.name = "a",
             .condition = large,
             .layer = 0,
             .range_until = half,
             .from_ms = 5,
             .until_ms = 5,
             .holdout = share_one,
             .cap_times = limits::cap_times_max,
             .cap_per_ms = longest_ms,
             .cap_session = limits::cap_times_max,
             .cap_cool_down_ms = longest_ms,
             .values = {{none, -1e308}},
             .campaign = 0,
             .parts = parts});
  b.trigger({.name = "b", .condition = large, .layer = 0, .range_from = half, .parts = {}});
  b.expires_ms = limits::time_ms_max;
  EXPECT_EQ(shown(Ruleset::open(b.build().bytes())), "opened");
}

/// Whose elements have bounds of their own, whatever other columns hold.
constexpr Column bounded_columns[] = {
    Column::string_length,
    Column::site_name,
    Column::site_currency,
    Column::site_time_zone,
    Column::site_holdout,
    Column::site_holdout_salt,
    Column::site_journey,
    Column::site_consent_cookie,
    Column::site_consent_default,
    Column::site_consent_gpc,
    Column::site_cap_times,
    Column::site_cap_per_ms,
    Column::site_cap_session,
    Column::site_cap_cool_down_ms,
    Column::grant_name,
    Column::grant_level,
    Column::attribute_name,
    Column::attribute_type,
    Column::attribute_source,
    Column::signal_name,
    Column::field_name,
    Column::field_type,
    Column::feature_name,
    Column::feature_kind,
    Column::feature_signal,
    Column::feature_window_ms,
    Column::feature_half_life_ms,
    Column::feature_where,
    Column::feature_other_where,
    Column::segment_name,
    Column::segment_condition,
    Column::journey_name,
    Column::stage_name,
    Column::stage_condition,
    Column::stage_sticky,
    Column::micro_segment,
    Column::micro_value_cell,
    Column::slot_name,
    Column::slot_channel,
    Column::slot_fallback,
    Column::slot_refresh,
    Column::asset_name,
    Column::asset_kind,
    Column::prop_key,
    Column::prop_value,
    Column::metric_name,
    Column::metric_signal,
    Column::metric_goal,
    Column::metric_window_ms,
    Column::layer_name,
    Column::layer_salt,
    Column::campaign_name,
    Column::campaign_cap_times,
    Column::campaign_cap_per_ms,
    Column::campaign_cap_session,
    Column::campaign_cap_cool_down_ms,
    Column::input_kind,
    Column::predicate_input,
    Column::reference,
    Column::trigger_name,
    Column::trigger_slot,
    Column::trigger_condition,
    Column::trigger_layer,
    Column::trigger_range_until,
    Column::trigger_holdout,
    Column::trigger_salt,
    Column::trigger_cap_times,
    Column::trigger_cap_per_ms,
    Column::trigger_cap_session,
    Column::trigger_cap_cool_down_ms,
    Column::trigger_value_cell,
    Column::trigger_campaign,
    Column::trigger_policy,
    Column::trigger_template,
    Column::trigger_hash,
    Column::trigger_content,
    Column::part_name,
    Column::part_kind,
    Column::option_name,
    Column::option_asset,
    Column::option_upper,
};

TEST(Open, elements_have_no_bits_beyond_their_bounds) {
  for (const Column column : bounded_columns) {
    Image image = rich_image();
    const Result<Ruleset> sound = Ruleset::open(image.bytes());
    // The low half stays right, so that nothing else finds fault with what is read of it.
    const auto element = sound->at<std::uint64_t>(column, 0);
    image.put(column, 0, (element & 0xffff'ffffU) + (std::uint64_t{1} << 60U)).seal();
    EXPECT_EQ(shown(Ruleset::open(image.bytes())),
              shown(ErrorCode::malformed_image, image.offset(column)))
        << static_cast<int>(column);
  }
}

constexpr Column name_columns[] = {
    Column::site_name,      Column::site_consent_cookie, Column::grant_name,
    Column::attribute_name, Column::signal_name,         Column::field_name,
    Column::feature_name,   Column::segment_name,        Column::journey_name,
    Column::stage_name,     Column::slot_name,           Column::asset_name,
    Column::prop_key,       Column::metric_name,         Column::layer_name,
    Column::layer_salt,     Column::campaign_name,       Column::trigger_name,
    Column::trigger_salt,   Column::trigger_template,    Column::part_name,
    Column::option_name,
};

TEST(Open, names_have_1_to_128_bytes) {
  for (const std::size_t size : {std::size_t{0}, limits::name_size_bytes_max + 1}) {
    ImageBuilder builder = rich_builder();
    const std::uint32_t wrong = builder.string(std::string(size, 'n'));
    for (const Column column : name_columns) {
      Image image = builder.build();
      image.put(column, 0, wrong).seal();
      EXPECT_EQ(shown(Ruleset::open(image.bytes())),
                shown(ErrorCode::malformed_image, image.offset(column)))
          << static_cast<int>(column);
    }
  }
}

TEST(Open, texts_of_the_site_have_at_most_128_bytes) {
  ImageBuilder builder = rich_builder();
  const std::uint32_t wrong = builder.string(std::string(limits::name_size_bytes_max + 1, 'n'));
  for (const Column column :
       {Column::site_currency, Column::site_time_zone, Column::site_holdout_salt}) {
    Image image = builder.build();
    image.put(column, 0, wrong).seal();
    EXPECT_EQ(shown(Ruleset::open(image.bytes())),
              shown(ErrorCode::malformed_image, image.offset(column)));
  }
}

}  // namespace
}  // namespace heed::test
