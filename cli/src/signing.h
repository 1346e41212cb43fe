// Signs a ruleset: stamps what has not been said yet, keeps other people's signatures where they
// still hold. Pure but for the signature itself.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "heed/base/result.h"
#include "heed/runtime/value.h"
#include "heed/trust/envelope.h"
#include "heed/trust/files.h"

namespace heed::cli {

struct Stamp {
  std::optional<std::uint64_t> version;  // stands for the header's
  std::optional<TimeMs> expires;         // stands for the header's
  TimeMs expires_by_default;             // where the header has none
};

struct SignedRuleset {
  std::vector<std::byte> bytes;
  trust::Header header;
  std::size_t signature_count = 0;
  std::size_t signature_count_dropped = 0;  // made before the header changed
};

/// A header without a version gets version 1: the first of a site whose store does not number.
///
/// @param bytes  a ruleset, signed or not
/// @param key    with its secret
/// @errors       those of trust::split and Ruleset::open: nobody signs what cannot be opened
[[nodiscard]] Result<SignedRuleset> sign_ruleset(std::span<const std::byte> bytes,
                                                 const trust::KeyFile& key, const Stamp& stamp);

/// What the source said in `valid_for`, from a heedmap that is this ruleset's own.
[[nodiscard]] std::optional<std::int64_t> valid_for_of(std::span<const std::byte> bytes,
                                                       std::string_view map);

/// Borrowed from `bytes`.
[[nodiscard]] std::string_view text_of(std::span<const std::byte> bytes);

}  // namespace heed::cli
