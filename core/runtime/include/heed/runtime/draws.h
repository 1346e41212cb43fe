// What a visitor draws for a trigger: the part of a decision that anyone can derive again from the
// unit alone, and the names that a decision goes by. Pure; threads may share.
#pragma once
#include <array>
#include <cstdint>
#include <string>

#include "heed/base/limits.h"
#include "heed/runtime/decision.h"
#include "heed/runtime/ruleset.h"

namespace heed {

struct Draws {
  bool held_out = false;
  /// Where held out: all 0, no parts, probability 1.
  std::array<std::uint8_t, limits::part_count_max> options{};
  std::uint8_t part_count = 0;
  double probability = 1;
  Reason reason = Reason::fixed;  // fixed, split or holdout

  friend bool operator==(const Draws&, const Draws&) = default;
};

/// What `unit` gets if `trigger` wins: holdout (the trigger's, then the programme's), then one
/// option a part. Whether it may win (condition, cap, schedule, layer) is not asked.
/// @source  docs/formats/ruleset.md, "Draws"
[[nodiscard]] Draws recheck(const Ruleset& ruleset, std::uint64_t unit, TriggerId trigger);

/// Whether `unit` is inside the range in which `trigger` joins its layer.
[[nodiscard]] bool in_layer(const Ruleset& ruleset, std::uint64_t unit, TriggerId trigger);

/// The chosen options' names joined with `+`; empty without a trigger and when held out.
[[nodiscard]] std::string variant_text(const Ruleset& ruleset, const Decision& decision);

/// `parents/consider`, `other/none`, or `all` where the ruleset names no microsegments.
[[nodiscard]] std::string microsegment_text(const Ruleset& ruleset, Microsegment microsegment);

}  // namespace heed
