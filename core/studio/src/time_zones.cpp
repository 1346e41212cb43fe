#include "heed/studio/time_zones.h"

#include <algorithm>
#include <utility>

#include "heed/base/calendar.h"
#include "time_reader.h"

namespace heed::compile {
namespace {

// A yearly change in a POSIX TZ rule: `Mm.w.d`, `Jn` or `n`, at a wall clock second of that day.
struct RuleDay {
  char form = 'M';  // M, J or n
  int month = 1;
  int week = 1;
  int day = 0;
  std::int64_t second = 7200;

  // Seconds since 1970 on the wall clock.
  [[nodiscard]] std::int64_t local_second(std::int64_t year) const {
    return local_day(year) * 86400 + second;
  }

 private:
  [[nodiscard]] std::int64_t local_day(std::int64_t year) const {
    const std::int64_t first = to_days({year, 1, 1});
    if (form == 'n') return first + day;
    if (form == 'J') return first + day - 1 + (is_leap(year) && day >= 60 ? 1 : 0);
    const std::int64_t month_start = to_days({year, month, 1});
    const std::int64_t weekday = ((month_start + 4) % 7 + 7) % 7;  // 1970-01-01 was a Thursday
    std::int64_t in_month = (day - weekday + 7) % 7 + (week - 1) * 7;
    if (in_month >= days_in_month(year, month)) in_month -= 7;  // week 5: the last
    return month_start + in_month;
  }
};

// Reads `GMT0BST,M3.5.0/1,M10.5.0`; any fault makes the rule unusable.
class RuleReader {
 public:
  explicit RuleReader(std::string_view text) : text_(text) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool done() const { return ok_ && at_ == text_.size(); }
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void name() {
    const std::size_t start = at_;
    if (peek() == '<') {
      while (peek() != '>' && peek() != '\0') ++at_;
      expect('>');
    } else {
      while ((peek() | 0x20) >= 'a' && (peek() | 0x20) <= 'z') ++at_;
    }
    if (at_ - start < 3) ok_ = false;
  }

  // [+-]hh[:mm[:ss]] in seconds.
  std::int64_t time() {
    std::int64_t sign = 1;
    if (peek() == '+' || peek() == '-') sign = text_[at_++] == '-' ? -1 : 1;
    std::int64_t seconds = number() * 3600;
    if (peek() == ':') {
      ++at_;
      seconds += number() * 60;
      if (peek() == ':') {
        ++at_;
        seconds += number();
      }
    }
    return sign * seconds;
  }

  RuleDay day() {
    RuleDay rule;
    expect(',');
    if (peek() == 'M') {
      ++at_;
      rule.month = ranged(1, 12);
      expect('.');
      rule.week = ranged(1, 5);
      expect('.');
      rule.day = ranged(0, 6);
    } else if (peek() == 'J') {
      ++at_;
      rule.form = 'J';
      rule.day = ranged(1, 365);
    } else {
      rule.form = 'n';
      rule.day = ranged(0, 365);
    }
    if (peek() == '/') {
      ++at_;
      rule.second = time();
    }
    return rule;
  }

 private:
  void expect(char c) {
    if (peek() == c) {
      ++at_;
    } else {
      ok_ = false;
    }
  }

  std::int64_t number() {
    const std::size_t start = at_;
    std::int64_t value = 0;
    while (peek() >= '0' && peek() <= '9' && at_ - start < 4)
      value = value * 10 + (text_[at_++] - '0');
    if (at_ == start) ok_ = false;
    return value;
  }

  int ranged(int low, int high) {
    const std::int64_t value = number();
    if (value < low || value > high) ok_ = false;
    return ok_ ? static_cast<int>(value) : low;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

std::optional<std::int64_t> rule_offset_seconds(std::string_view rule, std::int64_t utc_second) {
  RuleReader reader(rule);
  reader.name();
  const std::int64_t standard = -reader.time();  // POSIX counts west of UTC
  if (reader.done()) return standard;
  reader.name();
  std::int64_t daylight = standard + 3600;
  if (reader.ok() && reader.peek() != ',') daylight = -reader.time();
  const RuleDay from = reader.day();
  const RuleDay until = reader.day();
  if (!reader.done()) return {};
  const std::int64_t year = to_date(floor_divide(utc_second + standard, 86400)).year;
  const std::int64_t start = from.local_second(year) - standard;
  const std::int64_t end = until.local_second(year) - daylight;
  const bool in_daylight = start < end ? utc_second >= start && utc_second < end
                                       : utc_second >= start || utc_second < end;
  return in_daylight ? daylight : standard;
}

// Big-endian reads that stop at the end of the file.
class TzifReader {
 public:
  explicit TzifReader(const std::vector<std::byte>& bytes) : bytes_(bytes) {}

  std::int64_t integer(std::size_t size) {
    if (at_ + size > bytes_.size()) ok_ = false;
    std::uint64_t value = ok_ && (std::to_integer<unsigned>(bytes_[at_]) & 0x80U) != 0
                              ? ~std::uint64_t{0}
                              : std::uint64_t{0};
    for (std::size_t i = 0; ok_ && i < size; ++i) {
      value = value << 8U | std::to_integer<std::uint64_t>(bytes_[at_++]);
    }
    return static_cast<std::int64_t>(value);
  }

  std::size_t count() {
    const std::int64_t value = integer(4);
    if (value < 0 || static_cast<std::uint64_t>(value) > bytes_.size()) ok_ = false;
    return ok_ ? static_cast<std::size_t>(value) : 0;
  }

  std::uint8_t byte() { return static_cast<std::uint8_t>(integer(1)); }

  void skip(std::size_t size) {
    if (size > bytes_.size() - at_) ok_ = false;
    if (ok_) at_ += size;
  }

  std::string footer() {
    std::string text;
    if (byte() != '\n') ok_ = false;
    while (ok_) {
      const char c = static_cast<char>(byte());
      if (c == '\n') break;
      text += c;
    }
    return text;
  }

  [[nodiscard]] bool ok() const { return ok_; }

 private:
  const std::vector<std::byte>& bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

struct TzifCounts {
  std::size_t is_ut, is_standard, leap, transition, type, name_bytes;
  int version;
};

TzifCounts read_counts(TzifReader& reader, bool& ok) {
  ok = reader.integer(4) == 0x545a6966;  // "TZif"
  TzifCounts counts{};
  const int version = reader.byte();
  counts.version = version == 0 ? 1 : version - '0';
  reader.skip(15);
  counts.is_ut = reader.count();
  counts.is_standard = reader.count();
  counts.leap = reader.count();
  counts.transition = reader.count();
  counts.type = reader.count();
  counts.name_bytes = reader.count();
  ok = ok && reader.ok() && counts.type > 0;
  return counts;
}

std::size_t after_types_bytes(const TzifCounts& counts, std::size_t time_size) {
  return counts.name_bytes + counts.leap * (time_size + 4) + counts.is_standard + counts.is_ut;
}

bool is_safe_name(std::string_view zone) {
  if (zone.empty() || zone.size() > 64) return false;
  std::string_view rest = zone;
  for (;;) {
    const std::size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return false;
    for (const char c : part) {
      const char lower = static_cast<char>(c | 0x20);
      const bool letter = lower >= 'a' && lower <= 'z';
      if (!letter && !(c >= '0' && c <= '9') && c != '_' && c != '-' && c != '+') return false;
    }
    if (slash == std::string_view::npos) return true;
    rest = rest.substr(slash + 1);
  }
}

}  // namespace

std::optional<TzifZones::Zone> TzifZones::read(const std::vector<std::byte>& bytes) {
  TzifReader reader(bytes);
  bool ok = false;
  TzifCounts counts = read_counts(reader, ok);
  std::size_t time_size = 4;
  if (ok && counts.version >= 2) {  // the first block is for readers of 32-bit times
    reader.skip(counts.transition * 5 + counts.type * 6 + after_types_bytes(counts, 4));
    counts = read_counts(reader, ok);
    time_size = 8;
  }
  if (!ok || !reader.ok()) return {};
  Zone zone;
  for (std::size_t i = 0; reader.ok() && i < counts.transition; ++i) {
    zone.transitions.push_back(reader.integer(time_size));
  }
  std::vector<std::uint8_t> types;
  for (std::size_t i = 0; reader.ok() && i < counts.transition; ++i) types.push_back(reader.byte());
  std::vector<std::int64_t> offsets;
  for (std::size_t i = 0; reader.ok() && i < counts.type; ++i) {
    offsets.push_back(reader.integer(4));
    reader.skip(2);
  }
  reader.skip(after_types_bytes(counts, time_size));
  if (time_size == 8) zone.rule = reader.footer();
  if (!reader.ok()) return {};
  zone.first_offset = offsets[0];
  for (const std::uint8_t type : types) {
    if (type >= offsets.size()) return {};
    zone.offsets.push_back(offsets[type]);
  }
  return zone;
}

TzifZones::TzifZones(Load load) : load_(std::move(load)) {}

std::optional<std::int64_t> TzifZones::offset_ms(std::string_view zone, TimeMs utc) const {
  auto found = zones_.find(zone);
  if (found == zones_.end()) {
    const auto bytes = is_safe_name(zone) ? load_(zone) : std::nullopt;
    found = zones_.emplace(zone, bytes ? read(*bytes) : std::nullopt).first;
  }
  if (!found->second) return {};
  const Zone& known = *found->second;
  const std::int64_t second = floor_divide(utc.ms, 1000);
  const auto after = std::upper_bound(known.transitions.begin(), known.transitions.end(), second);
  if (after == known.transitions.end() && !known.rule.empty()) {
    if (const auto offset = rule_offset_seconds(known.rule, second)) return *offset * 1000;
  }
  if (after == known.transitions.begin()) return known.first_offset * 1000;
  return known.offsets[static_cast<std::size_t>(after - known.transitions.begin() - 1)] * 1000;
}

std::optional<TimeMs> to_utc(const TimeZones* zones, std::string_view zone, std::int64_t local_ms) {
  if (const auto fixed = parse_fixed_offset(zone)) return TimeMs{local_ms - *fixed};
  if (zones == nullptr) return {};
  // No zone changes twice within the two days around a reading.
  const auto before = zones->offset_ms(zone, TimeMs{local_ms - day_ms});
  const auto after = zones->offset_ms(zone, TimeMs{local_ms + day_ms});
  if (!before || !after) return {};
  for (const std::int64_t offset : {*before, *after}) {
    const TimeMs utc{local_ms - offset};
    if (zones->offset_ms(zone, utc) == offset) return utc;
  }
  // A gap: its end is the instant at which the offset changes.
  std::int64_t low = local_ms - day_ms;
  std::int64_t high = local_ms + day_ms;
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    (zones->offset_ms(zone, TimeMs{middle}) == before ? low : high) = middle;
  }
  return TimeMs{high};
}

}  // namespace heed::compile
