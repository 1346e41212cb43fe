// What people are shown of a ruleset: inspect, explain, diff, types, the map.
#include <gtest/gtest.h>

#include <string>

#include "fixture.h"
#include "heed/studio/diff.h"
#include "heed/studio/diff_log.h"
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
  EXPECT_EQ(
      *text,
      "hero for u1 at 2026-11-20T10:00:00Z: third Welcome+Go (fixed, probability 1, all)\n"
      "1. first (priority 2): its condition holds, but the visitor is outside its share of the "
      "layer\n"
      "     when segment.local\n"
      "     layer home: draw 0.566341 not in [0, 0.00001)\n"
      "2. second (priority 1): its condition does not hold\n"
      "     when views >= 2 && 'bags' in seen || since > duration('1h')\n"
      "     fails at views >= 2: views is 1\n"
      "     fails at since > duration('1h'): since is duration('10m')\n"
      "3. third: won, as the only one that could\n"
      "     when has(country)\n"
      "known:\n"
      "     country is 'GB'\n"
      "     seen is {'shoes'}\n"
      "     views is 1\n"
      "     since is duration('10m')\n"
      "     segment.local is true\n");
}

std::string chained(int length) {
  std::string segments = R"("s0":"n > 1")";
  for (int i = 1; i < length; ++i) {
    const std::string last = "segment.s" + std::to_string(i - 1);
    segments += ",\"s" + std::to_string(i) + "\":\"" + last + " && !(" + last + " && n > 9)\"";
  }
  return R"({"site":"t","attributes":{"n":{"type":"number"}},"segments":{)" + segments +
         R"(},"slots":{"hero":{}},"triggers":{"r":{"slot":"hero","parts":{"x":["y"]},)"
         R"("when":"segment.s)" +
         std::to_string(length - 1) + R"("}}})";
}

TEST(Explain, a_segment_is_followed_into_the_segments_that_it_reads) {
  const std::string two = chained(2);
  const auto text = explain_text(open_text(two), map_of(two.c_str()), line, "hero");
  ASSERT_TRUE(text.has_value());
  EXPECT_NE(text->find("     fails at segment.s1: segment.s1 is false\n"
                       "       which fails at segment.s0: segment.s0 is false\n"
                       "         which fails at n > 1: n is absent\n"
                       "known:\n"),
            std::string::npos)
      << *text;
}

TEST(Explain, a_chain_of_segments_is_followed_four_deep_and_each_told_once) {
  const std::string many = chained(40);
  const Ruleset ruleset = open_text(many);
  const auto text = explain_text(ruleset, map_of(many.c_str()), line, "hero");
  ASSERT_TRUE(text.has_value());
  EXPECT_NE(text->find("\n             which fails at segment.s35"), std::string::npos) << *text;
  EXPECT_EQ(text->find("fails at segment.s34"), std::string::npos) << *text;
  EXPECT_LT(text->size(), 4'000U);
  const auto root = parse_json(*explain_json(ruleset, map_of(many.c_str()), line, "hero"));
  EXPECT_EQ(root->find("segments")->children.size(), 40U);
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
  EXPECT_EQ(root->find("candidates")->children[2].find("when"), nullptr);
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

std::string changed_source() {
  std::string text = replaced(source, "views >= 2", "views >= 3");
  text = replaced(text, "\"Back\":0.25,\"Again\":0.75", "\"Back\":0.5,\"Again\":0.5");
  text = replaced(text, "\"third\"", "\"fourth\"");
  return replaced(text, "\"name\":\"First\"", "\"name\":\"1st\"");
}

TEST(Diff, says_what_was_added_removed_and_changed_in_the_authors_words) {
  const std::string after_text = changed_source();
  const Ruleset before = open_text(source);
  const Ruleset after = open_text(after_text);
  EXPECT_EQ(diff_text(before, map_of(source), after, map_of(after_text.c_str())),
            "~ trigger first  \"1st\"\n"
            "    name  First -> 1st\n"
            "+ trigger fourth\n"
            "    slot          hero\n"
            "    when          has(country)\n"
            "    policy        fixed\n"
            "    parts         title, button\n"
            "    parts.title   Welcome\n"
            "    parts.button  Go\n"
            "~ trigger second\n"
            "    when         views >= 2 && 'bags' in seen || since > duration('1h')\n"
            "              -> views >= 3 && 'bags' in seen || since > duration('1h')\n"
            "    parts.title  Back 0.25, Again 0.75 -> Back 0.5, Again 0.5\n"
            "- trigger third\n"
            "1 added, 1 removed, 2 changed\n");
}

TEST(Diff, without_both_maps_says_what_the_images_say) {
  const std::string after_text = changed_source();
  const Ruleset before = open_text(source);
  const Ruleset after = open_text(after_text);
  // A map of another build counts as none.
  for (const std::string& map : {std::string(), map_of(source)}) {
    const std::string text = diff_text(before, map_of(source), after, map);
    EXPECT_NE(text.find("-> 'bags' in seen && views >= 3 || since"), std::string::npos) << text;
    EXPECT_EQ(text.find("1st"), std::string::npos) << text;
  }
  const auto json = parse_json(diff_json(before, "", after, ""));
  ASSERT_TRUE(json.has_value());
  EXPECT_TRUE(json->find("changed")->boolean);
  ASSERT_EQ(json->find("changes")->children.size(), 3U);
  EXPECT_EQ(json->find("changes")->children[0].find("change")->text, "added");
  EXPECT_EQ(json->find("changes")->children[1].find("properties")->children.size(), 2U);
}

TEST(Diff, equal_rulesets_differ_in_nothing) {
  const Ruleset ruleset = open_text(source);
  EXPECT_EQ(diff_text(ruleset, "", ruleset, ""), "");
  EXPECT_EQ(diff_json(ruleset, "", ruleset, ""),
            "{\"changed\":false,\"same_bytes\":true,\"changes\":[]}");
}

TEST(Diff, other_words_for_the_same_condition_are_no_change) {
  const std::string after_text =
      replaced(source, "views >= 2 && 'bags' in seen", "('bags' in seen && views >= 2)");
  const Ruleset before = open_text(source);
  const Ruleset after = open_text(after_text);
  EXPECT_EQ(diff_text(before, map_of(source), after, map_of(after_text.c_str())), "");
}

// Each of these changes what a visitor gets, and is told.
TEST(Diff, misses_nothing_that_the_image_holds) {
  const char* whole = R"json({"site":"t","attributes":{"a":{"type":"bool"},"b":{"type":"bool"}},
    "segments":{"s":"a","u":"b"},
    "journeys":{"j":[{"stage":"x","when":"true"},{"stage":"y","when":"a","sticky":true}]},
    "microsegments":{"journey":"j","segments":["s","u"],"value":{"s/x":2}},"cap":{"session":5},"slots":{"hero":{"refresh":"live"}},
    "assets":{"i":{"kind":"image","src":"/i.png","alt":"I"}},
    "templates":{"p":{"parts":{"one":"image","two":"text"}},"q":{"parts":{"one":"image","two":"offer"}}},
    "triggers":{"r":{"slot":"hero","when":"segment.s && stage.j == 'x' && b","salt":"q",
                     "cap":{"times":3,"per":"1d","session":2,"cool_down":"1h"},"value":{"u":4,"u/y":6},"parts":{"one":["A","B"],"two":["C"]},
                     "policy":{"split":{"one":{"A":0.5,"B":0.5}}}}}})json";
  const Ruleset before = open_text(whole);
  const std::pair<const char*, const char*> edits[] = {
      {"\"sticky\":true", "\"sticky\":false"},
      {"{\"stage\":\"x\",\"when\":\"true\"},{\"stage\":\"y\",\"when\":\"a\",\"sticky\":true}",
       "{\"stage\":\"y\",\"when\":\"a\",\"sticky\":true},{\"stage\":\"x\",\"when\":\"true\"}"},
      {"[\"s\",\"u\"]", "[\"u\",\"s\"]"},
      {"\"refresh\":\"live\"", "\"refresh\":\"navigation\""},
      {"\"alt\":\"I\"", "\"alt\":\"J\""},
      {"\"salt\":\"q\"", "\"salt\":\"z\""},
      {"\"times\":3", "\"times\":4"},
      {"\"session\":2", "\"session\":3"},
      {"\"session\":5", "\"session\":6"},
      {"\"1h\"", "\"2h\""},
      {"\"s/x\":2", "\"s/x\":3"},
      {"\"u\":4", "\"u\":5"},
      {"\"u/y\":6", "\"other\":6"},
      {"\"1d\"", "\"2d\""},
      {"\"one\":[\"A\",\"B\"],\"two\":[\"C\"]", "\"two\":[\"C\"],\"one\":[\"A\",\"B\"]"},
      {"[\"A\",\"B\"]", "[\"B\",\"A\"]"},
      {"\"A\":0.5,\"B\":0.5", "\"A\":0.25,\"B\":0.75"}};
  for (const auto& [from, to] : edits) {
    const Ruleset after = open_text(replaced(whole, from, to));
    EXPECT_NE(diff_text(before, "", after, ""), "") << to;
  }
}

TEST(DiffLog, counts_who_sees_something_else_by_slot_and_by_trigger) {
  const Ruleset before = open_text(source);
  const Ruleset after =
      open_text(replaced(source, "\"when\":\"has(country)\"", "\"when\":\"!has(country)\""));
  DiffLog log(before, after);
  EXPECT_FALSE(log.feed(line).has_value());
  EXPECT_FALSE(log.feed("").has_value());
  EXPECT_EQ(log.feed("{")->code, "malformed");
  EXPECT_FALSE(log.feed(R"({"visitor":"u2","now":"2026-11-20T10:00:00Z","attributes":{}})"));
  EXPECT_EQ(log.text(),
            "2 of 2 visitors (100 %) would see something else\n\n"
            "hero: 2 of 2 visitors (100 %)\n"
            "     1  the slot's fallback\n"
            "       -> third  Welcome+Go\n"
            "          such as u2 (line 4)\n"
            "     1  third  Welcome+Go\n"
            "       -> the slot's fallback\n"
            "          such as u1 (line 1)\n\n"
            "no change in foot\n\n"
            "trigger before  after  gains  loses\n"
            "third        1      1      1      1\n");
  EXPECT_EQ(
      log.json(),
      R"({"visitors":2,"refused":1,"changed":2,"share":1,"slots":[)"
      R"({"slot":"foot","in":"both","visitors":2,"changed":0,"share":0,"moves":[]},)"
      R"({"slot":"hero","in":"both","visitors":2,"changed":2,"share":1,"moves":[)"
      R"({"before":null,"after":{"trigger":"third","variant":"Welcome+Go","options":{"title":"Welcome","button":"Go"}},)"
      R"("fallback":{"before":null,"after":null},"content":[],"looks_same":false,"visitors":1,"examples":[{"visitor":"u2","line":4}]},)"
      R"({"before":{"trigger":"third","variant":"Welcome+Go","options":{"title":"Welcome","button":"Go"}},"after":null,)"
      R"("fallback":{"before":null,"after":null},"content":[],"looks_same":false,"visitors":1,"examples":[{"visitor":"u1","line":1}]}]}],)"
      R"("triggers":[{"trigger":"third","before":1,"after":1,"gains":1,"loses":1}]})");
}

TEST(DiffLog, asks_for_the_slots_that_a_line_asks_for) {
  const Ruleset before = open_text(source);
  const Ruleset after = open_text(replaced(source, "\"Welcome\"", "\"Hello\""));
  DiffLog log(before, after);
  const std::string asked = line;
  ASSERT_FALSE(log.feed(asked.substr(0, asked.size() - 1) + R"(,"slots":["foot"]})"));
  EXPECT_EQ(log.text(), "0 of 1 visitor (0 %) would see something else\n");
  const auto json = parse_json(log.json());
  ASSERT_TRUE(json.has_value());
  EXPECT_EQ(json->find("slots")->children[0].find("visitors")->number, 1);
  EXPECT_EQ(json->find("slots")->children[1].find("visitors")->number, 0);
}

constexpr const char* creative = R"json({"site":"t","slots":{"hero":{}},
  "assets":{"a":{"kind":"text","text":"Hello"}},"templates":{"p":{"parts":{"title":"text"}}},
  "triggers":{"r":{"slot":"hero","when":"true","template":"p","parts":{"title":["a"]}}}})json";

TEST(DiffLog, sees_through_names_to_content) {
  const Ruleset before = open_text(creative);
  const Ruleset reworded = open_text(replaced(creative, "Hello", "Good day"));
  const Ruleset renamed = open_text(replaced(creative, "\"r\"", "\"s\""));
  DiffLog words(before, reworded);
  DiffLog names(before, renamed);
  for (DiffLog* log : {&words, &names}) {
    ASSERT_FALSE(log->feed(R"({"visitor":"u1","now":0})"));
  }
  EXPECT_NE(words.text().find("-> the same, with new content of a\n"), std::string::npos);
  EXPECT_NE(names.text().find("-> s  a, which looks the same\n"), std::string::npos);
}

constexpr const char* falling = R"json({"site":"t","attributes":{"vip":{"type":"bool"}},
  "slots":{"hero":{"fallback":"plain"},"foot":{"fallback":"page"},"side":{}},
  "assets":{"plain":{"kind":"text","text":"Welcome","tags":["old","calm"],"version":1}},
  "layers":{"home":{"owner":"shop","reserved":{"legacy":[0.8,1]}}},"campaigns":{"c":{"owner":"us"}},
  "triggers":{"r":{"slot":"hero","when":"vip","layer":{"name":"home","range":[0,0.5]},"campaign":"c","parts":{"title":["a"]}},
              "q":{"slot":"foot","when":"vip","parts":{"title":["a"]}}}})json";

/// What two visitors see, of whom only one is a vip.
std::string seen_by_two(const std::string& after_text) {
  const Ruleset before = open_text(falling);
  const Ruleset after = open_text(after_text);
  DiffLog log(before, after);
  EXPECT_FALSE(log.feed(R"({"visitor":"u1","now":0})"));
  EXPECT_FALSE(log.feed(R"({"visitor":"u2","now":0,"attributes":{"vip":true}})"));
  return log.text();
}

TEST(DiffLog, who_gets_another_fallback_sees_something_else) {
  EXPECT_EQ(seen_by_two(replaced(falling, "\"page\"", "\"banner\"")),
            "1 of 2 visitors (50 %) would see something else\n\n"
            "foot: 1 of 2 visitors (50 %)\n"
            "     1  the slot's fallback  page\n"
            "       -> the slot's fallback  banner\n"
            "          such as u1 (line 1)\n\n"
            "no change in hero, side\n");
  EXPECT_NE(seen_by_two(replaced(falling, "\"side\":{}", "\"side\":{\"fallback\":\"x\"}"))
                .find("side: 2 of 2 visitors (100 %)\n     2  the slot's fallback\n"
                      "       -> the slot's fallback  x\n"),
            std::string::npos);
  EXPECT_NE(
      seen_by_two(replaced(falling, "Welcome", "Hello"))
          .find("  the slot's fallback  plain\n       -> the same, with new content of plain\n"),
      std::string::npos);
  EXPECT_EQ(seen_by_two(replaced(falling, "\"owner\":\"shop\"", "\"owner\":\"we\"")),
            "0 of 2 visitors (0 %) would see something else\n");
}

TEST(DiffLog, another_asset_of_the_same_content_looks_the_same) {
  const std::string other = replaced(
      replaced(falling, "\"fallback\":\"plain\"", "\"fallback\":\"b\""), "\"plain\":{", "\"b\":{");
  EXPECT_NE(seen_by_two(other).find("-> the slot's fallback  b, which looks the same\n"),
            std::string::npos);
}

TEST(Diff, names_what_only_people_read_and_a_slots_fallback) {
  const std::pair<const char*, std::pair<const char*, const char*>> edits[] = {
      {"~ slot foot\n    fallback  page -> banner\n", {"\"page\"", "\"banner\""}},
      {"~ layer home\n    owner  shop -> we\n", {"\"shop\"", "\"we\""}},
      {"~ layer home\n    reserved  legacy [0.8, 1] -> legacy [0.7, 1]\n", {"[0.8,1]", "[0.7,1]"}},
      {"~ campaign c\n    owner  us -> them\n", {"\"us\"", "\"them\""}},
      {"~ asset plain\n    tags  old, calm -> old\n", {"[\"old\",\"calm\"]", "[\"old\"]"}},
      {"~ asset plain\n    version  1 -> 2\n", {"\"version\":1", "\"version\":2"}}};
  for (const auto& [told, edit] : edits) {
    const std::string after = replaced(falling, edit.first, edit.second);
    EXPECT_EQ(
        diff_text(open_text(falling), map_of(falling), open_text(after), map_of(after.c_str())),
        std::string(told) + "1 changed\n");
  }
}

TEST(DiffLog, held_out_visitors_see_the_fallback_and_still_count_for_the_trigger) {
  const Ruleset before = open_text(creative);
  const Ruleset after = open_text(replaced(creative, "\"when\"", "\"holdout\":0.5,\"when\""));
  DiffLog log(before, after);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_FALSE(log.feed(R"({"visitor":"u)" + std::to_string(i) + R"(","now":0})"));
  }
  const auto json = parse_json(log.json());
  ASSERT_TRUE(json.has_value());
  EXPECT_NEAR(json->find("changed")->number, 500, 60);
  EXPECT_EQ(json->find("triggers")->children[0].find("after")->number, 1000);
  EXPECT_EQ(json->find("triggers")->children[0].find("loses")->number, 0);
}

TEST(DiffLog, warns_of_names_that_neither_ruleset_knows_and_only_of_those) {
  const Ruleset before = open_text(creative);
  const Ruleset after = open_text(
      replaced(creative, "\"slots\"", "\"attributes\":{\"new\":{\"type\":\"bool\"}},\"slots\""));
  DiffLog log(before, after);
  for (int i = 0; i < 2; ++i) {
    ASSERT_FALSE(log.feed(R"({"visitor":"u1","now":0,"attributes":{"new":true,"moon":1}})"));
  }
  EXPECT_EQ(log.take_warnings(),
            std::vector<std::string>{"unknown attribute `moon`; it is ignored"});
  EXPECT_TRUE(log.take_warnings().empty());
  // Where one of them takes the line and the other does not, it says which.
  const auto refused = log.feed(R"({"visitor":"u1","now":0,"attributes":{"new":"yes"}})");
  ASSERT_TRUE(refused.has_value());
  EXPECT_NE(refused->message.find(", in the ruleset after"), std::string::npos);
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
  EXPECT_EQ(map->find("tests")->children[1].find("test")->text, "views >= 2");
  EXPECT_EQ(map->find("heedmap")->number, 1);
}

// Parentheses before a method are part of it; what a macro says of all members is no single test.
TEST(Map, has_words_that_say_what_is_tested_and_no_more) {
  const auto map = parse_json(map_of(R"json({
    "site": "s", "version": 1, "expires": "2099-01-01T00:00:00Z",
    "attributes": {"s": {"type": "string"}, "t": {"type": "string"}, "seen": {"type": "set"}},
    "slots": {"hero": {}},
    "triggers": {"r": {"slot": "hero", "parts": {"x": ["y"]}, "when":
      "(s + s).contains(t) || ['a', 'b'].exists(x, t + x == s) || seen.exists(x, x in ['c', 'd'])"
    }}
  })json"));
  ASSERT_TRUE(map.has_value());
  std::vector<std::string> words;
  for (const JsonNode& test : map->find("tests")->children) {
    words.push_back(test.find("test")->text);
  }
  EXPECT_EQ(words, (std::vector<std::string>{"(s + s).contains(t)", "t + 'a' == s", "t + 'b' == s",
                                             "'c' in seen", "'d' in seen"}));
}

}  // namespace
}  // namespace heed::compile
