// What people are shown of a ruleset: inspect, explain, diff, types, the map.
#include <gtest/gtest.h>

#include <string>

#include "fixture.h"
#include "heed/studio/diff.h"
#include "heed/studio/explain.h"
#include "heed/studio/inspect.h"
#include "heed/studio/types.h"
#include "json_tree.h"

namespace heed::compile {
namespace {

constexpr const char* source = R"json({"site":"t","currency":"GBP",
  "attributes":{"country":{"type":"string"},"seen":{"type":"set"},"joined":{"type":"time"}},
  "signals":{"view":{"sku":"string","price":"number"},"ping":{}},
  "features":{"views":{"count":"view","window":"30m"},"since":{"since":"view"}},
  "segments":{"local":"country == 'GB'"},"metrics":{"m":{"signal":"view"}},"layers":{"home":{}},
  "slots":{"hero":{},"foot":{}},
  "triggers":{
    "first":{"name":"First","slot":"hero","priority":2,"layer":{"name":"home","range":[0,0.00001]},
             "when":"segment.local","parts":{"title":["Hi"]}},
    "second":{"slot":"hero","priority":1,"when":"views >= 2 && 'bags' in seen || since > duration('1h')",
              "parts":{"title":["Back","Again"]},"policy":{"split":{"title":{"Back":0.25,"Again":0.75}}},
              "holdout":0.1,"schedule":{"from":"2026-01-01"}},
    "third":{"slot":"hero","when":"has(country)","parts":{"title":["Welcome"],"button":["Go"]}}}})json";

constexpr const char* line =
    R"({"visitor":"u1","now":"2026-11-20T10:00:00Z","attributes":{"country":"GB","seen":["shoes"]},)"
    R"("signals":[{"name":"view","at":"2026-11-20T09:50:00Z"}]})";

std::string map_of(const char* text) { return compile_text(text).compiled->map; }

TEST(Explain, says_for_every_candidate_what_stood_in_its_way) {
  const Ruleset ruleset = open_text(source);
  const auto text = explain_text(ruleset, map_of(source), line, "hero");
  ASSERT_TRUE(text.has_value());
  EXPECT_EQ(*text,
            "hero for u1 at 2026-11-20T10:00:00Z: third Welcome+Go (fixed, probability 1, all)\n"
            "1. first: its condition holds; stopped by layer\n"
            "     when segment.local\n"
            "     layer home: draw 0.566341 not in [0, 0.00001)\n"
            "2. second: its condition does not hold\n"
            "     when views >= 2 && 'bags' in seen || since > duration('1h')\n"
            "     fails at 'bags' in seen: seen is {'shoes'}\n"
            "     fails at since > duration('1h'): since is duration('10m')\n"
            "3. third: won\n"
            "     when has(country)\n"
            "known:\n"
            "     country is 'GB'\n"
            "     seen is {'shoes'}\n"
            "     views is 1\n"
            "     since is duration('10m')\n"
            "     segment.local is true\n");
}

TEST(Explain, json_agrees_with_the_decision_and_needs_no_map) {
  const Ruleset ruleset = open_text(source);
  const auto text = explain_json(ruleset, "", line, "hero");
  ASSERT_TRUE(text.has_value());
  const auto root = parse_json(*text);
  ASSERT_TRUE(root.has_value()) << *text;
  EXPECT_EQ(root->find("decision")->find("trigger")->text, "third");
  EXPECT_EQ(root->find("candidates")->children.size(), 3U);
  EXPECT_EQ(root->find("candidates")->children[1].find("outcome")->text, "unmet");
  EXPECT_EQ(root->find("candidates")->children[2].find("when")->text, "has(country)");
}

TEST(Explain, wrong_questions_get_an_answer) {
  const Ruleset ruleset = open_text(source);
  EXPECT_EQ(explain_text(ruleset, "", line, "nowhere").error().code, "unknown_slot");
  EXPECT_EQ(explain_text(ruleset, "", "{", "hero").error().code, "malformed");
  EXPECT_TRUE(explain_text(ruleset, "not a map", line, "hero").has_value());
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Diff, says_what_was_added_removed_and_changed) {
  std::string after_text = replaced(source, "views >= 2", "views >= 3");
  after_text = replaced(after_text, "\"Back\":0.25,\"Again\":0.75", "\"Back\":0.5,\"Again\":0.5");
  after_text = replaced(after_text, "\"third\"", "\"fourth\"");
  after_text = replaced(after_text, "\"name\":\"First\"", "\"name\":\"1st\"");
  const Ruleset before = open_text(source);
  const Ruleset after = open_text(after_text);
  EXPECT_EQ(diff_text(before, map_of(source), after, map_of(after_text.c_str())),
            "~ trigger first\n"
            "    name: First -> 1st\n"
            "+ trigger fourth\n"
            "~ trigger second\n"
            "    parts.title: Back 0.25, Again 0.75 -> Back 0.5, Again 0.5\n"
            "    when: 'bags' in seen && views >= 2 || since > duration('1h') -> 'bags' in seen && "
            "views >= 3 || since > duration('1h')\n"
            "- trigger third\n");
  const auto json = parse_json(diff_json(before, "", after, ""));
  ASSERT_TRUE(json.has_value());
  EXPECT_TRUE(json->find("changed")->boolean);
  EXPECT_EQ(json->find("changes")->children.size(), 4U);
}

TEST(Diff, equal_rulesets_differ_in_nothing) {
  const Ruleset ruleset = open_text(source);
  EXPECT_EQ(diff_text(ruleset, "", ruleset, ""), "");
  EXPECT_EQ(diff_json(ruleset, "", ruleset, ""), "{\"changed\":false,\"changes\":[]}");
}

TEST(Diff, counts_who_changes_by_slot) {
  const Ruleset before = open_text(source);
  const Ruleset after =
      open_text(replaced(source, "\"when\":\"has(country)\"", "\"when\":\"!has(country)\""));
  DiffLog log(before, after);
  log.feed(line);
  log.feed("");
  log.feed("{");
  log.feed(R"({"visitor":"u2","now":"2026-11-20T10:00:00Z","attributes":{}})");
  EXPECT_EQ(log.text(),
            "2 visitors, 1 lines refused\n"
            "foot: 0 change\n"
            "hero: 2 change\n"
            "    1  (page's own) -> third Welcome+Go\n"
            "    1  third Welcome+Go -> (page's own)\n");
  const auto json = parse_json(log.json());
  ASSERT_TRUE(json.has_value());
  EXPECT_EQ(json->find("slots")->children[1].find("share")->number, 1);
}

TEST(Inspect, shows_every_thing_and_its_properties) {
  const Ruleset ruleset = open_text(source);
  const std::string text = inspect_text(ruleset);
  for (const char* said :
       {"site     t\n", "3 triggers\n", "trigger second\n  slot: hero\n", "  holdout: 0.1\n",
        "  parts.title: Back 0.25, Again 0.75\n", "  from: 2026-01-01T00:00:00Z\n",
        "  layer: home [0, 0.00001]\n", "feature views\n  count: view\n  window: 30m\n"}) {
    EXPECT_NE(text.find(said), std::string::npos) << said;
  }
  const auto json = parse_json(inspect_json(ruleset));
  ASSERT_TRUE(json.has_value());
  EXPECT_EQ(json->find("counts")->find("triggers")->number, 3);
}

TEST(Types, name_what_calls_may_say) {
  const std::string types = typescript_types(open_text(source));
  for (const char* said :
       {"  \"country\"?: string | undefined;\n", "  \"seen\"?: readonly string[] | undefined;\n",
        "  \"joined\"?: Date | number | undefined;\n",
        "  \"view\": { \"sku\"?: string | undefined; \"price\"?: number | undefined };\n",
        "  \"ping\": {};\n",
        "  \"hero\": { \"title\"?: \"Again\" | \"Back\" | \"Hi\" | \"Welcome\"; \"button\"?: "
        "\"Go\" };\n",
        "  \"foot\": {};\n", "export type TriggerName = \"first\" | \"second\" | \"third\";\n"}) {
    EXPECT_NE(types.find(said), std::string::npos) << said;
  }
}

TEST(Map, keeps_the_words_of_the_source_and_its_places) {
  const auto map = parse_json(map_of(source));
  ASSERT_TRUE(map.has_value());
  const JsonNode& first = *map->find("triggers")->find("first");
  EXPECT_EQ(first.find("name")->text, "First");
  EXPECT_EQ(first.find("when")->text, "segment.local");
  EXPECT_EQ(first.find("line")->number, 8);
  EXPECT_EQ(first.find("column")->number, 5);
  EXPECT_FALSE(map->find("predicates")->children.empty());
  EXPECT_EQ(map->find("heedmap")->number, 1);
}

}  // namespace
}  // namespace heed::compile
