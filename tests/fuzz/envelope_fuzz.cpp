// Any bytes as a signed ruleset: taken apart and put together again they are the same, and nothing
// that a known key has not signed is ever verified. An input is the bytes of a file, or, where it
// begins with 'E', edits to a well-signed one: the search then starts behind the first checks.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "unit/trust/fixture.h"

namespace {

using namespace heed::trust;

constexpr std::size_t edit_size_bytes = 3;  // u16 place, u8 value

void require(bool holds) {
  if (!holds) std::abort();
}

std::vector<std::byte> file_from(std::span<const std::uint8_t> input,
                                 const std::vector<std::byte>& sound) {
  const auto bytes = std::as_bytes(input);
  if (input.empty() || input[0] != 'E') return {bytes.begin(), bytes.end()};
  std::vector<std::byte> edited = sound;
  for (std::size_t i = 1; i + edit_size_bytes <= input.size(); i += edit_size_bytes) {
    const std::size_t place = input[i] | std::size_t{input[i + 1]} << 8U;
    edited[place % edited.size()] = bytes[i + 2];
  }
  return edited;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto sound =
      fixture::signed_by(fixture::image(), {fixture::person(1), fixture::person(2)});
  static const auto keyring = fixture::keyring_of({fixture::person(1), fixture::person(2)}, 2);
  const std::vector<std::byte> file = file_from(std::span(data, size), sound);
  if (const auto verified = fixture::check(file, keyring)) {
    require(file == sound && verified->signers.size() == 2);
  }
  if (const auto envelope = split(file)) {
    if (envelope->signatures.empty()) {
      require(envelope->image.size() == file.size());
    } else {
      require(join(envelope->image, envelope->signatures).value() == file);
    }
  }
  return 0;
}
