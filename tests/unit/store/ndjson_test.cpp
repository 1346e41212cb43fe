#include "ndjson.h"

#include "records.h"

namespace heed::store {
namespace {

const std::string head =
    R"({"heed":1,"device":"00000000000000a1","epoch":"5f0c6b2d9e3a1144","first":1,"sent":1795687200000,"ticket":""})"
    "\n";
const std::string shown =
    R"({"type":"exposure","at":1795687199000,"ruleset":7,"unit":"9c5d1a2b3c4d5e6f","view":"a1b2c3d4e5f60718","slot":"hero","trigger":"back_to_school","variant":"t_easy+o_none","options":{"title":"t_easy","offer":"o_none"},"probability":0.5,"microsegment":"parents/consider","reason":"split","held_out":false})"
    "\n";
const std::string bought =
    R"({"type":"outcome","at":1795687199900,"ruleset":7,"unit":"9c5d1a2b3c4d5e6f","metric":"revenue","value":42.5,"id":"order-8812","microsegment":"parents/bought","credits":[{"view":"a1b2c3d4e5f60718","slot":"hero","trigger":"back_to_school","variant":"t_easy+o_none","microsegment":"parents/consider","held_out":false}]})"
    "\n";

std::string changed(std::string line, const std::string& from, const std::string& to) {
  const std::size_t at = line.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return line.replace(at, from.size(), to);
}

Malformed problem(const std::string& text) {
  const auto read = read_ndjson(text);
  EXPECT_FALSE(read) << text;
  return read ? Malformed{} : read.error();
}

TEST(Ndjson, the_documented_batch_is_the_same_as_its_binary_form) {
  const auto read = read_ndjson(head + shown + "\r\n" + bought);
  ASSERT_TRUE(read) << read.error().where << read.error().message;
  ASSERT_EQ(read->records.size(), 2);
  EXPECT_EQ(read->head.epoch, 0x5f0c6b2d9e3a1144U);
  const auto* e = std::get_if<outcome::Exposure>(&read->records[0]);
  ASSERT_NE(e, nullptr);
  EXPECT_EQ(e->width, share_one / 2);
  EXPECT_EQ(e->reason, 1);
  EXPECT_EQ(e->options, (Array<outcome::PartOption>{{"title", "t_easy"}, {"offer", "o_none"}}));
  const auto* o = std::get_if<outcome::Outcome>(&read->records[1]);
  ASSERT_NE(o, nullptr);
  EXPECT_DOUBLE_EQ(o->value, 42.5);
  EXPECT_EQ(o->credits.size(), 1);
  EXPECT_EQ(outcome::read_batch(outcome::write_batch(*read)).value(), *read);
}

TEST(Ndjson, refunds_dropped_and_decisions_without_a_trigger_are_read) {
  const auto read = read_ndjson(head + changed(bought, "outcome", "refund") +
                                R"({"type":"dropped","at":1,"class":"driver"})" + "\n" +
                                changed(shown, R"("back_to_school")", "null"));
  ASSERT_TRUE(read) << read.error().where << read.error().message;
  EXPECT_TRUE(std::holds_alternative<outcome::Refund>(read->records[0]));
  EXPECT_EQ(std::get<outcome::Dropped>(read->records[1]).what, outcome::Class::driver);
  EXPECT_EQ(std::get<outcome::Exposure>(read->records[2]).trigger, "");
}

TEST(Ndjson, suppressed_is_the_same_as_its_binary_form) {
  const std::string line =
      R"({"type":"suppressed","at":5,"ruleset":7,"unit":"9c5d1a2b3c4d5e6f","view":"a1b2c3d4e5f60718","slot":"hero","trigger":"promo","microsegment":"all","cap":"programme","limit":"cool_down"})";
  const auto read = read_ndjson(head + line);
  ASSERT_TRUE(read) << read.error().where << read.error().message;
  const outcome::Suppressed expected{
      5,       7,     0x9c5d1a2b3c4d5e6fU,       0xa1b2c3d4e5f60718U,         "hero",
      "promo", "all", outcome::CapOf::programme, outcome::CapLimit::cool_down};
  EXPECT_EQ(std::get<outcome::Suppressed>(read->records[0]), expected);
  EXPECT_EQ(problem(head + changed(line, "programme", "site")).where, "line 2: cap");
  const Malformed luck = problem(head + changed(line, "cool_down", "luck"));
  EXPECT_EQ(luck.where, "line 2: limit");
  EXPECT_NE(luck.message.find("none of times, session, cool_down"), std::string::npos)
      << luck.message;
}

TEST(Ndjson, each_fault_is_named_with_line_and_field) {
  EXPECT_EQ(problem("").where, "line 1");
  EXPECT_EQ(problem("not json").where, "line 1");
  EXPECT_EQ(problem(changed(head, "\"heed\":1", "\"heed\":2")).where, "line 1: heed");
  EXPECT_EQ(problem(changed(head, "00a1", "00A1")).where, "line 1: device");
  EXPECT_EQ(problem(changed(head, "\"first\":1", "\"first\":0")).where, "line 1: first");
  EXPECT_EQ(problem(changed(head, "\"first\":1", "\"first\":1.5")).where, "line 1: first");
  EXPECT_EQ(problem(head + shown + "\n{").where, "line 4") << "blank lines count";
  EXPECT_EQ(problem(head + changed(shown, "\"slot\":\"hero\",", "")).where, "line 2: slot");
  EXPECT_EQ(problem(head + changed(shown, "\"slot\"", "\"slott\"")).where, "line 2: slott");
  EXPECT_EQ(problem(head + changed(shown, "\"slot\"", "\"view\"")).where, "line 2: view");
  EXPECT_EQ(problem(head + changed(shown, "0.5", "1.5")).where, "line 2: probability");
  EXPECT_EQ(problem(head + changed(shown, "0.5", "\"x\"")).where, "line 2: probability");
  EXPECT_EQ(problem(head + changed(shown, "split", "luck")).where, "line 2: reason");
  EXPECT_EQ(problem(head + changed(shown, "exposure", "impression")).where, "line 2: type");
  EXPECT_EQ(problem(head + changed(bought, "42.5", "1e999")).where, "line 2");
  EXPECT_EQ(problem(head + changed(bought, "\"credits\":[{\"view\":\"a1b2",
                                   "\"credits\":[{\"view\":\"zzzz"))
                .where,
            "line 2: credits[0].view");
  EXPECT_EQ(problem(head + changed(shown, "hero", "\\ud800")).where, "line 2");
  EXPECT_EQ(problem(head + changed(shown, "hero", "\xff")).where, "line 2");
  EXPECT_EQ(problem(head + changed(shown, "hero", std::string(129, 'h'))).where, "line 2: slot");
  EXPECT_EQ(problem(head + "[[[[[[[[[[[[]]]]]]]]]]]]").where, "line 2");
  EXPECT_EQ(problem(head + "[]").where, "line 2: type");
}

TEST(Ndjson, whatever_is_read_has_a_canonical_binary_form) {
  std::string nine = "[";
  for (int i = 0; i < 9; ++i) {
    nine +=
        std::string(i == 0 ? "" : ",") +
        R"({"view":"a1b2c3d4e5f60718","slot":"s","trigger":"t","variant":"","microsegment":"","held_out":true})";
  }
  const std::size_t from = bought.find("\"credits\":") + 10;
  EXPECT_EQ(problem(head + bought.substr(0, from) + nine + "]}").where, "line 2: credits");
}

}  // namespace
}  // namespace heed::store
