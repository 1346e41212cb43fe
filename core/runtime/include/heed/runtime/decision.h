// What a slot got and why. A value; equal in every build for equal inputs.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

#include "heed/base/id.h"
#include "heed/base/limits.h"

namespace heed {

enum class Reason : std::uint8_t {
  fixed,
  split,
  bandit,
  recommend,
  holdout,
  no_trigger,
  capped,
  no_consent,
  layer,
  schedule,
  expired,
  killed,
  unverified
};

/// The reason's spelling in every output.
[[nodiscard]] std::string_view name(Reason reason);

/// One segment of the list (or `other`) at one stage of the journey (or `none` before the first);
/// both none_index where the ruleset names no microsegments: `all`.
struct Microsegment {
  std::uint32_t segment = none_index;  // position in the microsegment list; its size: other
  std::uint32_t stage = none_index;    // position in the journey; its stage count: none

  friend constexpr bool operator==(Microsegment, Microsegment) = default;
};

struct Decision {
  SlotId slot;
  TriggerId trigger = none_id<struct TriggerTag>;
  /// Per part, the index of the chosen option within the part; unused entries are 0.
  std::array<std::uint8_t, limits::part_count_max> options{};
  std::uint8_t part_count = 0;  // 0 without a trigger and when held out
  bool held_out = false;
  Reason reason = Reason::no_trigger;
  Microsegment microsegment;
  /// Product of the chosen options' widths / 2^32, given not held out.
  double probability = 1.0;

  friend bool operator==(const Decision&, const Decision&) = default;
};

/// A slot that a trigger has won: a decision but for the microsegment, which a session's decisions
/// share. 32 bytes, which hosts read where they lie (abi.h, WinnerAt).
struct Winner {
  SlotId slot;
  TriggerId trigger = none_id<struct TriggerTag>;
  double probability = 1.0;
  std::array<std::uint8_t, limits::part_count_max> options{};
  std::uint8_t part_count = 0;
  bool held_out = false;
  Reason reason = Reason::no_trigger;

  friend bool operator==(const Winner&, const Winner&) = default;
};

}  // namespace heed
