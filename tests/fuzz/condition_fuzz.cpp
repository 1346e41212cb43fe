// Any text as a condition: it is refused with a place inside it, or its canonical form compiles to
// itself and it matches the visitors that the naive evaluator of the source says it matches.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heed/base/utf8.h"
#include "heed/runtime/ruleset.h"
#include "heed/studio/compile.h"
#include "heed/studio/decide_lines.h"
#include "heed/studio/json_text.h"
#include "reference/reference.h"
#include "test_text.h"

namespace heed::compile {
namespace {

constexpr std::string_view before =
    R"({"site":"t","version":1,"expires":"2099-01-01T00:00:00Z","time_zone":"+05:30","attributes":{"b":{"type":"bool"},"n":{"type":"number"},"s":{"type":"string"},)"
    R"("m":{"type":"set"},"t":{"type":"time"},"o":{"type":"number"},"d":{"type":"string","default":"x"}},)"
    R"("signals":{"view":{"k":"string"}},"features":{"views":{"count":"view"},"since":{"since":"view"}},)"
    R"("segments":{"young":"n < 30"},"journeys":{"buy":[{"stage":"a","when":"b"},{"stage":"c","when":"!b"}]},)"
    R"("slots":{"hero":{}},"triggers":{"r":{"slot":"hero","parts":{"x":["y"]},"when":)";

constexpr std::string_view visitors[] = {
    R"({"visitor":"u","now":"2026-11-20T10:00:00Z","slots":["hero"]})",
    R"({"visitor":"u","now":"2026-11-20T10:00:00Z","slots":["hero"],"attributes":{"b":true,"n":2,)"
    R"("s":"abc","m":["a","ab","kids"],"t":"2024-02-29T23:59:59.999Z","o":-0.5,"d":"it's"},)"
    R"("signals":[{"name":"view","at":"2026-11-20T09:00:00Z","fields":{"k":"x"}}]})",
    R"({"visitor":"u","now":"2027-01-01T00:00:00Z","slots":["hero"],"attributes":{"b":false,"n":0,)"
    R"("s":"","m":[],"t":"1969-12-31T18:30:00Z"}})",
    R"({"visitor":"u","now":"2026-03-29T01:00:00Z","slots":["hero"],"attributes":{"n":31,)"
    R"("s":"\u00c9t\u00e9 \ud83c\udf81","m":["","A","\u00e9"],"o":1e300}})"};

struct Accepted {
  std::string source;
  std::string canonical;
  std::vector<std::byte> image;
};

// Nothing where the text is refused.
std::optional<Accepted> accept(std::string_view condition) {
  std::string source(before);
  append_json(source, condition);
  const std::size_t end = source.size();
  source += "}}}";
  const std::vector<SourceFile> files = {{"a.heed.json", source}};
  CompileResult result = compile(files);
  for (const Diagnostic& diagnostic : result.diagnostics) {
    HEED_ASSERT(diagnostic.line == 1 && diagnostic.column >= 1 && diagnostic.column <= end);
  }
  if (!result.compiled) return {};
  const auto ruleset = Ruleset::open(result.compiled->image);
  HEED_ASSERT(ruleset.has_value());
  std::string canonical =
      condition_text(*ruleset, ruleset->at<std::uint32_t>(image::Column::trigger_condition, 0));
  return Accepted{std::move(source), std::move(canonical), std::move(result.compiled->image)};
}

// The naive evaluator reads the generator's conditions. Elsewhere it would read something else:
// escapes, hexadecimal, comments; what may leave CEL's ranges; an integer that a conditional makes
// a number.
bool oracle_reads(std::string_view text) {
  const auto has = [text](std::string_view part) { return text.find(part) != text.npos; };
  if (text.size() > 2048) return false;
  for (const char* part : {"0x", "0X", "//", "\'\'\'", "\"\"\"", "'9", "\"9", "'0", "\"0"}) {
    if (has(part)) return false;
  }
  if (has("?") && (has("/") || has("%"))) return false;
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    digits = text[i] >= '0' && text[i] <= '9' ? digits + 1 : 0;
    if (digits > 6 && has("duration")) return false;
    if (text[i] != '\\') continue;
    const char next = i + 1 < text.size() ? text[++i] : '\0';
    if (next != '\\' && next != '\'' && next != '"') return false;
  }
  return true;
}

void compare_with_oracle(const Accepted& accepted) {
  std::optional<reference::Reference> oracle;
  try {
    oracle.emplace(accepted.source);
  } catch (const std::exception&) {
    return;  // it says so where it does not understand
  }
  const auto ruleset = Ruleset::open(accepted.image);
  DecideLines lines(*ruleset);
  for (const std::string_view line : visitors) {
    std::string native;
    lines.feed(line, native);
    const std::string expected = oracle->decide_line(line) + "\n";
    if (native == expected) continue;
    std::fprintf(stderr, "%s\n%s\nnative    %sreference %s", accepted.source.c_str(),
                 std::string(line).c_str(), native.c_str(), expected.c_str());
    std::abort();
  }
}

}  // namespace
}  // namespace heed::compile

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace heed::compile;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (!heed::is_utf8(text) || text.find('\0') != std::string_view::npos) return 0;
  const auto once = accept(text);
  if (!once) return 0;
  if (oracle_reads(text)) compare_with_oracle(*once);
  // Programs are shown with times as plain numbers, which is not how a condition writes them.
  if (once->canonical.find('(') != std::string::npos) return 0;
  const auto twice = accept(once->canonical);
  HEED_ASSERT(twice && twice->canonical == once->canonical);
  return 0;
}
