// What is wrong with a source, where, and what to do about it. Values; rendered as text for people
// and as JSON for tools.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace heed::compile {

enum class Severity : std::uint8_t { error, warning };

struct Diagnostic {
  Severity severity = Severity::error;
  std::string code;          // snake_case: unknown_attribute, wrong_type, not_supported, ...
  std::string message;       // one sentence: what is wrong and what to do
  std::string file;          // SourceFile::name
  std::uint32_t line = 0;    // from 1; 0 where the whole file is meant
  std::uint32_t column = 0;  // from 1, in bytes
  std::string path;          // JSON path: $.triggers.back_to_school.when
  std::string suggestion;    // text to put in the place of the wrong text; may be empty

  friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

using Diagnostics = std::vector<Diagnostic>;

[[nodiscard]] bool has_errors(const Diagnostics& diagnostics);

/// One line each, `file:line:col: message (path)`; warnings say so before the message.
[[nodiscard]] std::string to_text(const Diagnostics& diagnostics);

/// A JSON array of {"severity","code","message","file","line","column","path","suggestion"}.
[[nodiscard]] std::string to_json(const Diagnostics& diagnostics);

}  // namespace heed::compile
