#include "heed/studio/compile.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "fixture.h"
#include "heed/base/bytes.h"
#include "heed/studio/json_text.h"
#include "heed/studio/schema.h"
#include "json_tree.h"

namespace heed::compile {
namespace {

using image::Column;

constexpr const char* smallest =
    R"json({ "site": "t", "version": 1, "expires": "2099-01-01T00:00:00Z",
  "attributes": {"country": {"type": "string"}, "hour": {"type": "number"}, "seen": {"type": "set"}},
  "slots": {"hero": {}},
  "triggers": {"r0": {"slot": "hero", "when": "country in ['DE','AT'] && hour >= 8 && !('bags' in seen)",
    "parts": {"arm": ["a", "b"]}, "policy": {"split": {"arm": {"a": 0.5, "b": 0.5}}}}} })json";

TEST(Compile, equal_sources_give_equal_bytes_however_they_are_laid_out) {
  const auto first = compile_text(smallest);
  std::string tight;
  for (const char* c = smallest; *c != '\0'; ++c) {
    if (*c != '\n') tight += *c;
  }
  const auto second = compile_text(tight);
  ASSERT_TRUE(first.compiled && second.compiled) << to_text(first.diagnostics);
  EXPECT_EQ(first.compiled->image, second.compiled->image);
}

TEST(Compile, equal_conditions_are_one_condition_however_they_are_written) {
  const auto image_of = [](const char* condition) {
    return compile_text(source_with(json_text(condition))).compiled->image;
  };
  EXPECT_EQ(image_of("s == 'a' || s == 'b'"), image_of("s in ['b', 'a', 'b']"));
  EXPECT_EQ(image_of("n > 1 && b"), image_of("b && !(n <= 1.0)"));
}

TEST(Compile, a_folder_is_one_source) {
  const std::vector<SourceFile> files = {
      {"a.heed.json",
       R"({"site":"t","expires":"2099-01-01T00:00:00Z","attributes":{"n":{"type":"number"}},"slots":{"z":{}}})"},
      {"b.heed.json",
       R"({"note":"x","slots":{"a":{}},"triggers":{"r":{"slot":"a","when":"n > 1","parts":{"x":["y"]}}}})"}};
  const CompileResult result = compile(files, {});
  ASSERT_TRUE(result.compiled) << to_text(result.diagnostics);
  const auto ruleset = Ruleset::open(result.compiled->image);
  ASSERT_TRUE(ruleset.has_value());
  EXPECT_EQ(ruleset->name(SlotId{0}), "z");  // source order
  EXPECT_EQ(ruleset->name(SlotId{1}), "a");
}

TEST(Compile, options_stand_for_version_and_expiry_and_a_stamp_sets_them_later) {
  CompileOptions options;
  options.version = 7;
  options.expires = TimeMs{5'000};
  const auto given = compile_text(smallest, options);
  EXPECT_EQ(Ruleset::open(given.compiled->image)->version(), 7U);
  EXPECT_EQ(Ruleset::open(given.compiled->image)->expires(), TimeMs{5'000});

  auto later = compile_text(R"({"site":"t","valid_for":"30d","slots":{"hero":{}}})");
  ASSERT_TRUE(later.compiled);
  EXPECT_EQ(later.compiled->valid_for_ms, std::int64_t{30} * 24 * 3'600'000);
  EXPECT_FALSE(Ruleset::open(later.compiled->image).has_value());
  stamp(later.compiled->image, 3, TimeMs{9'000});
  const auto ruleset = Ruleset::open(later.compiled->image);
  ASSERT_TRUE(ruleset.has_value());
  EXPECT_EQ(ruleset->version(), 3U);
  EXPECT_EQ(ruleset->expires(), TimeMs{9'000});
}

TEST(Compile, thresholds_are_the_shares_out_of_two_to_the_32) {
  const Ruleset ruleset =
      open_text(R"json({"site":"t","attributes":{"b":{"type":"bool"}},"slots":{"h":{}},"triggers":{
    "even":{"slot":"h","when":"b","parts":{"x":["p","q","r"]},"policy":{"split":{}}},
    "given":{"slot":"h","parts":{"x":["p","q","r"]},"policy":{"split":{"x":{"p":0,"q":0.25,"r":0.75}}}},
    "tail":{"slot":"h","when":"!b","priority":1,"parts":{"x":["p","q"]},"policy":{"split":{"x":{"p":1,"q":0}}}},
    "fixed":{"slot":"h","when":"!has(b)","priority":1,"parts":{"x":["p","q"]}}}})json");
  std::string uppers;
  for (std::uint32_t trigger = 0; trigger < ruleset.trigger_count(); ++trigger) {
    const Rows options = ruleset.option_rows(ruleset.part_rows(TriggerId{trigger}).begin);
    for (std::uint32_t row = options.begin; row < options.end; ++row) {
      uppers += std::to_string(ruleset.at<std::uint64_t>(Column::option_upper, row)) + " ";
    }
  }
  // By priority, then name: fixed, tail, even, given.
  EXPECT_EQ(uppers,
            "4294967296 4294967296 4294967296 4294967296 1431655765 2863311531 4294967296 0 "
            "1073741824 4294967296 ");
}

TEST(Compile, schedules_are_read_in_the_sites_time_zone) {
  const Ruleset ruleset =
      open_text(R"({"site":"t","time_zone":"+02:00","slots":{"h":{}},"triggers":{
    "a":{"slot":"h","schedule":{"from":"2027-07-01","until":"2027-09-15T09:00:00-01:00"},"parts":{"x":["p"]}}}})");
  EXPECT_EQ(ruleset.at<std::int64_t>(Column::trigger_from_ms, 0), 1'814'400'000'000 - 7'200'000);
  EXPECT_EQ(ruleset.at<std::int64_t>(Column::trigger_until_ms, 0), 1'821'002'400'000);
}

TEST(Compile, triggers_lie_in_slot_priority_and_name_order) {
  const Ruleset ruleset = open_text(
      R"({"site":"t","attributes":{"n":{"type":"number"}},"slots":{"b":{},"a":{}},"triggers":{
    "z":{"slot":"a","when":"n == 1","parts":{"x":["p"]}}, "y":{"slot":"b","when":"n == 2","parts":{"x":["p"]}},
    "x":{"slot":"b","when":"n == 3","parts":{"x":["p"]}}, "w":{"slot":"b","when":"n == 4","priority":1,"parts":{"x":["p"]}}}})");
  std::string order;
  for (std::uint32_t row = 0; row < ruleset.trigger_count(); ++row)
    order += ruleset.name(TriggerId{row});
  EXPECT_EQ(order, "wxyz");
}

TEST(Compile, segments_may_be_written_before_those_they_read) {
  const Ruleset ruleset =
      open_text(R"({"site":"t","attributes":{"n":{"type":"number"}},"slots":{"h":{}},
    "segments":{"both":"segment.a && segment.b","a":"n > 1","b":"segment.a || n > 5"},
    "triggers":{"r":{"slot":"h","when":"segment.both","parts":{"x":["p"]}}}})");
  EXPECT_NE(decide_line(ruleset, R"({"visitor":"u","now":0,"attributes":{"n":2}})")
                .find("\"trigger\":\"r\""),
            std::string::npos);
}

TEST(Compile, every_error_of_a_source_is_reported_at_once_in_order) {
  const Diagnostics found = compile_text(R"({"site":"t","slots":{"h":{"chanel":"page"}},
  "attributes":{"n":{"type":"numbr"}},
  "triggers":{"a":{"slot":"x","parts":{"p":[]}},"b":{"slot":"h","when":"m > 1 && k == 2","parts":{"p":["q"]}}}})")
                                .diagnostics;
  EXPECT_EQ(found.size(), 6U) << to_text(found);
  EXPECT_TRUE(
      std::is_sorted(found.begin(), found.end(), [](const Diagnostic& a, const Diagnostic& b) {
        return std::pair(a.line, a.column) < std::pair(b.line, b.column);
      }));
}

TEST(Compile, a_wrong_source_gives_no_image_and_a_warned_one_does) {
  EXPECT_FALSE(compile_text("{}").compiled.has_value());
  EXPECT_FALSE(compile({}, {}).compiled.has_value());
  const auto warned = compile_text(R"({"site":"t","slots":{"h":{}},"signals":{"unused":{}}})");
  EXPECT_TRUE(warned.compiled.has_value());
  EXPECT_FALSE(warned.diagnostics.empty());
  EXPECT_FALSE(has_errors(warned.diagnostics));
}

TEST(Compile, diagnostics_are_json_for_tools) {
  const auto found = compile_text("{\"site\":\"t\",\"slot\":{}}").diagnostics;
  EXPECT_EQ(
      to_json(found),
      R"([{"severity":"error","code":"unknown_key","message":"unknown key `slot`","file":"a.heed.json","line":1,"column":13,)"
      R"("path":"$.slot","suggestion":"slots"}])");
}

TEST(Compile, the_starter_source_has_nothing_to_criticise) {
  CompileOptions options;
  options.now = TimeMs{1'795'168'800'000};
  EXPECT_EQ(findings(std::string(starter_source()), options), "");
}

TEST(Compile, limits_are_errors_that_say_so) {
  const auto many = [](const char* section, std::size_t count, const char* value) {
    std::string text = R"({"site":"t","slots":{"h":{}},")" + std::string(section) + "\":{";
    for (std::size_t i = 0; i < count; ++i)
      text += (i > 0 ? ",\"x" : "\"x") + std::to_string(i) + "\":" + value;
    return text + "}}";
  };
  EXPECT_NE(findings(many("attributes", 257, R"({"type":"bool"})")).find("at most 256"),
            std::string::npos);
  EXPECT_NE(findings(many("metrics", 65, "{}")).find("at most 64"), std::string::npos);
  EXPECT_NE(findings(many("segments", 257, "\"true\"")).find("at most 256"), std::string::npos);
  EXPECT_NE(findings(R"({"site":")" + std::string(129, 'a') + "\"}").find("at most 128"),
            std::string::npos);
}

TEST(Compile, ten_thousand_triggers_compile) {
  std::string text =
      R"({"site":"t","attributes":{"n":{"type":"number"},"s":{"type":"string"}},"slots":{"h":{}},"triggers":{)";
  for (int i = 0; i < 10'000; ++i) {
    const std::string id = std::to_string(i);
    text += (i > 0 ? ",\"t" : "\"t") + id + R"(":{"slot":"h","when":"n >= )" + id + " && s == 'v" +
            id + R"('","parts":{"x":["a","b"]},"policy":{"split":{}}})";
  }
  const auto result = compile_text(text + "}}");
  ASSERT_TRUE(result.compiled) << to_text(result.diagnostics).substr(0, 1000);
}

// The names of a schema object's properties, notes left out.
std::set<std::string> property_names(const JsonNode& schema) {
  std::set<std::string> names;
  for (const JsonNode& property : schema.find("properties")->children) {
    if (property.key != "note" && property.key != "$schema") names.insert(property.key);
  }
  return names;
}

TEST(Schema, names_only_keys_that_the_compiler_reads) {
  const auto schema = parse_json(ruleset_schema());
  ASSERT_TRUE(schema.has_value());
  const JsonNode& sections = *schema->find("properties");
  for (const std::string& name : property_names(*schema)) {
    const std::string said = findings("{\"" + name + "\":null}");
    EXPECT_EQ(said.find("unknown key"), std::string::npos) << said;
  }
  for (const char* section : {"attributes", "features", "slots", "templates", "metrics", "layers",
                              "campaigns", "triggers"}) {
    const JsonNode& entry = *sections.find(section)->find("additionalProperties");
    for (const std::string& name : property_names(entry)) {
      const std::string said = findings("{\"site\":\"t\",\"" + std::string(section) +
                                        "\":{\"x\":{\"" + name + "\":null}}}");
      EXPECT_EQ(said.find("unknown key"), std::string::npos) << said;
      EXPECT_EQ(said.find("not supported"), std::string::npos) << said;
    }
  }
}

TEST(Schema, names_every_key_that_the_compiler_reads) {
  const auto schema = parse_json(ruleset_schema());
  const JsonNode& trigger =
      *schema->find("properties")->find("triggers")->find("additionalProperties");
  const std::set<std::string> expected = {
      "name",     "owner", "campaign", "hypothesis", "slot", "layer",    "when", "schedule",
      "template", "parts", "policy",   "holdout",    "cap",  "priority", "salt", "value"};
  EXPECT_EQ(property_names(trigger), expected);
  EXPECT_EQ(property_names(*schema).size(), 22U);
}

}  // namespace
}  // namespace heed::compile
