#include "heed/studio/time_text.h"

#include <array>
#include <cstdio>

#include "heed/base/calendar.h"
#include "time_reader.h"

namespace heed::compile {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t ms;
};

// From large to small: the first that divides a duration prints it.
constexpr std::array<Unit, 6> units = {
    {{"w", week_ms}, {"d", day_ms}, {"h", hour_ms}, {"m", minute_ms}, {"s", second_ms}, {"ms", 1}}};

class Digits {
 public:
  explicit Digits(std::string_view text) : text_(text) {}

  // A number of exactly `count` digits, within the range; else the whole text is wrong.
  int number(std::size_t count, int low, int high) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const char c = take();
      if (c < '0' || c > '9') ok_ = false;
      value = value * 10 + (c - '0');
    }
    if (value < low || value > high) ok_ = false;
    return value;
  }

  void expect(std::string_view any_of) {
    if (any_of.find(take()) == std::string_view::npos) ok_ = false;
  }

  char take() {
    if (at_ < text_.size()) return text_[at_++];
    ok_ = false;
    return '0';
  }

  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool done() const { return ok_ && at_ == text_.size(); }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

std::int64_t read_date(Digits& digits) {
  Date date;
  date.year = digits.number(4, 0, 9999);
  digits.expect("-");
  date.month = digits.number(2, 1, 12);
  digits.expect("-");
  date.day = digits.number(2, 1, digits.ok() ? days_in_month(date.year, date.month) : 31);
  return digits.ok() ? to_days(date) * day_ms : 0;
}

std::int64_t read_offset(Digits& digits) {
  const char sign = digits.take();
  if (sign == 'Z' || sign == 'z') return 0;
  if (sign != '+' && sign != '-') digits.expect("");
  const int hours = digits.number(2, 0, 23);
  digits.expect(":");
  const int minutes = digits.number(2, 0, 59);
  return (sign == '-' ? -1 : 1) * (hours * hour_ms + minutes * minute_ms);
}

}  // namespace

std::optional<ExactTime> read_time(std::string_view text) {
  Digits digits(text);
  ExactTime time;
  std::int64_t ms = read_date(digits);
  digits.expect("Tt");
  ms += digits.number(2, 0, 23) * hour_ms;
  digits.expect(":");
  ms += digits.number(2, 0, 59) * minute_ms;
  digits.expect(":");
  ms += digits.number(2, 0, 59) * second_ms;
  if (digits.peek() == '.') {
    digits.take();
    int place = 100;
    do {
      const int digit = digits.number(1, 0, 9);
      ms += digit * place;
      if (place == 0 && digit != 0) time.whole_ms = false;
      place /= 10;
    } while (digits.ok() && digits.peek() >= '0' && digits.peek() <= '9');
  }
  ms -= read_offset(digits);
  if (!digits.done()) return {};
  time.time = TimeMs{ms};
  return time;
}

std::optional<TimeMs> parse_time(std::string_view text) {
  const auto time = read_time(text);
  if (!time) return {};
  return time->time;
}

std::optional<std::int64_t> parse_date(std::string_view text) {
  Digits digits(text);
  const std::int64_t ms = read_date(digits);
  if (!digits.done()) return {};
  return ms;
}

std::optional<std::int64_t> parse_fixed_offset(std::string_view zone) {
  if (zone == "UTC" || zone == "Z") return 0;
  if (zone.empty() || (zone[0] != '+' && zone[0] != '-')) return {};
  Digits digits(zone);
  const std::int64_t offset = read_offset(digits);
  if (!digits.done()) return {};
  return offset;
}

std::string time_text(TimeMs time) {
  const std::int64_t days = floor_divide(time.ms, day_ms);
  const std::int64_t rest = time.ms - days * day_ms;
  const Date date = to_date(days);
  char text[64];
  int size = std::snprintf(
      text, sizeof text, "%04lld-%02d-%02dT%02d:%02d:%02d", static_cast<long long>(date.year),
      date.month, date.day, static_cast<int>(rest / hour_ms),
      static_cast<int>(rest % hour_ms / minute_ms), static_cast<int>(rest % minute_ms / second_ms));
  std::string out(text, static_cast<std::size_t>(size));
  if (rest % second_ms != 0) {
    size = std::snprintf(text, sizeof text, ".%03d", static_cast<int>(rest % second_ms));
    out.append(text, static_cast<std::size_t>(size));
  }
  return out + "Z";
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
  std::size_t digit_count = 0;
  std::int64_t value = 0;
  while (digit_count < text.size() && text[digit_count] >= '0' && text[digit_count] <= '9') {
    value = value * 10 + (text[digit_count] - '0');
    if (++digit_count > 12) return {};
  }
  if (digit_count == 0 || value == 0) return {};
  for (const Unit& unit : units) {
    if (text.substr(digit_count) == unit.name) return value * unit.ms;
  }
  return {};
}

std::string duration_text(std::int64_t duration_ms) {
  for (const Unit& unit : units) {
    if (duration_ms % unit.ms == 0) {
      return std::to_string(duration_ms / unit.ms) + std::string(unit.name);
    }
  }
  return std::to_string(duration_ms) + "ms";
}

}  // namespace heed::compile
