// TypeScript types of a ruleset (`heed types`), so that a page's calls are checked by its compiler.
#pragma once
#include <string>

#include "heed/runtime/ruleset.h"

namespace heed::compile {

/// A module of types: the names of slots, parts, options, attributes, signals and triggers.
[[nodiscard]] std::string typescript_types(const Ruleset& ruleset);

}  // namespace heed::compile
