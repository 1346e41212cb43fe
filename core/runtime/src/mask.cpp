#include "heed/runtime/mask.h"

#include "heed/base/hash.h"

namespace heed {

std::uint64_t mask(std::string_view text, std::uint64_t unit) {
  std::string bytes(sizeof unit, '\0');
  for (std::size_t i = 0; i < sizeof unit; ++i) bytes[i] = static_cast<char>(unit >> (8 * i));
  bytes += text;
  return xxh64(bytes, 0) & mask_max;
}

std::string mask_text(std::uint64_t mask) {
  std::string text(13, '#');
  for (std::size_t i = text.size(); i-- > 1; mask >>= 4U) text[i] = "0123456789abcdef"[mask & 15U];
  return text;
}

std::string masked(const Ruleset& ruleset, std::string_view text, std::uint64_t unit) {
  return ruleset.find_string(text) ? std::string(text) : mask_text(mask(text, unit));
}

}  // namespace heed
