#include "suggest.h"

#include <algorithm>
#include <cstddef>

namespace heed::compile {
namespace {

constexpr std::size_t length_max = 64;  // longer names are not compared

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Optimal string alignment distance: insertions, deletions, substitutions, swaps of neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
          lower(a[i - 2]) == lower(b[j - 1])) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    before_last.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::string closest_name(std::string_view wrong, const std::vector<std::string_view>& known) {
  if (wrong.size() > length_max) return {};
  std::size_t best = std::max<std::size_t>(1, wrong.size() / 3) + 1;
  std::string_view closest;
  for (const std::string_view name : known) {
    const std::size_t longer = std::max(name.size(), wrong.size());
    if (name.size() > length_max || longer - std::min(name.size(), wrong.size()) >= best) continue;
    const std::size_t edits = distance(wrong, name);
    if (edits < best && edits < longer) {
      best = edits;
      closest = name;
    }
  }
  return std::string(closest);
}

std::string listed(const std::vector<std::string_view>& names, std::string_view last) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? " " + std::string(last) + " " : ", ";
    out += "`" + std::string(names[i]) + "`";
  }
  return out;
}

std::string known_sentence(const std::vector<std::string_view>& known) {
  constexpr std::size_t count_max = 12;
  if (known.empty() || known.size() > count_max) return {};
  return (known.size() == 1 ? "; known is " : "; known are ") + listed(known, "and");
}

}  // namespace heed::compile
