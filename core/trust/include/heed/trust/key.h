// Ed25519 keys as values, and the one door to cryptography: libsodium natively, WebCrypto in
// JavaScript. Nothing here computes a signature. Values; safe to share between threads.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace heed::trust {

using Bytes = std::span<const std::byte>;

using PublicKey = std::array<std::byte, 32>;
using SecretSeed = std::array<std::byte, 32>;
using Signature = std::array<std::byte, 64>;
using Digest = std::array<std::byte, 32>;
/// First 8 bytes of SHA-256 of the public key: finds a key, proves nothing.
using KeyId = std::array<std::byte, 8>;

/// Passed in by the host. Implementations hold no state: calls may come from any thread.
class Verifier {
 public:
  virtual ~Verifier() = default;
  /// RFC 8032 Ed25519 over the whole message; false for whatever is not a valid signature.
  [[nodiscard]] virtual bool verify(const PublicKey& key, Bytes message,
                                    const Signature& signature) const = 0;
  [[nodiscard]] virtual Digest sha256(Bytes message) const = 0;
};

[[nodiscard]] KeyId key_id(const PublicKey& key, const Verifier& verifier);

/// 16 lower-case hex digits.
[[nodiscard]] std::string to_hex(const KeyId& id);

/// Whose word counts for a site (docs/formats/keys.md): role `release`.
struct Keyring {
  std::string site;
  std::uint32_t threshold = 1;  // distinct keys that must have signed, at least 1
  std::vector<PublicKey> release;
};

}  // namespace heed::trust
