#include "options.h"

#include <fmt/format.h>

#include "heed/studio/time_text.h"

namespace heed::cli {

Outcome<TimeMs> time_option(const std::string& name, const std::string& text) {
  if (const auto time = compile::parse_time(text)) return *time;
  return refuse(Exit::wrong_call, "bad_option", "heed",
                fmt::format("{} '{}' is not a time such as 2026-11-20T10:00:00Z", name, text));
}

Outcome<std::int64_t> duration_option(const std::string& name, const std::string& text) {
  if (const auto duration = compile::parse_duration(text)) return *duration;
  return refuse(Exit::wrong_call, "bad_option", "heed",
                fmt::format("{} '{}' is not a duration such as 90d", name, text));
}

}  // namespace heed::cli
