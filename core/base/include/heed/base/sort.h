// One sort for everything that a visitor's module sorts: a copy of std::sort for each type would
// cost the page more than the sorting does.
#pragma once
#include <cstdint>
#include <span>

namespace heed {

/// Ascending, in place, at most 2 n log2 n comparisons whatever the order before.
void sort_ascending(std::span<std::uint64_t> values);

}  // namespace heed
