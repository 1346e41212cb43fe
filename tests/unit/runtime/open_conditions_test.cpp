// `Ruleset::open` on predicates, their operands, programs, and whose fields a condition reads.
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "heed/base/limits.h"
#include "heed/runtime/ruleset.h"
#include "opened.h"
#include "support/rich_image.h"

namespace heed::test {
namespace {

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

}  // namespace
}  // namespace heed::test
