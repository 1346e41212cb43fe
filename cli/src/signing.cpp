#include "signing.h"

#include <algorithm>

#include <fmt/format.h>
#include <simdjson.h>

#include "heed/base/bytes.h"
#include "heed/runtime/image.h"
#include "heed/runtime/ruleset.h"
#include "heed/trust/sodium.h"

namespace heed::cli {

Result<SignedRuleset> sign_ruleset(std::span<const std::byte> bytes, const trust::KeyFile& key,
                                   const Stamp& stamp) {
  HEED_TRY(envelope, trust::split(bytes));
  std::vector<std::byte> image(envelope.image.begin(), envelope.image.end());
  trust::Header header = envelope.header;
  header.version = stamp.version.value_or(std::max<std::uint64_t>(header.version, 1));
  const std::int64_t by_default =
      header.expires_ms != 0 ? header.expires_ms : stamp.expires_by_default.ms;
  header.expires_ms = stamp.expires ? stamp.expires->ms : by_default;
  SignedRuleset made{.bytes = {}, .header = header};
  std::vector<trust::SignatureEntry> signatures;
  if (header == envelope.header) {
    signatures = std::move(envelope.signatures);
  } else {
    made.signature_count_dropped = envelope.signatures.size();
    const auto stamped = trust::stamp(image, header.version, header.expires_ms);
    if (!stamped) return tl::unexpected(stamped.error());
  }
  if (const auto proved = Ruleset::open(image); !proved) return tl::unexpected(proved.error());
  const trust::SignatureEntry mine = trust::sign_image(*key.seed, image);
  std::erase_if(signatures, [&](const auto& entry) { return entry.id == mine.id; });
  signatures.push_back(mine);
  made.signature_count = signatures.size();
  HEED_TRY(joined, trust::join(image, std::move(signatures)));
  made.bytes = std::move(joined);
  return made;
}

std::optional<std::int64_t> valid_for_of(std::span<const std::byte> bytes, std::string_view map) {
  if (!trust::read_header(bytes)) return std::nullopt;
  const auto hash = load_le<std::uint64_t>(bytes.subspan(image::HeaderAt::body_hash), 0);
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string_view body;
  std::int64_t valid_for_ms = 0;
  if (parser.parse(map.data(), map.size(), true).get(root) != simdjson::SUCCESS ||
      root["body"].get(body) != simdjson::SUCCESS || body != fmt::format("{:016x}", hash) ||
      root["valid_for_ms"].get(valid_for_ms) != simdjson::SUCCESS || valid_for_ms <= 0) {
    return std::nullopt;
  }
  return valid_for_ms;
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace heed::cli
