// What the program holds from the heap: `new` and `delete` count here.
#pragma once
#include <cstddef>

namespace heed::bench {

/// Bytes asked for and not yet given back.
[[nodiscard]] std::size_t held_bytes();

}  // namespace heed::bench
