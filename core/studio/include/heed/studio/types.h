// TypeScript types of a ruleset (`heed types`), so that a page's calls are checked by its compiler.
#pragma once
#include <string>

#include "heed/runtime/ruleset.h"

namespace heed::compile {

/// A module that augments `heed` with the names of slots, parts, options, attributes and signals.
[[nodiscard]] std::string typescript_types(const Ruleset& ruleset);

}  // namespace heed::compile
