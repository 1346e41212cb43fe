// The model as the bytes of a compiled ruleset (docs/formats/ruleset.md).
#pragma once
#include <cstddef>
#include <vector>

#include "model.h"
#include "pools.h"

namespace heed::compile {

struct WrittenImage {
  std::vector<std::byte> bytes;
  Pools pools;  // the ids that the bytes have; borrows from the model
};

/// Equal models give equal bytes. The model has no errors.
[[nodiscard]] WrittenImage write_image(const Model& model);

}  // namespace heed::compile
