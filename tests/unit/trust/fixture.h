// A small ruleset image with a true header and an arbitrary body: trust reads no further than the
// header. Keys come from fixed seeds, so that every run signs the same bytes.
#pragma once
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "heed/base/bytes.h"
#include "heed/base/hash.h"
#include "heed/runtime/image.h"
#include "heed/trust/sodium.h"
#include "heed/trust/verify.h"

namespace heed::trust::fixture {

inline constexpr std::string_view site = "shop.example";
inline constexpr std::int64_t now_ms = 1'795'687'200'000;
inline constexpr std::uint64_t version = 7;

inline std::vector<std::byte> image() {
  using At = image::HeaderAt;
  constexpr std::string_view body = "the body of a ruleset: whatever the header says is here...";
  std::vector<std::byte> bytes(image::header_size_bytes + body.size());
  const std::span<std::byte> out(bytes);
  std::memcpy(bytes.data(), image::magic.data(), image::magic.size());
  store_le(out, At::abi, image::abi);
  store_le(out, At::size_bytes, std::uint64_t{bytes.size()});
  store_le(out, At::version, version);
  store_le(out, At::expires_ms, now_ms + 1);
  store_le(out, At::site_hash, xxh64(site, 0));
  std::memcpy(bytes.data() + image::header_size_bytes, body.data(), body.size());
  return bytes;
}

inline KeyPair person(unsigned char number) {
  SecretSeed seed;
  seed.fill(static_cast<std::byte>(number));
  return key_pair(seed);
}

inline std::vector<std::byte> signed_by(const std::vector<std::byte>& image,
                                        const std::vector<KeyPair>& people) {
  std::vector<SignatureEntry> entries;
  for (const KeyPair& pair : people) entries.push_back(sign_image(pair.seed, image));
  return join(image, entries).value();
}

inline Keyring keyring_of(const std::vector<KeyPair>& people, std::uint32_t threshold) {
  Keyring keyring{.site = std::string(site), .threshold = threshold, .release = {}};
  for (const KeyPair& pair : people) keyring.release.push_back(pair.key);
  return keyring;
}

inline constexpr Demand demand{.site = site, .now_ms = now_ms, .version_seen = version};

inline Result<Verified> check(const std::vector<std::byte>& bytes, const Keyring& keyring,
                              const Demand& asked = demand) {
  return verify(bytes, keyring, asked, sodium_verifier());
}

}  // namespace heed::trust::fixture
