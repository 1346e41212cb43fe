#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>

#include "heed/studio/time_text.h"
#include "heed/studio/time_zones.h"

namespace heed::compile {
namespace {

constexpr std::int64_t hour_ms = 3'600'000;

std::optional<std::vector<std::byte>> zone_file(std::string_view zone) {
  std::ifstream file("/usr/share/zoneinfo/" + std::string(zone), std::ios::binary);
  if (!file) return {};
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  const auto* first = reinterpret_cast<const std::byte*>(bytes.data());
  return std::vector<std::byte>(first, first + bytes.size());
}

std::int64_t ms(std::string_view text) { return parse_time(text)->ms; }

std::string utc_of(std::string_view zone, std::string_view local) {
  const TzifZones zones(zone_file);
  const auto utc = to_utc(&zones, zone, ms(std::string(local) + "Z"));
  return utc ? time_text(*utc) : "unknown";
}

TEST(TimeText, rfc_3339_is_read_with_its_offset) {
  EXPECT_EQ(ms("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(ms("2026-11-20T10:00:00Z"), 1'795'168'800'000);
  EXPECT_EQ(ms("2026-11-20T10:00:00.5+05:30"), 1'795'168'800'500 - 5 * hour_ms - hour_ms / 2);
  EXPECT_EQ(ms("2026-11-20t10:00:00.123456z"), 1'795'168'800'123);
  EXPECT_EQ(ms("1969-12-31T23:59:59.999Z"), -1);
  for (const char* wrong :
       {"", "2026-11-20", "2026-11-20T10:00Z", "2026-11-20T10:00:00", "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-11-20T24:00:00Z", "2026-11-20T10:00:60Z",
        "2026-11-20T10:00:00.Z", "2026-11-20T10:00:00Zx", "2026-11-20 10:00:00Z",
        "2026-11-20T10:00:00+0100", "26-11-20T10:00:00Z"}) {
    EXPECT_FALSE(parse_time(wrong).has_value()) << wrong;
  }
  EXPECT_TRUE(parse_time("2024-02-29T00:00:00Z").has_value());
}

TEST(TimeText, times_read_back) {
  for (std::int64_t time = -5'000'000'000'123; time < 5'000'000'000'000; time += 86'399'977'001) {
    EXPECT_EQ(ms(time_text(TimeMs{time})), time);
  }
}

TEST(TimeText, durations_are_one_number_and_one_unit) {
  EXPECT_EQ(parse_duration("30m"), 30 * 60'000);
  EXPECT_EQ(parse_duration("2w"), 14 * 24 * hour_ms);
  EXPECT_EQ(parse_duration("500ms"), 500);
  for (const char* wrong :
       {"", "0d", "d", "1", "1.5h", "-1d", "1 d", "1h30m", "1D", "9999999999999w"}) {
    EXPECT_FALSE(parse_duration(wrong).has_value()) << wrong;
  }
  for (const char* text : {"1ms", "90s", "30m", "25h", "3d", "2w"})
    EXPECT_EQ(duration_text(*parse_duration(text)), text);
  EXPECT_EQ(duration_text(7 * 24 * hour_ms), "1w");
}

TEST(TimeZones, fixed_offsets_need_no_host) {
  EXPECT_EQ(to_utc(nullptr, "UTC", 0), TimeMs{0});
  EXPECT_EQ(to_utc(nullptr, "+05:30", 0), TimeMs{-5 * hour_ms - hour_ms / 2});
  EXPECT_EQ(to_utc(nullptr, "Europe/London", 0), std::nullopt);
}

TEST(TimeZones, a_time_in_a_gap_is_its_end_and_one_that_occurs_twice_the_first) {
  if (!zone_file("Europe/London")) GTEST_SKIP() << "skipped: no zoneinfo";
  EXPECT_EQ(utc_of("Europe/London", "2027-07-01T00:00:00"), "2027-06-30T23:00:00Z");
  EXPECT_EQ(utc_of("Europe/London", "2027-03-28T01:30:00"), "2027-03-28T01:00:00Z");
  EXPECT_EQ(utc_of("Europe/London", "2027-10-31T01:30:00"), "2027-10-31T00:30:00Z");
  EXPECT_EQ(utc_of("America/New_York", "2060-07-01T00:00:00"),
            "2060-07-01T04:00:00Z");  // by the footer's rule
  EXPECT_EQ(utc_of("Australia/Lord_Howe", "2027-01-15T00:00:00"), "2027-01-14T13:00:00Z");
  EXPECT_EQ(utc_of("Asia/Kolkata", "2027-01-15T00:00:00"), "2027-01-14T18:30:00Z");
}

TEST(TimeZones, names_that_leave_the_folder_are_unknown) {
  for (const char* name : {"", "../../etc/passwd", "/etc/passwd", "Europe/", "Europe//London", ".",
                           "Europe/./London", "Europe/Londn"}) {
    EXPECT_EQ(utc_of(name, "2027-07-01T00:00:00"), "unknown") << name;
  }
}

TEST(TimeZones, bytes_that_are_no_zone_are_unknown) {
  auto good = zone_file("Europe/London");
  if (!good) GTEST_SKIP() << "skipped: no zoneinfo";
  for (std::size_t size = 0; size < good->size(); size += 7) {
    const TzifZones zones([&](std::string_view) {
      return std::vector<std::byte>(good->begin(),
                                    good->begin() + static_cast<std::ptrdiff_t>(size));
    });
    EXPECT_EQ(zones.offset_ms("Europe/London", TimeMs{0}), std::nullopt) << size;
  }
}

TEST(TimeZones, agree_with_the_c_library_over_a_century) {
  if (!zone_file("Europe/London")) GTEST_SKIP() << "skipped: no zoneinfo";
  const char* before = std::getenv("TZ");
  const std::string kept = before == nullptr ? "" : before;
  const TzifZones zones(zone_file);
  for (const char* zone : {"Europe/London", "America/New_York", "Australia/Lord_Howe",
                           "Africa/Casablanca", "Asia/Tehran", "America/Sao_Paulo"}) {
    ::setenv("TZ", zone, 1);
    ::tzset();
    for (std::int64_t second = 0; second < 4'000'000'000; second += 1'234'567) {
      const std::time_t at = second;
      std::tm local{};
      ::localtime_r(&at, &local);
      ASSERT_EQ(zones.offset_ms(zone, TimeMs{second * 1000}), local.tm_gmtoff * 1000)
          << zone << " " << second;
    }
  }
  ::setenv("TZ", kept.c_str(), 1);
  if (before == nullptr) ::unsetenv("TZ");
  ::tzset();
}

}  // namespace
}  // namespace heed::compile
