// A signed ruleset as bytes: the image, then `HEEDSIG1`, u32 count, count x (key id[8],
// signature[64]) sorted by key id (docs/formats/keys.md). Reads hostile bytes; pure functions.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "heed/base/result.h"
#include "heed/trust/key.h"

namespace heed::trust {

inline constexpr std::string_view payload_type = "application/vnd.heed.ruleset.v1";

/// The image's own header, as far as trust reads it. An image may be as short as its header.
struct Header {
  std::uint64_t size_bytes = 0;
  std::uint64_t version = 0;    // 0: not given yet
  std::int64_t expires_ms = 0;  // 0: not given yet
  std::uint64_t site_hash = 0;  // XXH64(site, 0)

  friend bool operator==(const Header&, const Header&) = default;
};

struct SignatureEntry {
  KeyId id{};
  Signature signature{};

  friend bool operator==(const SignatureEntry&, const SignatureEntry&) = default;
};

struct Envelope {
  Header header;
  Bytes image;                             // borrowed from the bytes that were split
  std::vector<SignatureEntry> signatures;  // ascending key ids; empty where nobody has signed
};

/// The bytes that are signed: "DSSEv1" SP len(type) SP type SP len(payload) SP payload.
/// @source  DSSE protocol 1.0.0, "Signature Definition"
[[nodiscard]] std::vector<std::byte> pae(std::string_view type, Bytes payload);

/// Reads the header of an image or of a signed ruleset; `bytes` may go on after the image.
///
/// @errors  too_large, truncated, not_a_ruleset, wrong_abi
[[nodiscard]] Result<Header> read_header(Bytes bytes);

/// Takes a signed or unsigned ruleset apart; proves its form, not its signatures.
///
/// @errors  too_large, truncated, not_a_ruleset, wrong_abi, malformed_signature (`where`: byte
/// offset)
[[nodiscard]] Result<Envelope> split(Bytes bytes);

/// Sets version and expiry in the image's header. Signatures made before no longer hold.
///
/// @errors  as read_header
[[nodiscard]] Result<void> stamp(std::span<std::byte> image, std::uint64_t version,
                                 std::int64_t expires_ms);

/// The signed form of `image`: the trailer with `signatures` in order of key id.
///
/// @errors  too_many (over limits::signature_count_max), malformed_signature (one key twice)
[[nodiscard]] Result<std::vector<std::byte>> join(Bytes image,
                                                  std::vector<SignatureEntry> signatures);

}  // namespace heed::trust
