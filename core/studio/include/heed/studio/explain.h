// Why a slot shows what it shows to one visitor: every candidate, the first test that failed, the
// draws, and who won.
#pragma once
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "heed/runtime/ruleset.h"
#include "heed/studio/decide_lines.h"

namespace heed::compile {

/// The object of docs/formats/explain.md: the same bytes as the package's `heed.explain`.
///
/// @param map     X.heedmap; where it is empty or of another build the object holds no texts
/// @param line    a visitor as `heed decide` reads it
/// @errors        those of a line, and unknown_slot
[[nodiscard]] tl::expected<std::string, LineError> explain_json(const Ruleset& ruleset,
                                                                std::string_view map,
                                                                std::string_view line,
                                                                std::string_view slot);

/// The same for people; conditions are shown as compiled where the map does not fit.
[[nodiscard]] tl::expected<std::string, LineError> explain_text(const Ruleset& ruleset,
                                                                std::string_view map,
                                                                std::string_view line,
                                                                std::string_view slot);

}  // namespace heed::compile
