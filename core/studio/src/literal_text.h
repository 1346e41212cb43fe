// Literals as conditions spell them, and what the numbers of an input mean.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "heed/runtime/ruleset.h"

namespace heed::compile {

/// What a number is: itself, or a time or a duration in ms.
enum class Unit : std::uint8_t { number, time, duration };

[[nodiscard]] image::InputKind input_kind(const Ruleset& ruleset, std::uint32_t input);
[[nodiscard]] Unit unit_of(const Ruleset& ruleset, std::uint32_t input);

/// `'it\'s'`; control characters have escapes.
[[nodiscard]] std::string quoted(std::string_view text);

/// `12.5`, `timestamp('...')`, `duration('36h')`.
[[nodiscard]] std::string number_text(Unit unit, double value);

}  // namespace heed::compile
