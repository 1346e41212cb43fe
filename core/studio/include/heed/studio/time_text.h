// Times and durations as text: RFC 3339 and `30m 3d 2w 24h 90s 500ms`. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "heed/runtime/value.h"

namespace heed::compile {

/// RFC 3339 with an offset (`2026-11-20T10:00:00Z`, `...+01:00`, fractions of up to 3 digits that
/// are not zero); leap seconds are refused.
[[nodiscard]] std::optional<TimeMs> parse_time(std::string_view text);

/// `YYYY-MM-DD` as midnight, in ms since 1970 as if UTC.
[[nodiscard]] std::optional<std::int64_t> parse_date(std::string_view text);

/// `2026-11-20T10:00:00Z`, with `.mmm` where it is not a whole second.
[[nodiscard]] std::string time_text(TimeMs time);

/// One whole number and one of ms, s, m, h, d, w; more than zero; in ms.
[[nodiscard]] std::optional<std::int64_t> parse_duration(std::string_view text);

/// The shortest text that `parse_duration` reads back: 604800000 is `1w`.
[[nodiscard]] std::string duration_text(std::int64_t duration_ms);

}  // namespace heed::compile
