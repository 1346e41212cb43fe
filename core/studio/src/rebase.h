// Gives a new image the ids of the one before it, so that a small edit of the source is a small
// change of the bytes (docs/formats/ruleset.md, "Ids").
#pragma once
#include <cstddef>
#include <vector>

#include "heed/runtime/ruleset.h"

namespace heed::compile {

/// The same ruleset with other ids: what `base` has keeps the id that it has there. Equal arguments
/// give equal bytes.
///
/// @return  an image without version and expiry
[[nodiscard]] std::vector<std::byte> rebase(const Ruleset& ruleset, const Ruleset& base);

}  // namespace heed::compile
