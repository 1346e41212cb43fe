// The difference between two rulesets as people see it before they publish.
#pragma once
#include <cstdint>
#include <string>

#include "command.h"
#include "ruleset_file.h"

namespace heed::cli {

struct Side {
  const OpenRuleset& ruleset;
  std::string where;  // a file, a folder, an address
};

struct Difference {
  std::string text;  // lines for people, or with --json one value (docs/formats/diff.md)
  std::uint64_t refused_count = 0;  // lines of the log; each has been named on standard error
};

/// @param log_path  visitors as `heed decide` reads them; empty: rules alone are compared
/// @errors  not_found, unreadable: the log
[[nodiscard]] Outcome<Difference> difference_of(const Side& before, const Side& after,
                                                const std::string& log_path,
                                                const Console& console);

}  // namespace heed::cli
