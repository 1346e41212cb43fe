// A computed predicate as the condition that it computes, in the words of
// docs/formats/conditions.md: times, durations and clocks as an author writes them.
#pragma once
#include <cstdint>
#include <string>

#include "heed/runtime/ruleset.h"

namespace heed::compile {

/// `now - born > duration('18d')`, `now.getHours('+01:00') >= 9`, `seen.exists(x, x == country)`.
/// Programs that compute something else never read the same, but for the clock of `time_zone`.
[[nodiscard]] std::string program_text(const Ruleset& ruleset, std::uint32_t program);

}  // namespace heed::compile
