// Counts what `operator new` hands out, and can let it run out: for executables of their own, into
// which allocations.cpp is linked.
#pragma once
#include <cstddef>

namespace heed::test {

inline constexpr std::size_t no_limit = ~std::size_t{0};

/// How many allocations still succeed.
extern std::size_t allocations_left;
/// What was handed out and has not come back.
extern std::size_t bytes_held;

}  // namespace heed::test
