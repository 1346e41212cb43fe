// CEL's spelling of a duration, with days and weeks.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace heed::compile {

/// A CEL duration (`1h30m`, `1.5h`, `-90s`; also `d` and `w`) in ms; nothing where it is none, or
/// finer than 1 ms.
[[nodiscard]] std::optional<std::int64_t> parse_cel_duration(std::string_view text);

}  // namespace heed::compile
