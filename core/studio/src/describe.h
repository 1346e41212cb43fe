// An image as named things with named properties, in words: what `inspect` shows and `diff`
// compares.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "heed/runtime/ruleset.h"

namespace heed::compile {

struct Described {
  std::string what;  // trigger, segment, slot, ...
  std::string name;
  std::vector<std::pair<std::string, std::string>> properties;  // those that say something
};

/// Everything, in the image's order: site, attributes, signals, ..., triggers.
[[nodiscard]] std::vector<Described> describe(const Ruleset& ruleset);

/// A share out of 2^32 as a decimal of at most six places.
[[nodiscard]] std::string share_text(std::uint64_t share);

}  // namespace heed::compile
