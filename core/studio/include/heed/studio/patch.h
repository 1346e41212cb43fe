// The small difference between two compiled rulesets (docs/formats/patch.md): whoever has the one
// makes the other of it, bit for bit. A patch is not trusted: what it makes is verified and proved
// as any other ruleset. Pure functions; hostile bytes become errors.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "heed/base/limits.h"

namespace heed::compile {

/// A signed ruleset may be as large as this, and a patch makes none that is larger.
inline constexpr std::size_t patched_size_bytes_max =
    limits::image_size_bytes_max + 12 + limits::signature_count_max * 72;

enum class PatchFault : std::uint8_t {
  not_a_patch,      // does not begin with the magic
  truncated,        // ends too early
  malformed_patch,  // reaches outside of the base or of the result, or goes on behind it
  too_large,        // wants more than patched_size_bytes_max
  wrong_base,       // made for another ruleset than the one given
  wrong_result,     // the bytes it makes are not those it was made from
};

/// snake_case, as in messages and JSON.
[[nodiscard]] std::string_view name(PatchFault fault);

struct PatchError {
  PatchFault fault;
  std::uint64_t where = 0;  // a byte offset in the patch

  friend bool operator==(const PatchError&, const PatchError&) = default;
};

/// What a reader has to hold already, and what it will get.
struct PatchHead {
  std::uint64_t base_hash = 0;    // of the base's header: `Ruleset::hash`
  std::uint64_t result_hash = 0;  // XXH64 of all the bytes that it makes, seed 0
  std::size_t size_bytes = 0;     // of what it makes
  std::size_t edits_at = 0;       // byte offset of the first edit
};

/// @errors  not_a_patch, truncated, too_large
[[nodiscard]] tl::expected<PatchHead, PatchError> read_patch_head(std::span<const std::byte> patch);

/// @param base    an image, without signatures
/// @param result  an image, signed or not
/// @return  equal arguments give equal bytes; smallest where `result` was built with `base`
[[nodiscard]] std::vector<std::byte> make_patch(std::span<const std::byte> base,
                                                std::span<const std::byte> result);

/// What the patch was made from, signatures included. Takes memory for the result and no more.
///
/// @param base  the image that the patch was made for, without signatures
/// @errors  not_a_patch, truncated, malformed_patch, too_large, wrong_base, wrong_result
[[nodiscard]] tl::expected<std::vector<std::byte>, PatchError> apply_patch(
    std::span<const std::byte> base, std::span<const std::byte> patch);

}  // namespace heed::compile
