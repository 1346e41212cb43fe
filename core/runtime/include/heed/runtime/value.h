// Typed values that cross into a session. Borrowed text: a session copies what it keeps.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

namespace heed {

/// Milliseconds since 1970-01-01T00:00:00Z.
struct TimeMs {
  std::int64_t ms = 0;

  friend constexpr bool operator==(TimeMs, TimeMs) = default;
  friend constexpr auto operator<=>(TimeMs, TimeMs) = default;
};

struct Absent {
  friend constexpr bool operator==(Absent, Absent) = default;
};

using Members = std::span<const std::string_view>;

/// absent, bool, number (finite), string (UTF-8), set of strings, time. Borrowed from the caller.
using Value = std::variant<Absent, bool, double, std::string_view, Members, TimeMs>;

/// One field of an observed signal: its index in the signal's declaration.
struct FieldValue {
  std::uint32_t field = 0;
  Value value;
};

}  // namespace heed
