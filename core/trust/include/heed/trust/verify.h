// Whether a signed ruleset may be opened: every step of docs/formats/keys.md, "Verification", in
// order, each with its own error. The last step, Ruleset::open, is the caller's, over the very
// bytes that verify returns.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "heed/base/result.h"
#include "heed/trust/envelope.h"
#include "heed/trust/key.h"

namespace heed::trust {

struct Demand {
  std::string_view site;  // borrowed for the call
  std::int64_t now_ms = 0;
  std::uint64_t version_seen = 0;  // the highest version ever accepted for this site; 0: none
};

struct Verified {
  Header header;
  Bytes image;                 // borrowed from the bytes that were verified
  std::vector<KeyId> signers;  // known keys whose signatures hold, ascending
};

/// @param bytes    a signed ruleset
/// @param keyring  whose word counts; its site must be the site asked for
/// @return         the proved image; remember `header.version` as seen once it has been opened
/// @errors         too_large; truncated, not_a_ruleset, wrong_abi, unsigned_ruleset,
///                 malformed_signature; unknown_key, bad_signature, too_few_signatures; wrong_site;
///                 expired; rolled_back
[[nodiscard]] Result<Verified> verify(Bytes bytes, const Keyring& keyring, const Demand& demand,
                                      const Verifier& verifier);

}  // namespace heed::trust
