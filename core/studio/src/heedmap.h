// X.heedmap: what people call the things of an image (docs/formats/heedmap.md).
#pragma once
#include <string>

#include "heed/runtime/ruleset.h"
#include "model.h"
#include "report.h"

namespace heed::compile {

/// @param ruleset  the model's image
/// @param report   knows files and lines
[[nodiscard]] std::string write_map(const Model& model, const Ruleset& ruleset,
                                    const Report& report);

}  // namespace heed::compile
