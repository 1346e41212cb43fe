// The whole path: the input chooses a source, visitors and every value in them. The compiled image,
// by a scan and by an index with every row and with none, must decide as the naive evaluator over
// the source does; the first visitor's story is then told step by step, with exposures,
// explanations and snapshots in between.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>

#include "heed/runtime/index.h"
#include "heed/studio/decide_lines.h"
#include "reference/pair.h"
#include "reference/story.h"

namespace {

using namespace heed;
using namespace heed::reference;

constexpr int visitor_count = 3;

[[noreturn]] void disagree(const Pair& pair, const std::string& line, const std::string& how) {
  std::fprintf(stderr, "%s\n%s\n%s\n", pair.json.c_str(), line.c_str(), how.c_str());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Random random{std::span(data, size)};
  std::string refused;
  const auto pair = random_pair(random, refused);
  // A source that the generator makes is right; only the limits of a condition may refuse it.
  if (!pair) {
    if (refused.find("open refuses") == 0) std::abort();
    return 0;
  }
  const Index dense(pair->ruleset);
  const Index sparse(pair->ruleset, 0);
  const Index* const indexes[] = {nullptr, &dense, &sparse};
  for (int i = 0; i < visitor_count; ++i) {
    const std::string line = random_line(random, pair->source.vocabulary);
    const std::string expected = pair->oracle.decide_line(line) + "\n";
    for (const Index* index : indexes) {
      std::string native;
      compile::DecideLines(pair->ruleset, index).feed(line, native);
      if (native != expected)
        disagree(*pair, line, "native    " + native + "reference " + expected);
    }
    // A story asks the naive evaluator at every step: one an input, so that many inputs run.
    if (i > 0) continue;
    const std::string wrong = tell_story(random, *pair, indexes[random.below(3)], line);
    if (!wrong.empty()) disagree(*pair, line, wrong);
  }
  return 0;
}
