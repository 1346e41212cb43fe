// What a page asks for most: attributes set, decisions as numbers that the host reads where they
// lie.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "heed/base/array.h"
#include "heed/base/bytes.h"
#include "heed/runtime/abi.h"
#include "instance.h"
#include "reader.h"
#include "writer.h"

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

void show_microsegment(Microsegment microsegment) {
  store_le(std::span(instance.head).subspan(abi::HeadAt::segment), 0, microsegment.segment);
  store_le(std::span(instance.head).subspan(abi::HeadAt::stage), 0, microsegment.stage);
}

}  // namespace

/// Entries; answers a u32 for each that is refused: its attribute in the upper three bytes, its
/// ErrorCode in the lowest.
HEED_EXPORT std::int32_t heed_set(std::uint32_t session, std::uint32_t size, double now) {
  auto* const at = find(session);
  if (!at) return failed(ErrorCode::not_supported, session);
  const auto bytes = input_bytes(size);
  abi::Reader in(bytes);
  static Array<std::string_view> members;  // their memory is used again
  std::size_t refused_bytes = 0;
  abi::Entry entry;
  const TimeMs time = time_of(now);
  while (!in.done()) {
    in.entry(*instance.ruleset, members, entry);
    if (!in.good()) return failed(ErrorCode::truncated, in.at());
    const auto done = at->set(AttributeId{entry.id}, entry.value, time, entry.string);
    if (done) continue;
    // An entry is longer than the word that refuses it, so nothing unread is overwritten.
    store_le(bytes.subspan(refused_bytes), 0,
             entry.id << 8U | static_cast<std::uint32_t>(done.error().code));
    refused_bytes += sizeof(std::uint32_t);
  }
  return point_at(bytes.first(refused_bytes));
}

/// Answers one WinnerAt, without a trigger where nothing wins; the microsegment lies in the head.
HEED_EXPORT std::int32_t heed_decide(std::uint32_t session, std::uint32_t slot, double now) {
  static Winner winner;
  const auto* const at = find(session);
  if (!at) return failed(ErrorCode::unknown_slot, slot);
  show_microsegment(at->winner(SlotId{slot}, time_of(now), winner));
  return point_at(std::as_bytes(std::span(&winner, 1)));
}

/// Answers one WinnerAt a slot that a trigger has won; the microsegment lies in the head.
HEED_EXPORT std::int32_t heed_winners(std::uint32_t session, double now) {
  const auto* const at = find(session);
  if (!at) return failed(ErrorCode::not_supported, session);
  show_microsegment(at->winners(time_of(now), winners));
  return point_at(std::as_bytes(std::span(winners)));
}

/// Answers one DecisionAt a slot.
HEED_EXPORT std::int32_t heed_decide_all(std::uint32_t session, double now) {
  const auto* const at = find(session);
  if (!at) return failed(ErrorCode::not_supported, session);
  Array<Decision> decisions;
  at->decide_all(time_of(now), decisions);
  instance.answer.resize(decisions.size() * abi::DecisionAt::size);
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    abi::write_decision(decisions[i],
                        std::span(instance.answer).subspan(i * abi::DecisionAt::size));
  }
  return point_at(instance.answer);
}
