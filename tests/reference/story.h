// One visitor's story told to a session and to the oracle, step by step: signals, page views,
// exposures, and travel through snapshots.
#pragma once
#include <string>

#include "heed/runtime/index.h"
#include "pair.h"

namespace heed::reference {

/// @param index  the session decides by it; nullptr: it scans
/// @param line   a line of `heed decide`: its signals are the story's
/// @return       the first step at which the two disagree; empty where they never do
[[nodiscard]] std::string tell_story(Random& random, const Pair& pair, const Index* index,
                                     const std::string& line);

}  // namespace heed::reference
