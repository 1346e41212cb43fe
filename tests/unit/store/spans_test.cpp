#include "spans.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <utility>
#include <vector>

namespace heed::store {
namespace {

using Runs = std::vector<Run>;  // gtest has a Run of its own

// The same by a set of numbers.
struct Naive {
  std::set<std::uint64_t> seen;

  [[nodiscard]] std::uint64_t mark() const {
    std::uint64_t mark = 0;
    while (seen.count(mark + 1) != 0) ++mark;
    return mark;
  }
  [[nodiscard]] std::size_t further() const {
    std::size_t runs = 0;
    std::uint64_t previous = mark();
    for (const std::uint64_t number : seen) {
      if (number <= mark()) continue;
      runs += number != previous + 1 ? 1 : 0;
      previous = number;
    }
    return runs;
  }
  [[nodiscard]] std::uint64_t missing() const {
    return seen.empty() ? 0 : *seen.rbegin() - seen.size();
  }
};

std::set<std::uint64_t> numbers(const std::vector<Run>& runs) {
  std::set<std::uint64_t> all;
  for (const Run& run : runs) {
    for (std::uint64_t number = run.from; number < run.until; ++number) all.insert(number);
  }
  return all;
}

RC_GTEST_PROP(Spans, agree_with_a_set_of_numbers, ()) {
  const auto batches = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(1, 80), rc::gen::inRange(0, 9)));
  Spans spans;
  Naive naive;
  for (const auto& [first, count] : batches) {
    Naive after = naive;
    std::set<std::uint64_t> fresh;
    for (int i = 0; i < count; ++i) {
      const auto number = static_cast<std::uint64_t>(first + i);
      if (after.seen.insert(number).second) fresh.insert(number);
    }
    const Spans before = spans;
    const auto added =
        spans.add(static_cast<std::uint64_t>(first), static_cast<std::uint64_t>(count));
    RC_ASSERT(added.has_value() == (after.further() <= Spans::further_max));
    if (!added) {
      RC_ASSERT(spans == before);
      continue;
    }
    naive = after;
    RC_ASSERT(numbers(*added) == fresh);
    RC_ASSERT(spans.mark() == naive.mark());
    RC_ASSERT(spans.missing() == naive.missing());
    RC_ASSERT(Spans(spans.bytes()) == spans);
  }
}

TEST(Spans, a_ninth_further_interval_is_refused_and_changes_nothing) {
  Spans spans;
  for (std::uint64_t i = 1; i <= 8; ++i) ASSERT_TRUE(spans.add(10 * i, 1));
  const Spans before = spans;
  EXPECT_FALSE(spans.add(100, 1));
  EXPECT_EQ(spans, before);
  EXPECT_TRUE(spans.add(81, 1)) << "growing an interval needs no room";
  ASSERT_TRUE(spans.add(1, 9)) << "closing the first gap frees one";
  EXPECT_EQ(spans.mark(), 10);
  EXPECT_TRUE(spans.add(100, 1));
}

TEST(Spans, a_run_over_everything_gives_just_the_gaps) {
  Spans spans;
  (void)spans.add(1, 3);
  (void)spans.add(6, 2);
  (void)spans.add(10, 1);
  EXPECT_EQ(*spans.add(1, 12), (Runs{{4, 6}, {8, 10}, {11, 13}}));
  EXPECT_EQ(spans.mark(), 12);
  EXPECT_EQ(spans.missing(), 0);
}

TEST(Spans, numbers_near_the_highest_do_not_overflow) {
  Spans spans;
  const std::uint64_t top = std::uint64_t{1} << 62U;
  EXPECT_EQ(*spans.add(top - 5, 5), (Runs{{top - 5, top}}));
  EXPECT_EQ(spans.missing(), top - 6);
}

}  // namespace
}  // namespace heed::store
