// Patches from anywhere: an input is a patch for a ruleset, or edits to one that is right. What is
// applied is as large as the patch says and no larger; what is made from bytes makes them again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "heed/studio/patch.h"
#include "support/rich_image.h"

namespace {

using namespace heed;
using Bytes = std::vector<std::byte>;

void require(bool holds) {
  if (!holds) std::abort();
}

const Bytes& sound() {
  static const test::Image image = test::rich_image();
  static const Bytes bytes(image.bytes().begin(), image.bytes().end());
  return bytes;
}

/// The ruleset with runs of the input written over it, taken out of it and put into it.
Bytes edited(std::span<const std::byte> input) {
  Bytes out = sound();
  while (input.size() >= 4) {
    const std::size_t at =
        (std::to_integer<std::size_t>(input[0]) << 8U | std::to_integer<std::size_t>(input[1])) %
        (out.size() + 1);
    const auto kind = std::to_integer<unsigned>(input[2]) % 3;
    const std::size_t count =
        std::min(std::to_integer<std::size_t>(input[3]) % 24, input.size() - 4);
    const auto run = input.subspan(4, count);
    const auto place = out.begin() + static_cast<std::ptrdiff_t>(at);
    if (kind == 0) {
      out.insert(place, run.begin(), run.end());
    } else if (kind == 1) {
      out.erase(place, place + static_cast<std::ptrdiff_t>(std::min(count, out.size() - at)));
    } else {
      std::copy_n(run.begin(), std::min(count, out.size() - at), place);
    }
    input = input.subspan(4 + count);
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = std::as_bytes(std::span(data, size));
  if (size > 0 && data[0] % 2 == 0) {
    // A head that fits, so that the search gets to the edits.
    Bytes patch = compile::make_patch(sound(), {});
    patch.pop_back();
    patch.insert(patch.end(), input.begin() + 1, input.end());
    if (const auto made = compile::apply_patch(sound(), patch)) {
      require(made->size() == compile::read_patch_head(patch)->size_bytes);
    }
    (void)compile::apply_patch(sound(), input);
    return 0;
  }
  const Bytes result = edited(input);
  const Bytes patch = compile::make_patch(sound(), result);
  const auto made = compile::apply_patch(sound(), patch);
  require(made.has_value() && *made == result);
  require(patch.size() <= 40 + result.size() + 8 * (size + 1));
  return 0;
}
