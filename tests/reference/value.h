// The naive evaluator's values. Slow and obvious; shares nothing with core/runtime or core/studio.
#pragma once
#include <cstdint>
#include <set>
#include <string>
#include <variant>

namespace heed::reference {

/// Absent attributes, CEL errors and CEL unknowns are one thing here: none of them matches.
struct Unknown {
  friend bool operator==(Unknown, Unknown) = default;
};
struct Time {
  double ms;
  friend bool operator==(Time, Time) = default;
};
struct Duration {
  double ms;
  friend bool operator==(Duration, Duration) = default;
};
using Set = std::set<std::string>;
using Whole = std::int64_t;  // CEL's int: literals, sizes, parts of a date

using Value = std::variant<Unknown, bool, double, std::string, Set, Time, Duration, Whole>;

inline bool is_known(const Value& value) { return !std::holds_alternative<Unknown>(value); }
inline bool is_true(const Value& value) { return value == Value(true); }

}  // namespace heed::reference
