// UTF-8, checked: what every reader of text asks before it keeps a byte.
#pragma once
#include <cstddef>
#include <string_view>

namespace heed {

/// True where `text` is well-formed UTF-8: shortest forms, no surrogates, at most U+10FFFF.
/// @source  The Unicode Standard 15, table 3-7
[[nodiscard]] constexpr bool is_utf8(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto follows = [&](std::size_t i, unsigned low, unsigned high) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned lead = byte(i);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    if (lead < 0xc2 || lead > 0xf4) return false;
    const std::size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    const unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (!follows(i + 1, low, high)) return false;
    for (std::size_t k = 2; k < length; ++k) {
      if (!follows(i + k, 0x80, 0xbf)) return false;
    }
    i += length;
  }
  return true;
}

}  // namespace heed
