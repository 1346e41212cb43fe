// Draws made again: what a ruleset gives a unit does not depend on the device, so a record that
// says otherwise is not true (design: "Exact definitions", Draws). Pure.
#pragma once
#include "heed/base/outcome.h"
#include "heed/runtime/ruleset.h"

namespace heed::store {

/// False where `ruleset` would not have drawn this layer, holdout, these options or this
/// probability for the exposure's unit. Whether the visitor was eligible is the device's word.
[[nodiscard]] bool draws_agree(const Ruleset& ruleset, const outcome::Exposure& exposure);

}  // namespace heed::store
