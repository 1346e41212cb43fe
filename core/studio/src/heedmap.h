// X.heedmap: what people call the things of an image (docs/formats/heedmap.md).
#pragma once
#include <cstddef>
#include <span>
#include <string>

#include "model.h"
#include "report.h"

namespace heed::compile {

/// @param report  knows files and lines
[[nodiscard]] std::string write_map(const Model& model, std::span<const std::byte> image,
                                    const Report& report);

}  // namespace heed::compile
