// XXH64 and the draw: who is in which bucket (design: "Exact definitions", Draws).
// Pure functions; the same bits in every build.
#pragma once
#include <cstdint>
#include <string_view>

namespace heed {

/// XXH64 of `text` (bytes) with `seed`.
/// @source  Collet, xxHash specification 0.1.1
[[nodiscard]] std::uint64_t xxh64(std::string_view text, std::uint64_t seed);

/// Murmur3's 64-bit finaliser.
[[nodiscard]] constexpr std::uint64_t fmix64(std::uint64_t h) {
  h ^= h >> 33U;
  h *= 0xff51afd7ed558ccdULL;
  h ^= h >> 33U;
  h *= 0xc4ceb9fe1a85ec53ULL;
  h ^= h >> 33U;
  return h;
}

/// Where `unit` falls for `salt`: an integer in [0, 2^32).
[[nodiscard]] constexpr std::uint32_t draw(std::uint64_t unit, std::uint64_t salt) {
  return static_cast<std::uint32_t>(fmix64(unit ^ salt) >> 32U);
}

/// One whole: shares are integers out of this, held in 64 bits so that "everyone" fits.
inline constexpr std::uint64_t share_one = std::uint64_t{1} << 32U;

}  // namespace heed
