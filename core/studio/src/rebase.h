// Gives a new image the ids of the one before it, so that a small edit of the source is a small
// change of the bytes (docs/formats/ruleset.md, "Ids").
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "heed/runtime/ruleset.h"

namespace heed::compile {

struct Rebased {
  std::vector<std::byte> image;           // without version and expiry
  std::vector<std::uint32_t> predicates;  // by predicate of the ruleset, its id in the image
};

/// The same ruleset with other ids: what `base` has keeps the id that it has there. Equal arguments
/// give equal bytes.
[[nodiscard]] Rebased rebase(const Ruleset& ruleset, const Ruleset& base);

}  // namespace heed::compile
