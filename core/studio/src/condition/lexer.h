// The words of a condition.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "syntax.h"

namespace heed::compile {

struct Token {
  enum class Kind : std::uint8_t { identifier, integer, number, string, symbol, end };
  Kind kind = Kind::end;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string text;  // an identifier, a symbol, an integer's digits, a string's value
  double number = 0;
};

/// The tokens, the last of kind `end`.
[[nodiscard]] tl::expected<std::vector<Token>, Fault> read_tokens(std::string_view text);

}  // namespace heed::compile
