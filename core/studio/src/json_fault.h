// Says in words where and why a text is not JSON. simdjson decides whether; this explains, with the
// same words in every build.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "json_tree.h"

namespace heed::compile {

/// The first fault; nothing where the text is well formed.
[[nodiscard]] std::optional<JsonError> find_json_fault(std::string_view text);

/// The byte of the first \u escape that is half of a surrogate pair.
[[nodiscard]] std::optional<std::size_t> find_lone_surrogate(std::string_view text);

/// The value of the four hexadecimal digits at `at`; nothing where they are not.
[[nodiscard]] std::optional<std::uint32_t> hex4(std::string_view text, std::size_t at);

}  // namespace heed::compile
