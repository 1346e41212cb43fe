// Decisions by the rows of an index, as numbers that the host reads where they lie.
#include <cstddef>

#include "heed/base/array.h"
#include "heed/runtime/abi.h"
#include "instance.h"

using namespace heed;  // NOLINT: exports are C names of this namespace's things

namespace {

Array<Winner> winners;

using abi::WinnerAt;
static_assert(sizeof(Winner) == WinnerAt::size);
static_assert(offsetof(Winner, slot) == WinnerAt::slot);
static_assert(offsetof(Winner, trigger) == WinnerAt::trigger);
static_assert(offsetof(Winner, probability) == WinnerAt::probability);
static_assert(offsetof(Winner, options) == WinnerAt::options);
static_assert(offsetof(Winner, part_count) == WinnerAt::part_count);
static_assert(offsetof(Winner, held_out) == WinnerAt::held_out);
static_assert(offsetof(Winner, reason) == WinnerAt::reason);

}  // namespace

/// From here on decisions are by an index; the host calls when it has time. Answers its size.
HEED_EXPORT std::int32_t heed_index() { return build_index(); }

/// Answers one WinnerAt a slot that a trigger has won; the microsegment lies in the head.
HEED_EXPORT std::int32_t heed_winners(std::uint32_t session, double now) {
  const auto* const at = find(session);
  if (!at) return failed(ErrorCode::not_supported, session);
  show_microsegment(at->winners(time_of(now), winners));
  return point_at(std::as_bytes(std::span(winners)));
}
