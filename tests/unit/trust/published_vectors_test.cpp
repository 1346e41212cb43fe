// Vectors that other people published: RFC 8032, section 7.1, is part of this file; Project
// Wycheproof's is read where the machine has it (HEED_DATA, or shared/ beside the checkout).
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>

#include "heed/trust/sodium.h"

namespace heed::trust {
namespace {

std::vector<std::byte> from_hex(std::string_view hex) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

template <class T>
T exactly(const std::vector<std::byte>& bytes) {
  T value{};
  EXPECT_EQ(bytes.size(), value.size());
  std::copy_n(bytes.begin(), std::min(bytes.size(), value.size()), value.begin());
  return value;
}

struct Rfc8032 {
  const char* seed;
  const char* key;
  const char* message;
  const char* signature;
};

constexpr Rfc8032 published[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b"
     "46"
     "bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11"
     "d8"
     "c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc"
     "65"
     "94a7c15e9716ed28dc027beceea1ec40a"}};

TEST(Rfc8032, keys_signatures_and_verdicts_agree) {
  for (const Rfc8032& vector : published) {
    const auto seed = exactly<SecretSeed>(from_hex(vector.seed));
    const auto message = from_hex(vector.message);
    const KeyPair pair = key_pair(seed);
    EXPECT_EQ(pair.key, exactly<PublicKey>(from_hex(vector.key)));
    const Signature signature = sign_message(seed, message);
    EXPECT_EQ(signature, exactly<Signature>(from_hex(vector.signature)));
    EXPECT_TRUE(sodium_verifier().verify(pair.key, message, signature));
    Signature forged = signature;
    forged[40] ^= std::byte{1};
    EXPECT_FALSE(sodium_verifier().verify(pair.key, message, forged));
  }
}

// FIPS 180-2, appendix B.1.
TEST(Sha256, agrees_with_the_published_digest) {
  const std::string_view message = "abc";
  const auto expected =
      from_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sodium_verifier().sha256(std::as_bytes(std::span(message))), exactly<Digest>(expected));
}

/// The file's path, or empty where this machine has no such data.
std::string wycheproof_path() {
  const char* data = std::getenv("HEED_DATA");
  const std::filesystem::path folder =
      data ? std::filesystem::path(data) / ".." / "conformance"
           : std::filesystem::path(HEED_SOURCE_DIR) / ".." / "shared" / "conformance";
  const auto path = folder / "wycheproof_ed25519.json";
  return std::filesystem::exists(path) ? path.string() : std::string();
}

TEST(Wycheproof, every_verdict_agrees) {
  const std::string path = wycheproof_path();
  if (path.empty()) GTEST_SKIP() << "skipped: no data";
  simdjson::dom::parser parser;
  const simdjson::dom::element root = parser.load(path);
  std::size_t checked = 0;
  for (const auto group : root["testGroups"].get_array()) {
    const auto key = exactly<PublicKey>(from_hex(group["publicKey"]["pk"].get_string()));
    for (const auto vector : group["tests"].get_array()) {
      const auto message = from_hex(vector["msg"].get_string());
      const auto bytes = from_hex(vector["sig"].get_string());
      const std::string_view verdict = vector["result"].get_string();
      // Our signatures have a length by type; the trailer's form refuses every other.
      const bool fits = bytes.size() == sizeof(Signature);
      const bool accepted =
          fits && sodium_verifier().verify(key, message, exactly<Signature>(bytes));
      EXPECT_EQ(accepted, verdict == "valid") << "tcId " << vector["tcId"].get_int64();
      ++checked;
    }
  }
  EXPECT_EQ(checked, std::size_t(root["numberOfTests"].get_uint64()));
  EXPECT_GE(checked, 150U);
}

}  // namespace
}  // namespace heed::trust
