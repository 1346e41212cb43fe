// The packed path against the naive evaluator: the input chooses a source, visitors and every value
// in them, and both must answer alike.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>

#include "heed/studio/decide_lines.h"
#include "reference/pair.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace heed::reference;
  Random random{std::span(data, size)};
  std::string refused;
  const auto pair = random_pair(random, refused);
  if (!pair) return 0;
  heed::compile::DecideLines lines(pair->ruleset);
  for (int i = 0; i < 4; ++i) {
    const std::string line = random_line(random, pair->source.vocabulary);
    std::string native;
    lines.feed(line, native);
    const std::string expected = pair->oracle.decide_line(line) + "\n";
    if (native == expected) continue;
    std::fprintf(stderr, "%s\n%s\nnative    %sreference %s", pair->json.c_str(), line.c_str(),
                 native.c_str(), expected.c_str());
    std::abort();
  }
  return 0;
}
