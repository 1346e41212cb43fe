#include "heed/trust/verify.h"

#include <algorithm>

#include "heed/base/hash.h"

namespace heed::trust {
namespace {

struct KnownKey {
  KeyId id;
  PublicKey key;
};

std::vector<KnownKey> known_keys(const Keyring& keyring, const Verifier& verifier) {
  std::vector<KnownKey> keys;
  for (const PublicKey& key : keyring.release) keys.push_back({key_id(key, verifier), key});
  return keys;
}

/// The ids of distinct known keys whose signatures hold. The envelope names a key at most once and
/// a key id counts once, so neither a repeated signature nor a key listed twice can reach a
/// threshold.
Result<std::vector<KeyId>> signers_of(const Envelope& envelope, const Keyring& keyring,
                                      const Verifier& verifier) {
  const std::vector<KnownKey> keys = known_keys(keyring, verifier);
  const std::vector<std::byte> message = pae(payload_type, envelope.image);
  std::vector<KeyId> signers;
  bool any_known = false;
  bool any_bad = false;
  for (const SignatureEntry& entry : envelope.signatures) {
    const auto is_named = [&](const KnownKey& known) { return known.id == entry.id; };
    const auto is_signer = [&](const KnownKey& known) {
      return is_named(known) && verifier.verify(known.key, message, entry.signature);
    };
    if (std::none_of(keys.begin(), keys.end(), is_named)) continue;
    any_known = true;
    if (std::any_of(keys.begin(), keys.end(), is_signer)) {
      signers.push_back(entry.id);
    } else {
      any_bad = true;
    }
  }
  if (!any_known) return fail(ErrorCode::unknown_key, envelope.image.size());
  if (signers.size() >= std::max(keyring.threshold, 1U)) return signers;
  // Wrong bytes say more than a missing second signature: somebody changed something.
  if (any_bad) return fail(ErrorCode::bad_signature, envelope.image.size());
  return fail(ErrorCode::too_few_signatures, signers.size());
}

}  // namespace

Result<Verified> verify(Bytes bytes, const Keyring& keyring, const Demand& demand,
                        const Verifier& verifier) {
  HEED_TRY(envelope, split(bytes));
  const Header& header = envelope.header;
  if (envelope.signatures.empty()) return fail(ErrorCode::unsigned_ruleset, header.size_bytes);
  HEED_TRY(signers, signers_of(envelope, keyring, verifier));
  if (keyring.site != demand.site || header.site_hash != xxh64(demand.site, 0)) {
    return fail(ErrorCode::wrong_site);
  }
  if (demand.now_ms >= header.expires_ms) return fail(ErrorCode::expired);
  if (header.version < demand.version_seen) return fail(ErrorCode::rolled_back);
  return Verified{.header = header, .image = envelope.image, .signers = std::move(signers)};
}

}  // namespace heed::trust
