#include "heed/trust/key.h"

#include <algorithm>

namespace heed::trust {

KeyId key_id(const PublicKey& key, const Verifier& verifier) {
  const Digest digest = verifier.sha256(key);
  KeyId id;
  std::copy_n(digest.begin(), id.size(), id.begin());
  return id;
}

std::string to_hex(const KeyId& id) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : id) {
    const auto value = std::to_integer<unsigned>(byte);
    text += digits[value >> 4U];
    text += digits[value & 15U];
  }
  return text;
}

}  // namespace heed::trust
