// X.heedmap: what people call the things of an image (docs/formats/heedmap.md).
#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "heed/runtime/ruleset.h"
#include "model.h"
#include "report.h"

namespace heed::compile {

/// The id that the image gives to a test.
using IdOfTest = std::function<std::uint32_t(const Test&)>;

/// @param ruleset  the model's image
/// @param report   knows files and lines
[[nodiscard]] std::string write_map(const Model& model, const Ruleset& ruleset,
                                    const IdOfTest& id_of, const Report& report);

}  // namespace heed::compile
