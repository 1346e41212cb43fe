#include "heed/base/sort.h"

#include <algorithm>
#include <cstddef>

namespace heed {
namespace {

/// Shell's sort: a few lines, and order of n^1.5 comparisons at most for gaps in this ratio.
template <class T, class Less>
inline void sort_by_gaps(std::span<T> values, Less less) {
  for (std::size_t gap = values.size() / 2; gap > 0; gap = gap == 2 ? 1 : gap * 5 / 11) {
    for (std::size_t i = gap; i < values.size(); ++i) {
      const T value = values[i];
      std::size_t at = i;
      for (; at >= gap && less(value, values[at - gap]); at -= gap) values[at] = values[at - gap];
      values[at] = value;
    }
  }
}

}  // namespace

void sort_ascending(std::span<std::uint64_t> values) {
  sort_by_gaps(values, [](std::uint64_t a, std::uint64_t b) { return a < b; });
}

void sort_ids(std::span<std::uint32_t> ids, Before before, const void* order) {
  sort_by_gaps(ids, [=](std::uint32_t a, std::uint32_t b) { return before(order, a, b); });
}

void sort_ids(std::span<std::uint32_t> ids) {
  sort_ids(ids, [](std::uint32_t a, std::uint32_t b) { return a < b; });
}

std::uint32_t find_id(std::span<const std::uint32_t> ids, std::uint32_t id) {
  const auto at = std::lower_bound(ids.data(), ids.data() + ids.size(), id);
  return at == ids.data() + ids.size() || *at != id ? none_index
                                                    : static_cast<std::uint32_t>(at - ids.data());
}

}  // namespace heed
