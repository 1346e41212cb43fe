// `Ruleset::open` on features, reserved names, the order of triggers, and layers.
#include <gtest/gtest.h>

#include <cstdint>

#include "heed/runtime/ruleset.h"
#include "opened.h"
#include "support/rich_image.h"

namespace heed::test {
namespace {

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

TEST(Open, layers_have_names_of_their_own) {
  ImageBuilder b;
  b.layer("home");
  b.layer("home");
  expect_refused_at(b, Column::layer_name, 1);
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

}  // namespace
}  // namespace heed::test
