// Computes with constants, as CEL does.
#pragma once
#include <optional>

#include "syntax.h"
#include "typed.h"

namespace heed::compile {

/// The value of `a op b`, both of `type` (integer, number, string; times and durations as integers
/// in ms); nothing where CEL has an error, or a number would not be finite.
[[nodiscard]] std::optional<Literal> fold_arithmetic(Operator op, const Literal& a,
                                                     const Literal& b);

/// Whether `a op b` holds; both of one type.
[[nodiscard]] bool fold_compare(Operator op, const Literal& a, const Literal& b);

[[nodiscard]] std::optional<Literal> fold_negate(const Literal& a);

/// @param instruction  starts_with, ends_with or contains
[[nodiscard]] bool fold_text_test(image::Instruction instruction, const std::string& text,
                                  const std::string& part);
[[nodiscard]] std::string fold_lower(std::string text);
/// Code points of UTF-8.
[[nodiscard]] std::int64_t fold_size(const std::string& text);

}  // namespace heed::compile
