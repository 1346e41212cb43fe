#include <array>
#include <cstdint>

#include "heed/trust/files.h"

namespace heed::trust {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

std::string to_base64url(Bytes bytes) {
  std::string text;
  std::uint32_t bits = 0;
  int bit_count = 0;
  for (const std::byte byte : bytes) {
    bits = (bits << 8U) | std::to_integer<std::uint32_t>(byte);
    for (bit_count += 8; bit_count >= 6; bit_count -= 6) {
      text += alphabet[(bits >> (bit_count - 6)) & 63U];
    }
  }
  if (bit_count > 0) text += alphabet[(bits << (6 - bit_count)) & 63U];
  return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  std::uint32_t bits = 0;
  int bit_count = 0;
  for (const char digit : text) {
    const std::size_t value = alphabet.find(digit);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    bit_count += 6;
    if (bit_count >= 8) {
      bit_count -= 8;
      bytes += static_cast<char>((bits >> bit_count) & 0xffU);
    }
  }
  // Left-over bits that are not zero would give one key two spellings.
  if ((bits & ((1U << bit_count) - 1U)) != 0) return std::nullopt;
  return bytes;
}

}  // namespace heed::trust
