// Every check of `Ruleset::open` (docs/formats/ruleset.md) has an image here that is right but for
// one value, and must be refused exactly there.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "heed/base/limits.h"
#include "heed/runtime/ruleset.h"
#include "support/rich_image.h"

namespace heed::test {
namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

constexpr std::uint64_t beyond_32_bits = std::uint64_t{1} << 32U;

std::string shown(const Result<Ruleset>& opened) {
  if (opened) return "opened";
  return std::string(name(opened.error().code)) + " at " + std::to_string(opened.error().where);
}
std::string shown(ErrorCode code, std::uint64_t where) {
  return std::string(name(code)) + " at " + std::to_string(where);
}

/// One cell given another value: the check that must see it refuses with that cell's place.
struct Mutation {
  std::string name;
  std::function<void(Image&)> apply;
  std::function<std::size_t(const Image&)> where;
  ErrorCode code = ErrorCode::malformed_image;
};

template <class T>
Mutation cell(std::string name, Column column, std::size_t row, T value) {
  return {std::move(name), [=](Image& image) { image.put(column, row, value); },
          [=](const Image& image) { return image.offset(column, row); }};
}

std::uint32_t string_id(const Image& image, std::string_view text) {
  const Result<Ruleset> ruleset = Ruleset::open(image.bytes());
  return ruleset->find_string(text).value();
}
std::uint32_t string_id(std::string_view text) { return string_id(rich_image(), text); }

std::vector<Mutation> site_mutations() {
  return {
      cell("site name is no string", Column::site_name, 0, 100'000U),
      cell("currency is no string", Column::site_currency, 0, none),
      cell("time zone is no string", Column::site_time_zone, 0, none),
      cell("salt is no string", Column::site_holdout_salt, 0, none),
      cell("holdout over one", Column::site_holdout, 0, share_one + 1),
      cell("journey is none of the table", Column::site_journey, 0, 2U),
      cell("cookie is no string", Column::site_consent_cookie, 0, 100'000U),
      cell("cookie has no name", Column::site_consent_cookie, 0, string_id("")),
      cell("default level", Column::site_consent_default, 0, std::uint8_t{4}),
      cell("gpc level", Column::site_consent_gpc, 0, std::uint8_t{4}),
      cell("programme cap over the limit", Column::site_cap_times, 0, std::uint16_t{65}),
      cell("programme cap without span", Column::site_cap_per_ms, 0, std::uint64_t{0}),
      cell("programme cap beyond time", Column::site_cap_per_ms, 0, ~std::uint64_t{0}),
      cell("programme cap of a session", Column::site_cap_session, 0, std::uint16_t{65}),
      cell("programme cool-down", Column::site_cap_cool_down_ms, 0, ~std::uint64_t{0}),
      cell("grant twice", Column::grant_name, 1, string_id("analytics")),
      cell("grant level", Column::grant_level, 0, std::uint8_t{4}),
      cell("number is NaN", Column::number, 1, nan_value),
      cell("number is infinite", Column::number, 6, infinity),
      cell("number is -0", Column::number, 0, -0.0),
  };
}

std::vector<Mutation> vocabulary_mutations() {
  const std::uint32_t device = string_id("device");
  return {
      cell("attribute has no name", Column::attribute_name, 0, none),
      cell("attribute twice", Column::attribute_name, 1, device),
      cell("attribute type", Column::attribute_type, 0, std::uint8_t{5}),
      cell("attribute source", Column::attribute_source, 0, std::uint8_t{3}),
      cell("default is no string", Column::attribute_default, 0, 100'000U),
      cell("default is no boolean", Column::attribute_default, 1, 2U),
      cell("default is no number", Column::attribute_default, 2, 7U),
      cell("default of a set", Column::attribute_default, 3, 0U),
      cell("default of a time", Column::attribute_default, 4, 0U),
      cell("signal has no name", Column::signal_name, 0, none),
      cell("signal twice", Column::signal_name, 1, string_id("product_view")),
      cell("field has no name", Column::field_name, 0, string_id("")),
      cell("field twice in a signal", Column::field_name, 1, string_id("sku")),
      cell("field type", Column::field_type, 0, std::uint8_t{5}),
      cell("feature has no name", Column::feature_name, 0, none),
      cell("feature twice", Column::feature_name, 1, string_id("views_30m")),
      cell("feature kind", Column::feature_kind, 0, std::uint8_t{14}),
      cell("feature of no signal", Column::feature_signal, 0, 3U),
      cell("count of a field", Column::feature_field, Rich::views, 0U),
      cell("last of no field", Column::feature_field, Rich::last_category, none),
      cell("last of a field that is not there", Column::feature_field, Rich::last_category, 6U),
      cell("last of a set", Column::feature_field, Rich::last_category, 3U),
      cell("score of a text", Column::feature_field, Rich::kids_intent, 0U),
      cell("window of a score", Column::feature_window_ms, Rich::kids_intent, std::uint64_t{1}),
      cell("window beyond time", Column::feature_window_ms, 0, ~std::uint64_t{0}),
      cell("half-life of a count", Column::feature_half_life_ms, 0, std::uint64_t{1}),
      cell("score without half-life", Column::feature_half_life_ms, Rich::spent, std::uint64_t{0}),
      cell("half-life beyond time", Column::feature_half_life_ms, Rich::spent, ~std::uint64_t{0}),
      cell("where is no condition", Column::feature_where, 0, 100U),
      cell("where reads state", Column::feature_where, 0, 2U),
      cell("where reads another signal", Column::feature_where, Rich::since_buy, 0U),
  };
}

std::vector<Mutation> people_mutations() {
  return {
      cell("segment has no name", Column::segment_name, 0, none),
      cell("segment twice", Column::segment_name, 1, string_id("parents")),
      cell("segment condition", Column::segment_condition, 0, 100U),
      cell("segment reads itself", Column::segment_condition, 0, 3U),
      cell("segment reads a journey", Column::segment_condition, 1, 6U),
      cell("segment reads fields", Column::segment_condition, 0, 0U),
      cell("list names no segment", Column::micro_segment, 0, 2U),
      cell("list names a segment twice", Column::micro_segment, 1, 0U),
      cell("value of no microsegment", Column::micro_value_cell, 1, 12U),
      cell("value of every microsegment", Column::micro_value_cell, 1, none),
      cell("value of a microsegment twice", Column::micro_value_cell, 1, 1U),
      cell("value is NaN", Column::micro_value_amount, 0, nan_value),
      cell("journey has no name", Column::journey_name, 0, none),
      cell("journey twice", Column::journey_name, 1, string_id("purchase")),
      cell("stage has no name", Column::stage_name, 0, none),
      cell("stage twice", Column::stage_name, 1, string_id("aware")),
      cell("stage condition", Column::stage_condition, 0, 100U),
      cell("stage reads its own journey", Column::stage_condition, 0, 6U),
      cell("stage reads fields", Column::stage_condition, 0, 0U),
      cell("stage is sticky or not", Column::stage_sticky, 0, std::uint8_t{2}),
  };
}

std::vector<Mutation> creative_mutations() {
  return {
      cell("slot has no name", Column::slot_name, 0, none),
      cell("slot twice", Column::slot_name, 1, string_id("hero")),
      cell("slot channel", Column::slot_channel, 0, std::uint8_t{4}),
      cell("slot fallback", Column::slot_fallback, 0, 100'000U),
      cell("slot refresh", Column::slot_refresh, 0, std::uint8_t{2}),
      cell("asset has no name", Column::asset_name, 0, none),
      cell("asset twice", Column::asset_name, 1, string_id("t_easy")),
      cell("asset kind", Column::asset_kind, 0, std::uint8_t{4}),
      cell("property has no key", Column::prop_key, 0, none),
      cell("property twice", Column::prop_key, 3, string_id("text")),
      cell("property has no value", Column::prop_value, 0, none),
      cell("metric has no name", Column::metric_name, 0, none),
      cell("metric twice", Column::metric_name, 1, string_id("revenue")),
      cell("metric of no signal", Column::metric_signal, 0, 3U),
      cell("metric of a field that is not there", Column::metric_value, 0, 2U),
      cell("metric of a set", Column::metric_value, 0, 0U),
      cell("metric is a goal or not", Column::metric_goal, 0, std::uint8_t{2}),
      cell("bounty is NaN", Column::metric_bounty, 0, nan_value),
      cell("bounty is infinite", Column::metric_bounty, 0, infinity),
      cell("bounty is negative", Column::metric_bounty, 0, -1.0),
      cell("metric without window", Column::metric_window_ms, 0, std::uint64_t{0}),
      cell("metric window beyond time", Column::metric_window_ms, 0, ~std::uint64_t{0}),
      cell("layer has no name", Column::layer_name, 0, none),
      cell("layer salt is no string", Column::layer_salt, 0, 100'000U),
      cell("campaign has no name", Column::campaign_name, 0, none),
      cell("campaign twice", Column::campaign_name, 1, string_id("bts_2027")),
      cell("campaign cap over the limit", Column::campaign_cap_times, 0, std::uint16_t{65}),
      cell("campaign cap without span", Column::campaign_cap_per_ms, 0, std::uint64_t{0}),
      cell("campaign cap span without times", Column::campaign_cap_per_ms, 1, std::uint64_t{1}),
      cell("campaign cap beyond time", Column::campaign_cap_per_ms, 0, ~std::uint64_t{0}),
      cell("campaign cap of a session", Column::campaign_cap_session, 0, std::uint16_t{65}),
      cell("campaign cool-down", Column::campaign_cap_cool_down_ms, 0, ~std::uint64_t{0}),
  };
}

std::vector<Mutation> condition_mutations() {
  // Predicates: 0 kids (string_in), 1 dear (computed), 2 is_parent, 3 wants_kids (number_in),
  // 4 not_parent, 5 many_views, 6 three_views, 7 bought, 8 considers, 9 present, 10 member,
  // 11 not present, 12 hour ranges, 13 present, 14 computed.
  constexpr std::uint8_t negated = image::op_negated;
  return {
      cell("input kind", Column::input_kind, 0, std::uint8_t{6}),
      cell("input of no attribute", Column::input_row, 2, 5U),
      cell("input of no field", Column::input_row, 0, 8U),
      cell("input of no feature", Column::input_row, 7, 6U),
      cell("input of no segment", Column::input_row, 12, 2U),
      cell("input of no journey", Column::input_row, 13, 2U),
      cell("input of another now", Column::input_row, 14, 1U),
      cell("input of a row beyond 32 bits", Column::input_row, 2, beyond_32_bits + 1),
      cell("input twice", Column::input_row, 3, 1U),
      cell("predicate of no input", Column::predicate_input, 2, 15U),
      cell("computed predicate of an input", Column::predicate_input, 1, 0U),
      cell("op", Column::predicate_op, 2, std::uint8_t{6}),
      cell("op has other bits", Column::predicate_op, 2, std::uint8_t{0x41}),
      cell("computed is negated", Column::predicate_op, 1, std::uint8_t{5 | negated}),
      cell("is_true of a text", Column::predicate_op, 0, std::uint8_t{1}),
      cell("string_in of a number", Column::predicate_op, 3, std::uint8_t{2}),
      cell("number_in of a text", Column::predicate_op, 0, std::uint8_t{3}),
      cell("member of a text", Column::predicate_op, 0, std::uint8_t{4}),
      cell("operand is no string", Column::operand, 0, 100'000U),
      cell("operand is no program", Column::operand, 1, 2U),
      cell("operand is no number", Column::operand, 2, 7U),
      cell("reference to no predicate", Column::reference, 0, 15U),
      cell("trigger reads fields", Column::trigger_condition, 0, 0U),
  };
}

std::vector<Mutation> trigger_mutations() {
  return {
      cell("trigger has no name", Column::trigger_name, 0, none),
      cell("trigger twice", Column::trigger_name, 4, string_id("sale")),
      cell("trigger in no slot", Column::trigger_slot, 4, 3U),
      {"slots fall", [](Image& image) { image.put(Column::trigger_slot, 1, 2U); },
       [](const Image& image) { return image.offset(Column::trigger_slot, 2); }},
      cell("priorities rise", Column::trigger_priority, 1, std::int32_t{11}),
      cell("trigger condition", Column::trigger_condition, 0, 100U),
      cell("trigger in no layer", Column::trigger_layer, 0, 1U),
      cell("range beyond one", Column::trigger_range_until, 1, share_one + 1),
      cell("range ends before it starts", Column::trigger_range_from, 1, share_one + 1),
      cell("range starts after its end", Column::trigger_range_from, 0, share_one / 10 * 7),
      cell("range without layer", Column::trigger_range_from, 2, std::uint64_t{1}),
      cell("range end without layer", Column::trigger_range_until, 2, half),
      cell("ranges of a layer overlap", Column::trigger_range_from, 1, half),
      cell("schedule ends before it starts", Column::trigger_until_ms, 1, std::int64_t{999'999}),
      cell("holdout over one", Column::trigger_holdout, 0, share_one + 1),
      cell("trigger salt is no string", Column::trigger_salt, 0, 100'000U),
      cell("cap over the limit", Column::trigger_cap_times, 0, std::uint16_t{65}),
      cell("cap without span", Column::trigger_cap_per_ms, 0, std::uint64_t{0}),
      cell("cap span without times", Column::trigger_cap_per_ms, 1, std::uint64_t{1}),
      cell("cap beyond time", Column::trigger_cap_per_ms, 0, ~std::uint64_t{0}),
      cell("cap of a session", Column::trigger_cap_session, 0, std::uint16_t{65}),
      cell("cool-down", Column::trigger_cap_cool_down_ms, 0, ~std::uint64_t{0}),
      cell("own value of no microsegment", Column::trigger_value_cell, 0, 12U),
      cell("own value of every other before the last", Column::trigger_value_cell, 0, none),
      cell("own value is infinite", Column::trigger_value_amount, 1, infinity),
      cell("trigger in no campaign", Column::trigger_campaign, 0, 2U),
      cell("policy", Column::trigger_policy, 0, std::uint8_t{2}),
      cell("template", Column::trigger_template, 0, 100'000U),
      cell("hash", Column::trigger_hash, 0, std::uint8_t{1}),
      cell("part has no name", Column::part_name, 0, none),
      cell("part twice", Column::part_name, 1, string_id("title")),
      cell("part kind", Column::part_kind, 0, std::uint8_t{4}),
      cell("option has no name", Column::option_name, 0, none),
      cell("option twice", Column::option_name, 1, string_id("t_easy")),
      cell("option of no asset", Column::option_asset, 0, 4U),
      cell("option of another kind of asset", Column::option_asset, 0, 2U),
      cell("shares fall", Column::option_upper, 3, std::uint64_t{0}),
      cell("share beyond one", Column::option_upper, 0, share_one + 1),
      cell("shares end below one", Column::option_upper, 1, share_one - 1),
  };
}

void expect_refused(const Mutation& mutation) {
  Image image = rich_image();
  mutation.apply(image);
  image.seal();
  EXPECT_EQ(shown(Ruleset::open(image.bytes())), shown(mutation.code, mutation.where(image)))
      << mutation.name;
}

TEST(Open, site_and_numbers) {
  for (const Mutation& mutation : site_mutations()) expect_refused(mutation);
}
TEST(Open, attributes_signals_features) {
  for (const Mutation& mutation : vocabulary_mutations()) expect_refused(mutation);
}
TEST(Open, segments_and_journeys) {
  for (const Mutation& mutation : people_mutations()) expect_refused(mutation);
}
TEST(Open, slots_assets_metrics_layers_campaigns) {
  for (const Mutation& mutation : creative_mutations()) expect_refused(mutation);
}
TEST(Open, inputs_predicates_conditions) {
  for (const Mutation& mutation : condition_mutations()) expect_refused(mutation);
}
TEST(Open, triggers_parts_options) {
  for (const Mutation& mutation : trigger_mutations()) expect_refused(mutation);
}

TEST(Open, the_rich_image_opens) {
  EXPECT_EQ(shown(Ruleset::open(rich_image().bytes())), "opened");
}

TEST(Open, header) {
  using At = image::HeaderAt;
  const auto refused = [](ErrorCode code, std::size_t where, auto mutate) {
    Image image = rich_image();
    mutate(image);
    EXPECT_EQ(shown(Ruleset::open(image.bytes())), shown(code, where));
  };
  const auto malformed = ErrorCode::malformed_image;
  refused(ErrorCode::not_a_ruleset, At::magic, [](Image& i) { i.put(At::magic, 'h'); });
  refused(ErrorCode::wrong_abi, At::abi, [](Image& i) { i.put(At::abi, image::abi + 1); });
  refused(malformed, At::column_count,
          [](Image& i) { i.put(At::column_count, std::uint32_t{image::column_count - 1}); });
  refused(malformed, At::size_bytes, [](Image& i) { i.raw().push_back({}); });
  refused(malformed, At::expires_ms, [](Image& i) { i.put(At::expires_ms, std::int64_t{0}); });
  refused(malformed, At::expires_ms, [](Image& i) { i.put(At::expires_ms, std::int64_t{-1}); });
  refused(malformed, At::expires_ms,
          [](Image& i) { i.put(At::expires_ms, std::int64_t{limits::time_ms_max + 1}); });
  refused(malformed, At::site_hash, [](Image& i) { i.put(At::site_hash, std::uint64_t{1}); });
  refused(malformed, At::reserved, [](Image& i) { i.put(At::reserved, std::uint64_t{1}); });
  refused(malformed, At::body_hash, [](Image& i) { i.raw().back() ^= std::byte{1}; });
}

TEST(Open, every_shorter_file_is_truncated) {
  const Image image = rich_image();
  const std::size_t size = image.bytes().size();
  for (std::size_t cut = 0; cut < size; cut = cut < 900 ? cut + 1 : cut + 97) {
    EXPECT_EQ(shown(Ruleset::open(image.bytes().first(cut))), shown(ErrorCode::truncated, cut));
  }
}

TEST(Open, larger_than_the_limit) {
  const std::vector<std::byte> bytes(limits::image_size_bytes_max + 1);
  EXPECT_EQ(shown(Ruleset::open(bytes)), shown(ErrorCode::too_large, limits::image_size_bytes_max));
  const auto largest = std::span(bytes).first(limits::image_size_bytes_max);
  EXPECT_EQ(shown(Ruleset::open(largest)), shown(ErrorCode::not_a_ruleset, 0));
}

TEST(Open, counts) {
  const auto refused_at = [](Column column, std::size_t count) {
    Image image = rich_image();
    image.put(Image::entry(column), static_cast<std::uint32_t>(count)).seal();
    EXPECT_EQ(shown(Ruleset::open(image.bytes())),
              shown(ErrorCode::malformed_image, Image::entry(column)));
  };
  refused_at(Column::attribute_name, limits::attribute_count_max + 1);
  refused_at(Column::signal_name, limits::signal_count_max + 1);
  refused_at(Column::feature_name, limits::feature_count_max + 1);
  refused_at(Column::segment_name, limits::segment_count_max + 1);
  refused_at(Column::journey_name, limits::journey_count_max + 1);
  refused_at(Column::slot_name, limits::slot_count_max + 1);
  refused_at(Column::trigger_name, limits::trigger_count_max + 1);
  refused_at(Column::metric_name, limits::metric_count_max + 1);
  refused_at(Column::layer_name, limits::layer_count_max + 1);
  refused_at(Column::grant_name, limits::grant_count_max + 1);
  refused_at(Column::predicate_input, limits::predicate_count_max + 1);
  refused_at(Column::site_name, 2);
  refused_at(Column::string_length, limits::string_count_max + 1);
  refused_at(Column::string_bytes, limits::image_size_bytes_max);  // more than the image holds
  refused_at(Column::operand, limits::row_count_max + 1);
  refused_at(Column::option_upper, 9);  // not as many as option_name
  refused_at(Column::option_upper, rich_image().count(Column::option_upper) - 1);
}

TEST(Open, there_is_one_site) {
  ImageBuilder b;
  for (auto i = static_cast<std::size_t>(Column::site_name);
       i <= static_cast<std::size_t>(Column::site_cap_cool_down_ms); ++i) {
    b.clear(static_cast<Column>(i));
  }
  EXPECT_EQ(shown(Ruleset::open(b.build().bytes())),
            shown(ErrorCode::malformed_image, Image::entry(Column::site_name)));
}

TEST(Open, the_columns_fill_the_image) {
  Image image = rich_image();
  image.raw().insert(image.raw().end(), 8, std::byte{0});
  const std::size_t size = image.bytes().size();
  image.put(image::HeaderAt::size_bytes, std::uint64_t{size}).seal();
  EXPECT_EQ(shown(Ruleset::open(image.bytes())), shown(ErrorCode::malformed_image, size - 8));
}

TEST(Open, entries) {
  const auto refused = [](std::size_t at, std::uint8_t value, std::size_t where) {
    Image image = rich_image();
    image.put(at, value).seal();
    EXPECT_EQ(shown(Ruleset::open(image.bytes())), shown(ErrorCode::malformed_image, where));
  };
  const std::size_t slots = Image::entry(Column::slot_name);
  refused(slots + image::EntryAt::width, 9, slots + image::EntryAt::width);
  for (std::size_t i = 0; i < 3; ++i) {
    refused(slots + image::EntryAt::zero + i, 1, slots + image::EntryAt::zero);
  }
  for (const Column column : {Column::string_bytes, Column::program_bytes}) {
    refused(Image::entry(column) + image::EntryAt::base, 1, Image::entry(column));
  }
}

TEST(Open, padding_is_zero) {
  Image image = rich_image();
  const std::size_t end = image.offset(Column::string_bytes, image.count(Column::string_bytes));
  ASSERT_NE(end % 8, 0U);
  image.put(end, std::uint8_t{1}).seal();
  EXPECT_EQ(shown(Ruleset::open(image.bytes())), shown(ErrorCode::malformed_image, end));
}

TEST(Open, lengths_deal_out_their_children_exactly) {
  const auto refused = [](Column lengths, std::size_t row, int change, std::size_t where) {
    Image image = rich_image();
    const std::size_t at = image.offset(lengths, row);
    image.put(at, static_cast<std::uint8_t>(image.get<std::uint8_t>(at) + change)).seal();
    EXPECT_EQ(shown(Ruleset::open(image.bytes())), shown(ErrorCode::malformed_image, where));
  };
  const Image image = rich_image();
  for (const auto& [lengths, children] : image::length_columns) {
    const std::size_t last = image.count(lengths) - 1;
    refused(lengths, last, 1, image.offset(lengths, last));
    std::size_t row = last;
    while (image.get<std::uint8_t>(image.offset(lengths, row)) == 0) --row;
    refused(lengths, row, -1, Image::entry(children));
  }
}

void expect_refused_at(const ImageBuilder& builder, Column column, std::size_t row) {
  const Image image = builder.build();
  EXPECT_EQ(shown(Ruleset::open(image.bytes())),
            shown(ErrorCode::malformed_image, image.offset(column, row)));
}

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

TEST(Open, layers_have_names_of_their_own) {
  ImageBuilder b;
  b.layer("home");
  b.layer("home");
  expect_refused_at(b, Column::layer_name, 1);
}

TEST(Open, ids_end_where_their_table_does) {
  const Image image = rich_image();
  const auto count = [&](Column column) { return static_cast<std::uint32_t>(image.count(column)); };
  const std::uint32_t strings = count(Column::string_length);
  for (const Mutation& mutation :
       {cell("default", Column::attribute_default, 0, strings),
        cell("name", Column::slot_name, 0, strings),
        cell("fallback", Column::slot_fallback, 0, strings),
        cell("score's field", Column::feature_field, Rich::spent, 2U),
        cell("reference", Column::reference, 0, count(Column::predicate_op)),
        cell("condition", Column::trigger_condition, 0, count(Column::condition_term_count)),
        cell("input", Column::predicate_input, 2, count(Column::input_kind))}) {
    expect_refused(mutation);
  }
}

/// Features 0 and 1 add up; 2 divides them, 3 is a sequence about an item, 4 decays or does not.
ImageBuilder builder_with_pairs() {
  using image::FeatureKind;
  ImageBuilder b({0});
  b.attribute("a", image::Type::boolean);
  const auto view =
      b.signal("view", {{"sku", image::Type::string}, {"price", image::Type::number}});
  const auto buy = b.signal("buy", {{"skus", image::Type::set}, {"price", image::Type::number}});
  const auto where = b.condition(
      {{b.predicate(b.input(image::InputKind::field, 0), Op::string_in, {b.string("x")})}});
  b.condition({{b.predicate(b.input(image::InputKind::attribute, 0), Op::is_true, {})}});
  b.condition({{b.predicate(b.input(image::InputKind::field, 3), Op::present, {})}});
  b.feature("views", {.signal = view, .window_ms = 1'000, .where = where});
  b.feature("spent", {.kind = FeatureKind::sum, .signal = buy, .field = 1});
  b.feature("ratio", {.kind = FeatureKind::ratio, .signal = none, .other = 0, .other_field = 1});
  b.feature("missed", {.kind = FeatureKind::missed,
                       .signal = view,
                       .field = 0,
                       .window_ms = 1'000,
                       .other = buy,
                       .other_field = 0,
                       .other_where = 2});
  b.feature("top", {.kind = FeatureKind::top, .signal = view, .field = 0});
  return b;
}

TEST(Open, features_have_what_their_kind_takes) {
  const Image image = builder_with_pairs().build();
  ASSERT_EQ(shown(Ruleset::open(image.bytes())), "opened");
  constexpr std::uint32_t ratio = 2;
  constexpr std::uint32_t missed = 3;
  constexpr std::uint32_t top = 4;
  const auto refused = [](Column column, std::uint32_t row, auto value) {
    Image wrong = builder_with_pairs().build();
    wrong.put(column, row, value).seal();
    EXPECT_EQ(shown(Ruleset::open(wrong.bytes())),
              shown(ErrorCode::malformed_image, wrong.offset(column, row)))
        << static_cast<int>(column) << " of " << row;
  };
  refused(Column::feature_signal, 0, none);
  refused(Column::feature_signal, ratio, 0U);
  refused(Column::feature_field, 1, none);  // a sum of nothing
  refused(Column::feature_field, 1, 0U);    // of a set
  refused(Column::feature_field, ratio, 0U);
  refused(Column::feature_field, missed, 1U);  // about a number
  refused(Column::feature_other, 0, 0U);       // a count of two signals
  refused(Column::feature_other, missed, none);
  refused(Column::feature_other, missed, 2U);  // no signal
  refused(Column::feature_other, ratio, none);
  refused(Column::feature_other, ratio, 5U);     // no feature
  refused(Column::feature_other, ratio, ratio);  // of itself
  refused(Column::feature_other, ratio, top);
  refused(Column::feature_other_field, 0, 0U);
  refused(Column::feature_other_field, ratio, none);
  refused(Column::feature_other_field, ratio, 5U);
  refused(Column::feature_other_field, ratio, missed);
  refused(Column::feature_other_field, missed, none);
  refused(Column::feature_other_field, missed, 1U);  // another type
  refused(Column::feature_other_where, missed, 0U);  // reads the first's fields
  refused(Column::feature_other_where, missed, 1U);  // reads state
  refused(Column::feature_other_where, missed, 3U);  // no condition
  refused(Column::feature_other_where, 0, 2U);       // of no signal
  refused(Column::feature_window_ms, top, std::uint64_t{1});
  refused(Column::feature_half_life_ms, missed, std::uint64_t{1});
}

TEST(Open, reserved_names_stay_free) {
  ImageBuilder other;
  other.segment("other", other.condition({{}}));
  Image image = other.build();
  EXPECT_EQ(shown(Ruleset::open(image.bytes())),
            shown(ErrorCode::malformed_image, image.offset(Column::segment_name)));
  ImageBuilder stages;
  stages.journey("j", {{"none", stages.condition({{}})}});
  image = stages.build();
  EXPECT_EQ(shown(Ruleset::open(image.bytes())),
            shown(ErrorCode::malformed_image, image.offset(Column::stage_name)));
}

TEST(Open, strings_are_utf8_each_by_itself) {
  ImageBuilder b;
  const auto id = b.string("\xc3");  // the next string would complete the character
  b.string("\xa9");
  Image image = b.build();
  EXPECT_EQ(shown(Ruleset::open(image.bytes())),
            shown(ErrorCode::not_utf8, image.offset(Column::string_length, id)));
}

TEST(Open, strings_share_what_both_have) {
  const auto refused = [](std::size_t row, std::uint16_t shared) {
    ImageBuilder b({}, "site", {"ab", "abc"});
    b.put(Column::string_shared, row, shared);
    expect_refused_at(b, Column::string_shared, row);
  };
  refused(0, 1);  // there is none before
  refused(1, 3);  // more than the one before has
  refused(2, 5);  // more than it has itself
}

TEST(Open, strings_have_the_bytes_that_are_there) {
  ImageBuilder more;
  more.push(Column::string_bytes, std::uint8_t{'x'});
  expect_refused_at(more, Column::string_bytes, more.count(Column::string_bytes) - 1);
  ImageBuilder fewer;
  fewer.push(Column::string_length, std::uint16_t{9});
  fewer.push(Column::string_shared, std::uint16_t{0});
  expect_refused_at(fewer, Column::string_length, fewer.count(Column::string_length) - 1);
}

TEST(Open, strings_that_share_do_not_grow_without_bound) {
  constexpr std::size_t largest = limits::text_size_bytes_max;
  ImageBuilder b;
  b.string(std::string(largest, 'x'));
  const std::size_t room = limits::strings_size_bytes_max / largest;
  for (std::size_t i = 1; i <= room; ++i) {
    b.push(Column::string_length, static_cast<std::uint16_t>(largest));
    b.push(Column::string_shared, static_cast<std::uint16_t>(largest - 2));
    b.push(Column::string_bytes, static_cast<std::uint8_t>('a' + i / 64));
    b.push(Column::string_bytes, static_cast<std::uint8_t>('a' + i % 64));
  }
  // The site's few strings come before: the last but one goes over.
  expect_refused_at(b, Column::string_length, b.count(Column::string_length) - 2);
}

TEST(Open, strings_that_were_added_are_distinct) {
  ImageBuilder b({}, "t", {"added", "b", "a"});
  b.push(Column::string_length, std::uint16_t{1});
  b.push(Column::string_shared, std::uint16_t{0});
  b.push(Column::string_bytes, std::uint8_t{'a'});
  expect_refused_at(b, Column::string_length, b.count(Column::string_length) - 1);
}

TEST(Open, strings_are_distinct) {
  ImageBuilder b;
  b.push(Column::string_length, std::uint16_t{3});
  b.push(Column::string_shared, std::uint16_t{0});
  for (const char c : {'G', 'B', 'P'}) b.push(Column::string_bytes, static_cast<std::uint8_t>(c));
  const Image image = b.build();
  const std::size_t last = image.count(Column::string_length) - 1;
  EXPECT_EQ(shown(Ruleset::open(image.bytes())),
            shown(ErrorCode::malformed_image, image.offset(Column::string_length, last)));
}

TEST(Open, strings_need_no_order) {
  ImageBuilder b;
  b.string("zebra");
  const auto apple = b.string("apple");
  const Result<Ruleset> ruleset = Ruleset::open(b.build().bytes());
  ASSERT_TRUE(ruleset);
  EXPECT_EQ(ruleset->find_string("apple"), apple);
  EXPECT_EQ(ruleset->find_string("app"), std::nullopt);
}

TEST(Open, operands) {
  const auto refused = [](auto build, Column column, std::size_t row) {
    ImageBuilder b({1, 2, 3});
    const auto number = b.input(image::InputKind::attribute, b.attribute("n", image::Type::number));
    const auto text = b.input(image::InputKind::attribute, b.attribute("s", image::Type::string));
    const auto set = b.input(image::InputKind::attribute, b.attribute("m", image::Type::set));
    build(b, number, text, set);
    const Image image = b.build();
    EXPECT_EQ(shown(Ruleset::open(image.bytes())),
              shown(ErrorCode::malformed_image, image.offset(column, row)));
  };
  using Id = std::uint32_t;
  const auto ranges = [&](const std::vector<Id>& operands, std::size_t row) {
    refused([&](ImageBuilder& b, Id n, Id, Id) { b.predicate(n, Op::number_in, operands); },
            Column::operand, row);
  };
  ranges({1, 0}, 1);           // ends before it starts
  ranges({1, 1}, 1);           // holds nothing
  ranges({0, 2, 1, none}, 2);  // overlap
  ranges({0, none, 1, 2}, 1);  // nothing may follow an open end
  ranges({0, 1, none, 2}, 2);  // nor come before an open start
  const auto counts = [&](auto build) { refused(build, Column::predicate_operand_count, 0); };
  counts([](ImageBuilder& b, Id n, Id, Id) { b.predicate(n, Op::number_in, {0, 1, 2}); });
  counts([](ImageBuilder& b, Id n, Id, Id) { b.predicate(n, Op::number_in, {}); });
  counts([](ImageBuilder& b, Id, Id s, Id) { b.predicate(s, Op::string_in, {}); });
  counts([](ImageBuilder& b, Id, Id, Id m) { b.predicate(m, Op::member, {}); });
  counts([](ImageBuilder& b, Id, Id, Id m) { b.predicate(m, Op::member, {0, 1}); });
  counts([](ImageBuilder& b, Id n, Id, Id) { b.predicate(n, Op::present, {0}); });
  counts([](ImageBuilder& b, Id, Id, Id) { b.predicate(none, Op::computed, {}); });
  refused(
      [](ImageBuilder& b, Id, Id s, Id) {
        b.predicate(s, Op::string_in, {1, 0});
      },
      Column::operand, 1);
  refused(
      [](ImageBuilder& b, Id, Id s, Id) {
        b.predicate(s, Op::string_in, {1, 1});
      },
      Column::operand, 1);
  const auto past_the_last = [](const ImageBuilder& b) { return b.count(Column::string_length); };
  refused([&](ImageBuilder& b, Id, Id, Id m) { b.predicate(m, Op::member, {past_the_last(b)}); },
          Column::operand, 0);
  refused([&](ImageBuilder& b, Id, Id s, Id) { b.predicate(s, Op::string_in, {past_the_last(b)}); },
          Column::operand, 0);
}

TEST(Open, ranges_of_numbers_may_touch) {
  ImageBuilder b({1, 2, 3});
  const auto input = b.input(image::InputKind::attribute, b.attribute("n", image::Type::number));
  b.predicate(input, Op::number_in, {none, 0, 0, 1, 2, none});
  b.predicate(input, Op::number_in, {none, none});
  EXPECT_EQ(shown(Ruleset::open(b.build().bytes())), "opened");
}

TEST(Open, names_of_equal_priority_are_in_order) {
  ImageBuilder b;
  b.slot("s");
  const auto always = b.condition({{}});
  b.trigger({.name = "b", .condition = always});
  b.trigger({.name = "a", .condition = always});
  const Image image = b.build();
  EXPECT_EQ(shown(Ruleset::open(image.bytes())),
            shown(ErrorCode::malformed_image, image.offset(Column::trigger_name, 1)));
}

TEST(Open, fields_of_two_signals_do_not_mix) {
  ImageBuilder b({1});
  const auto one = b.signal("one", {{"n", image::Type::number}});
  b.signal("two", {{"n", image::Type::number}});
  const auto first = b.predicate(b.input(image::InputKind::field, 0), Op::present, {});
  const auto second = b.predicate(b.input(image::InputKind::field, 1), Op::present, {});
  b.feature("f", {.signal = one, .where = b.condition({{first, second}})});
  const Image image = b.build();
  EXPECT_EQ(shown(Ruleset::open(image.bytes())),
            shown(ErrorCode::malformed_image, image.offset(Column::feature_where)));
}

TEST(Open, fields_of_two_signals_do_not_mix_in_a_program_either) {
  ImageBuilder b;
  const auto one = b.signal("one", {{"n", image::Type::number}});
  b.signal("two", {{"n", image::Type::number}});
  const auto both = b.computed(code({{Instruction::load, b.input(image::InputKind::field, 0)},
                                     {Instruction::load, b.input(image::InputKind::field, 1)},
                                     Instruction::less}));
  b.feature("f", {.signal = one, .where = b.condition({{both}})});
  const Image image = b.build();
  EXPECT_EQ(shown(Ruleset::open(image.bytes())),
            shown(ErrorCode::malformed_image, image.offset(Column::feature_where)));
}

TEST(Open, layers_are_looked_at_one_by_one) {
  const auto layered = [](std::uint64_t third_from) {
    ImageBuilder b;
    b.slot("s");
    b.layer("l");
    b.layer("m");
    const auto always = b.condition({{}});
    b.trigger({.name = "a", .condition = always, .layer = 0, .range_from = 7, .range_until = 9});
    b.trigger({.name = "b", .condition = always, .layer = 1, .range_from = 2, .range_until = 8});
    b.trigger({.name = "c", .condition = always, .layer = 0, .range_until = third_from});
    return b.build();
  };
  EXPECT_EQ(shown(Ruleset::open(layered(7).bytes())), "opened");
  const Image image = layered(8);
  EXPECT_EQ(shown(Ruleset::open(image.bytes())),
            shown(ErrorCode::malformed_image, image.offset(Column::trigger_range_from, 0)));
}

TEST(Open, empty_ranges_of_a_layer_overlap_nothing) {
  ImageBuilder b;
  b.slot("s");
  b.layer("l");
  const auto always = b.condition({{}});
  b.trigger({.name = "a", .condition = always, .layer = 0});
  b.trigger({.name = "b", .condition = always, .layer = 0, .range_from = 5, .range_until = 5});
  EXPECT_EQ(shown(Ruleset::open(b.build().bytes())), "opened");
}

/// Opens an image with one computed predicate; refused at byte `where` of the program.
void expect_program(const std::vector<std::uint8_t>& program, std::optional<std::size_t> where) {
  ImageBuilder b({1});
  b.input(image::InputKind::attribute, b.attribute("n", image::Type::number));
  b.input(image::InputKind::attribute, b.attribute("s", image::Type::string));
  b.input(image::InputKind::attribute, b.attribute("m", image::Type::set));
  b.input(image::InputKind::attribute, b.attribute("b", image::Type::boolean));
  b.computed(program);
  const Image image = b.build();
  EXPECT_EQ(shown(Ruleset::open(image.bytes())),
            where ? shown(ErrorCode::malformed_image, image.offset(Column::program_bytes, *where))
                  : "opened");
}

TEST(Open, programs) {
  using I = Instruction;
  const Step n(I::load, 0);
  const Step s(I::load, 1);
  const Step m(I::load, 2);
  const Step b(I::load, 3);
  const auto refused = [](const std::vector<Step>& steps, std::size_t where) {
    expect_program(code(steps), where);
  };
  expect_program(code({b, n, n, I::less, s, s, I::equal, I::select}), std::nullopt);
  expect_program(code({m, {I::member, 0}, b, b, I::less, I::logical_or}), std::nullopt);
  expect_program({}, 0);
  expect_program({200}, 0);                                       // no such instruction
  expect_program({static_cast<std::uint8_t>(I::load), 0, 0}, 0);  // cut short
  refused({{I::load, 4}}, 0);                                     // no such input
  refused({{I::has, 4}}, 0);
  refused({{I::push_number, 1}}, 0);
  refused({{I::push_string, 1000}}, 0);
  refused({m, {I::member, 1000}}, 5);
  refused({I::logical_not}, 0);  // underflow
  refused({b, I::logical_and}, 5);
  refused({n, I::add}, 5);
  refused({b, b}, 9);  // two values left
  refused({n}, 4);     // a number left
  refused({n, s, I::add}, 10);
  refused({s, I::negate}, 5);
  refused({n, s, I::equal}, 10);
  refused({n, b, I::less}, 10);
  refused({m, m, I::equal}, 10);
  refused({s, {I::member, 0}}, 5);
  refused({n, n, I::concat}, 10);
  refused({n, b, b, I::select}, 15);
  refused({b, n, s, I::select}, 15);
  refused({b, m, m, I::select}, 15);
  refused({n, b, I::logical_and}, 10);
  // Each operand is looked at, also where the next instruction would not mind.
  refused({s, n, I::add, n, I::less}, 10);
  refused({s, I::negate, n, I::less}, 5);
  refused({n, b, I::logical_and, I::logical_not}, 10);
  refused({b, n, I::logical_and, I::logical_not}, 10);
  refused({n, b, b, I::select, I::logical_not}, 15);
  refused({n, s, I::concat, s, I::equal}, 10);
  refused({s, n, I::concat, s, I::equal}, 10);
  refused(std::vector<Step>(33, I::push_true), 32);  // overflow
  std::vector<Step> deep(32, I::push_true);
  deep.insert(deep.end(), 31, I::logical_and);
  expect_program(code(deep), std::nullopt);
  std::vector<Step> longest(1, I::push_true);
  longest.insert(longest.end(), limits::program_size_bytes_max - 1, I::logical_not);
  expect_program(code(longest), std::nullopt);
  longest.emplace_back(I::logical_not);
  refused(longest, 0);
}

TEST(Open, any_flipped_byte_is_refused_or_harmless) {
  const Image sound = rich_image();
  std::size_t opened_count = 0;
  for (std::size_t at = image::header_size_bytes; at < sound.bytes().size(); ++at) {
    for (const unsigned flip : {0x01U, 0x80U, 0xffU}) {
      Image image = sound;
      image.raw()[at] ^= static_cast<std::byte>(flip);
      EXPECT_FALSE(Ruleset::open(image.bytes())) << at;  // the hash sees it
      image.seal();
      if (Ruleset::open(image.bytes())) ++opened_count;
    }
  }
  EXPECT_GT(opened_count, 0U);  // a priority, a time, a letter of a text
}

}  // namespace
}  // namespace heed::test
