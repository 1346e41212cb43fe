// When time alone changes what an input says: the flips that a session waits for instead of
// polling.
#pragma once
#include "heed/runtime/index.h"
#include "heed/runtime/ruleset.h"
#include "heed/runtime/state.h"
#include "heed/runtime/value.h"

namespace heed {

/// The times at which `now` itself is inside `values`.
[[nodiscard]] TimeSpan steady_now(Index::Interval values);

/// Times around `now` at which a feature's value stays inside `values`, where it is at `now`, while
/// no signal comes.
[[nodiscard]] TimeSpan steady_feature(const Ruleset& ruleset, FeatureId feature, const State& state,
                                      TimeMs now, Index::Interval values);

}  // namespace heed
