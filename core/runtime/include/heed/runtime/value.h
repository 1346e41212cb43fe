// Typed values that cross into a session, and their owned form inside.
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "heed/base/array.h"
#include "heed/base/limits.h"
#include "heed/base/result.h"
#include "heed/runtime/image.h"

namespace heed {

/// Milliseconds since 1970-01-01T00:00:00Z.
struct TimeMs {
  std::int64_t ms = 0;

  friend constexpr bool operator==(TimeMs, TimeMs) = default;
  friend constexpr auto operator<=>(TimeMs, TimeMs) = default;
};

/// Times before 1970 and beyond what a double holds exactly become the nearest that is neither.
[[nodiscard]] constexpr TimeMs in_range(TimeMs now) {
  return TimeMs{now.ms < 0 ? 0 : now.ms > limits::time_ms_max ? limits::time_ms_max : now.ms};
}

/// Milliseconds [from, until).
struct TimeSpan {
  std::int64_t from = std::numeric_limits<std::int64_t>::min();
  std::int64_t until = std::numeric_limits<std::int64_t>::max();

  [[nodiscard]] bool contains(TimeMs now) const { return from <= now.ms && now.ms < until; }
  /// The part that both share.
  [[nodiscard]] TimeSpan within(TimeSpan other) const {
    return {from > other.from ? from : other.from, until < other.until ? until : other.until};
  }
};

struct Absent {
  friend constexpr bool operator==(Absent, Absent) = default;
};

/// A set's members, borrowed: a list of texts, or texts packed one behind the other.
class Members {
 public:
  Members() = default;
  template <class Texts>
  requires std::convertible_to<const Texts&, std::span<const std::string_view>>
  explicit Members(const Texts& texts) {
    const std::span<const std::string_view> all(texts);
    data_ = all.data();
    size_bytes_ = static_cast<std::uint32_t>(all.size_bytes());
  }
  /// @param packed  what `pack` has written
  static Members packed(std::string_view packed);

  [[nodiscard]] std::size_t size() const;
  /// Goes through them: `at` begins as 0 and is moved on.
  /// @return  whether there was one
  bool next(std::size_t& at, std::string_view& member) const;

 private:
  const void* data_ = nullptr;  // string_views, or sizes and texts
  std::uint32_t size_bytes_ = 0;
  bool is_packed_ = false;
};

/// Each with its size in 16 bits; ascending, each once.
[[nodiscard]] Array<char> pack(const Members& members);

/// absent, bool, number (finite), string (UTF-8), set of strings, time. Borrowed from the caller.
using Value = std::variant<Absent, bool, double, std::string_view, Members, TimeMs>;

/// A value that is kept. A set is sorted by bytes and holds no member twice; -0 is 0.
using OwnedValue = std::variant<Absent, bool, double, std::string, Array<std::string>, TimeMs>;

/// One field of an observed signal: its index in the signal's declaration.
struct FieldValue {
  std::uint32_t field = 0;
  Value value;
};

/// Whether `value` may stand where `type` is declared; `Absent` may everywhere.
///
/// @param where  what an error names
/// @errors  wrong_type, not_finite, not_utf8, too_large (a text over
///          limits::string_size_bytes_max, a time over limits::time_ms_max), too_many (members)
[[nodiscard]] Result<void> check_value(const Value& value, image::Type type, std::uint64_t where);

[[nodiscard]] OwnedValue own(const Value& value);

}  // namespace heed
