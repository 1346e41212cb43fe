// The difference between two rulesets as people see it before they publish.
#pragma once
#include <cstdint>
#include <string>

#include "ruleset_file.h"

namespace heed::cli {

enum class Form : std::uint8_t { text, json };

/// Lines for people, or {"rules":...,"visitors":...} where `visitors` is null without a log.
///
/// @param log_path  visitors as `heed decide` reads them; empty: rules alone are compared
/// @errors  not_found, unreadable: the log
[[nodiscard]] Outcome<std::string> difference_of(const OpenRuleset& before,
                                                 const OpenRuleset& after,
                                                 const std::string& log_path, Form form);

}  // namespace heed::cli
