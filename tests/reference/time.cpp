#include "time.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <stdexcept>

namespace heed::reference {
namespace {

[[noreturn]] void refuse(std::string_view text) {
  throw std::runtime_error("reference: not a time: `" + std::string(text) + "`");
}

/// Days since 1970-01-01, counting month lengths one by one.
std::int64_t days_since_1970(int year, int month, int day) {
  const auto leap = [](int y) { return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0; };
  constexpr int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  std::int64_t days = day - 1;
  for (int y = 1970; y < year; ++y) days += leap(y) ? 366 : 365;
  for (int y = year; y < 1970; ++y) days -= leap(y) ? 366 : 365;
  for (int m = 1; m < month; ++m) days += lengths[m - 1] + (m == 2 && leap(year) ? 1 : 0);
  return days;
}

std::int64_t offset_ms(std::string_view text) {
  if (text == "Z" || text == "UTC") return 0;
  int hours = 0;
  int minutes = 0;
  char sign = 0;
  if (std::sscanf(std::string(text).c_str(), "%c%2d:%2d", &sign, &hours, &minutes) != 3 ||
      (sign != '+' && sign != '-')) {
    refuse(text);
  }
  const std::int64_t ms = (hours * 60 + minutes) * std::int64_t{60'000};
  return sign == '-' ? -ms : ms;
}

}  // namespace

double parse_duration(std::string_view text) {
  const std::string whole(text);
  const char* at = whole.c_str();
  const double sign = *at == '-' ? -1 : 1;
  if (*at == '-') ++at;
  double total = 0;
  while (*at != '\0') {
    char* end = nullptr;
    const double amount = std::strtod(at, &end);
    if (end == at) refuse(text);
    at = end;
    std::string unit;
    while (*at >= 'a' && *at <= 'z') unit += *at++;
    if (unit == "ms")
      total += amount;
    else if (unit == "s")
      total += amount * 1000;
    else if (unit == "m")
      total += amount * 60'000;
    else if (unit == "h")
      total += amount * 3'600'000;
    else if (unit == "d")
      total += amount * 86'400'000;
    else if (unit == "w")
      total += amount * 604'800'000;
    else
      refuse(text);
  }
  return sign * std::floor(total + 0.5);  // whole milliseconds, however they are written
}

std::int64_t parse_time(std::string_view text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, length = 0;
  double second = 0;
  const std::string whole(text);
  if (std::sscanf(whole.c_str(), "%4d-%2d-%2d%*1[Tt ]%2d:%2d:%lf%n", &year, &month, &day, &hour,
                  &minute, &second, &length) != 6) {
    refuse(text);
  }
  const std::string zone = whole.substr(static_cast<std::size_t>(length));
  const std::int64_t minutes = (days_since_1970(year, month, day) * 24 + hour) * 60 + minute;
  const auto second_ms = static_cast<std::int64_t>(std::floor(second * 1000 + 0.5));
  return minutes * 60'000 + second_ms - offset_ms(zone == "z" ? "Z" : zone);
}

std::optional<std::int64_t> offset_at(const std::string& zone, std::int64_t ms) {
  const bool digits = zone.size() == 5 && zone[2] == ':';
  if (digits) return offset_ms("+" + zone);
  if (zone == "UTC" || zone[0] == '+' || zone[0] == '-') return offset_ms(zone);
  if (ms < parse_time("2015-01-01T00:00:00Z") || ms >= parse_time("2050-01-01T00:00:00Z")) {
    return std::nullopt;
  }
  ::setenv("TZ", zone.c_str(), 1);
  ::tzset();
  const auto seconds = static_cast<std::time_t>((ms - (ms % 1000 + 1000) % 1000) / 1000);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  return static_cast<std::int64_t>(local.tm_gmtoff) * 1000;
}

std::int64_t part_of_time(const std::string& accessor, std::int64_t ms) {
  std::int64_t rest = ms % 86'400'000;
  if (rest < 0) rest += 86'400'000;
  if (accessor == "getMilliseconds") return rest % 1000;
  if (accessor == "getSeconds") return rest / 1000 % 60;
  if (accessor == "getMinutes") return rest / 60'000 % 60;
  if (accessor == "getHours") return rest / 3'600'000;
  const std::int64_t days = (ms - rest) / 86'400'000;
  if (accessor == "getDayOfWeek") return ((days + 4) % 7 + 7) % 7;
  int year = 1970;
  while (days_since_1970(year, 1, 1) > days) --year;
  while (days_since_1970(year + 1, 1, 1) <= days) ++year;
  if (accessor == "getFullYear") return year;
  if (accessor == "getDayOfYear") return days - days_since_1970(year, 1, 1);
  int month = 12;
  while (days_since_1970(year, month, 1) > days) --month;
  if (accessor == "getMonth") return month - 1;
  const std::int64_t day = days - days_since_1970(year, month, 1);
  return accessor == "getDate" ? day + 1 : day;
}

std::int64_t parse_moment(std::string_view text, const std::string& zone) {
  if (text.size() > 10) return parse_time(text);
  if (zone == "UTC" || zone[0] == '+' || zone[0] == '-') {
    return parse_time(std::string(text) + "T00:00:00Z") - offset_ms(zone);
  }
  std::tm local{};
  if (std::sscanf(std::string(text).c_str(), "%4d-%2d-%2d", &local.tm_year, &local.tm_mon,
                  &local.tm_mday) != 3) {
    refuse(text);
  }
  local.tm_year -= 1900;
  local.tm_mon -= 1;
  local.tm_isdst = -1;
  ::setenv("TZ", zone.c_str(), 1);
  ::tzset();
  const std::int64_t ms = static_cast<std::int64_t>(std::mktime(&local)) * 1000;
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  return ms;
}

}  // namespace heed::reference
