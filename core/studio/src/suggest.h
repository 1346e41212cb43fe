// "Did you mean": the known name closest to a wrong one.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heed::compile {

/// The closest of `known` by Damerau-Levenshtein distance, letter case aside; empty where none is
/// close (a third of the length, at least one edit). Ties keep the earlier name.
[[nodiscard]] std::string closest_name(std::string_view wrong,
                                       const std::vector<std::string_view>& known);

/// "`a`, `b` or `c`".
[[nodiscard]] std::string listed(const std::vector<std::string_view>& names,
                                 std::string_view last = "or");

/// "; known are `a` and `b`": for a wrong name that is close to none; empty where there are too
/// many to help.
[[nodiscard]] std::string known_sentence(const std::vector<std::string_view>& known);

}  // namespace heed::compile
