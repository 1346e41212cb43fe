// The model as the bytes of a compiled ruleset (docs/formats/ruleset.md).
#pragma once
#include <cstddef>
#include <vector>

#include "model.h"

namespace heed::compile {

/// Equal models give equal bytes. The model has no errors.
[[nodiscard]] std::vector<std::byte> write_image(const Model& model);

}  // namespace heed::compile
