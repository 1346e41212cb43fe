// Any text as a condition: it is refused with a place inside it, or its canonical form compiles to
// itself.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heed/base/utf8.h"
#include "heed/runtime/ruleset.h"
#include "heed/studio/compile.h"
#include "heed/studio/json_text.h"
#include "test_text.h"

namespace heed::compile {
namespace {

constexpr std::string_view before =
    R"({"site":"t","attributes":{"b":{"type":"bool"},"n":{"type":"number"},"s":{"type":"string"},)"
    R"("m":{"type":"set"},"t":{"type":"time"},"o":{"type":"number"},"d":{"type":"string","default":"x"}},)"
    R"("signals":{"view":{"k":"string"}},"features":{"views":{"count":"view"},"since":{"since":"view"}},)"
    R"("segments":{"young":"n < 30"},"journeys":{"buy":[{"stage":"a","when":"b"},{"stage":"c","when":"!b"}]},)"
    R"("slots":{"hero":{}},"triggers":{"r":{"slot":"hero","parts":{"x":["y"]},"when":)";

// The canonical condition; nothing where the text is refused.
std::optional<std::string> canonical(std::string_view condition) {
  std::string source(before);
  append_json(source, condition);
  const std::size_t end = source.size();
  source += "}}}";
  CompileOptions options;
  options.expires = TimeMs{4'000'000'000'000};
  const std::vector<SourceFile> files = {{"a.heed.json", source}};
  const CompileResult result = compile(files, options);
  for (const Diagnostic& diagnostic : result.diagnostics) {
    HEED_ASSERT(diagnostic.line == 1 && diagnostic.column >= 1 && diagnostic.column <= end);
  }
  if (!result.compiled) return {};
  const auto ruleset = Ruleset::open(result.compiled->image);
  HEED_ASSERT(ruleset.has_value());
  return condition_text(*ruleset, ruleset->at<std::uint32_t>(image::Column::trigger_condition, 0));
}

}  // namespace
}  // namespace heed::compile

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace heed::compile;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (!heed::is_utf8(text) || text.find('\0') != std::string_view::npos) return 0;
  const auto once = canonical(text);
  // Programs are shown with times as plain numbers, which is not how a condition writes them.
  if (!once || once->find('(') != std::string::npos) return 0;
  const auto twice = canonical(*once);
  HEED_ASSERT(twice == once);
  return 0;
}
