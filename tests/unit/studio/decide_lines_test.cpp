#include "heed/studio/decide_lines.h"

#include <gtest/gtest.h>

#include <string>

#include "fixture.h"
#include "heed/studio/json_text.h"

namespace heed::compile {
namespace {

constexpr const char* source =
    R"({"site":"t","attributes":{"b":{"type":"bool"},"n":{"type":"number"},"s":{"type":"string"},"m":{"type":"set"},
    "at":{"type":"time"},"fact":{"type":"bool","source":"profile"}},
  "signals":{"view":{"kind":"string","price":"number"},"buy":{"value":"number"}},
  "features":{"views":{"count":"view"},"kind":{"last":"view","value":"kind"}},
  "metrics":{"revenue":{"signal":"buy","value":"value"}},
  "slots":{"z":{},"a":{},"empty":{}},
  "triggers":{"t1":{"slot":"z","when":"n > 1","parts":{"x":["p\"q"],"y":["r"]}},
              "t2":{"slot":"a","when":"views >= 2 || fact","parts":{"x":["k"]}},
              "held":{"slot":"z","when":"b","priority":9,"holdout":1,"parts":{"x":["p"]}}}})";

class DecideLine : public testing::Test {
 protected:
  std::string answer(std::string_view line) { return decide_line(ruleset_, line); }
  /// The error's code.
  std::string code(std::string_view line) {
    const std::string out = answer(line);
    const std::size_t at = out.find("\"code\":\"");
    return at == std::string::npos ? out : out.substr(at + 8, out.find('"', at + 8) - at - 8);
  }

  Ruleset ruleset_ = open_text(source);
};

TEST_F(DecideLine, keys_come_in_the_order_of_the_contract) {
  EXPECT_EQ(
      answer(
          R"({"visitor":"u\u0001","now":"2026-11-20T10:00:00Z","attributes":{"n":2},"slots":["z"]})"),
      R"({"visitor":"u\u0001","decisions":[{"slot":"z","trigger":"t1","variant":"p\"q+r","options":{"x":"p\"q","y":"r"},)"
      R"("probability":1,"microsegment":"all","reason":"fixed"}]})"
      "\n");
}

TEST_F(DecideLine, slots_left_out_mean_all_that_have_a_winner) {
  EXPECT_EQ(answer(R"({"visitor":"u","now":0})"), "{\"visitor\":\"u\",\"decisions\":[]}\n");
  EXPECT_EQ(
      answer(R"({"visitor":"u","now":0,"slots":["empty","z","empty"]})"),
      R"({"visitor":"u","decisions":[{"slot":"empty","trigger":null,"reason":"no_trigger"},{"slot":"z","trigger":null,"reason":"no_trigger"},)"
      R"({"slot":"empty","trigger":null,"reason":"no_trigger"}]})"
      "\n");
}

TEST_F(DecideLine, a_held_out_visitor_keeps_the_winner_and_sees_nothing) {
  EXPECT_EQ(
      answer(R"({"visitor":"u","now":0,"attributes":{"b":true,"n":5}})"),
      R"({"visitor":"u","decisions":[{"slot":"z","trigger":"held","held_out":true,"microsegment":"all","reason":"holdout"}]})"
      "\n");
}

TEST_F(DecideLine, each_wrong_line_has_its_own_code) {
  EXPECT_EQ(code("nonsense"), "malformed");
  EXPECT_EQ(code("[]"), "wrong_type");
  EXPECT_EQ(code(R"({"now":0})"), "missing_key");
  EXPECT_EQ(code(R"({"visitor":"u"})"), "missing_key");
  EXPECT_EQ(code(R"({"visitor":"","now":0})"), "bad_visitor");
  EXPECT_EQ(code(R"({"visitor":")" + std::string(129, 'a') + R"(","now":0})"), "bad_visitor");
  EXPECT_EQ(code(R"({"visitor":5,"now":0})"), "wrong_type");
  EXPECT_EQ(code(R"({"visitor":"u","now":"yesterday"})"), "bad_time");
  EXPECT_EQ(code(R"({"visitor":"u","now":1.5})"), "bad_time");
  EXPECT_EQ(code(R"({"visitor":"u","now":9e15})"), "bad_time");
  EXPECT_EQ(code(R"({"visitor":"u","now":1e999})"), "not_finite");
  EXPECT_EQ(code(R"({"visitor":"u","now":0,"now":0})"), "duplicate_key");
  EXPECT_EQ(code(R"({"visitor":"u","now":0,"attributes":{"zz":{"k":1,"k":2}}})"), "duplicate_key");
  EXPECT_EQ(code(R"({"visitor":"\udc00","now":0})"), "lone_surrogate");
  EXPECT_EQ(code("{\"visitor\":\"\xc0\xaf\",\"now\":0}"), "not_utf8");
  for (const char* wrong : {R"({"b":1})", R"({"n":"1"})", R"({"s":1})", R"({"m":"a"})",
                            R"({"m":[1]})", R"({"at":true})", R"({"n":null})"}) {
    EXPECT_EQ(code(R"({"visitor":"u","now":0,"attributes":)" + std::string(wrong) + "}"),
              "wrong_type")
        << wrong;
  }
  EXPECT_EQ(code(R"({"visitor":"u","now":0,"attributes":{"at":"noon"}})"), "bad_time");
  EXPECT_EQ(code(R"({"visitor":"u","now":0,"attributes":{"s":")" + std::string(1025, 'a') + "\"}}"),
            "too_large");
  EXPECT_EQ(code(R"({"visitor":"u","now":0,"attributes":[]})"), "wrong_type");
  EXPECT_EQ(code(R"({"visitor":"u","now":0,"signals":[{"name":"view","at":1}]})"), "at_after_now");
  EXPECT_EQ(code(R"({"visitor":"u","now":0,"signals":[{"at":0}]})"), "missing_key");
  EXPECT_EQ(code(R"({"visitor":"u","now":0,"signals":[{"name":"view","fields":{"price":"1"}}]})"),
            "wrong_type");
  EXPECT_EQ(code(R"({"visitor":"u","now":0,"signals":[{"name":"refund","of":"buy"}]})"),
            "missing_key");
  EXPECT_EQ(code(R"({"visitor":"u","now":0,"slots":["z",1]})"), "wrong_type");
  EXPECT_EQ(code(R"({"visitor":"u","now":0,"consent":"all"})"), "unknown_word");
  EXPECT_EQ(code(R"({"visitor":"u","now":0,"view":"12"})"), "bad_view");
  EXPECT_EQ(code(std::string(1024 * 1024 + 1, ' ') + "x"), "too_large");
}

TEST_F(DecideLine, a_refused_line_is_answered_in_its_place) {
  DecideLines lines(ruleset_);
  std::string out;
  EXPECT_EQ(lines.feed(" \t", out), DecideLines::Outcome::blank);
  EXPECT_EQ(lines.feed("{", out), DecideLines::Outcome::refused);
  EXPECT_EQ(lines.feed(R"({"visitor":"u","now":0})"
                       "\r",
                       out),
            DecideLines::Outcome::decided);
  EXPECT_TRUE(lines.any_refused());
  EXPECT_EQ(
      out,
      R"({"line":2,"error":{"code":"malformed","message":"column 2: the text ends inside an object; close it with `}`"}})"
      "\n"
      R"({"visitor":"u","decisions":[]})"
      "\n");
}

TEST_F(DecideLine, unknown_names_are_reported_once_and_ignored) {
  DecideLines lines(ruleset_);
  std::string out;
  const char* line =
      R"({"visitor":"u","now":0,"attributes":{"zz":1},"signals":[{"name":"zz"},{"name":"view","fields":{"zz":1}}],"slots":["zz"],"zz":1})";
  lines.feed(line, out);
  const auto first = lines.take_warnings();
  EXPECT_EQ(first.size(), 5U);
  EXPECT_EQ(first[0], "unknown key `zz`; it is ignored");
  lines.feed(line, out);
  EXPECT_TRUE(lines.take_warnings().empty());
  EXPECT_EQ(out, R"({"visitor":"u","decisions":[]})"
                 "\n"
                 R"({"visitor":"u","decisions":[]})"
                 "\n");
}

TEST_F(DecideLine, signals_count_once_by_id_and_in_order_of_time) {
  const auto wins = [&](const char* signals) {
    return answer(R"({"visitor":"u","now":1000,"signals":)" + std::string(signals) + "}")
               .find("t2") != std::string::npos;
  };
  EXPECT_TRUE(wins(R"([{"name":"view","at":1},{"name":"view","at":2}])"));
  EXPECT_FALSE(wins(R"([{"name":"view","at":1,"id":"x"},{"name":"view","at":2,"id":"x"}])"));
  EXPECT_TRUE(wins(
      R"([{"name":"view","at":900},{"name":"view"},{"name":"refund","of":"buy","id":"o","at":3}])"));
}

TEST_F(DecideLine, without_consent_a_profile_is_not_read) {
  EXPECT_NE(answer(R"({"visitor":"u","now":0,"attributes":{"fact":true}})").find("t2"),
            std::string::npos);
  EXPECT_EQ(
      answer(R"({"visitor":"u","now":0,"consent":"none","attributes":{"fact":true}})").find("t2"),
      std::string::npos);
}

TEST_F(DecideLine, the_unit_is_the_view_while_nothing_may_be_stored) {
  const Ruleset split = open_text(
      R"({"site":"t","slots":{"h":{}},"triggers":{"r":{"slot":"h","parts":{"x":["a","b"]},"policy":{"split":{}}}}})");
  std::string seen;
  for (int i = 0; i < 64; ++i) {
    const std::string view = std::string(15, '0') + "0123456789abcdef"[i % 16];
    seen +=
        decide_line(split, R"({"visitor":"u","now":0,"consent":"none","view":")" + view + "\"}");
  }
  EXPECT_NE(seen.find("\"variant\":\"a\""), std::string::npos);
  EXPECT_NE(seen.find("\"variant\":\"b\""), std::string::npos);
}

}  // namespace
}  // namespace heed::compile
