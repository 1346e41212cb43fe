// Ed25519 and SHA-256 by libsodium: native builds only (browsers and workers ask WebCrypto).
#pragma once
#include "heed/trust/envelope.h"
#include "heed/trust/key.h"

namespace heed::trust {

struct KeyPair {
  PublicKey key{};
  SecretSeed seed{};
};

/// The verifier of every native program; lives as long as the process, any thread may use it.
[[nodiscard]] const Verifier& sodium_verifier();

/// A new key from the operating system's randomness.
[[nodiscard]] KeyPair new_key_pair();
/// The pair that a 32-byte seed stands for (RFC 8032, 5.1.5).
[[nodiscard]] KeyPair key_pair(const SecretSeed& seed);
[[nodiscard]] Signature sign_message(const SecretSeed& seed, Bytes message);
/// Signs `image` as a ruleset: its pre-authentication encoding under `payload_type`.
[[nodiscard]] SignatureEntry sign_image(const SecretSeed& seed, Bytes image);

}  // namespace heed::trust
