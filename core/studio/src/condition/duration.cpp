#include "duration.h"

#include <algorithm>

#include "heed/base/calendar.h"

namespace heed::compile {
namespace {

struct DurationUnit {
  std::string_view name;
  std::int64_t ns;
};

constexpr std::int64_t ms_ns = 1'000'000;
constexpr DurationUnit duration_units[] = {{"ns", 1},
                                           {"us", 1000},
                                           {"ms", ms_ns},
                                           {"s", 1000 * ms_ns},
                                           {"m", minute_ms* ms_ns},
                                           {"h", hour_ms* ms_ns},
                                           {"d", day_ms* ms_ns},
                                           {"w", week_ms* ms_ns}};

std::int64_t unit_ns(std::string_view name) {
  for (const DurationUnit& unit : duration_units) {
    if (unit.name == name) return unit.ns;
  }
  return 0;
}

// One `1.5h` off the front of `text`, in ns.
std::optional<std::int64_t> take_duration(std::string_view& text) {
  const auto digits = [&text] {
    const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
    const std::string_view taken = text.substr(0, end);
    text.remove_prefix(end);
    return taken;
  };
  const std::string_view whole = digits();
  std::string_view fraction;
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    fraction = digits();
  }
  if (whole.size() + fraction.size() == 0 || whole.size() > 18) return {};
  const std::size_t end = std::min(text.find_first_of("0123456789."), text.size());
  std::int64_t unit = unit_ns(text.substr(0, end));
  text.remove_prefix(end);
  if (unit == 0) return {};
  std::int64_t total = 0;
  for (const char c : whole) total = total * 10 + (c - '0');
  if (__builtin_mul_overflow(total, unit, &total)) return {};
  for (const char c : fraction) {
    if (unit % 10 != 0 && c != '0') return {};
    unit /= 10;
    if (__builtin_add_overflow(total, (c - '0') * unit, &total)) return {};
  }
  return total;
}

}  // namespace

std::optional<std::int64_t> parse_cel_duration(std::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  if (text == "0") return 0;
  if (text.empty()) return {};
  std::int64_t total_ns = 0;
  while (!text.empty()) {
    const auto part = take_duration(text);
    if (!part || __builtin_add_overflow(total_ns, *part, &total_ns)) return {};
  }
  if (total_ns % ms_ns != 0) return {};
  return (negative ? -total_ns : total_ns) / ms_ns;
}

}  // namespace heed::compile
