// Native decisions are those of the naive evaluator over the source, for random sources and
// visitors. HEED_SEED repeats a run, HEED_LONG makes it ten times as long.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "heed/runtime/session.h"
#include "heed/studio/decide_lines.h"
#include "pair.h"
#include "session_value.h"

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

/// One visitor's story told to a session and to the oracle: both must always agree on what to show.
class Story {
 public:
  /// @param index  nullptr: the session scans
  Story(const Pair& pair, const Index* index, const std::string& line)
      : pair_(pair),
        index_(index),
        told_(pair.oracle.read_line(line)),
        future_(told_.signals),
        session_(Session::create(pair.ruleset, told_.id, TimeMs{told_.began}, Level::device, 1)
                     .value()) {
    session_.use(index);
    told_.signals.clear();
    told_.consent = "device";
    std::erase_if(future_, [](const Signal& signal) { return signal.name == "refund"; });
    told_.slots.reset();
    // The story begins when its first signal comes.
    if (!future_.empty()) told_.began = future_.front().at;
    for (const auto& [name, value] : told_.attribute_order) {
      std::vector<std::string_view> members;
      const auto id = pair_.ruleset.find_attribute(name).value();
      EXPECT_TRUE(session_.set(id, session_value(value, members), TimeMs{told_.began}));
    }
  }

  void tell(Random& random) {
    for (const Signal& signal : future_) {
      now_ = signal.at;
      observe(signal);
      if (random.chance(20)) travel();
      if (random.chance(60)) now_ += 1 + static_cast<std::int64_t>(random.below(3));
      if (&signal != &future_.back() && (&signal)[1].at <= now_) continue;
      view(random);
      if (testing::Test::HasFailure()) return;
    }
    now_ = std::max(now_, told_.now) + 1;
    for (int i = 0; i < 4 && !testing::Test::HasFailure(); ++i) {
      travel();
      view(random);
      now_ += static_cast<std::int64_t>(random.below(2) == 0 ? 500 : 86'400'000);
    }
  }

 private:
  void observe(const Signal& signal) {
    const SignalId id = pair_.ruleset.find_signal(signal.name).value();
    std::vector<std::vector<std::string_view>> members(signal.fields.size());
    std::vector<FieldValue> fields;
    for (const auto& [name, value] : signal.fields) {
      const std::uint32_t field = pair_.ruleset.find_field(id, name).value();
      fields.push_back({field, session_value(value, members[fields.size()])});
    }
    EXPECT_TRUE(session_.observe(id, fields, signal.id, TimeMs{now_}));
    told_.signals.push_back(signal);
  }

  /// The session goes through a snapshot, as between edge and browser. Profile facts do not travel,
  /// so that a story with any stays where it is.
  void travel() {
    if (pair_.json.find("profile") != std::string::npos) return;
    std::vector<std::byte> snapshot;
    session_.save(snapshot);
    auto restored =
        Session::restore(pair_.ruleset, snapshot, told_.id, TimeMs{now_}, Level::device, view_);
    ASSERT_TRUE(restored.has_value()) << name(restored.error().code);
    ASSERT_TRUE(*restored == session_);
    session_ = std::move(*restored);
    session_.use(index_);
  }

  /// A page view: every slot is decided and compared, and most of what is shown is exposed.
  void view(Random& random) {
    told_.now = now_;
    session_.begin_view(++view_);
    std::vector<heed::Decision> decisions;
    session_.decide_all(TimeMs{now_}, decisions);
    told_.slots.emplace();
    for (const auto& decision : decisions) {
      told_.slots->emplace_back(pair_.ruleset.name(decision.slot));
    }
    const std::vector<Decision> expected = pair_.oracle.decide(told_);
    ASSERT_EQ(decisions.size(), expected.size());
    for (std::size_t i = 0; i < decisions.size(); ++i) {
      compare(decisions[i], expected[i]);
      if (!expected[i].trigger || !random.chance(80)) continue;
      EXPECT_EQ(session_.expose(decisions[i], TimeMs{now_}), Exposed::counted);
      EXPECT_EQ(session_.expose(decisions[i], TimeMs{now_}), Exposed::repeated);
      told_.exposures.push_back({*expected[i].trigger, now_});
    }
  }

  void compare(const heed::Decision& decision, const Decision& expected) const {
    ASSERT_EQ(name(decision.reason), expected.reason) << pair_.json << "\nat " << now_;
    ASSERT_EQ(decision.trigger != none_id<TriggerTag>, expected.trigger.has_value());
    if (!expected.trigger) return;
    ASSERT_EQ(pair_.ruleset.name(decision.trigger), *expected.trigger);
    ASSERT_EQ(decision.held_out, expected.held_out);
    ASSERT_EQ(decision.probability, expected.probability);
    ASSERT_EQ(compile::microsegment_name(pair_.ruleset, decision.microsegment),
              expected.microsegment);
    std::string variant;
    for (const auto& [part, option] : expected.options) {
      variant += (variant.empty() ? "" : "+") + option;
    }
    ASSERT_EQ(compile::variant_name(pair_.ruleset, decision), variant);
  }

  const Pair& pair_;
  const Index* index_;
  Visitor told_;
  std::vector<Signal> future_;
  Session session_;
  std::int64_t now_ = 0;
  std::uint64_t view_ = 1;
};

TEST_P(Shard, stories_with_exposures_caps_and_travel_agree_at_every_step) {
  Random random(seed_of(GetParam()) + 500);
  for (int i = 0; i < sources_here() / 4; ++i) {
    std::string refused;
    const auto pair = random_pair(random, refused);
    if (!pair) continue;
    const Index index(pair->ruleset, i % 2 == 0 ? Index::row_bytes_min : 0);
    for (int v = 0; v < 20; ++v) {
      const std::string line = random_line(random, pair->source.vocabulary);
      Story(*pair, v % 4 == 0 ? nullptr : &index, line).tell(random);
      ASSERT_FALSE(HasFailure()) << "seed " << seed_of(GetParam()) << " source " << i << "\n"
                                 << pair->json << "\n"
                                 << line;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Property, Shard, testing::Range(0, shard_count));

}  // namespace
}  // namespace heed::reference
