#include "options.h"

#include <charconv>
#include <cstdint>
#include <system_error>

#include <fmt/format.h>

#include "heed/studio/time_text.h"

namespace heed::cli {
namespace {

constexpr std::uint64_t version_max = std::uint64_t{1} << 53U;  // exact in JSON

}  // namespace

Outcome<TimeMs> time_option(const std::string& name, const std::string& text) {
  if (const auto time = compile::parse_time(text)) return *time;
  return refuse(
      Exit::wrong_call, "bad_option", "heed",
      fmt::format("{} '{}' is not a time; write it as in 2026-11-20T10:00:00Z", name, text));
}

Outcome<TimeMs> expiry_option(const std::string& name, const std::string& text) {
  const auto time = time_option(name, text);
  if (!time || time->ms > 0) return time;
  return refuse(
      Exit::wrong_call, "bad_option", "heed",
      fmt::format("{} '{}' is not after 1970; give when the ruleset is to stop", name, text));
}

Outcome<std::int64_t> duration_option(const std::string& name, const std::string& text) {
  if (const auto duration = compile::parse_duration(text)) return *duration;
  return refuse(Exit::wrong_call, "bad_option", "heed",
                fmt::format("{} '{}' is not a duration; write a whole number and ms, s, m, h, d or "
                            "w, as in 90d",
                            name, text));
}

Outcome<std::uint64_t> version_option(const std::string& name, const std::string& text) {
  std::uint64_t version = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, version);
  if (error == std::errc() && end == last && version >= 1 && version <= version_max) return version;
  return refuse(Exit::wrong_call, "bad_option", "heed",
                fmt::format("{} '{}' is not a version; write a whole number from 1 to {}", name,
                            text, version_max));
}

}  // namespace heed::cli
