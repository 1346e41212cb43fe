// Features: what signals add up to. One function takes a signal in, one gives the value at a time.
#pragma once
#include <span>

#include "evaluation.h"
#include "heed/runtime/ruleset.h"
#include "heed/runtime/state.h"

namespace heed {

/// Which of a sequence's signals came; every other kind has a first alone.
enum class Step : std::uint8_t { first, second };

/// Takes in one signal, whose fields have been checked and whose `where` holds.
///
/// @param now  not before any time in `state`
/// @source  docs/formats/features.md
void observe_feature(const Ruleset& ruleset, FeatureId feature, Step step,
                     std::span<const FieldValue> fields, TimeMs now, FeatureState& state);

/// The value at `now`, borrowed from `state`. Counts, sums and scores are always numbers and
/// sequences always booleans; the others are unknown before the first signal.
[[nodiscard]] Operand feature_value(const Ruleset& ruleset, FeatureId feature, const State& state,
                                    TimeMs now);

}  // namespace heed
