// What a page may have sent: whatever the reader accepts is canonical, and plays to an end on a
// real ruleset. Where the first byte is odd, chunks are made to name that ruleset.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "heed/studio/replay_log.h"
#include "support/rich_image.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace heed;
  static const Ruleset ruleset = *Ruleset::open(test::rich_image().bytes());
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  auto chunks = replay::read(bytes);
  if (!chunks) return 0;
  Array<std::byte> written;
  for (const replay::Chunk& chunk : *chunks) replay::append(chunk, written);
  require(std::equal(written.begin(), written.end(), bytes.begin(), bytes.end()));
  if (data[0] % 2 == 1) {
    for (replay::Chunk& chunk : *chunks) chunk.ruleset = ruleset.hash();
  }
  const replay::Replayed replayed = replay::play(ruleset, std::move(*chunks));
  require(!replay::text(replayed).empty() && !replay::json(replayed).empty());
  return 0;
}
