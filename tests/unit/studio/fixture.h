// Small helpers that compile sources and decide lines.
#pragma once
#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/runtime/ruleset.h"
#include "heed/studio/compile.h"
#include "heed/studio/decide_lines.h"

namespace heed::compile {

inline CompileResult compile_text(std::string text, const CompileOptions& options = {}) {
  const std::vector<SourceFile> files = {{"a.heed.json", std::move(text)}};
  return compile(files, options);
}

/// Compiles, or fails the test with the diagnostics.
inline Ruleset open_text(std::string text, CompileOptions options = {}) {
  if (!options.expires) options.expires = TimeMs{4'000'000'000'000};
  const CompileResult result = compile_text(std::move(text), options);
  if (!result.compiled) {
    ADD_FAILURE() << to_text(result.diagnostics);
    std::abort();
  }
  auto ruleset = Ruleset::open(result.compiled->image);
  if (!ruleset) {
    ADD_FAILURE() << name(ruleset.error().code) << " at " << ruleset.error().where;
    std::abort();
  }
  return std::move(*ruleset);
}

/// What is wrong with a source, as `heed check` prints it.
inline std::string findings(std::string text, const CompileOptions& options = {}) {
  return to_text(compile_text(std::move(text), options).diagnostics);
}

/// A source with attributes b, n, s, t (time), m (set), o (another number), p (another string), a
/// signal `view` with features, and one trigger with this condition (quoted as JSON).
inline std::string source_with(std::string_view quoted_condition) {
  return std::string(
             R"({"site":"t","attributes":{"b":{"type":"bool"},"n":{"type":"number"},)"
             R"("s":{"type":"string"},"t":{"type":"time"},"m":{"type":"set"},)"
             R"("o":{"type":"number"},"p":{"type":"string"},"d":{"type":"number","default":7}},)"
             R"("signals":{"view":{"kind":"string","price":"number"}},)"
             R"("features":{"views":{"count":"view"},"since":{"since":"view"}},)"
             R"("segments":{"young":"n < 30"},)"
             R"("journeys":{"buy":[{"stage":"aware","when":"true"},{"stage":"near","when":"views >= 2"}]},)"
             R"("slots":{"hero":{}},)"
             R"("triggers":{"r":{"slot":"hero","parts":{"x":["y"]},"when":)") +
         std::string(quoted_condition) + "}}}";
}

/// The decisions of one line.
inline std::string decide_line(const Ruleset& ruleset, std::string_view line) {
  DecideLines lines(ruleset);
  std::string out;
  lines.feed(line, out);
  return out;
}

}  // namespace heed::compile
