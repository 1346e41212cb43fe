// Native decisions are those of the naive evaluator over the source, for random sources and
// visitors. HEED_SEED repeats a run, HEED_LONG makes it ten times as long.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "heed/studio/decide_lines.h"
#include "pair.h"
#include "story.h"

namespace heed::reference {
namespace {

constexpr int shard_count = 8;
constexpr int sources_a_shard = 260;
constexpr int visitors_a_source = 50;

std::uint64_t seed_of(int shard) {
  const char* given = std::getenv("HEED_SEED");
  const std::uint64_t seed = given ? std::strtoull(given, nullptr, 10) : 20261120;
  return seed * 1000 + static_cast<std::uint64_t>(shard);
}

int sources_here() { return sources_a_shard * (std::getenv("HEED_LONG") ? 10 : 1); }

/// Sources that the compiler refuses tell nothing; more than a few would make this test empty.
class Refusals {
 public:
  void add(const std::string& why) {
    ++count_;
    for (const char* limit : {"too_many_terms", "condition_too_costly"}) {
      if (why.find(limit) != std::string::npos) return;
    }
    ADD_FAILURE() << "the compiler refuses a source that is right:\n" << why;
  }
  void expect_few(int sources) const { EXPECT_LE(count_ * 20, sources); }

 private:
  int count_ = 0;
};

/// A trigger that the compiler says can never show must not show in the source as it was.
void expect_never_shown(const Pair& pair, const std::string& line) {
  if (pair.never_shown.empty()) return;
  Visitor visitor = pair.oracle_before.read_line(line);
  visitor.slots.reset();
  for (const Decision& decision : pair.oracle_before.decide(visitor)) {
    for (const std::string& name : pair.never_shown) {
      ASSERT_NE(decision.trigger.value_or(""), name) << line;
    }
  }
}

class Shard : public testing::TestWithParam<int> {};

TEST_P(Shard, lines_are_decided_as_the_source_reads) {
  Random random(seed_of(GetParam()));
  Refusals refusals;
  int compared = 0;
  for (int i = 0; i < sources_here(); ++i) {
    std::string refused;
    const auto pair = random_pair(random, refused);
    if (!pair) {
      refusals.add(refused);
      continue;
    }
    const Index index(pair->ruleset);
    const Index sparse(pair->ruleset, 0);
    compile::DecideLines scan(pair->ruleset);
    compile::DecideLines by_index(pair->ruleset, &index);
    compile::DecideLines by_sparse(pair->ruleset, &sparse);
    for (int v = 0; v < visitors_a_source; ++v) {
      const std::string line = random_line(random, pair->source.vocabulary);
      const std::string expected = pair->oracle.decide_line(line) + "\n";
      for (compile::DecideLines* lines : {&scan, &by_index, &by_sparse}) {
        std::string native;
        lines->feed(line, native);
        ASSERT_EQ(native, expected)
            << "seed " << seed_of(GetParam()) << " source " << i << " visitor " << v << " by "
            << (lines == &scan ? "scan" : "index") << "\n"
            << pair->json << "\n"
            << line;
      }
      expect_never_shown(*pair, line);
      ASSERT_FALSE(HasFatalFailure()) << pair->json;
      ++compared;
    }
  }
  refusals.expect_few(sources_here());
  std::cout << compared << " pairs compared, seed " << seed_of(GetParam()) << "\n";
}

TEST_P(Shard, stories_with_exposures_caps_and_travel_agree_at_every_step) {
  Random random(seed_of(GetParam()) + 500);
  for (int i = 0; i < sources_here() / 4; ++i) {
    std::string refused;
    const auto pair = random_pair(random, refused);
    if (!pair) continue;
    const Index index(pair->ruleset, i % 2 == 0 ? Index::row_bytes_min : 0);
    for (int v = 0; v < 20; ++v) {
      const std::string line = random_line(random, pair->source.vocabulary);
      const std::string wrong = tell_story(random, *pair, v % 4 == 0 ? nullptr : &index, line);
      ASSERT_EQ(wrong, "") << "seed " << seed_of(GetParam()) << " source " << i << "\n"
                           << pair->json << "\n"
                           << line;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Property, Shard, testing::Range(0, shard_count));

}  // namespace
}  // namespace heed::reference
