// An index that finds no room at any of its allocations leaves nothing behind: the session that
// asked for it decides by a scan as before.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <optional>
#include <string>

#include "heed/runtime/index.h"
#include "heed/runtime/session.h"
#include "pair.h"

namespace {

constexpr std::size_t no_limit = ~std::size_t{0};
std::size_t allocations_left = no_limit;
std::size_t bytes_held = 0;

void* taken(std::size_t size_bytes) {
  if (allocations_left == 0) throw std::bad_alloc();
  if (allocations_left != no_limit) --allocations_left;
  // The size is kept before what is handed out, for `given_back`.
  auto* place = static_cast<std::size_t*>(std::malloc(size_bytes + alignof(std::max_align_t)));
  if (place == nullptr) throw std::bad_alloc();
  *place = size_bytes;
  bytes_held += size_bytes;
  return reinterpret_cast<char*>(place) + alignof(std::max_align_t);
}

void given_back(void* bytes) {
  if (bytes == nullptr) return;
  void* place = static_cast<char*>(bytes) - alignof(std::max_align_t);
  bytes_held -= *static_cast<std::size_t*>(place);
  std::free(place);
}

}  // namespace

void* operator new(std::size_t size_bytes) { return taken(size_bytes); }
// AddressSanitizer's own would not come by the one above.
void* operator new(std::size_t size_bytes, const std::nothrow_t&) noexcept {
  try {
    return taken(size_bytes);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void operator delete(void* bytes) noexcept { given_back(bytes); }
void operator delete(void* bytes, std::size_t) noexcept { given_back(bytes); }

namespace heed::reference {
namespace {

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
