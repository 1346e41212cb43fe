// What conditions hold: absent values, negation, programs, segments, stages.
#include <limits>

#include "session_fixture.h"

namespace heed::test {
namespace {

using image::InputKind;
using image::Type;

/// Attributes of every type and one trigger whose condition is under test.
class Condition {
 public:
  explicit Condition(std::vector<double> numbers = {0, 1, 2, 3, 5}) : b(std::move(numbers)) {
    b.slot("s");
    flag = b.input(InputKind::attribute, b.attribute("flag", Type::boolean));
    number = b.input(InputKind::attribute, b.attribute("number", Type::number));
    text = b.input(InputKind::attribute, b.attribute("text", Type::string));
    set = b.input(InputKind::attribute, b.attribute("set", Type::set));
    time = b.input(InputKind::attribute, b.attribute("time", Type::time));
    now = b.input(InputKind::now, 0);
  }

  /// Whether the condition of one predicate holds when `values` are set.
  bool holds(std::uint32_t predicate, const std::vector<std::pair<std::string, Value>>& values) {
    return holds_any({{predicate}}, values);
  }
  bool holds_any(const std::vector<std::vector<std::uint32_t>>& terms,
                 const std::vector<std::pair<std::string, Value>>& values) {
    ImageBuilder copy = b;
    copy.trigger({.name = "t", .condition = copy.condition(terms)});
    const Ruleset ruleset = opened(copy);
    Session session = session_of(ruleset);
    for (const auto& [name, value] : values) {
      EXPECT_TRUE(session.set(*ruleset.find_attribute(name), value, at(0))) << name;
    }
    return session.decide(SlotId{0}, at(0)).trigger.index == 0;
  }
  bool runs(const std::vector<Step>& steps,
            const std::vector<std::pair<std::string, Value>>& values = {}) {
    ImageBuilder kept = b;
    const bool result = holds(b.computed(code(steps)), values);
    b = std::move(kept);
    return result;
  }

  ImageBuilder b;
  std::uint32_t flag, number, text, set, time, now;
};

TEST(Conditions, terms_are_any_of_all_of) {
  Condition c;
  const auto yes = c.b.predicate(c.flag, Op::is_true, {});
  const auto no = c.b.predicate(c.flag, Op::is_true, {}, true);
  const std::vector<std::pair<std::string, Value>> on = {{"flag", true}};
  EXPECT_FALSE(c.holds_any({}, on));
  EXPECT_TRUE(c.holds_any({{}}, on));
  EXPECT_TRUE(c.holds_any({{no}, {yes}}, on));
  EXPECT_FALSE(c.holds_any({{yes, no}}, on));
  EXPECT_FALSE(c.holds_any({{no, yes}, {no}}, on));
  EXPECT_TRUE(c.holds_any({{no}, {yes, yes}}, on));
}

TEST(Conditions, absent_values_fail_the_test_and_its_negation) {
  Condition c;
  const auto a = c.b.string("a");
  const std::vector<std::pair<std::uint32_t, std::pair<Op, std::vector<std::uint32_t>>>> tests = {
      {c.flag, {Op::is_true, {}}},
      {c.number, {Op::number_in, {0, 1}}},
      {c.text, {Op::string_in, {a}}},
      {c.set, {Op::member, {a}}},
      {c.time, {Op::number_in, {none, none}}},
  };
  for (const auto& [input, test] : tests) {
    EXPECT_FALSE(c.holds(c.b.predicate(input, test.first, test.second), {}));
    EXPECT_FALSE(c.holds(c.b.predicate(input, test.first, test.second, true), {}));
    EXPECT_FALSE(c.holds(c.b.predicate(input, Op::present, {}), {}));
    EXPECT_TRUE(c.holds(c.b.predicate(input, Op::present, {}, true), {}));
  }
}

TEST(Conditions, number_ranges_are_half_open) {
  Condition c;
  const auto one_to_two_or_five = c.b.predicate(c.number, Op::number_in, {1, 2, 4, none});
  const auto outside = c.b.predicate(c.number, Op::number_in, {1, 2, 4, none}, true);
  const auto below_one = c.b.predicate(c.number, Op::number_in, {none, 1});
  const auto check = [&](double value, bool inside, bool below) {
    EXPECT_EQ(c.holds(one_to_two_or_five, {{"number", value}}), inside) << value;
    EXPECT_EQ(c.holds(outside, {{"number", value}}), !inside) << value;
    EXPECT_EQ(c.holds(below_one, {{"number", value}}), below) << value;
  };
  check(-1e308, false, true);
  check(0.999, false, true);
  check(1, true, false);
  check(1.999, true, false);
  check(2, false, false);
  check(4.999, false, false);
  check(5, true, false);
  check(1e308, true, false);
}

TEST(Conditions, minus_zero_is_zero) {
  Condition c;
  const auto from_zero = c.b.predicate(c.number, Op::number_in, {0, none});
  EXPECT_TRUE(c.holds(from_zero, {{"number", -0.0}}));
  EXPECT_FALSE(c.runs({{Instruction::push_number, 1},
                       {Instruction::load, c.number},
                       Instruction::divide,
                       {Instruction::push_number, 0},
                       Instruction::less},
                      {{"number", -0.0}}));  // 1 / 0 is unknown, not -infinity
}

TEST(Conditions, strings_are_compared_by_bytes) {
  Condition c;
  std::vector<std::uint32_t> ids = {c.b.string("DE"), c.b.string("AT"), c.b.string("")};
  std::sort(ids.begin(), ids.end());
  const auto in = c.b.predicate(c.text, Op::string_in, ids);
  const auto not_in = c.b.predicate(c.text, Op::string_in, ids, true);
  for (const std::string_view text : {"DE", "AT", ""}) {
    EXPECT_TRUE(c.holds(in, {{"text", text}}));
    EXPECT_FALSE(c.holds(not_in, {{"text", text}}));
  }
  for (const std::string_view text : {"de", "FR", "D", "GBP"}) {  // the last: another use's string
    EXPECT_FALSE(c.holds(in, {{"text", text}}));
    EXPECT_TRUE(c.holds(not_in, {{"text", text}}));
  }
}

TEST(Conditions, members_of_a_set) {
  Condition c;
  const auto bags = c.b.predicate(c.set, Op::member, {c.b.string("bags")});
  const auto no_bags = c.b.predicate(c.set, Op::member, {c.b.string("bags")}, true);
  const std::vector<std::string_view> some = {"shoes", "bags", "bags"};
  const std::vector<std::string_view> other = {"shoes"};
  EXPECT_TRUE(c.holds(bags, {{"set", Members(some)}}));
  EXPECT_FALSE(c.holds(bags, {{"set", Members(other)}}));
  EXPECT_TRUE(c.holds(no_bags, {{"set", Members(other)}}));
  EXPECT_TRUE(c.holds(no_bags, {{"set", Members()}}));
}

TEST(Conditions, times_are_milliseconds) {
  Condition c({0, static_cast<double>(t0)});
  const auto from_t0 = c.b.predicate(c.now, Op::number_in, {1, none});
  EXPECT_TRUE(c.holds(from_t0, {}));
  const auto time_before = c.b.predicate(c.time, Op::number_in, {none, 1});
  EXPECT_TRUE(c.holds(time_before, {{"time", TimeMs{t0 - 1}}}));
  EXPECT_FALSE(c.holds(time_before, {{"time", TimeMs{t0}}}));
  EXPECT_TRUE(c.runs({{Instruction::load, c.now},
                      {Instruction::load, c.time},
                      Instruction::subtract,
                      {Instruction::push_number, 0},
                      Instruction::equal},
                     {{"time", TimeMs{t0}}}));
}

TEST(Conditions, an_attribute_may_have_a_default) {
  ImageBuilder b({4});
  b.slot("s");
  const auto text =
      b.input(InputKind::attribute,
              b.attribute("text", Type::string, image::Source::page, b.string("fallback")));
  const auto number =
      b.input(InputKind::attribute, b.attribute("number", Type::number, image::Source::page, 0));
  const auto flag =
      b.input(InputKind::attribute, b.attribute("flag", Type::boolean, image::Source::page, 1));
  const auto condition =
      b.condition({{b.predicate(text, Op::string_in, {b.string("fallback")}),
                    b.predicate(number, Op::number_in, {0, none}),
                    b.predicate(flag, Op::is_true, {}), b.predicate(flag, Op::present, {})}});
  b.trigger({.name = "t", .condition = condition});
  const Ruleset ruleset = opened(b);
  Session session = session_of(ruleset);
  EXPECT_EQ(session.decide(SlotId{0}, at(0)).reason, Reason::fixed);
  ASSERT_TRUE(session.set(AttributeId{2}, false, at(0)));
  EXPECT_EQ(session.decide(SlotId{0}, at(0)).reason, Reason::no_trigger);
  ASSERT_TRUE(session.set(AttributeId{2}, Absent{}, at(0)));
  EXPECT_EQ(session.decide(SlotId{0}, at(0)).reason, Reason::fixed);
}

TEST(Programs, kleene_logic) {
  using I = Instruction;
  Condition c;
  const Step unknown(I::load, c.flag);
  EXPECT_FALSE(c.runs({unknown}));
  EXPECT_FALSE(c.runs({unknown, I::logical_not}));
  EXPECT_TRUE(c.runs({unknown, I::push_true, I::logical_or}));
  EXPECT_TRUE(c.runs({I::push_true, unknown, I::logical_or}));
  EXPECT_FALSE(c.runs({unknown, I::push_false, I::logical_or}));
  EXPECT_TRUE(c.runs({unknown, I::push_false, I::logical_and, I::logical_not}));
  EXPECT_TRUE(c.runs({I::push_false, unknown, I::logical_and, I::logical_not}));
  EXPECT_FALSE(c.runs({unknown, I::push_true, I::logical_and, I::logical_not}));
  EXPECT_FALSE(c.runs({unknown, unknown, I::equal}));
  EXPECT_FALSE(c.runs({unknown, I::push_true, I::push_true, I::select}));
  EXPECT_TRUE(c.runs({I::push_true, I::push_true, unknown, I::select}));
  EXPECT_FALSE(c.runs({I::push_false, I::push_true, unknown, I::select}));
  EXPECT_TRUE(c.runs({{I::has, c.flag}, I::logical_not}));
  EXPECT_TRUE(c.runs({{I::has, c.flag}}, {{"flag", false}}));
}

TEST(Programs, arithmetic) {
  using I = Instruction;
  Condition c;
  const auto push = [](std::uint32_t id) { return Step(I::push_number, id); };
  EXPECT_TRUE(c.runs({push(2), push(3), I::add, push(4), I::equal}));
  EXPECT_TRUE(c.runs({push(4), push(3), I::subtract, push(2), I::equal}));
  EXPECT_TRUE(c.runs({push(4), push(2), I::divide, push(2), push(1), push(2), I::divide, I::add,
                      I::equal}));  // 5 / 2 = 2 + 1 / 2
  EXPECT_TRUE(c.runs({push(2), push(2), I::multiply, push(4), I::less}));
  EXPECT_TRUE(c.runs({push(2), I::negate, push(0), I::less}));
  EXPECT_TRUE(c.runs({push(2), push(2), I::less_equal}));
  EXPECT_FALSE(c.runs({push(2), push(2), I::less}));
  EXPECT_FALSE(c.runs({push(2), push(2), I::not_equal}));
  for (const I op : {I::equal, I::not_equal, I::less, I::less_equal}) {
    EXPECT_FALSE(c.runs({push(1), push(0), I::divide, push(0), op}));
    EXPECT_FALSE(c.runs({push(0), push(0), I::divide, push(0), op}));
  }
  const double huge = std::numeric_limits<double>::max();
  EXPECT_FALSE(c.runs({{I::load, c.number}, push(2), I::multiply, push(0), I::less, I::logical_not},
                      {{"number", huge}}));  // overflow is unknown
}

TEST(Programs, strings_and_sets) {
  using I = Instruction;
  Condition c;
  const auto a = Step(I::push_string, c.b.string("a"));
  const auto b = Step(I::push_string, c.b.string("b"));
  const auto ab = Step(I::push_string, c.b.string("ab"));
  const Step text(I::load, c.text);
  EXPECT_TRUE(c.runs({a, b, I::concat, ab, I::equal}));
  EXPECT_TRUE(c.runs({a, b, I::less}));
  EXPECT_TRUE(c.runs({a, ab, I::less_equal}));
  EXPECT_TRUE(c.runs({a, text, I::concat, a, b, I::concat, I::equal}, {{"text", "b"}}));
  // Two joined texts live side by side, the first also after the second was made and dropped.
  EXPECT_TRUE(c.runs(
      {I::push_true, a, b, I::concat, b, a, I::concat, I::select, a, b, I::concat, I::equal}));
  const std::string long_text(1024, 'x');
  EXPECT_TRUE(c.runs({text, text, I::equal}, {{"text", long_text}}));
  EXPECT_FALSE(c.runs({text, a, I::concat, text, I::equal, I::logical_not}, {{"text", long_text}}));
  const std::vector<std::string_view> members = {"a"};
  EXPECT_TRUE(
      c.runs({{I::load, c.set}, {I::member, c.b.string("a")}}, {{"set", Members(members)}}));
  EXPECT_FALSE(c.runs({{I::load, c.set}, {I::member, c.b.string("a")}, I::logical_not}));
  EXPECT_TRUE(c.runs({I::push_false, I::push_true, I::less}));
}

TEST(People, segments_are_total_and_stages_furthest) {
  const Ruleset ruleset = opened(rich_builder());
  Session session = session_of(ruleset);
  const auto cell = [&](std::int64_t ms) {
    return microsegment_text(ruleset, session.decide(SlotId{Rich::side}, at(ms)).microsegment);
  };
  EXPECT_EQ(cell(0), "other/aware");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(session.observe(SignalId{Rich::view}, {}, "", at(i)));
  EXPECT_EQ(cell(3), "other/consider");
  EXPECT_EQ(cell(2 * hour_ms), "other/consider");  // entered: it is sticky
  for (int i = 3; i < 8; ++i) ASSERT_TRUE(session.observe(SignalId{Rich::view}, {}, "", at(i)));
  EXPECT_EQ(cell(8), "browsers/consider");
  ASSERT_TRUE(session.set(AttributeId{Rich::has_children}, true, at(9)));
  EXPECT_EQ(cell(9), "parents/consider");
  ASSERT_TRUE(session.observe(SignalId{Rich::purchase}, {}, "", at(10)));
  EXPECT_EQ(cell(10), "parents/bought");
  EXPECT_EQ(cell(10 + day_ms), "parents/consider");  // bought is not sticky
}

TEST(People, a_sticky_stage_is_entered_by_another_journeys_stage) {
  const Ruleset ruleset = opened(rich_builder());
  Session session = session_of(ruleset);
  EXPECT_EQ(session.state().entered, (Array<std::uint32_t>{0, 0}));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(session.observe(SignalId{Rich::view}, {}, "", at(i)));
  EXPECT_EQ(session.state().entered, (Array<std::uint32_t>{2, 1}));
}

TEST(People, without_microsegments_all_are_one) {
  ImageBuilder b;
  b.slot("s");
  const Ruleset ruleset = opened(b);
  const Microsegment cell = session_of(ruleset).decide(SlotId{0}, at(0)).microsegment;
  EXPECT_EQ(microsegment_text(ruleset, cell), "all");
}

TEST(People, a_list_without_journey_and_a_journey_without_list) {
  ImageBuilder list;
  list.slot("s");
  list.segment("everybody", list.condition({{}}));
  list.push(Column::micro_segment, std::uint32_t{0});
  const Ruleset listed = opened(list);
  EXPECT_EQ(microsegment_text(listed, session_of(listed).decide(SlotId{0}, at(0)).microsegment),
            "everybody/none");
  ImageBuilder journey;
  journey.slot("s");
  journey.journey("j", {{"first", journey.condition({{}})}});
  journey.put(Column::site_journey, 0, std::uint32_t{0});
  const Ruleset staged = opened(journey);
  EXPECT_EQ(microsegment_text(staged, session_of(staged).decide(SlotId{0}, at(0)).microsegment),
            "other/first");
}

TEST(People, before_the_first_stage_a_journey_is_at_none) {
  ImageBuilder b({1});
  b.slot("s");
  const auto flag = b.input(InputKind::attribute, b.attribute("flag", Type::boolean));
  b.journey("j", {{"first", b.condition({{b.predicate(flag, Op::is_true, {})}})}});
  const auto stage = b.input(InputKind::journey, 0);
  const auto at_none = b.predicate(stage, Op::string_in, {b.string("none")});
  b.trigger({.name = "t", .condition = b.condition({{at_none}})});
  const Ruleset ruleset = opened(b);
  Session session = session_of(ruleset);
  EXPECT_EQ(session.decide(SlotId{0}, at(0)).reason, Reason::fixed);
  ASSERT_TRUE(session.set(AttributeId{0}, true, at(0)));
  EXPECT_EQ(session.decide(SlotId{0}, at(0)).reason, Reason::no_trigger);
}

TEST(Set, values_are_checked) {
  const Ruleset ruleset = opened(rich_builder());
  Session session = session_of(ruleset);
  const auto refused = [&](std::uint32_t attribute, const Value& value) {
    const Result<void> result = session.set(AttributeId{attribute}, value, at(0));
    EXPECT_EQ(result ? attribute : result.error().where, attribute);
    return result ? "accepted" : name(result.error().code);
  };
  const std::string long_text(1025, 'x');
  const std::vector<std::string_view> bad_member = {"\xff"};
  const std::vector<std::string_view> many(257, "m");
  const std::vector<std::string_view> most(256, "m");
  EXPECT_EQ(refused(5, 1.0), "unknown_attribute");
  EXPECT_EQ(refused(Rich::hour, true), "wrong_type");
  EXPECT_EQ(refused(Rich::hour, "12"), "wrong_type");
  EXPECT_EQ(refused(Rich::device, 1.0), "wrong_type");
  EXPECT_EQ(refused(Rich::has_children, 1.0), "wrong_type");
  EXPECT_EQ(refused(Rich::seen, "bags"), "wrong_type");
  EXPECT_EQ(refused(Rich::since, 1.0), "wrong_type");
  EXPECT_EQ(refused(Rich::hour, std::numeric_limits<double>::quiet_NaN()), "not_finite");
  EXPECT_EQ(refused(Rich::hour, std::numeric_limits<double>::infinity()), "not_finite");
  EXPECT_EQ(refused(Rich::device, std::string_view(long_text)), "too_large");
  EXPECT_EQ(refused(Rich::device, "\xc0\x80"), "not_utf8");
  EXPECT_EQ(refused(Rich::seen, Members(bad_member)), "not_utf8");
  EXPECT_EQ(refused(Rich::seen, Members(many)), "too_many");
  EXPECT_EQ(refused(Rich::since, TimeMs{limits::time_ms_max + 1}), "too_large");
  EXPECT_EQ(refused(Rich::since, TimeMs{-limits::time_ms_max - 1}), "too_large");
  EXPECT_EQ(session, session_of(ruleset));  // nothing has changed
  EXPECT_EQ(refused(Rich::seen, Members(most)), "accepted");
  EXPECT_EQ(refused(Rich::since, TimeMs{-limits::time_ms_max}), "accepted");
}

}  // namespace
}  // namespace heed::test
