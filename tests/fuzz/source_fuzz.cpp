// Any bytes as a source: compile answers with diagnostics or with an image that open proves, and
// equal sources with equal bytes. A second source can follow after a line of dashes.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "heed/runtime/ruleset.h"
#include "heed/studio/compile.h"
#include "heed/studio/inspect.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace heed;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = text.find("\n---\n");
  std::vector<compile::SourceFile> files = {{"a.heed.json", std::string(text.substr(0, cut))}};
  if (cut != std::string_view::npos) {
    files.push_back({"b.heed.json", std::string(text.substr(cut + 5))});
  }
  compile::CompileOptions options;
  options.expires = TimeMs{4'000'000'000'000};
  const auto first = compile::compile(files, options);
  HEED_ASSERT(first.compiled.has_value() != compile::has_errors(first.diagnostics));
  HEED_ASSERT(!compile::to_text(first.diagnostics).empty() || first.compiled);
  if (!first.compiled) return 0;
  const auto ruleset = Ruleset::open(first.compiled->image);
  HEED_ASSERT(ruleset.has_value());
  HEED_ASSERT(!compile::inspect_text(*ruleset).empty());
  HEED_ASSERT(compile::compile(files, options).compiled->image == first.compiled->image);
  return 0;
}
