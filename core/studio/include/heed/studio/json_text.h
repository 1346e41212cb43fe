// Writes JSON as ECMAScript does, with the same bytes in every build.
#pragma once
#include <string>
#include <string_view>

namespace heed::compile {

/// Appends `text` (UTF-8) quoted and escaped as `JSON.stringify` does.
void append_json(std::string& out, std::string_view text);

/// Appends a finite number as ECMAScript's Number::toString prints it; -0 is 0.
void append_json(std::string& out, double number);

[[nodiscard]] std::string json_text(std::string_view text);
[[nodiscard]] std::string json_text(double number);

}  // namespace heed::compile
