// Dates, times and durations as people write them, in milliseconds. Zones come from the C library.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace heed::reference {

/// "30m", "1h30m", "3d", "-2w", "1.5h", "250ms".
double parse_duration(std::string_view text);

/// RFC 3339: "2026-11-20T10:00:00Z", with fractions of a second or an offset.
std::int64_t parse_time(std::string_view text);

/// A moment of a schedule: a time as above, or a date, which begins at midnight in `zone`
/// ("Europe/London", "+02:00", "UTC").
std::int64_t parse_moment(std::string_view text, const std::string& zone);

/// Milliseconds that `zone` is east of UTC at `ms`; named zones are those of the C library, and
/// known from 2015 to 2049.
std::optional<std::int64_t> offset_at(const std::string& zone, std::int64_t ms);

/// What CEL's accessor (`getMonth`, ...) gives of a UTC time, counted day by day.
std::int64_t part_of_time(const std::string& accessor, std::int64_t ms);

}  // namespace heed::reference
