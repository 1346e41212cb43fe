// After every change a session that keeps its rows decides as one that begins again and as one that
// scans: attributes set and cleared, signals, time forward and back, exposures, levels, snapshots.
// HEED_SEED repeats a run, HEED_LONG makes it ten times as long.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "heed/runtime/index.h"
#include "heed/runtime/session.h"
#include "pair.h"
#include "session_value.h"

namespace heed::reference {
namespace {

constexpr int shard_count = 8;
constexpr int sources_a_shard = 64;
constexpr int sequences_a_source = 20;
constexpr int changes_a_sequence = 16;

std::uint64_t seed_of(int shard) {
  const char* given = std::getenv("HEED_SEED");
  const std::uint64_t seed = given ? std::strtoull(given, nullptr, 10) : 20261122;
  return seed * 1000 + static_cast<std::uint64_t>(shard);
}

int sources_here() { return sources_a_shard * (std::getenv("HEED_LONG") ? 10 : 1); }

/// One visitor, decided for by a scan, by an index with every row, and by one with none.
class Changes {
 public:
  Changes(const Pair& pair, const Index& dense, const Index& sparse, Random& random)
      : pair_(pair), indexes_{nullptr, &dense, &sparse}, random_(random) {
    for (int i = 0; i < 3; ++i) {
      lines_.push_back(pair.oracle.read_line(random_line(random, pair.source.vocabulary)));
    }
    now_ = lines_[0].now;
    for (const Index* index : indexes_) {
      sessions_.push_back(
          Session::create(pair.ruleset, lines_[0].id, TimeMs{now_}, Level::device, 1).value());
      sessions_.back().use(index);
    }
  }

  void run() {
    for (int i = 0; i < changes_a_sequence; ++i) {
      change();
      compare();
      if (testing::Test::HasFailure()) return;
    }
  }

 private:
  template <class Do>
  void each(Do act) {
    for (Session& session : sessions_) act(session);
  }

  void change() {
    switch (random_.below(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return set_attribute();
      case 4:
      case 5:
      case 6:
        return observe();
      case 7:
        return expose();
      case 8:
        return travel();
      case 9:
        if (random_.chance(30)) {
          const auto level = static_cast<Level>(random_.below(4));
          each([&](Session& session) { session.set_level(level, TimeMs{now_}); });
        }
        ++view_;
        each([&](Session& session) { session.begin_view(view_); });
        return;
      default:
        return move_time();
    }
  }

  void set_attribute() {
    const Visitor& line = random_.pick(lines_);
    if (line.attribute_order.empty()) return;
    const auto& [name, value] = random_.pick(line.attribute_order);
    const AttributeId id = pair_.ruleset.find_attribute(name).value();
    std::vector<std::string_view> members;
    const heed::Value given =
        random_.chance(25) ? heed::Value(Absent{}) : session_value(value, members);
    each([&](Session& session) { (void)session.set(id, given, TimeMs{now_}); });
  }

  void observe() {
    const Visitor& line = random_.pick(lines_);
    if (line.signals.empty()) return;
    const Signal& signal = random_.pick(line.signals);
    if (signal.name == "refund") return;
    const SignalId id = pair_.ruleset.find_signal(signal.name).value();
    std::vector<std::vector<std::string_view>> members(signal.fields.size());
    std::vector<FieldValue> fields;
    for (const auto& [name, value] : signal.fields) {
      const std::uint32_t field = pair_.ruleset.find_field(id, name).value();
      fields.push_back({field, session_value(value, members[fields.size()])});
    }
    each([&](Session& session) { (void)session.observe(id, fields, "", TimeMs{now_}); });
  }

  void expose() {
    heed::Array<heed::Decision> decisions;
    sessions_[0].decide_all(TimeMs{now_}, decisions);
    for (const heed::Decision& decision : decisions) {
      if (!random_.chance(60)) continue;
      each([&](Session& session) { (void)session.expose(decision, TimeMs{now_}); });
    }
  }

  void travel() {
    const Level level = sessions_[0].level();
    const std::uint64_t view = sessions_[0].state().view;
    for (std::size_t i = 0; i < sessions_.size(); ++i) {
      Array<std::byte> snapshot;
      sessions_[i].save(snapshot);
      auto restored =
          Session::restore(pair_.ruleset, snapshot, lines_[0].id, TimeMs{now_}, level, view);
      ASSERT_TRUE(restored.has_value());
      sessions_[i] = std::move(*restored);
      sessions_[i].use(indexes_[i]);
    }
  }

  void move_time() {
    static const std::vector<std::int64_t> steps = {1,
                                                    2,
                                                    499,
                                                    500,
                                                    1'000,
                                                    60'000,
                                                    1'800'000,
                                                    3'600'000,
                                                    86'400'000,
                                                    3 * 86'400'000LL,
                                                    30 * 86'400'000LL};
    std::int64_t step = random_.pick(steps);
    if (random_.chance(30)) step = static_cast<std::int64_t>(random_.below(4'000'000));
    now_ += random_.chance(35) ? -step : step;
  }

  void compare() {
    heed::Array<heed::Decision> expected;
    sessions_[0].decide_all(TimeMs{now_}, expected);
    for (std::size_t i = 1; i < sessions_.size(); ++i) {
      ASSERT_TRUE(sessions_[i] == sessions_[0]);
      // One slot first, on rows that nobody has refreshed yet.
      const heed::Decision& one = random_.pick(expected);
      ASSERT_EQ(sessions_[i].decide(one.slot, TimeMs{now_}), one) << pair_.json << "\n" << now_;
      heed::Array<heed::Decision> kept;
      sessions_[i].decide_all(TimeMs{now_}, kept);
      ASSERT_EQ(kept, expected) << pair_.json << "\nat " << now_ << " with index " << i;
      Session cold = sessions_[i];
      cold.use(indexes_[i]);
      heed::Array<heed::Decision> again;
      cold.decide_all(TimeMs{now_}, again);
      ASSERT_EQ(again, expected) << pair_.json << "\nat " << now_ << " begun again";
    }
    compare_winners(expected);
  }

  void compare_winners(const heed::Array<heed::Decision>& expected) {
    Array<Winner> winners;
    for (const Session& session : sessions_) {
      const Microsegment microsegment = session.winners(TimeMs{now_}, winners);
      std::size_t next = 0;
      for (const heed::Decision& decision : expected) {
        ASSERT_EQ(microsegment, decision.microsegment);
        if (decision.trigger == none_id<TriggerTag>) continue;
        ASSERT_LT(next, winners.size());
        const Winner& winner = winners[next++];
        ASSERT_EQ(winner.slot, decision.slot);
        ASSERT_EQ(winner.trigger, decision.trigger);
        ASSERT_EQ(winner.probability, decision.probability);
        ASSERT_EQ(winner.options, decision.options);
        ASSERT_EQ(winner.part_count, decision.part_count);
        ASSERT_EQ(winner.held_out, decision.held_out);
        ASSERT_EQ(winner.reason, decision.reason);
      }
      ASSERT_EQ(next, winners.size());
    }
  }

  const Pair& pair_;
  std::vector<const Index*> indexes_;
  Random& random_;
  std::vector<Visitor> lines_;
  std::vector<Session> sessions_;
  std::int64_t now_ = 0;
  std::uint64_t view_ = 100;
};

class Shard : public testing::TestWithParam<int> {};

TEST_P(Shard, kept_rows_begun_again_and_the_scan_agree_after_every_change) {
  Random random(seed_of(GetParam()));
  int sequences = 0;
  for (int i = 0; i < sources_here(); ++i) {
    std::string refused;
    const auto pair = random_pair(random, refused);
    if (!pair) continue;
    const Index dense(pair->ruleset);
    const Index sparse(pair->ruleset, 0);
    for (int s = 0; s < sequences_a_source; ++s, ++sequences) {
      Changes(*pair, dense, sparse, random).run();
      ASSERT_FALSE(HasFailure()) << "seed " << seed_of(GetParam()) << " source " << i;
    }
  }
  std::cout << sequences << " sequences of " << changes_a_sequence << " changes, seed "
            << seed_of(GetParam()) << "\n";
}

INSTANTIATE_TEST_SUITE_P(Changes, Shard, testing::Range(0, shard_count));

}  // namespace
}  // namespace heed::reference
