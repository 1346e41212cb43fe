// A store's journeys (docs/formats/journeys.md) as a table for people.
#pragma once
#include <string>
#include <string_view>

#include "heed/base/result.h"

namespace heed::cli {

/// @return  lines, or what is wrong with the answer
[[nodiscard]] tl::expected<std::string, std::string> journeys_text(std::string_view json);

}  // namespace heed::cli
