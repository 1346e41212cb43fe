// How a patch is written down, for its writer and its reader (docs/formats/patch.md).
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "heed/base/hash.h"
#include "heed/runtime/image.h"

namespace heed::compile::patch {

inline constexpr std::array<char, 8> magic = {'H', 'E', 'E', 'D', 'P', 'A', 'T', '1'};
inline constexpr std::size_t base_hash_at = 8;
inline constexpr std::size_t result_hash_at = 16;
inline constexpr std::size_t size_at = 24;

/// What follows a copied run of the base: the low bits of a count.
enum class Edit : std::uint8_t {
  replace,  // so many bytes follow, and stand for as many of the base
  insert,   // so many bytes follow
  skip,     // so many bytes of the base are left out
  repeat,   // so many bytes are those of the result, a distance (a count) before
};
inline constexpr unsigned kind_bits = 2;
[[nodiscard]] constexpr Edit kind_of(std::uint64_t count) {
  return static_cast<Edit>(count & ((1U << kind_bits) - 1));
}

inline constexpr std::uint32_t bits_a_byte = 7;
inline constexpr std::uint32_t count_bits_max = 5 * bits_a_byte;

/// `Ruleset::hash`, also of bytes that are too short to be a ruleset.
[[nodiscard]] inline std::uint64_t base_hash(std::span<const std::byte> base) {
  return xxh64(
      {reinterpret_cast<const char*>(base.data()), std::min(base.size(), image::header_size_bytes)},
      0);
}

}  // namespace heed::compile::patch
