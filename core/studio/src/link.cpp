#include "link.h"

#include <string>

namespace heed::compile {
namespace {

bool is_descriptor(std::string_view text) {  // 480w, 2x, 1.5x
  if (text.size() < 2 || (text.back() != 'w' && text.back() != 'x')) return false;
  for (const char c : text.substr(0, text.size() - 1)) {
    if (!(c >= '0' && c <= '9') && c != '.') return false;
  }
  return text.front() != '.';
}

}  // namespace

bool is_safe_link(std::string_view address) {
  for (const char c : address) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '\\') return false;
  }
  if (address.empty()) return false;
  const std::size_t colon = address.find(':');
  if (colon == std::string_view::npos || address.find_first_of("/?#") < colon) return true;
  std::string scheme;
  for (const char c : address.substr(0, colon)) {
    scheme += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return (scheme == "http" || scheme == "https") && address.substr(colon + 1, 2) == "//";
}

bool is_safe_srcset(std::string_view srcset) {
  while (!srcset.empty()) {
    const std::size_t comma = srcset.find(", ");
    const std::string_view candidate = srcset.substr(0, comma);
    const std::size_t space = candidate.find(' ');
    const std::string_view address = candidate.substr(0, space);
    if (!is_safe_link(address) || address.find(',') != std::string_view::npos) return false;
    if (space != std::string_view::npos && !is_descriptor(candidate.substr(space + 1)))
      return false;
    if (comma == std::string_view::npos) return true;
    srcset.remove_prefix(comma + 2);
  }
  return false;
}

}  // namespace heed::compile
