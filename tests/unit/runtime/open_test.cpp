// Every check of `Ruleset::open` (docs/formats/ruleset.md) has an image that is right but for one
// value, and must be refused exactly there: here those of one cell, and open_*_test.cpp by subject.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "heed/base/limits.h"
#include "heed/runtime/ruleset.h"
#include "opened.h"
#include "support/rich_image.h"

namespace heed::test {
namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

constexpr std::uint64_t beyond_32_bits = std::uint64_t{1} << 32U;

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
