#include "heed/base/sort.h"

#include <cstddef>
#include <utility>

namespace heed {
namespace {

/// Lets the value at `root` sink until no child is larger; `values` is the heap.
void sink(std::span<std::uint64_t> values, std::size_t root) {
  for (std::size_t child = 2 * root + 1; child < values.size(); child = 2 * root + 1) {
    if (child + 1 < values.size() && values[child] < values[child + 1]) ++child;
    if (values[root] >= values[child]) return;
    std::swap(values[root], values[child]);
    root = child;
  }
}

}  // namespace

void sort_ascending(std::span<std::uint64_t> values) {
  for (std::size_t root = values.size() / 2; root-- > 0;) sink(values, root);
  for (std::size_t size = values.size(); size > 1; --size) {
    std::swap(values[0], values[size - 1]);
    sink(values.first(size - 1), 0);
  }
}

}  // namespace heed
