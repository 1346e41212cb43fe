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
  std::string text = "#000000000000";
  for (std::size_t i = text.size(); i-- > 1; mask >>= 4U) text[i] = "0123456789abcdef"[mask & 15U];
  return text;
}

OwnedValue masked(const Ruleset& ruleset, const OwnedValue& value, std::uint64_t unit) {
  const auto masked_text = [&](const std::string& text) {
    return ruleset.find_string(text) ? text : mask_text(mask(text, unit));
  };
  if (const auto* const text = std::get_if<std::string>(&value)) return masked_text(*text);
  const auto* const members = std::get_if<Array<std::string>>(&value);
  if (members == nullptr) return value;
  Array<std::string> texts;
  for (const std::string& member : *members) texts.push_back(masked_text(member));
  Array<std::string_view> views;
  for (const std::string& text : texts) views.push_back(text);
  return own(Members(views));
}

}  // namespace heed
