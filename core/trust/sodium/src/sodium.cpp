#include "heed/trust/sodium.h"

#include <sodium.h>

#include "heed/base/result.h"

namespace heed::trust {
namespace {

static_assert(sizeof(PublicKey) == crypto_sign_PUBLICKEYBYTES);
static_assert(sizeof(SecretSeed) == crypto_sign_SEEDBYTES);
static_assert(sizeof(Signature) == crypto_sign_BYTES);
static_assert(sizeof(Digest) == crypto_hash_sha256_BYTES);

template <std::size_t size>
unsigned char* raw(std::array<std::byte, size>& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

const unsigned char* raw(Bytes bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

/// libsodium must be initialised before its random generator is used; repeats are harmless.
void require_sodium() { HEED_ASSERT(sodium_init() >= 0); }

class SodiumVerifier final : public Verifier {
 public:
  bool verify(const PublicKey& key, Bytes message, const Signature& signature) const override {
    return crypto_sign_verify_detached(raw(signature), raw(message), message.size(), raw(key)) == 0;
  }

  Digest sha256(Bytes message) const override {
    Digest digest{};
    crypto_hash_sha256(raw(digest), raw(message), message.size());
    return digest;
  }
};

}  // namespace

const Verifier& sodium_verifier() {
  static const SodiumVerifier verifier;
  return verifier;
}

KeyPair new_key_pair() {
  require_sodium();
  SecretSeed seed{};
  randombytes_buf(seed.data(), seed.size());
  return key_pair(seed);
}

KeyPair key_pair(const SecretSeed& seed) {
  KeyPair pair{.key = {}, .seed = seed};
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> expanded{};
  crypto_sign_seed_keypair(raw(pair.key), expanded.data(), raw(Bytes(seed)));
  sodium_memzero(expanded.data(), expanded.size());
  return pair;
}

Signature sign_message(const SecretSeed& seed, Bytes message) {
  PublicKey key{};
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> expanded{};
  crypto_sign_seed_keypair(raw(key), expanded.data(), raw(Bytes(seed)));
  Signature signature{};
  crypto_sign_detached(raw(signature), nullptr, raw(message), message.size(), expanded.data());
  sodium_memzero(expanded.data(), expanded.size());
  return signature;
}

SignatureEntry sign_image(const SecretSeed& seed, Bytes image) {
  return {.id = key_id(key_pair(seed).key, sodium_verifier()),
          .signature = sign_message(seed, pae(payload_type, image))};
}

}  // namespace heed::trust
