// JSON text as the command writes it.
#pragma once
#include <string>
#include <string_view>

namespace heed::reference {

/// A finite number as ECMAScript prints it (ECMA-262, Number::toString).
std::string number_text(double number);

/// A string as JSON.stringify escapes it.
std::string quoted(std::string_view text);

}  // namespace heed::reference
