// What somebody may have meant.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace heed::cli {

/// "; did you mean 'check'?" where one of `known` is near enough to `word`, otherwise ";".
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       const std::vector<std::string>& known);

}  // namespace heed::cli
