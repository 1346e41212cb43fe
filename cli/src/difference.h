// The difference between two rulesets as people see it before they publish.
#pragma once
#include <string>

#include "command.h"
#include "ruleset_file.h"

namespace heed::cli {

/// @param log_path  visitors as `heed decide` reads them; empty: rules alone are compared
[[nodiscard]] Outcome<void> show_difference(const OpenRuleset& before, const OpenRuleset& after,
                                            const std::string& log_path, const Console& console);

}  // namespace heed::cli
