// Any bytes as a visitor's line: one line of well-formed JSON comes out, with decisions or with an
// error.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "heed/runtime/ruleset.h"
#include "heed/studio/compile.h"
#include "heed/studio/decide_lines.h"
#include "json_tree.h"

namespace {

heed::Ruleset make_ruleset() {
  const std::vector<heed::compile::SourceFile> files = {
      {"a.heed.json",
       R"json({"site":"t","expires":"2099-01-01T00:00:00Z","attributes":{"b":{"type":"bool"},"n":{"type":"number"},
  "s":{"type":"string"},"m":{"type":"set"},"t":{"type":"time"}},"signals":{"view":{"k":"string","m":"set"},"buy":{"v":"number"}},
  "features":{"views":{"count":"view","where":"'x' in m || k == 'y'"},"last":{"last":"view","value":"k"},"hot":{"score":"buy","value":"v","half_life":"1h"}},
  "metrics":{"revenue":{"signal":"buy","value":"v"}},"slots":{"hero":{},"foot":{}},
  "triggers":{"r":{"slot":"hero","when":"b || n > 1 || views > 1 || last == 'y' || hot > 2","parts":{"x":["y","z"]},"policy":{"split":{}}},
              "q":{"slot":"foot","when":"'x' in m && t < now","parts":{"x":["y"]}}}})json"}};
  auto result = heed::compile::compile(files, {});
  HEED_ASSERT(result.compiled.has_value());
  auto ruleset = heed::Ruleset::open(result.compiled->image);
  HEED_ASSERT(ruleset.has_value());
  return std::move(*ruleset);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace heed::compile;
  static const heed::Ruleset ruleset = make_ruleset();
  DecideLines lines(ruleset);
  std::string out;
  const auto outcome = lines.feed({reinterpret_cast<const char*>(data), size}, out);
  if (outcome == DecideLines::Outcome::blank) {
    HEED_ASSERT(out.empty());
    return 0;
  }
  HEED_ASSERT(!out.empty() && out.back() == '\n' && out.find('\n') == out.size() - 1);
  const auto answer = parse_json(out);
  HEED_ASSERT(answer.has_value());
  const bool refused = outcome == DecideLines::Outcome::refused;
  HEED_ASSERT((answer->find("error") != nullptr) == refused);
  HEED_ASSERT((answer->find("decisions") != nullptr) == !refused);
  return 0;
}
