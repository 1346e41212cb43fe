// What people publish: rulesets with their maps and sources, and keyrings.
#include <limits>
#include <utility>

#include "heed/base/hash.h"
#include "heed/runtime/ruleset.h"
#include "heed/trust/sodium.h"
#include "heed/trust/verify.h"
#include "store_parts.h"

namespace heed::store {
namespace {

constexpr std::size_t map_size_bytes_max = 32U * 1024 * 1024;

// HTTP status of what trust and Ruleset::open find: 400 the bytes are not a ruleset, 403 the keys
// do not hold, 422 the content.
int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::too_large:
      return 413;
    case ErrorCode::truncated:
    case ErrorCode::not_a_ruleset:
    case ErrorCode::malformed_signature:
      return 400;
    case ErrorCode::unsigned_ruleset:
    case ErrorCode::unknown_key:
    case ErrorCode::bad_signature:
    case ErrorCode::too_few_signatures:
      return 403;
    default:
      return 422;
  }
}

std::string advice(ErrorCode code) {
  switch (code) {
    case ErrorCode::unsigned_ruleset:
      return "the ruleset carries no signature: run heed sign X --key K first";
    case ErrorCode::unknown_key:
      return "no key of the site's keyring has signed this ruleset";
    case ErrorCode::bad_signature:
      return "a signature by a known key does not fit these bytes: they were changed after signing";
    case ErrorCode::too_few_signatures:
      return "fewer keys have signed than the keyring asks for";
    case ErrorCode::wrong_site:
      return "the ruleset was made for another site";
    case ErrorCode::expired:
      return "the ruleset has expired: sign it again with a later expiry";
    case ErrorCode::wrong_abi:
      return "the ruleset was built by another version of heed: build it again";
    default:
      return "the bytes are not a whole, signed ruleset: build, sign and send the file again";
  }
}

tl::unexpected<Refusal> refuse_ruleset(const Error& error) {
  return refuse(status_of(error.code), std::string(name(error.code)), advice(error.code),
                "byte " + std::to_string(error.where));
}

tl::unexpected<Refusal> refuse_version(std::uint64_t newest) {
  return refuse(
      409, "version",
      "version " + std::to_string(newest) + " is the newest here: publish a higher version",
      "version");
}

}  // namespace

Answer<Published> Store::publish(std::string_view site, std::span<const std::byte> bytes,
                                 std::string_view who) {
  const auto json = parts_->keyring_json(site);
  if (!json) {
    return refuse(403, "no_keyring",
                  "the store does not know whose signatures count for this site: PUT its keyring, "
                  "or start with --keyring FILE",
                  "site");
  }
  const auto keyring = read_keyring(*json, site);
  if (!keyring) return tl::unexpected<Refusal>(keyring.error());
  const std::int64_t now_ms = parts_->clock.now_ms();
  const auto verified =
      trust::verify(bytes, *keyring, {.site = site, .now_ms = now_ms}, trust::sodium_verifier());
  if (!verified) return refuse_ruleset(verified.error());
  auto ruleset = Ruleset::open(verified->image);
  if (!ruleset) return refuse_ruleset(ruleset.error());
  const Published published{verified->header.version, ruleset->hash()};
  if (published.version == 0 ||
      published.version > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return refuse(422, "version", "the ruleset was signed without a usable version", "version");
  }
  const StoredRuleset stored{published.version, published.hash, {bytes.begin(), bytes.end()}};
  std::string signed_by = std::string(who) + "; signed by";
  for (const trust::KeyId& id : verified->signers) signed_by += " " + trust::to_hex(id);
  bool is_new = true;
  const auto written = parts_->writer->act([&](Log& log) -> Answer<void> {
    const SiteId id = log.site_id(site);
    const auto newest = log.newest(id);
    if (newest && newest->version == stored.version && newest->bytes == stored.bytes) {
      is_new = false;
      return {};
    }
    if (newest && newest->version >= stored.version) return refuse_version(newest->version);
    log.put_ruleset(id, stored, {now_ms, signed_by, "publish", stored.version, stored.hash});
    return {};
  });
  if (!written) return tl::unexpected<Refusal>(written.error());
  if (is_new) parts_->rulesets.add(std::string(site), published, *std::move(ruleset));
  parts_->note_change(site);
  return published;
}

Answer<void> Store::put_map(std::string_view site, std::string_view json, std::string_view who) {
  if (json.size() > map_size_bytes_max) return refuse(413, "too_large", "a map has at most 32 MiB");
  auto names = read_site_names(json);
  if (!names) {
    return refuse(400, "malformed_map", "not a heedmap: " + names.error(), "$");
  }
  const auto newest = parts_->rulesets.newest(site);
  if (!newest) return refuse(404, "no_ruleset", "publish the ruleset before its map", "site");
  const auto written = parts_->writer->act([&](Log& log) -> Answer<void> {
    log.put_map(log.site_id(site), newest->version, json,
                {parts_->clock.now_ms(), std::string(who), "map", newest->version, 0});
    return {};
  });
  if (!written) return written;
  {
    const std::scoped_lock lock(parts_->read_mutex);
    parts_->names[std::string(site)] = *std::move(names);
  }
  parts_->note_change(site);
  return {};
}

Answer<void> Store::put_source(std::string_view site, std::uint64_t version, std::string_view json,
                               std::string_view who) {
  if (json.size() > map_size_bytes_max)
    return refuse(413, "too_large", "a source has at most 32 MiB");
  if (const auto problem = problem_of_source(json); !problem.empty()) {
    return refuse(400, "malformed_source", "not a source: " + problem, "$");
  }
  const auto of = ruleset(site, version);
  if (!of) return tl::unexpected<Refusal>(of.error());
  return parts_->writer->act([&](Log& log) -> Answer<void> {
    log.put_source(log.site_id(site), of->version, json,
                   {parts_->clock.now_ms(), std::string(who), "source", of->version, 0});
    return {};
  });
}

Answer<void> Store::put_keyring(std::string_view site, std::string_view json,
                                std::string_view who) {
  if (!is_site(site)) return refuse(404, "unknown_site", "a site is 1 to 128 bytes", "site");
  if (parts_->options.keyrings.count(std::string(site)) != 0) {
    return refuse(403, "pinned_keyring", "this site's keyring was given with --keyring", "site");
  }
  if (const auto keyring = read_keyring(json, site); !keyring) {
    return tl::unexpected<Refusal>(keyring.error());
  }
  return parts_->writer->act([&](Log& log) -> Answer<void> {
    log.put_keyring(log.site_id(site), json,
                    {parts_->clock.now_ms(), std::string(who), "keyring", 0, xxh64(json, 0)});
    return {};
  });
}

}  // namespace heed::store
