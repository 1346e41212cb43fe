#include "json_text.h"

namespace heed::reference {

std::string list(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ",") + item;
  return "[" + text + "]";
}

std::string crowd_member(Random& random) { return "m" + std::to_string(random.below(150)); }

}  // namespace heed::reference
