// A predicate of an image as the condition that it tests, in the words of
// docs/formats/conditions.md.
#pragma once
#include <cstdint>
#include <string>

#include "heed/runtime/ruleset.h"
#include "heed/runtime/value.h"

namespace heed::compile {

/// `country in ['DE', 'AT']`, `hour >= 8 && hour < 20`, `!('bags' in seen)`.
[[nodiscard]] std::string predicate_text(const Ruleset& ruleset, std::uint32_t predicate);

/// The terms joined with `||`: `true` for everyone, `false` for nobody.
[[nodiscard]] std::string condition_text(const Ruleset& ruleset, std::uint32_t condition);

/// `country`, `segment.parents`, `stage.purchase`, `now`.
[[nodiscard]] std::string input_text(const Ruleset& ruleset, std::uint32_t input);

/// A literal: `'DE'`, `12.5`, `timestamp('...')`, `{'a', 'b'}`; `absent`.
[[nodiscard]] std::string value_text(const Ruleset& ruleset, std::uint32_t input,
                                     const OwnedValue& value);

}  // namespace heed::compile
