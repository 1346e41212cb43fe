// The macros `exists` and `all`, over sets and over lists of constants.
// @source  docs/formats/conditions.md, "Macros"
#pragma once
#include <optional>
#include <vector>

#include "functions.h"

namespace heed::compile {

/// `children[0].exists(x, body)`, `children[0].all(x, body)`.
[[nodiscard]] Typed type_macro(Expressions& expressions, const Syntax& at);

/// The elements of a list; nothing where one is no constant, which is then reported.
[[nodiscard]] std::optional<std::vector<Typed>> type_constants(Expressions& expressions,
                                                               const Syntax& list);

}  // namespace heed::compile
