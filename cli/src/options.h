// Values of options that need more than CLI11's own checks.
#pragma once
#include <string>

#include "failure.h"
#include "heed/runtime/value.h"

namespace heed::cli {

/// RFC 3339; a wrong value is a wrong call.
[[nodiscard]] Outcome<TimeMs> time_option(const std::string& name, const std::string& text);

/// A time after 1970.
[[nodiscard]] Outcome<TimeMs> expiry_option(const std::string& name, const std::string& text);

/// "30d"; in milliseconds.
[[nodiscard]] Outcome<std::int64_t> duration_option(const std::string& name,
                                                    const std::string& text);

/// A whole number from 1.
[[nodiscard]] Outcome<std::uint64_t> version_option(const std::string& name,
                                                    const std::string& text);

}  // namespace heed::cli
