// What an integer of a condition can be: bounds, carried along while a condition is typed, so that
// no integer that depends on the visitor leaves what a double holds exactly.
#pragma once
#include <cstdint>
#include <optional>

#include "syntax.h"
#include "typed.h"

namespace heed::compile {

inline constexpr std::int64_t whole_max = (std::int64_t{1} << 53U) - 1;  // exact in a double

struct Whole {
  std::int64_t low = 0;
  std::int64_t high = 0;
};

[[nodiscard]] Whole whole_range(const Typed& typed);

/// The bounds of `a op b`; nothing where it might not be exact in a double.
[[nodiscard]] std::optional<Whole> combined(Operator op, Whole a, Whole b);

}  // namespace heed::compile
