// What stands for a text that a log may not hold: the same for one visitor's equal texts, another
// for other visitors (docs/formats/replay_log.md, "Texts"). It keeps words out, not secrets in:
// whoever guesses a text can check the guess.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "heed/runtime/ruleset.h"

namespace heed {

inline constexpr std::uint64_t mask_max = (std::uint64_t{1} << 48U) - 1;

/// The low 48 bits of XXH64(unit, text), seed 0.
[[nodiscard]] std::uint64_t mask(std::string_view text, std::uint64_t unit);

/// What a session is told in place of a text that the ruleset does not name: `#` and 12 hex digits.
[[nodiscard]] std::string mask_text(std::uint64_t mask);

/// `text` where the ruleset names it, else what stands for it.
[[nodiscard]] std::string masked(const Ruleset& ruleset, std::string_view text, std::uint64_t unit);

}  // namespace heed
