// Which addresses an asset may hold: nothing that can run (design: "Edge").
#pragma once
#include <string_view>

namespace heed::compile {

/// Whether `address` is http, https or relative, as every browser reads it: no other scheme, no
/// white space, control characters or backslashes that could hide one.
[[nodiscard]] bool is_safe_link(std::string_view address);

/// Whether each candidate of an image's `srcset` is a safe link with an optional width or density.
[[nodiscard]] bool is_safe_srcset(std::string_view srcset);

}  // namespace heed::compile
