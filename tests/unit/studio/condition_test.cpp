#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

#include "fixture.h"
#include "heed/studio/json_text.h"
#include "test_text.h"

namespace heed::compile {
namespace {

// The canonical form of the trigger's condition; `change`, where given, is made to its source.
std::string canonical(std::string_view condition, std::string_view change = {},
                      std::string_view into = {}) {
  std::string source = source_with(json_text(condition));
  if (!change.empty()) source.replace(source.find(change), change.size(), into);
  const Ruleset ruleset = open_text(std::move(source));
  return condition_text(ruleset, ruleset.at<std::uint32_t>(image::Column::trigger_condition, 0));
}

std::string first_error(std::string_view condition) {
  for (const Diagnostic& diagnostic : compile_text(source_with(json_text(condition))).diagnostics) {
    if (diagnostic.severity == Severity::error) return diagnostic.code;
  }
  return "none";
}

TEST(Condition, tests_of_one_input_become_one_set_of_values) {
  EXPECT_EQ(canonical("s == 'b' || s == 'a'"), "s in ['a', 'b']");
  EXPECT_EQ(canonical("s in ['a', 'b'] && s != 'b'"), "s == 'a'");
  EXPECT_EQ(canonical("s != 'a' && s != 'b'"), "!(s in ['a', 'b'])");
  EXPECT_EQ(canonical("s == 'a' || s != 'a'"), "has(s)");
  EXPECT_EQ(canonical("s == 'a' || !has(s) || s != 'a'"), "true");
  EXPECT_EQ(canonical("n > 1 && n <= 5"), "n > 1 && n <= 5");
  EXPECT_EQ(canonical("n < 3 || n >= 3"), "has(n)");
  EXPECT_EQ(canonical("n < 3 || n > 3"), "n != 3");
  EXPECT_EQ(canonical("!(n == 3)"), "n != 3");
  EXPECT_EQ(canonical("n in [3, 1.0, 2]"), "n == 1 || n == 2 || n == 3");
  EXPECT_EQ(canonical("b || !b"), "has(b)");
  EXPECT_EQ(canonical("b == false"), "!b");
  EXPECT_EQ(canonical("b != true"), "!b");
  EXPECT_EQ(canonical("5 < n"), "n > 5");
  EXPECT_EQ(canonical("-1 >= n"), "n <= -1");
  EXPECT_EQ(canonical("n > 0.1 && n <= 0.2"), "n > 0.1 && n <= 0.2");
  EXPECT_EQ(canonical("t > timestamp('2027-01-01T00:00:00Z')"),
            "t > timestamp('2027-01-01T00:00:00Z')");
}

TEST(Condition, negation_reaches_the_tests_and_stays_within_what_is_known) {
  EXPECT_EQ(canonical("!(s == 'a' && n > 1)"), "n <= 1 || s != 'a'");
  EXPECT_EQ(canonical("!(s == 'a' || 'x' in m)"), "s != 'a' && !('x' in m)");
  EXPECT_EQ(canonical("!!b"), "b");
  EXPECT_EQ(canonical("!has(s)"), "!has(s)");
  EXPECT_EQ(canonical("!(b ? n > 1 : s == 'a')"), "b && n <= 1 || !b && s != 'a'");
  EXPECT_EQ(canonical("(n > 1) == (s == 'a')"), "n > 1 && s == 'a' || n <= 1 && s != 'a'");
}

TEST(Condition, what_is_always_known_needs_no_test) {
  EXPECT_EQ(canonical("has(views)"), "true");
  EXPECT_EQ(canonical("views >= 0"), "true");
  EXPECT_EQ(canonical("has(since)"), "has(since)");
  EXPECT_EQ(canonical("has(d) || b"), "true");  // it has a default
  EXPECT_EQ(canonical("segment.young || !segment.young"), "true");
  EXPECT_EQ(canonical("stage.buy != 'near'"), "stage.buy in ['aware', 'none']");
  EXPECT_EQ(canonical("stage.buy in ['aware', 'near', 'none']"), "true");
}

TEST(Condition, a_member_tells_that_its_set_is_known) {
  EXPECT_EQ(canonical("has(m) && 'a' in m"), "'a' in m");
  EXPECT_EQ(canonical("'a' in m || !('a' in m)"), "has(m)");
  EXPECT_EQ(canonical("has(m) || 'a' in m"), "has(m)");
  EXPECT_EQ(first_error("!has(m) && 'a' in m"), "unreachable");
}

TEST(Condition, narrower_alternatives_are_dropped) {
  EXPECT_EQ(canonical("n > 1 || (n > 2 && s == 'a')"), "n > 1");
  EXPECT_EQ(canonical("(s == 'a' && b) || (s == 'b' && b)"), "b && s in ['a', 'b']");
  EXPECT_EQ(canonical("b || (b && n > 1) || b"), "b");
}

TEST(Condition, constants_are_computed_as_cel_computes_them) {
  EXPECT_EQ(canonical("n == 7 / 2"), "n == 3");
  EXPECT_EQ(canonical("n == 7 / 2.0"), "n == 3.5");
  EXPECT_EQ(canonical("n == -7 % 4"), "n == -3");
  EXPECT_EQ(canonical("s == 'a' + 'b'"), "s == 'ab'");
  EXPECT_EQ(canonical("1 + 1 == 2 && b"), "b");
  EXPECT_EQ(canonical("n > 1 || 9223372036854775807 + 1 > 0"), "n > 1");
  EXPECT_EQ(canonical("n > 1 || 1 / 0 == 1"), "n > 1");
  EXPECT_EQ(canonical("b || !(1 / 0 == 1)"), "b");  // the complement of an error is one
  EXPECT_EQ(canonical("n == -9223372036854775808"), "n == -9223372036854776000");
  EXPECT_EQ(canonical("since < duration('1h') + duration('30m')"), "since < duration('90m')");
  EXPECT_EQ(canonical("t >= timestamp('2027-01-01T00:00:00Z') - duration('1d')"),
            "t >= timestamp('2026-12-31T00:00:00Z')");
}

TEST(Condition, literals_are_read_as_cel_reads_them) {
  EXPECT_EQ(canonical(R"(s == "it's")"), R"(s == 'it\'s')");
  EXPECT_EQ(canonical(R"(s == r'a\n')"), R"(s == 'a\\n')");
  EXPECT_EQ(canonical(R"(s == '\r\n\t\x1b[31m\177\u00e9')"),
            "s == '\\r\\n\\t\\x1b[31m\\x7f\u00e9'");
  EXPECT_EQ(canonical(R"(s == '\x41\101\u0041\U00000041')"), "s == 'AAAA'");
  EXPECT_EQ(canonical("s == '''a'b'''"), R"(s == 'a\'b')");
  EXPECT_EQ(canonical("n == 0x1F"), "n == 31");
  EXPECT_EQ(canonical("n == .5 || n == 1e2 || n == 007.5"), "n == 0.5 || n == 7.5 || n == 100");
  EXPECT_EQ(canonical("n > 1 // a comment\n && b"), "b && n > 1");
  EXPECT_EQ(canonical("s in ['a', 'b',]"), "s in ['a', 'b']");
  EXPECT_EQ(first_error("s == '\\ud800'"), "syntax");
  EXPECT_EQ(first_error("n == 1e999"), "not_finite");
}

TEST(Condition, advice_is_a_condition_that_compiles) {
  const auto said = [](std::string_view condition) {
    return findings(source_with(json_text(condition)));
  };
  EXPECT_NE(said("stage.buy").find("compare it, as in `stage.buy == 'aware'`"), std::string::npos);
  EXPECT_EQ(first_error("stage.buy == 'aware'"), "none");
  EXPECT_NE(said("s && b").find("ask `has(s)`"), std::string::npos);
  EXPECT_EQ(said("b && now").find("has("), std::string::npos);
}

TEST(Condition, what_is_no_plain_test_is_computed) {
  EXPECT_EQ(canonical("n + o > 3"), "n + o > 3");
  EXPECT_EQ(canonical("!(n + o > 3)"), "n + o <= 3");
  EXPECT_EQ(canonical("s == p"), "s == p");
  EXPECT_EQ(canonical("!(s == p)"), "s != p");
  EXPECT_EQ(canonical("s < 'm'"), "s < 'm'");
  EXPECT_EQ(canonical("now - t > duration('1d')"), "now - t > duration('1d')");
  EXPECT_EQ(canonical("(b ? n : o) > 1"), "(b ? n : o) > 1");
  EXPECT_EQ(canonical("s + p in ['a', 'b']"), "s + p in ['a', 'b']");
  EXPECT_EQ(canonical("n + o > 3 && n + o > 3"), "n + o > 3");
}

TEST(Condition, functions_and_macros_are_computed) {
  EXPECT_EQ(canonical("s.startsWith('a') && !s.lowerAscii().contains(p)"),
            "s.startsWith('a') && !s.lowerAscii().contains(p)");
  EXPECT_EQ(canonical("size(s) / 2 == m.size() % 3"), "s.size() / 2 == m.size() % 3");
  EXPECT_EQ(canonical("m.exists(tag, tag.endsWith(s))"), "m.exists(x, x.endsWith(s))");
  EXPECT_EQ(canonical("m.all(a, m.exists(b, a < b))"), "m.all(x, m.exists(y, x < y))");
  EXPECT_EQ(canonical("s in m"), "s in m");
  EXPECT_EQ(canonical("t.getDayOfWeek('+02:00') in [0, 6]"), "t.getDayOfWeek('+02:00') in [0, 6]");
  EXPECT_EQ(canonical("(now - t).getHours() < 3"), "(now - t).getHours() < 3");
}

TEST(Condition, what_is_computed_reads_as_it_was_written) {
  for (const char* condition : {
           "t + duration('18d') < now",
           "now - t > duration('36h')",
           "t < now - duration('5d')",
           "now - timestamp('2027-01-01T00:00:00Z') > duration('3d')",
           "timestamp('2027-01-01T00:00:00Z') - t < since",
           "(b ? t : now) > timestamp('2027-01-01T00:00:00Z')",
           "since + duration('5m') in [duration('1h'), duration('2h')]",
           "since.getHours() % 24 == 3",
           "since.getMilliseconds() == 250",
           "now.getHours('-09:30') >= 9",
           "(now - since).getMonth() == 11",
           "n * 2 + o > 100",
           "n * (o + 2) > 100",
           "n - (o - 2) > -3",
           "-(n + o) < 5",
           "s + 'x' == p",
           "s.lowerAscii() != 'gb'",
           "m.exists(x, x.startsWith('a') && !(x in ['ab', 'ac']) || n > 1)",
           "m.all(x, b ? x == s : x != s)",
           "m.exists(x, (b ? 1 : 2) == x.size())",
           "s + p in []",
       }) {
    EXPECT_EQ(canonical(condition), condition);
  }
}

TEST(Condition, what_computes_something_else_reads_differently) {
  EXPECT_EQ(canonical("size(s) / 2 == n"), "s.size() / 2 == n");
  EXPECT_EQ(canonical("size(s) / 2.0 == n"), "s.size() / 2.0 == n");
  EXPECT_EQ(canonical("size(s) / (b ? 2 : 3) == n"), "s.size() / (b ? 2 : 3) == n");
  EXPECT_EQ(canonical("size(s) / (b ? 2.0 : 3.0) == n"), "s.size() / (b ? 2.0 : 3.0) == n");
  const auto* const attribute = R"("x":{"type":"string"},"m":{)";
  EXPECT_EQ(canonical("m.exists(i, i < x)", R"("m":{)", attribute), "m.exists(x_, x_ < x)");
  EXPECT_EQ(canonical("m.exists(i, i < s)"), "m.exists(x, x < s)");
}

TEST(Condition, a_macro_that_names_members_is_a_test_of_them) {
  EXPECT_EQ(canonical("m.exists(x, x == 'a' || 'b' == x)"), "'a' in m || 'b' in m");
  EXPECT_EQ(canonical("m.exists(x, x in ['b', 'a'])"), "'a' in m || 'b' in m");
  EXPECT_EQ(canonical("m.all(x, x != 'a' && !(x in ['b']))"), "!('a' in m) && !('b' in m)");
  EXPECT_EQ(canonical("!m.exists(x, x == 'a')"), "!('a' in m)");
  EXPECT_EQ(canonical("m.exists(x, x == 'a' || x < s)"), "m.exists(x, x == 'a' || x < s)");
  EXPECT_EQ(canonical("m.exists(x, x == 'a' && s == 'b')"), "m.exists(x, x == 'a' && s == 'b')");
}

TEST(Condition, functions_of_constants_are_computed_at_once) {
  EXPECT_EQ(canonical("n == size('\u00e9\U0001f381') * 2"), "n == 4");
  EXPECT_EQ(canonical("s == 'DE'.lowerAscii()"), "s == 'de'");
  EXPECT_EQ(canonical("'abc'.contains('b') && b"), "b");
  EXPECT_EQ(canonical("[1, 2].exists(x, n == x)"), "n == 1 || n == 2");
  EXPECT_EQ(canonical("['a', 'b'].all(x, x != s)"), "!(s in ['a', 'b'])");
  EXPECT_EQ(canonical("[1, 2].all(x, ['a'].exists(y, b)) || [].all(x, x == 1)"), "true");
  EXPECT_EQ(canonical("n == size([1, 2, 3])"), "n == 3");
  EXPECT_EQ(canonical("n == timestamp('2027-03-28T23:30:00Z').getHours('+01:00')"), "n == 0");
  EXPECT_EQ(canonical("n == duration('-90m').getHours()"), "n == -1");
  EXPECT_EQ(canonical("n == duration('1500ms').getMilliseconds()"), "n == 500");
}

TEST(Condition, a_warning_quotes_the_whole_negation) {
  const auto warned = [](std::string_view condition) {
    for (const Diagnostic& diagnostic :
         compile_text(source_with(json_text(condition))).diagnostics) {
      const std::size_t from = diagnostic.message.find("match `");
      if (diagnostic.code != "negation_excludes_unknown") continue;
      return diagnostic.message.substr(from + 7, diagnostic.message.find(';') - from - 8);
    }
    return std::string("nothing");
  };
  EXPECT_EQ(warned("b == true && !('bags' in m)"), "!('bags' in m)");
  EXPECT_EQ(warned("(b || !( 'a' in m ))"), "!( 'a' in m )");
  EXPECT_EQ(warned("b ? !(n > 1) : true"), "!(n > 1)");
  EXPECT_EQ(warned("!s.startsWith('a')"), "!s.startsWith('a')");
  EXPECT_EQ(warned("m.exists(x, x.size() > 1 && s != x)"), "s != x");
  EXPECT_EQ(warned("!m.all(x, x.size() > 1)"), "!m.all(x, x.size() > 1)");
  EXPECT_EQ(warned("has(s) && !s.startsWith('a')"), "nothing");
}

TEST(Condition, truths_are_ordered) {
  EXPECT_EQ(canonical("b < true"), "!b");
  EXPECT_EQ(canonical("b >= false"), "has(b)");
  EXPECT_EQ(canonical("(n > 1) <= (s == 'a')"), "has(n) && s == 'a' || n <= 1 && s != 'a'");
}

bool matches(std::string_view condition, std::string_view attributes) {
  const Ruleset ruleset = open_text(source_with(json_text(condition)));
  const std::string line = R"({"visitor":"u","now":"2027-01-01T00:00:00Z","attributes":)" +
                           std::string(attributes) + "}";
  const std::string answer = decide_line(ruleset, line);
  EXPECT_EQ(answer.find("error"), std::string::npos) << answer;
  return answer.find("\"trigger\":\"r\"") != std::string::npos;
}

TEST(Condition, what_is_unknown_never_matches_and_neither_does_its_negation) {
  for (const char* condition : {"s == 'a'",
                                "s != 'a'",
                                "!(s == 'a')",
                                "s in ['a']",
                                "!(s in ['a'])",
                                "s < 'z'",
                                "s + 'x' == 'ax'",
                                "!(s + 'x' == 'ax')",
                                "n > 1",
                                "!(n > 1)",
                                "n + 1 > 0 || !(n + 1 > 0)",
                                "b",
                                "!b",
                                "b == b || b != b",
                                "'a' in m",
                                "!('a' in m)",
                                "since < duration('1d')",
                                "!(since < duration('1d'))",
                                "t < now",
                                "!(t < now)",
                                "b ? true : true",
                                "(b ? 1.0 : 2.0) > 0",
                                "s in []",
                                "!(s in [])"}) {
    if (first_error(condition) == "unreachable") continue;  // `s in []`: known to be false
    EXPECT_FALSE(matches(condition, "{}")) << condition;
  }
  EXPECT_TRUE(matches("!has(s) && !has(m) && !has(since)", "{}"));
  EXPECT_TRUE(matches("n > 1 || s == 'a'", R"({"s":"a"})"));  // true || unknown
  EXPECT_FALSE(matches("n > 1 && s == 'a'", R"({"s":"a"})"));
  EXPECT_TRUE(matches("!(n > 1 && s == 'a')", R"({"s":"b"})"));  // !(unknown && false)
  EXPECT_TRUE(matches("!(s in [])", R"({"s":"b"})"));
  EXPECT_TRUE(matches("!segment.young", "{}"));
}

TEST(Condition, arithmetic_that_gives_no_number_never_matches) {
  EXPECT_FALSE(matches("n / o > 0 || !(n / o > 0)", R"({"n":1,"o":0})"));
  EXPECT_FALSE(matches("n * o > 0 || !(n * o > 0)", R"({"n":1e308,"o":1e308})"));
  EXPECT_TRUE(matches("n / o == 0.5", R"({"n":1,"o":2})"));
}

TEST(Condition, too_much_is_refused_before_it_costs) {
  std::string wide = "n == 0";
  for (int i = 1; i < 200; ++i)
    wide += " || n == " + std::to_string(i) + " && o == " + std::to_string(i);
  EXPECT_EQ(first_error(wide), "too_many_terms");
  std::string chain = "b";
  for (int i = 0; i < 40; ++i) chain = "(" + chain + ") == (n > " + std::to_string(i) + ")";
  EXPECT_EQ(first_error(chain), "too_many_terms");
  EXPECT_EQ(first_error(std::string(100, '(') + "b" + std::string(100, ')')), "too_deep");
  EXPECT_EQ(first_error(std::string(100, '!') + "b"), "too_deep");
  std::string sum = "n";
  for (int i = 0; i < 70; ++i) sum += " + n";
  EXPECT_EQ(first_error(sum + " > 1"), "too_deep");
  EXPECT_EQ(first_error(std::string(17'000, ' ') + "b"), "too_large");
  std::string many = "s == 'x0'";
  for (int i = 1; i < 900; ++i) many += " || s == 'x" + std::to_string(i) + "'";
  EXPECT_EQ(first_error(many), "none");  // one set of values, however many
}

}  // namespace
}  // namespace heed::compile
