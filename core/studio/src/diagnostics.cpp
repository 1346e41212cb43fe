#include "heed/studio/diagnostics.h"

#include <algorithm>

#include "heed/studio/json_text.h"

namespace heed::compile {

bool has_errors(const Diagnostics& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& diagnostic) {
    return diagnostic.severity == Severity::error;
  });
}

std::string to_text(const Diagnostics& diagnostics) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics) {
    out += diagnostic.file.empty() ? "source" : diagnostic.file;
    if (diagnostic.line > 0) {
      out += ":" + std::to_string(diagnostic.line) + ":" + std::to_string(diagnostic.column);
    }
    out += diagnostic.severity == Severity::warning ? ": warning: " : ": ";
    out += diagnostic.message;
    if (!diagnostic.suggestion.empty()) out += "; did you mean `" + diagnostic.suggestion + "`?";
    if (diagnostic.path.size() > 1) out += " (" + diagnostic.path + ")";
    out += '\n';
  }
  return out;
}

std::string to_json(const Diagnostics& diagnostics) {
  std::string out = "[";
  for (const Diagnostic& diagnostic : diagnostics) {
    if (out.size() > 1) out += ',';
    out += diagnostic.severity == Severity::error ? R"({"severity":"error")"
                                                  : R"({"severity":"warning")";
    out += ",\"code\":" + json_text(diagnostic.code);
    out += ",\"message\":" + json_text(diagnostic.message);
    out += ",\"file\":" + json_text(diagnostic.file);
    out += ",\"line\":" + std::to_string(diagnostic.line);
    out += ",\"column\":" + std::to_string(diagnostic.column);
    out += ",\"path\":" + json_text(diagnostic.path);
    out += ",\"suggestion\":" + json_text(diagnostic.suggestion) + "}";
  }
  return out + "]";
}

}  // namespace heed::compile
