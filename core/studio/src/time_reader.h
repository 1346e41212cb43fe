// What reading a time tells beyond its value.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "heed/runtime/value.h"

namespace heed::compile {

struct ExactTime {
  TimeMs time;
  bool whole_ms = true;  // false where a finer fraction was cut off
};

/// RFC 3339 with an offset.
[[nodiscard]] std::optional<ExactTime> read_time(std::string_view text);

/// `UTC`, `Z` or `+05:30` in ms east of UTC.
[[nodiscard]] std::optional<std::int64_t> parse_fixed_offset(std::string_view zone);

}  // namespace heed::compile
