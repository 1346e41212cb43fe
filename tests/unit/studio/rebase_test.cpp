// Ids that stay: what a build with a base keeps, adds and leaves out.
#include <algorithm>
#include <string>
#include <vector>

#include "fixture.h"
#include "heed/runtime/image.h"

namespace heed::compile {
namespace {

using image::Column;

/// `count` rules, each for a country and a number of its own; slots in order.
std::string rules(int count, int first = 0) {
  std::string slots;
  std::string triggers;
  for (int i = first; i < first + count; ++i) {
    const std::string n = std::to_string(1000 + i);
    if (!slots.empty()) {
      slots += ',';
      triggers += ',';
    }
    slots.append("\"s").append(n).append("\":{}");
    triggers.append("\"r").append(n).append(R"(":{"slot":"s)").append(n);
    triggers.append(R"(","when":"country == 'c)").append(n).append("' && hour >= ").append(n);
    triggers.append(R"(","parts":{"text":["t)").append(n).append("\"]}}");
  }
  return R"({"site":"t","version":1,"expires":"2099-01-01T00:00:00Z","attributes":)"
         R"({"country":{"type":"string"},"hour":{"type":"number"}},"slots":{)" +
         slots + R"(},"triggers":{)" + triggers + "}}";
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

Ruleset open_with(const std::string& text, const Ruleset& base) {
  CompileOptions options;
  options.base = &base;
  return open_text(text, options);
}

std::vector<std::string> strings(const Ruleset& ruleset) {
  std::vector<std::string> texts;
  for (std::uint32_t i = 0; i < ruleset.row_count(Column::string_length); ++i) {
    texts.emplace_back(ruleset.string(i));
  }
  return texts;
}

/// How many elements differ from the base's, over every column that did not change its length.
std::size_t changed_count(const Ruleset& a, const Ruleset& b, Column column) {
  std::size_t count = 0;
  for (std::size_t row = 0; row < std::min(a.row_count(column), b.row_count(column)); ++row) {
    count += a.at<std::uint64_t>(column, row) != b.at<std::uint64_t>(column, row) ? 1 : 0;
  }
  return count;
}

TEST(Rebase, a_threshold_that_changes_changes_one_number) {
  const Ruleset base = open_text(rules(40));
  const std::string edited = replaced(rules(40), "hour >= 1020", "hour >= 77");
  const Ruleset now = open_with(edited, base);
  EXPECT_EQ(now.row_count(Column::number), base.row_count(Column::number));
  EXPECT_EQ(changed_count(base, now, Column::number), 1U);
  for (const Column column : {Column::operand, Column::reference, Column::trigger_condition,
                              Column::predicate_input, Column::trigger_name}) {
    EXPECT_EQ(changed_count(base, now, column), 0U) << static_cast<int>(column);
  }
  EXPECT_GT(changed_count(base, open_text(edited), Column::reference), 10U) << "without a base";
}

TEST(Rebase, what_is_new_goes_behind_and_no_rule_but_its_own_changes) {
  const Ruleset base = open_text(rules(40));
  const std::string edited = replaced(rules(40), "'c1007'", "'c1007', 'aa'");
  const Ruleset now =
      open_with(replaced(edited, "country == 'c1007', 'aa'", "country in ['c1007', 'aa']"), base);
  const auto texts = strings(now);
  EXPECT_EQ(texts.back(), "aa");
  EXPECT_EQ(std::vector(texts.begin(), texts.end() - 1), strings(base));
  EXPECT_EQ(changed_count(base, now, Column::reference), 0U);
}

TEST(Rebase, a_rule_that_goes_leaves_no_row_behind) {
  const Ruleset base = open_text(rules(40));
  const std::string fewer = rules(39);
  const Ruleset now = open_with(fewer, base);
  const Ruleset plain = open_text(fewer);
  for (const image::Table& table : image::tables) {
    if (table.first == Column::string_length || table.first == Column::string_bytes) continue;
    EXPECT_EQ(now.row_count(table.first), plain.row_count(table.first))
        << static_cast<int>(table.first);
  }
}

TEST(Rebase, a_string_takes_the_place_of_one_that_was_added_and_went) {
  const Ruleset base = open_text(rules(40));
  const Ruleset second = open_with(replaced(rules(40), "\"t1003\"", "\"one\""), base);
  const Ruleset third = open_with(replaced(rules(40), "\"t1003\"", "\"two\""), second);
  EXPECT_EQ(strings(second).back(), "one");
  EXPECT_EQ(strings(third).back(), "two");
  EXPECT_EQ(strings(third).size(), strings(second).size());
}

TEST(Rebase, strings_that_nothing_names_go_once_they_are_many) {
  const Ruleset base = open_text(rules(200));
  const Ruleset few_gone = open_with(rules(195), base);
  EXPECT_GT(few_gone.row_count(Column::string_length),
            open_text(rules(195)).row_count(Column::string_length));
  EXPECT_EQ(strings(open_with(rules(100), base)), strings(open_text(rules(100))));
}

TEST(Rebase, an_attribute_before_the_others_moves_no_predicate) {
  const Ruleset base = open_text(rules(40));
  const Ruleset now = open_with(
      replaced(rules(40), R"("attributes":{)", R"("attributes":{"age":{"type":"number"},)"), base);
  EXPECT_EQ(changed_count(base, now, Column::predicate_input), 0U);
  EXPECT_EQ(changed_count(base, now, Column::input_row), 2U);
}

TEST(Rebase, a_base_of_another_site_is_refused) {
  const Ruleset base = open_text(replaced(rules(2), R"("site":"t")", R"("site":"shop.example")"));
  CompileOptions options;
  options.base = &base;
  const std::string said = findings(rules(2), options);
  EXPECT_NE(said.find("the base was built for 'shop.example', the source is of 't'; build without "
                      "a base, or from one of this site"),
            std::string::npos)
      << said;
}

// A column of ids that is missing there would keep the ids of a build without a base.
TEST(Rebase, every_column_of_ids_says_what_they_name) {
  constexpr Column others[] = {
      Column::attribute_default,  // by the attribute's type
      Column::operand,            // by the predicate's op
      Column::input_row,          // by the input's kind; those tables keep the source's order
      Column::feature_field,     Column::metric_value,         // within a signal
      Column::feature_other,     Column::feature_other_field,  // by the feature's kind, likewise
      Column::micro_value_cell,  Column::trigger_value_cell,   // by segments and stages, likewise
  };
  for (std::size_t i = 0; i < image::column_count; ++i) {
    const auto column = static_cast<Column>(i);
    if (image::elements[i] != image::Element::u32) continue;
    const bool is_reference =
        std::any_of(image::references.begin(), image::references.end(),
                    [column](const image::Reference& one) { return one.column == column; });
    const bool is_other =
        std::find(std::begin(others), std::end(others), column) != std::end(others);
    EXPECT_NE(is_reference, is_other) << "column " << i;
  }
}

}  // namespace
}  // namespace heed::compile
