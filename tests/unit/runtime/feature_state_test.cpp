#include "heed/runtime/feature_state.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "heed/base/limits.h"
#include "session_fixture.h"

namespace heed::test {
namespace {

using Has = FeatureMembers;

/// What an entry of these members may hold.
FeatureEntry entry_of(std::mt19937_64& random, int members) {
  FeatureEntry entry;
  if ((members & Has::times) != 0) {
    entry.at_ms = static_cast<std::int64_t>(random() % (limits::time_ms_max + 1));
  }
  const bool in_window = (members & Has::times) != 0;
  if ((members & Has::counts) != 0) entry.count = random() >> (in_window ? 32U : 11U);
  if ((members & Has::hashes) != 0) entry.count = random() >> 32U;
  if ((members & Has::numbers) != 0) entry.value = static_cast<double>(random()) / -3.0;
  return entry;
}

TEST(FeatureState, entries_of_every_shape_are_what_was_put_in) {
  std::mt19937_64 random(20261122);
  for (int members = 1; members < 16; ++members) {
    if ((members & Has::counts) != 0 && (members & Has::hashes) != 0) continue;
    FeatureState state(static_cast<std::uint8_t>(members));
    std::vector<FeatureEntry> model;
    for (int i = 0; i < 2'000; ++i) {
      const std::size_t at = model.empty() ? 0 : random() % model.size();
      switch (model.empty() || model.size() < 3 ? 0 : random() % 5) {
        case 0:
        case 1:
          if (model.size() == limits::distinct_value_count_max + 1) break;
          model.push_back(entry_of(random, members));
          state.append(model.back(), limits::distinct_value_count_max);
          break;
        case 2:
          model[at] = entry_of(random, members);
          state.put(at, model[at]);
          break;
        case 3:
          model[0] = model[at];
          state.move(0, at);
          break;
        default:
          model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(at));
          state.erase(0, at);
      }
      ASSERT_EQ(state.size(), model.size());
      for (std::size_t k = 0; k < model.size(); ++k) {
        ASSERT_EQ(state[k], model[k]) << "members " << members << ", entry " << k;
        if ((members & Has::times) != 0) {
          ASSERT_EQ(state.at_ms(k), model[k].at_ms);
        }
        if ((members & Has::hashes) != 0) {
          ASSERT_EQ(state.hash(k), model[k].count);
        }
      }
    }
  }
}

TEST(FeatureState, one_entry_of_a_window_counts_to_the_largest_32_bits) {
  FeatureState window(Has::times | Has::counts);
  window.append({1, std::uint64_t{1} << 40U, 0}, 1);
  EXPECT_EQ(window[0].count, UINT32_MAX);
  FeatureState total(Has::counts);
  total.append({0, std::uint64_t{1} << 53U, 0}, 1);
  EXPECT_EQ(total[0].count, std::uint64_t{1} << 53U);
}

TEST(FeatureState, values_of_every_type_lie_behind_the_entry) {
  FeatureState state(Has::times | Has::values | Has::weights);
  state.append({5, 0, 0}, 1);
  const std::vector<Value> values = {"first", 2.5, TimeMs{-7}, true, ""};
  for (const Value& value : values) state.append_value({value, 1});
  ASSERT_EQ(state[0], (FeatureEntry{5, 0, 0}));
  std::vector<OwnedValue> model;
  for (const Value& value : values) model.push_back(own(value));
  EXPECT_EQ(values_of(state), model);
  WeighedValue weighed;
  std::size_t at = state.first_value();
  ASSERT_TRUE(state.next_value(at, weighed));
  state.put_weight(at, 3);
  state.erase_value(state.first_value());
  model.erase(model.begin());
  EXPECT_EQ(values_of(state), model);
  at = state.first_value();
  ASSERT_TRUE(state.next_value(at, weighed));
  EXPECT_EQ(weighed.weight, 3);
}

}  // namespace
}  // namespace heed::test
