// Whatever Ruleset::open accepts can be evaluated. An input is an image (its size and hash are made
// true, so that the search gets past them) or a list of edits to one that uses every table.
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "support/live.h"
#include "support/rich_image.h"

namespace {

using namespace heed;
using test::Image;

constexpr std::size_t edit_size_bytes = 3;  // u16 place, u8 value

Image image_from(std::span<const std::uint8_t> input) {
  static const Image sound = test::rich_image();
  const auto bytes = std::as_bytes(input);
  if (input.size() > image::header_size_bytes && input[0] == 'H') {
    Image given(std::vector<std::byte>(bytes.begin(), bytes.end()));
    given.put(image::HeaderAt::size_bytes, std::uint64_t{input.size()});
    return given.seal();
  }
  Image edited = sound;
  for (std::size_t i = 0; i + edit_size_bytes <= input.size(); i += edit_size_bytes) {
    const std::size_t place = input[i] | std::size_t{input[i + 1]} << 8U;
    edited.raw()[place % edited.bytes().size()] = bytes[i + 2];
  }
  return edited.seal();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 256U * 1024) return 0;
  const Image image = image_from({data, size});
  const Result<Ruleset> ruleset = Ruleset::open(image.bytes());
  if (!ruleset) {
    test::require(ruleset.error().where <= image.bytes().size(), "an error outside the image");
    return 0;
  }
  test::live(*ruleset, Level::none);
  test::live(*ruleset, Level::account);
  return 0;
}
