// An index that finds no room at any of its allocations leaves nothing behind: the session that
// asked for it decides by a scan as before.
#include <gtest/gtest.h>

#include <new>
#include <optional>
#include <string>

#include "heed/runtime/index.h"
#include "heed/runtime/session.h"
#include "pair.h"
#include "support/allocations.h"

namespace heed::reference {
namespace {

using test::allocations_left;
using test::bytes_held;
using test::no_limit;

/// Whether an index was built with so many allocations; without one nothing stays behind.
bool built(const Ruleset& ruleset, std::size_t allocations) {
  const std::size_t before = bytes_held;
  allocations_left = allocations;
  bool is_built = true;
  try {
    const Index index(ruleset);
  } catch (const std::bad_alloc&) {
    is_built = false;
  }
  allocations_left = no_limit;
  EXPECT_EQ(bytes_held, before) << allocations;
  return is_built;
}

TEST(IndexMemory, wherever_it_runs_out_nothing_is_left_and_the_scan_goes_on) {
  Random random(20261122);
  std::size_t failures = 0;
  for (int source = 0; source < 20; ++source) {
    std::string refused;
    const auto pair = random_pair(random, refused);
    if (!pair) continue;
    const Visitor visitor = pair->oracle.read_line(random_line(random, pair->source.vocabulary));
    const TimeMs now{visitor.now};
    Session session = Session::create(pair->ruleset, visitor.id, now, Level::device, 1).value();
    Array<Winner> expected;
    session.winners(now, expected);
    std::size_t allocations = 0;
    while (!built(pair->ruleset, allocations)) {
      ++allocations;
      ++failures;
      Array<Winner> winners;
      session.winners(now, winners);
      ASSERT_EQ(winners, expected);
    }
    const Index index(pair->ruleset);
    session.use(&index);
    Array<Winner> winners;
    session.winners(now, winners);
    ASSERT_EQ(winners, expected);
  }
  EXPECT_GT(failures, 500U);
}

}  // namespace
}  // namespace heed::reference
