// What a decision is worth to the site where several could win (docs/formats/ruleset.md, "Values").
#pragma once
#include "heed/runtime/decision.h"
#include "heed/runtime/ruleset.h"

namespace heed {

/// The trigger's own value in the microsegment, where it has none the microsegment's, else 0.
///
/// @return  in the site's currency
[[nodiscard]] double value_of(const Ruleset& ruleset, TriggerId trigger, Microsegment microsegment);

}  // namespace heed
