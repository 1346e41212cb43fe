// Any text as a key file and as a keyring: refused in words, or read, and then what was read is
// written and read again the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "heed/trust/files.h"
#include "heed/trust/sodium.h"

namespace {

using namespace heed::trust;

void require(bool holds) {
  if (!holds) std::abort();
}

void try_keyring(std::string_view json) {
  const auto keyring = read_keyring(json);
  if (!keyring) return require(!keyring.error().code.empty() && !keyring.error().message.empty());
  require(keyring->threshold >= 1 && keyring->threshold <= keyring->release.size());
  const auto again = read_keyring(write_keyring(*keyring));
  require(again.has_value() && again->site == keyring->site &&
          again->threshold == keyring->threshold && again->release == keyring->release);
}

void try_key_file(std::string_view json) {
  const Verifier& verifier = sodium_verifier();
  const auto file = read_key_file(json, verifier);
  if (!file) return require(!file.error().code.empty() && !file.error().message.empty());
  const auto again = read_key_file(write_key_file(*file, Part::secret, verifier), verifier);
  require(again.has_value() && again->key == file->key && again->seed == file->seed &&
          again->created == file->created);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try_keyring(text);
  try_key_file(text);
  if (const auto bytes = from_base64url(text)) {
    require(to_base64url(std::as_bytes(std::span(*bytes))) == text);
  }
  return 0;
}
