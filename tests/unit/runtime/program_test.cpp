// Programs over text, sets and times: what open proves of them, what they cost and what they give.
#include <algorithm>

#include "heed/base/calendar.h"
#include "session_fixture.h"

namespace heed::test {
namespace {

using I = Instruction;
using image::InputKind;
using image::Type;

const Step n(I::load, 0);
const Step s(I::load, 1);
const Step m(I::load, 2);
const Step b(I::load, 3);
const Step item(I::item, 0);

std::string shown(const Result<Ruleset>& opened) {
  if (opened) return "opened";
  return std::string(name(opened.error().code)) + " at " + std::to_string(opened.error().where);
}

/// An image with inputs of every type, one program and a trigger that it shows.
///
/// @param numbers  what the operands of push_number and from count in
ImageBuilder with_program(std::vector<Step> steps, const std::vector<double>& numbers = {1}) {
  std::vector<double> pool = numbers;
  std::sort(pool.begin(), pool.end());
  pool.erase(std::unique(pool.begin(), pool.end()), pool.end());
  for (Step& step : steps) {
    if (image::operand_kind(step.instruction) != image::OperandKind::number) continue;
    if (*step.operand >= numbers.size()) continue;
    const auto found = std::find(pool.begin(), pool.end(), numbers[*step.operand]);
    step.operand = static_cast<std::uint32_t>(found - pool.begin());
  }
  ImageBuilder builder(pool);
  builder.slot("slot");
  builder.input(InputKind::attribute, builder.attribute("n", Type::number));
  builder.input(InputKind::attribute, builder.attribute("s", Type::string));
  builder.input(InputKind::attribute, builder.attribute("m", Type::set));
  builder.input(InputKind::attribute, builder.attribute("b", Type::boolean));
  const auto program = builder.computed(code(steps));
  builder.trigger({.name = "t", .condition = builder.condition({{program}})});
  return builder;
}

void opened(const std::vector<Step>& steps) {
  EXPECT_EQ(shown(Ruleset::open(with_program(steps).build().bytes())), "opened");
}

/// Refused at byte `where` of the program.
void refused(const std::vector<Step>& steps, std::size_t where) {
  const Image image = with_program(steps).build();
  EXPECT_EQ(shown(Ruleset::open(image.bytes())),
            "malformed_image at " + std::to_string(image.offset(Column::program_bytes, where)));
}

TEST(Program, kinds_must_fit) {
  opened({b, s, s, I::starts_with, s, I::lower, s, I::ends_with, I::select});
  refused({s, n, I::starts_with}, 10);
  refused({n, s, I::ends_with, b, I::logical_and}, 10);
  refused({m, s, I::contains}, 10);
  opened({m, I::size, s, I::size, I::divide_whole, n, I::modulo, n, I::less});
  refused({n, I::size, n, I::less}, 5);
  refused({b, I::size, n, I::less}, 5);
  refused({s, n, I::divide_whole, n, I::less}, 10);
  refused({n, b, I::modulo, n, I::less}, 10);
  refused({n, I::lower, s, I::equal}, 5);
  opened({s, m, I::member_of});
  refused({s, s, I::member_of}, 10);
  refused({n, m, I::member_of}, 10);
  opened({n, n, n, {I::from, 0}, I::add, {I::date_part, 9}, n, I::equal});
  refused({n, n, n, {I::from, 1}, I::add, n, I::equal}, 15);  // no such number
  refused({n, n, {I::from, 0}, n, I::equal}, 10);             // no time below
  refused({s, n, n, {I::from, 0}, n, I::equal}, 15);
  refused({n, s, n, {I::from, 0}, n, I::equal}, 15);
  refused({n, {I::date_part, 10}, n, I::equal}, 5);
  refused({s, {I::date_part, 0}, n, I::equal}, 5);
}

TEST(Program, a_list_is_asked_item_by_item) {
  opened({s, I::push_false, s, I::or_equal, s, I::or_equal, I::settle});
  refused({s, I::push_false, n, I::or_equal, I::settle}, 11);  // of another kind
  refused({m, I::push_false, m, I::or_equal, I::settle}, 11);  // sets are not compared
  refused({s, s, s, I::or_equal, I::settle}, 15);              // no truth to join
  refused({I::push_false, n, I::or_equal, b, I::settle}, 6);   // no value below
  refused({s, s, I::settle}, 10);
  refused({b, I::settle}, 5);
}

TEST(Program, a_loop_leaves_one_truth_and_what_it_found) {
  opened({m, {I::any_member, 11}, item, s, I::equal});
  opened({m, {I::all_members, 11}, item, s, I::equal});
  refused({s, {I::any_member, 11}, item, s, I::equal}, 5);
  refused({m, {I::any_member, 12}, item, s, I::equal}, 5);   // longer than the program
  refused({m, {I::any_member, 9}, item, s, I::equal}, 15);   // ends inside an instruction
  refused({m, {I::any_member, 10}, item, s, I::equal}, 15);  // leaves two values
  refused({m, {I::any_member, 0}}, 5);                       // leaves none
  refused({m, {I::any_member, 5}, item}, 10);                // leaves a string
  refused({item, s, I::equal}, 0);                           // outside of a loop
  refused({m, {I::any_member, 11}, {I::item, 1}, s, I::equal}, 10);
  refused({b, m, {I::any_member, 1}, I::logical_not, I::logical_and}, 15);  // not its own
  refused({m, {I::any_member, 11}, item, s, I::equal, item, s, I::equal, I::logical_and}, 21);
}

TEST(Program, loops_stand_two_deep_at_most) {
  opened({m, {I::any_member, 21}, m, {I::any_member, 11}, item, {I::item, 1}, I::equal});
  refused({m,
           {I::any_member, 31},
           m,
           {I::any_member, 21},
           m,
           {I::any_member, 11},
           item,
           {I::item, 2},
           I::equal},
          25);
}

TEST(Program, what_it_may_cost_is_limited) {
  opened({s, s, I::contains});
  opened({m, {I::any_member, 11}, item, s, I::contains});
  refused({m, {I::any_member, 21}, m, {I::any_member, 11}, item, {I::item, 1}, I::contains}, 30);
  // A short literal is found at once.
  std::vector<Step> steps = {m, {I::any_member, 21}, m, {I::any_member, 11}};
  steps.insert(steps.end(), {{I::item, 1}, {I::push_string, 0}, I::starts_with});
  opened(steps);
  const std::uint64_t contains = image::cost_of(I::contains, 1024, 1024);
  EXPECT_EQ(contains, 1U + 513 * 513 / 32);
  EXPECT_LT(image::cost_of(I::contains, 1024, 4), contains);
  EXPECT_EQ(image::loop_cost(10), 256U * 12);
}

bool gives(const std::vector<Step>& steps, const std::vector<std::pair<std::string, Value>>& values,
           const std::vector<double>& numbers = {1}) {
  const Ruleset ruleset = test::opened(with_program(steps, numbers));
  Session session = session_of(ruleset);
  for (const auto& [name, value] : values) {
    EXPECT_TRUE(session.set(*ruleset.find_attribute(name), value, at(0))) << name;
  }
  return session.decide(SlotId{0}, at(0)).trigger.index == 0;
}

/// `steps` with a constant text at the front, as the builder numbers strings late.
bool tests(const std::string& text, I instruction, const std::string& part) {
  const std::vector<std::string_view> parts = {part};
  return gives({m, {I::any_member, 11}, s, item, instruction},
               {{"s", std::string_view(text)}, {"m", Members(parts)}});
}

TEST(Program, texts_are_compared_by_bytes) {
  EXPECT_TRUE(tests("\xc3\xa9t\xc3\xa9", I::starts_with, "\xc3\xa9"));
  EXPECT_FALSE(tests("e\xcc\x81", I::starts_with, "\xc3\xa9"));
  EXPECT_TRUE(tests("abc", I::ends_with, ""));
  EXPECT_TRUE(tests("abc", I::ends_with, "abc"));
  EXPECT_FALSE(tests("abc", I::ends_with, "xabc"));
  EXPECT_TRUE(tests("abababc", I::contains, "ababc"));
  EXPECT_FALSE(tests("abababc", I::contains, "abac"));
  EXPECT_TRUE(tests("", I::contains, ""));
}

TEST(Program, lower_changes_ascii_letters_alone) {
  const auto lowered = [](std::string_view text, std::string_view expected) {
    const std::vector<std::string_view> members = {expected};
    return gives({s, I::lower, m, I::member_of}, {{"s", text}, {"m", Members(members)}});
  };
  EXPECT_TRUE(lowered("AZaz@[`{09", "azaz@[`{09"));
  EXPECT_TRUE(lowered("\xc3\x84\xc3\x89", "\xc3\x84\xc3\x89"));
  EXPECT_FALSE(lowered("K", "K"));
}

TEST(Program, size_counts_code_points_and_members) {
  const auto counts = [](std::string_view text, double expected) {
    return gives({s, I::size, n, I::equal}, {{"s", text}, {"n", expected}});
  };
  EXPECT_TRUE(counts("", 0));
  EXPECT_TRUE(counts("a\xc3\xa9\xf0\x9f\x8e\x81", 3));
  EXPECT_TRUE(counts("e\xcc\x81", 2));
  const std::vector<std::string_view> twice = {"a", "b", "a"};
  EXPECT_TRUE(gives({m, I::size, n, I::equal}, {{"m", Members(twice)}, {"n", 2.0}}));
  EXPECT_TRUE(gives({m, I::size, n, I::equal}, {{"m", Members()}, {"n", 0.0}}));
}

TEST(Program, whole_division_goes_towards_zero) {
  const auto gives_all = [](double a, double quotient, double rest) {
    const std::vector<double> numbers = {quotient, rest, 2};
    return gives({n, {I::push_number, 2}, I::divide_whole, {I::push_number, 0}, I::equal},
                 {{"n", a}}, numbers) &&
           gives({n, {I::push_number, 2}, I::modulo, {I::push_number, 1}, I::equal}, {{"n", a}},
                 numbers);
  };
  EXPECT_TRUE(gives_all(7, 3, 1));
  EXPECT_TRUE(gives_all(-7, -3, -1));
  EXPECT_TRUE(gives_all(-1, 0, -1));
  EXPECT_TRUE(gives_all(9007199254740991, 4503599627370495, 1));
  for (const I by_zero : {I::divide_whole, I::modulo}) {
    EXPECT_FALSE(gives({n, n, by_zero, n, I::equal}, {{"n", 0.0}}));
  }
}

TEST(Program, a_list_settles_to_what_its_value_allows) {
  const std::vector<Step> listed = {n,           I::push_false,       {I::push_number, 0},
                                    I::or_equal, {I::push_number, 1}, I::or_equal,
                                    I::settle};
  for (const double value : {3.0, 5.0}) EXPECT_TRUE(gives(listed, {{"n", value}}, {3, 5}));
  EXPECT_FALSE(gives(listed, {{"n", 4.0}}, {3, 5}));
  std::vector<Step> outside = listed;
  outside.emplace_back(I::logical_not);
  EXPECT_TRUE(gives(outside, {{"n", 4.0}}, {3, 5}));
  EXPECT_FALSE(gives(outside, {{"n", 5.0}}, {3, 5}));
  EXPECT_FALSE(gives(outside, {}, {3, 5}));  // what is unknown is in no list and not outside of one
  EXPECT_FALSE(gives({n, I::push_false, I::settle}, {{"n", 1.0}}));
}

TEST(Program, a_member_settles_a_loop_and_what_is_unknown_does_not) {
  const std::vector<std::string_view> two = {"a", "b"};
  // The member is `s`, or else 1 / 0 == 1.
  std::vector<Step> any = {m, {I::any_member, 35}, item, s, I::equal, n, n, n};
  any.insert(any.end(), {I::subtract, I::divide, n, I::equal, I::logical_or});
  EXPECT_TRUE(gives(any, {{"n", 1.0}, {"s", std::string_view("b")}, {"m", Members(two)}}));
  EXPECT_FALSE(gives(any, {{"n", 1.0}, {"s", std::string_view("c")}, {"m", Members(two)}}));
  any.emplace_back(I::logical_not);  // unknown is not false either
  EXPECT_FALSE(gives(any, {{"n", 1.0}, {"s", std::string_view("c")}, {"m", Members(two)}}));
  const std::vector<Step> all = {m, {I::all_members, 11}, item, s, I::equal};
  EXPECT_TRUE(gives(all, {{"s", std::string_view("c")}, {"m", Members()}}));
  EXPECT_FALSE(gives(all, {{"s", std::string_view("c")}}));  // the set itself is unknown
  EXPECT_FALSE(gives(all, {{"s", std::string_view("a")}, {"m", Members(two)}}));
}

TEST(Program, texts_made_in_a_loop_are_let_go) {
  std::vector<std::string> names;
  for (int i = 0; i < 256; ++i) names.push_back(std::string(1000, 'x') + std::to_string(i));
  const std::vector<std::string_view> members(names.begin(), names.end());
  EXPECT_TRUE(gives({m, {I::all_members, 13}, item, I::lower, item, I::lower, I::equal},
                    {{"m", Members(members)}}));
}

TEST(Program, a_date_is_that_of_the_calendar) {
  const auto part = [](DatePart wanted, double ms, double expected) {
    EXPECT_TRUE(gives(
        {n, {I::date_part, static_cast<std::uint32_t>(wanted)}, {I::push_number, 0}, I::equal},
        {{"n", ms}}, {expected}))
        << ms << " " << expected;
  };
  part(DatePart::year, -1, 1969);
  part(DatePart::month, -1, 11);
  part(DatePart::date, -1, 31);
  part(DatePart::day_of_month, -1, 30);
  part(DatePart::day_of_week, -1, 3);
  part(DatePart::day_of_year, -1, 364);
  part(DatePart::hours, -1, 23);
  part(DatePart::minutes, -1, 59);
  part(DatePart::seconds, -1, 59);
  part(DatePart::milliseconds, -1, 999);
  part(DatePart::day_of_year, 1'709'164'800'000, 59);  // 2024-02-29
  part(DatePart::day_of_week, 1'709'164'800'000, 4);
  part(DatePart::year, static_cast<double>(limits::time_ms_max), 275'760);
  EXPECT_FALSE(gives({n, {I::date_part, 0}, {I::push_number, 0}, I::equal}, {{"n", 1e300}}, {0}));
}

TEST(Program, a_clock_changes_at_its_times) {
  // Unknown before 10, 100 from there on, 200 from 20 on.
  const std::vector<double> numbers = {10, 20, 100, 200, 0, 1, 120};
  const std::vector<Step> clock = {n,
                                   {I::push_number, 5},
                                   {I::push_number, 4},
                                   I::divide,
                                   {I::push_number, 2},
                                   {I::from, 0},
                                   {I::push_number, 3},
                                   {I::from, 1},
                                   I::add,
                                   {I::push_number, 6},
                                   I::less};
  EXPECT_FALSE(gives(clock, {{"n", 9.0}}, numbers));
  EXPECT_TRUE(gives(clock, {{"n", 10.0}}, numbers));
  EXPECT_TRUE(gives(clock, {{"n", 19.0}}, numbers));
  EXPECT_FALSE(gives(clock, {{"n", 20.0}}, numbers));
  EXPECT_FALSE(gives(clock, {}, numbers));
}

}  // namespace
}  // namespace heed::test
