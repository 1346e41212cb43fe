// The log's bytes are those of its page, and a log plays again to the same decisions.
#include "heed/studio/replay_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include "fixture.h"
#include "heed/runtime/session.h"

namespace heed::replay {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t unit = 0x9c5d1a2b3c4d5e6f;
constexpr TimeMs start{1'795'687'200'000};

Ruleset views_ruleset() {
  return compile::open_text(R"json({"site":"t","version":1,
    "attributes":{"city":{"type":"string"},"tags":{"type":"set"},"hour":{"type":"number"}},
    "signals":{"view":{"kind":"string","price":"number"}},
    "features":{"views":{"count":"view"},"last":{"last":"view","value":"kind"}},
    "slots":{"hero":{},"side":{}},
    "triggers":{
      "busy":{"slot":"hero","when":"views >= 2 && city == 'Leeds' && 'vip' in tags",
              "parts":{"title":["a","b"]},"policy":{"split":{"title":{"a":0.5,"b":0.5}}}},
      "other":{"slot":"side","when":"last != 'shoes' && has(last)","parts":{"title":["x"]},
               "cap":{"times":2,"per":"1d"}}}})json");
}

Made made(const Decision& decision) {
  Made made;
  made.slot = decision.slot.index;
  made.trigger = decision.trigger.index == none_index ? 0 : decision.trigger.index + 1;
  made.reason = static_cast<std::uint8_t>(decision.reason);
  made.held_out = decision.held_out;
  for (std::size_t i = 0; i < decision.part_count; ++i) made.options.push_back(decision.options[i]);
  return made;
}

Value text_value(std::string_view text) {
  Value value;
  value.kind = Value::Kind::text;
  value.whole = mask(text, unit);
  return value;
}

/// Plays by hand what a page does, and writes it down as its recorder does.
Chunk recorded(const Ruleset& ruleset) {
  Session session = *Session::resume(ruleset, {}, unit, start, Level::device, 7);
  Chunk chunk{1, 0, ruleset.hash(), unit, start.ms, {}};
  const auto enter = [&](Entry::Kind kind) -> Entry& {
    Entry& entry = chunk.entries.emplace_back();
    entry.kind = kind;
    return entry;
  };
  const auto decide = [&] {
    for (std::uint32_t slot = 0; slot < 2; ++slot) {
      const Decision decision = session.decide(SlotId{slot}, start);
      enter(Entry::Kind::decide).made = made(decision);
      if (session.expose(decision, start) == Exposed::counted) {
        enter(Entry::Kind::expose).made = made(decision);
      }
    }
  };
  Entry& begin = enter(Entry::Kind::start);
  begin.level = static_cast<std::uint8_t>(Level::device);
  begin.view = 7;
  const AttributeId city = *ruleset.find_attribute("city");
  const AttributeId tags = *ruleset.find_attribute("tags");
  EXPECT_TRUE(session.set(city, std::string_view("Leeds"), start));
  const std::vector<std::string_view> members = {"unnamed", "vip"};
  EXPECT_TRUE(session.set(tags, Members(members), start));
  Entry& set = enter(Entry::Kind::set);
  set.given.push_back({city.index, text_value("Leeds")});
  Value masks;
  masks.kind = Value::Kind::set;
  for (const auto member : members) masks.members.push_back(mask(member, unit));
  std::sort(masks.members.begin(), masks.members.end());
  set.given.push_back({tags.index, masks});
  for (const std::string_view kind : {"bags", "shoes", "a free text"}) {
    decide();
    const FieldValue field{0, kind};
    EXPECT_TRUE(session.observe(SignalId{0}, {&field, 1}, "", start));
    enter(Entry::Kind::observe).given.push_back({0, text_value(kind)});
  }
  decide();
  return chunk;
}

TEST(ReplayLog, the_documented_example_is_what_is_read_and_written) {
  std::ifstream page(HEED_SOURCE_DIR "/docs/formats/replay_log.md");
  std::stringstream all;
  all << page.rdbuf();
  std::string text = all.str();
  text = text.substr(text.find("```\n48454544") + 4);
  text = text.substr(0, text.find("```"));
  Array<std::byte> bytes;
  std::stringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::string digits;
    for (const char c : line.substr(0, line.find('#'))) {
      if (c != ' ') digits += c;
    }
    for (std::size_t i = 0; i < digits.size(); i += 2) {
      bytes.push_back(std::byte(std::stoi(digits.substr(i, 2), nullptr, 16)));
    }
  }
  const auto chunks = read(bytes);
  ASSERT_TRUE(chunks) << chunks.error().where;
  ASSERT_EQ(chunks->size(), 1U);
  const Chunk& chunk = chunks->front();
  ASSERT_EQ(chunk.entries.size(), 4U);
  EXPECT_EQ(chunk.entries[1].given[0].value.whole, 9U);
  EXPECT_EQ(chunk.entries[2].signal, 1U);
  EXPECT_EQ(chunk.entries[3].after_ms, 12U);
  EXPECT_EQ(chunk.entries[3].made.trigger, 3U);
  Array<std::byte> written;
  append(chunk, written);
  EXPECT_EQ(written, bytes);
}

TEST(ReplayLog, every_decision_comes_out_again) {
  const Ruleset ruleset = views_ruleset();
  const Replayed replayed = play(ruleset, {recorded(ruleset)});
  EXPECT_EQ(text(replayed),
            "8 decisions, 3 signals and 2 exposures of 1 page log played again: no difference\n");
}

TEST(ReplayLog, a_planted_difference_is_found_and_said) {
  const Ruleset ruleset = views_ruleset();
  Chunk chunk = recorded(ruleset);
  for (Entry& entry : chunk.entries) {
    if (entry.kind != Entry::Kind::decide || entry.made.trigger != 1) continue;
    entry.made.options[0] ^= 1U;
  }
  const std::string said = text(play(ruleset, {chunk}));
  EXPECT_THAT(said, HasSubstr(": hero\n  logged   busy "));
  EXPECT_THAT(said, HasSubstr("2026-11-26T10:00:00Z log 0000000000000001 chunk 0 entry "));
  EXPECT_THAT(json(play(ruleset, {chunk})), HasSubstr(R"("what":"hero","logged":"busy )"));
}

TEST(ReplayLog, a_signal_left_out_is_a_difference) {
  const Ruleset ruleset = views_ruleset();
  Chunk chunk = recorded(ruleset);
  const auto is_signal = [](const Entry& it) { return it.kind == Entry::Kind::observe; };
  chunk.entries.erase(std::find_if(chunk.entries.begin(), chunk.entries.end(), is_signal));
  EXPECT_FALSE(play(ruleset, {chunk}).differences.empty());
}

TEST(ReplayLog, chunks_may_come_in_any_order_and_twice_but_a_gap_ends_a_log) {
  const Ruleset ruleset = views_ruleset();
  Chunk first = recorded(ruleset);
  Chunk second = first;
  second.number = 1;
  second.entries.erase(second.entries.begin() + 1, second.entries.end());
  first.entries.resize(first.entries.size() / 2);
  EXPECT_EQ(play(ruleset, {second, first, second}).chunks, 2U);
  second.number = 2;
  const Replayed gap = play(ruleset, {second, first});
  EXPECT_EQ(gap.chunks, 1U);
  EXPECT_EQ(gap.after_gaps, 1U);
  first.ruleset ^= 1U;
  EXPECT_EQ(play(ruleset, {first}).other_rulesets, 1U);
}

TEST(ReplayLog, rows_that_the_ruleset_has_not_are_differences) {
  const Ruleset ruleset = views_ruleset();
  Chunk chunk = recorded(ruleset);
  for (Entry& entry : chunk.entries) {
    entry.made.slot = 99;
    entry.signal = 99;
    for (Given& given : entry.given) given.row = 99;
  }
  EXPECT_GE(play(ruleset, {chunk}).differences.size(), 10U);
  chunk.entries.erase(chunk.entries.begin());
  EXPECT_FALSE(play(ruleset, {chunk}).differences.empty());
}

TEST(ReplayLog, bytes_that_stop_or_go_on_wrongly_are_refused_where_they_do) {
  const Ruleset ruleset = views_ruleset();
  Array<std::byte> bytes;
  append(recorded(ruleset), bytes);
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    const auto cut = read(std::span(bytes).first(size));
    ASSERT_FALSE(cut);
    EXPECT_TRUE(cut.error().truncated) << size;
  }
  bytes.push_back(std::byte{'H'});
  EXPECT_FALSE(read(bytes));
  EXPECT_TRUE(read(std::span(bytes).first(0)));
}

TEST(Masks, a_masked_snapshot_holds_no_text_that_the_ruleset_does_not_name) {
  const Ruleset ruleset = views_ruleset();
  Session session = *Session::resume(ruleset, {}, unit, start, Level::device, 7);
  EXPECT_TRUE(session.set(*ruleset.find_attribute("city"), std::string_view("Barnsley"), start));
  const std::vector<std::string_view> members = {"secret", "vip"};
  EXPECT_TRUE(session.set(*ruleset.find_attribute("tags"), Members(members), start));
  const FieldValue field{0, std::string_view("a free text")};
  EXPECT_TRUE(session.observe(SignalId{0}, {&field, 1}, "", start));
  Array<std::byte> bytes;
  session.save(bytes, limits::snapshot_size_bytes_max, Texts::masked);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (const auto* const word : {"Barnsley", "secret", "a free text"}) {
    EXPECT_EQ(text.find(word), std::string_view::npos) << word;
  }
  EXPECT_NE(text.find("vip"), std::string_view::npos);
  EXPECT_NE(text.find(mask_text(mask("Barnsley", unit))), std::string_view::npos);
  EXPECT_TRUE(Session::resume(ruleset, bytes, unit, start, Level::device, 7));
  EXPECT_FALSE(Session::resume(ruleset, bytes, unit + 1, start, Level::device, 7));
}

}  // namespace
}  // namespace heed::replay
