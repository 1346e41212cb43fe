#include "heed/base/hash.h"

#include <bit>
#include <cstddef>
#include <cstring>
#include <span>

#include "heed/base/bytes.h"

namespace heed {
namespace {

constexpr std::uint64_t prime_1 = 0x9E3779B185EBCA87ULL;
constexpr std::uint64_t prime_2 = 0xC2B2AE3D27D4EB4FULL;
constexpr std::uint64_t prime_3 = 0x165667B19E3779F9ULL;
constexpr std::uint64_t prime_4 = 0x85EBCA77C2B2AE63ULL;
constexpr std::uint64_t prime_5 = 0x27D4EB2F165667C5ULL;

constexpr std::uint64_t round(std::uint64_t lane, std::uint64_t input) {
  return std::rotl(lane + input * prime_2, 31) * prime_1;
}

constexpr std::uint64_t merge(std::uint64_t hash, std::uint64_t lane) {
  return (hash ^ round(0, lane)) * prime_1 + prime_4;
}

constexpr std::uint64_t avalanche(std::uint64_t hash) {
  hash ^= hash >> 33U;
  hash *= prime_2;
  hash ^= hash >> 29U;
  hash *= prime_3;
  return hash ^ (hash >> 32U);
}

std::uint64_t finish(std::uint64_t hash, std::span<const std::byte> rest) {
  for (; rest.size() >= 8; rest = rest.subspan(8)) {
    hash = std::rotl(hash ^ round(0, load_le<std::uint64_t>(rest, 0)), 27) * prime_1 + prime_4;
  }
  if (rest.size() >= 4) {
    const std::uint64_t word = load_le<std::uint32_t>(rest, 0);
    hash = std::rotl(hash ^ (word * prime_1), 23) * prime_2 + prime_3;
    rest = rest.subspan(4);
  }
  for (const std::byte byte : rest) {
    hash = std::rotl(hash ^ (static_cast<std::uint64_t>(byte) * prime_5), 11) * prime_1;
  }
  return avalanche(hash);
}

}  // namespace

std::uint64_t xxh64(std::string_view text, std::uint64_t seed) {
  std::span<const std::byte> rest = std::as_bytes(std::span(text.data(), text.size()));
  std::uint64_t hash = seed + prime_5;
  if (rest.size() >= 32) {
    // Four of everything: as a loop over an array the lanes would live in memory.
    std::uint64_t a = seed + prime_1 + prime_2;
    std::uint64_t b = seed + prime_2;
    std::uint64_t c = seed;
    std::uint64_t d = seed - prime_1;
    const std::size_t end = rest.size() / 32 * 32;
    for (std::size_t at = 0; at < end; at += 32) {
      const std::byte* const lane = rest.data() + at;
      const auto next = [lane](std::size_t i) {
        std::uint64_t word;
        std::memcpy(&word, lane + 8 * i, sizeof(word));
        return word;
      };
      a = round(a, next(0));
      b = round(b, next(1));
      c = round(c, next(2));
      d = round(d, next(3));
    }
    rest = rest.subspan(end);
    hash = std::rotl(a, 1) + std::rotl(b, 7) + std::rotl(c, 12) + std::rotl(d, 18);
    hash = merge(merge(merge(merge(hash, a), b), c), d);
  }
  return finish(hash + text.size(), rest);
}

}  // namespace heed
