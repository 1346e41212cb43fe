// The oracle itself, against hand-worked examples: an oracle that agrees with everything proves
// nothing.
#include "reference.h"

#include <gtest/gtest.h>

#include "number_text.h"
#include "time.h"

namespace heed::reference {
namespace {

Value ask(const std::string& text, const std::map<std::string, Value>& known = {}) {
  return evaluate(parse_expression(text), [&](const std::string& name) {
    const auto found = known.find(name);
    return found == known.end() ? Value(Unknown{}) : found->second;
  });
}

TEST(ReferenceExpression, an_absent_value_fails_a_test_and_its_negation) {
  for (const char* text : {"x == 'a'", "x != 'a'", "!(x == 'a')", "!(x != 'a')", "x in ['a']",
                           "!(x in ['a'])", "'a' in x", "x", "!x", "x + 1.0 > 0.0"}) {
    EXPECT_EQ(ask(text), Value(Unknown{})) << text;
  }
  EXPECT_EQ(ask("has(x)"), Value(false));
  EXPECT_EQ(ask("!has(x)"), Value(true));
}

TEST(ReferenceExpression, one_known_side_may_decide) {
  EXPECT_EQ(ask("x == 'a' || true"), Value(true));
  EXPECT_EQ(ask("false && x == 'a'"), Value(false));
  EXPECT_EQ(ask("x == 'a' && true"), Value(Unknown{}));
  EXPECT_EQ(ask("x ? true : true"), Value(Unknown{}));
  EXPECT_EQ(ask("true ? true : x"), Value(true));
}

TEST(ReferenceExpression, numbers_that_are_none_are_unknown) {
  EXPECT_EQ(ask("n / 0 > 1", {{"n", 1.0}}), Value(Unknown{}));
  EXPECT_EQ(ask("n * n > 1", {{"n", 1e200}}), Value(Unknown{}));
  EXPECT_EQ(ask("-n == 0", {{"n", 0.0}}), Value(true));
}

TEST(ReferenceExpression, operators_bind_as_in_cel) {
  EXPECT_EQ(ask("1 + 2 * 3 == 7 && !false || false"), Value(true));
  EXPECT_EQ(ask("true || false && false"), Value(true));
  EXPECT_EQ(ask("10 - 4 - 3 == 3"), Value(true));
  EXPECT_EQ(ask("false ? true : false ? false : true"), Value(true));
}

TEST(ReferenceExpression, whole_numbers_are_cels_int) {
  EXPECT_EQ(ask("7 / 2 == 3 && -7 / 2 == -3 && -7 % 4 == -3"), Value(true));
  EXPECT_EQ(ask("7 / 0 == 1"), Value(Unknown{}));
  EXPECT_EQ(ask("n / 2 == 3.5", {{"n", 7.0}}), Value(true));
  EXPECT_EQ(ask("9223372036854775807 + 1 > 0"), Value(Unknown{}));
}

TEST(ReferenceExpression, methods_and_macros) {
  const std::map<std::string, Value> known = {{"s", std::string("\xc3\xa9Tude")},
                                              {"m", Set{"a", "bc"}}};
  EXPECT_EQ(ask("s.size() == 5 && s.lowerAscii() == '\xc3\xa9tude'", known), Value(true));
  EXPECT_EQ(ask("s.contains('Tu') && !s.startsWith('T') && s.endsWith('')", known), Value(true));
  EXPECT_EQ(ask("m.exists(x, x.size() == 2) && m.all(x, x != '')", known), Value(true));
  EXPECT_EQ(ask("m.exists(x, x == 'a' || gone)", known), Value(true));
  EXPECT_EQ(ask("m.all(x, x == 'a' || gone)", known), Value(Unknown{}));
  EXPECT_EQ(ask("gone.all(x, true)", known), Value(Unknown{}));
}

TEST(ReferenceTime, parts_of_a_time) {
  const std::int64_t ms = parse_time("2009-02-13T23:31:30.125Z");
  const std::pair<const char*, int> parts[] = {
      {"getFullYear", 2009}, {"getMonth", 1},         {"getDate", 13},  {"getDayOfMonth", 12},
      {"getDayOfWeek", 5},   {"getDayOfYear", 43},    {"getHours", 23}, {"getMinutes", 31},
      {"getSeconds", 30},    {"getMilliseconds", 125}};
  for (const auto& [accessor, value] : parts) EXPECT_EQ(part_of_time(accessor, ms), value);
  EXPECT_EQ(part_of_time("getDayOfYear", -1), 364);
  EXPECT_EQ(offset_at("Europe/London", parse_time("2027-03-28T00:59:59Z")), 0);
  EXPECT_EQ(offset_at("Europe/London", parse_time("2027-03-28T01:00:00Z")), 3'600'000);
  EXPECT_EQ(offset_at("Europe/London", parse_time("2014-12-31T23:59:59Z")), std::nullopt);
}

TEST(ReferenceTime, a_date_begins_at_local_midnight) {
  EXPECT_EQ(parse_moment("2027-07-01", "Europe/London"), parse_time("2027-06-30T23:00:00Z"));
  EXPECT_EQ(parse_moment("2027-12-01", "Europe/London"), parse_time("2027-12-01T00:00:00Z"));
  EXPECT_EQ(parse_moment("2027-12-01", "+05:30"), parse_time("2027-11-30T18:30:00Z"));
  EXPECT_EQ(parse_time("2026-11-20T10:00:00.250+01:30"), 1'795'168'800'250 - 5'400'000);
}

TEST(ReferenceTime, durations_add_up) {
  EXPECT_EQ(parse_duration("30m"), 1'800'000);
  EXPECT_EQ(parse_duration("1h30m"), 5'400'000);
  EXPECT_EQ(parse_duration("2w"), 1'209'600'000);
  EXPECT_EQ(parse_duration("500ms"), 500);
}

// Examples of ECMA-262, Number::toString.
TEST(ReferenceText, numbers_print_as_in_ecmascript) {
  const std::pair<double, const char*> examples[] = {{0, "0"},
                                                     {-0.0, "0"},
                                                     {1, "1"},
                                                     {0.5, "0.5"},
                                                     {1e21, "1e+21"},
                                                     {1e20, "100000000000000000000"},
                                                     {1e-6, "0.000001"},
                                                     {1e-7, "1e-7"},
                                                     {-2.5, "-2.5"},
                                                     {1.5e-9, "1.5e-9"},
                                                     {123456789, "123456789"},
                                                     {0.1 + 0.2, "0.30000000000000004"}};
  for (const auto& [number, text] : examples) EXPECT_EQ(number_text(number), text);
}

constexpr const char* source = R"json({"site":"t","version":1,"expires":"2099-01-01T00:00:00Z",
  "attributes":{"country":{"type":"string"},"hour":{"type":"number"},"seen":{"type":"set"}},
  "slots":{"hero":{}},
  "triggers":{"r0":{"slot":"hero","when":"country in ['DE','AT'] && hour >= 8 && !('bags' in seen)",
    "parts":{"arm":["a","b"]},"policy":{"split":{"arm":{"a":0.5,"b":0.5}}}}}})json";

// u1 draws 2727609322 (0.635) for p/r0/arm on site t, u2 446626009 (0.104): worked out with
// tests/vectors/draw.mjs.
TEST(Reference, decides_the_smallest_source) {
  const Reference reference(source);
  EXPECT_EQ(reference.decide_line(R"({"visitor":"u1","now":"2026-11-20T10:00:00Z","attributes":)"
                                  R"({"country":"DE","hour":9,"seen":[]}})"),
            R"({"visitor":"u1","decisions":[{"slot":"hero","trigger":"r0","variant":"b",)"
            R"("options":{"arm":"b"},"probability":0.5,"microsegment":"all","reason":"split"}]})");
  EXPECT_EQ(reference.decide_line(R"({"visitor":"u2","now":"2026-11-20T10:00:00Z","attributes":)"
                                  R"({"country":"AT","hour":8,"seen":["shoes"]}})"),
            R"({"visitor":"u2","decisions":[{"slot":"hero","trigger":"r0","variant":"a",)"
            R"("options":{"arm":"a"},"probability":0.5,"microsegment":"all","reason":"split"}]})");
  EXPECT_EQ(reference.decide_line(R"({"visitor":"u2","now":"2026-11-20T10:00:00Z"})"),
            R"({"visitor":"u2","decisions":[]})");
}

}  // namespace
}  // namespace heed::reference
