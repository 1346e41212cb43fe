// Features: what signals add up to. One function takes a signal in, one gives the value at a time.
#pragma once
#include <span>

#include "evaluation.h"
#include "heed/runtime/ruleset.h"
#include "heed/runtime/state.h"

namespace heed {

/// Counts one signal, whose fields have been checked and whose `where` holds.
void observe_feature(const Ruleset& ruleset, FeatureId feature, std::span<const FieldValue> fields,
                     TimeMs now, FeatureState& state);

/// The value at `now`. Counts and scores are always numbers; `since` and `last` are unknown before
/// the first signal.
[[nodiscard]] Operand feature_value(const Ruleset& ruleset, FeatureId feature,
                                    const FeatureState& state, TimeMs now);

}  // namespace heed
