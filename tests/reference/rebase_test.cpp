// A ruleset built with a base is the ruleset built without one in other bytes: the same decisions,
// explanations and snapshots, whatever the base was; a patch takes one to the other. HEED_SEED
// repeats a run.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include "heed/runtime/index.h"
#include "heed/runtime/session.h"
#include "heed/studio/decide_lines.h"
#include "heed/studio/diff.h"
#include "heed/studio/explain.h"
#include "heed/studio/patch.h"
#include "pair.h"

namespace heed::reference {
namespace {

constexpr int sources = 400;
constexpr int visitors_a_source = 10;

std::uint64_t seed() {
  const char* given = std::getenv("HEED_SEED");
  return given ? std::strtoull(given, nullptr, 10) : 20261123;
}

std::vector<std::byte> image_of(const std::string& json, const Ruleset* base) {
  const compile::SourceFile file{"random.heed.json", json};
  compile::CompileOptions options;
  options.zones = &machine_zones();
  options.base = base;
  auto result = compile::compile(std::span(&file, 1), options);
  if (!result.compiled) {
    ADD_FAILURE() << compile::to_text(result.diagnostics) << json;
    std::abort();
  }
  return std::move(result.compiled->image);
}

void expect_patch(const std::vector<std::byte>& from, const std::vector<std::byte>& to) {
  const auto patch = compile::make_patch(from, to);
  const auto made = compile::apply_patch(from, patch);
  ASSERT_TRUE(made) << name(made.error().fault) << " at " << made.error().where;
  ASSERT_EQ(*made, to);
}

/// Which number a predicate has is the one thing that may differ.
std::string without_ids(const std::string& explanation) {
  static const std::regex id(R"("predicate":\d+,?)");
  return std::regex_replace(explanation, id, "");
}

void expect_same_lines(const Pair& pair, const Ruleset& other, Random& random) {
  const Index index(other);
  compile::DecideLines plain(pair.ruleset);
  compile::DecideLines scan(other);
  compile::DecideLines by_index(other, &index);
  for (int v = 0; v < visitors_a_source; ++v) {
    const std::string line = random_line(random, pair.source.vocabulary);
    std::string expected;
    plain.feed(line, expected);
    for (compile::DecideLines* lines : {&scan, &by_index}) {
      std::string answer;
      lines->feed(line, answer);
      ASSERT_EQ(answer, expected) << line;
    }
    for (const std::string& slot : pair.source.vocabulary.slots) {
      const auto before = compile::explain_json(pair.ruleset, "", line, slot);
      const auto after = compile::explain_json(other, "", line, slot);
      ASSERT_EQ(before.has_value(), after.has_value());
      if (before) {
        ASSERT_EQ(without_ids(*after), without_ids(*before)) << line;
      }
    }
  }
}

/// A session that begins with one and goes on with the other.
void expect_travel(const Pair& pair, const Ruleset& other, Random& random) {
  const Visitor visitor = pair.oracle.read_line(random_line(random, pair.source.vocabulary));
  const TimeMs now{visitor.now};
  Session session = Session::create(pair.ruleset, visitor.id, now, Level::device, 1).value();
  for (const Signal& signal : visitor.signals) {
    const auto id = pair.ruleset.find_signal(signal.name);
    if (id) (void)session.observe(*id, {}, "", now);
  }
  heed::Array<heed::Decision> decisions;
  session.decide_all(now, decisions);
  for (const heed::Decision& decision : decisions) (void)session.expose(decision, now);
  Array<std::byte> saved;
  session.save(saved);
  const auto restored = Session::restore(other, saved, visitor.id, now, Level::device, 1);
  ASSERT_TRUE(restored) << name(restored.error().code);
  Array<std::byte> again;
  restored->save(again);
  ASSERT_EQ(again, saved);
  Array<Winner> expected;
  Array<Winner> winners;
  session.winners(now, expected);
  restored->winners(now, winners);
  ASSERT_EQ(winners, expected);
}

void check_rebuilt(const Pair& pair, const Ruleset& base, Random& random) {
  const auto image = image_of(pair.json, &base);
  ASSERT_EQ(image, image_of(pair.json, &base)) << "equal source and base, other bytes";
  const auto rebuilt = Ruleset::open(image);
  ASSERT_TRUE(rebuilt) << name(rebuilt.error().code) << " at " << rebuilt.error().where;
  ASSERT_EQ(compile::diff_text(pair.ruleset, "", *rebuilt, ""), "");
  expect_same_lines(pair, *rebuilt, random);
  expect_travel(pair, *rebuilt, random);
}

TEST(Rebase, changes_no_decision_no_explanation_and_no_snapshot) {
  Random random(seed());
  std::map<std::string, Ruleset> bases;  // by site
  std::map<std::string, std::vector<std::byte>> images;
  int compared = 0;
  for (int i = 0; i < sources; ++i) {
    std::string refused;
    const auto pair = random_pair(random, refused);
    if (!pair) continue;
    const std::string site(pair->ruleset.site());
    const auto base = bases.find(site);
    if (base != bases.end()) {
      check_rebuilt(*pair, base->second, random);
      ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed() << " source " << i << "\n"
                                                << pair->json;
      ++compared;
    }
    // Each base was built with the base before it: ids wander further with every step.
    auto image = image_of(pair->json, base == bases.end() ? nullptr : &base->second);
    expect_patch(images[site], image);
    expect_patch(image, pair->image);
    bases.insert_or_assign(site, Ruleset::open(image).value());
    images[site] = std::move(image);
  }
  EXPECT_GT(compared, sources * 9 / 10);
  std::cout << compared << " rulesets rebuilt, seed " << seed() << "\n";
}

TEST(Rebase, keeps_every_byte_where_nothing_was_edited) {
  Random random(seed() + 1);
  for (int i = 0; i < sources / 4; ++i) {
    std::string refused;
    const auto pair = random_pair(random, refused);
    if (!pair) continue;
    ASSERT_EQ(image_of(pair->json, &pair->ruleset), pair->image) << pair->json;
  }
}

}  // namespace
}  // namespace heed::reference
