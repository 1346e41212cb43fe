// What each feature keeps, and how much of it at most: by its kind and whether it has a window.
#pragma once
#include <cstdint>

#include "heed/base/limits.h"
#include "heed/runtime/feature_state.h"
#include "heed/runtime/ruleset.h"

namespace heed {

struct FeatureShape {
  std::uint8_t members = FeatureMembers::all;
  std::uint8_t entry_count_max = limits::distinct_value_count_max;
  std::uint8_t value_count_max = limits::top_value_count_max;
  std::uint8_t level_max = 32;
};

/// A ratio gathers nothing: it has all members, and is never asked.
[[nodiscard]] FeatureShape shape_of(const Ruleset& ruleset, std::uint32_t feature);

}  // namespace heed
