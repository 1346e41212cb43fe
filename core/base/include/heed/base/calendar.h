// The proleptic Gregorian calendar in integers.
// @source  Hinnant, "chrono-compatible low-level date algorithms"
#pragma once
#include <cstddef>
#include <cstdint>

namespace heed {

inline constexpr std::int64_t second_ms = 1000;
inline constexpr std::int64_t minute_ms = 60 * second_ms;
inline constexpr std::int64_t hour_ms = 60 * minute_ms;
inline constexpr std::int64_t day_ms = 24 * hour_ms;
inline constexpr std::int64_t week_ms = 7 * day_ms;

struct Date {
  std::int64_t year = 1970;
  int month = 1;  // 1 to 12
  int day = 1;    // 1 to 31
};

[[nodiscard]] constexpr bool is_leap(std::int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

[[nodiscard]] constexpr int days_in_month(std::int64_t year, int month) {
  constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/// Days since 1970-01-01.
[[nodiscard]] constexpr std::int64_t to_days(Date date) {
  const std::int64_t y = date.year - (date.month <= 2 ? 1 : 0);
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const std::int64_t year_of_era = y - era * 400;
  const std::int64_t day_of_year =
      (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

[[nodiscard]] constexpr Date to_date(std::int64_t days) {
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const std::int64_t day_of_era = days - era * 146097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted = (5 * day_of_year + 2) / 153;
  const int month = static_cast<int>(shifted < 10 ? shifted + 3 : shifted - 9);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month,
          static_cast<int>(day_of_year - (153 * shifted + 2) / 5 + 1)};
}

/// Rounds towards minus infinity.
[[nodiscard]] constexpr std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

/// What CEL's accessors of a time give: months, days of a month and of a year from 0, a date from
/// 1, Sunday as 0.
enum class DatePart : std::uint8_t {
  year,
  month,
  date,
  day_of_month,
  day_of_week,
  day_of_year,
  hours,
  minutes,
  seconds,
  milliseconds
};
inline constexpr std::size_t date_part_count = 10;

/// @param ms  since 1970-01-01T00:00:00, on the clock that is asked
[[nodiscard]] constexpr std::int64_t date_part(DatePart part, std::int64_t ms) {
  const std::int64_t days = floor_divide(ms, day_ms);
  const std::int64_t rest = ms - days * day_ms;
  switch (part) {
    case DatePart::hours:
      return rest / hour_ms;
    case DatePart::minutes:
      return rest / minute_ms % 60;
    case DatePart::seconds:
      return rest / second_ms % 60;
    case DatePart::milliseconds:
      return rest % second_ms;
    case DatePart::day_of_week:
      return days + 4 - floor_divide(days + 4, 7) * 7;  // 1970 began on a Thursday
    default:
      break;
  }
  const Date date = to_date(days);
  switch (part) {
    case DatePart::year:
      return date.year;
    case DatePart::month:
      return date.month - 1;
    case DatePart::date:
      return date.day;
    case DatePart::day_of_month:
      return date.day - 1;
    default:
      return days - to_days({date.year, 1, 1});
  }
}

}  // namespace heed
