// What changes in the rules between two rulesets (docs/formats/diff.md).
#pragma once
#include <string>
#include <string_view>

#include "heed/runtime/ruleset.h"

namespace heed::compile {

/// Lines that say what was added, removed and changed, and how many; empty where nothing was.
/// Conditions are in the author's words where both maps fit their rulesets, else as compiled.
[[nodiscard]] std::string diff_text(const Ruleset& before, std::string_view map_before,
                                    const Ruleset& after, std::string_view map_after);

/// {"changed","same_bytes","changes":[...]} (docs/formats/diff.md).
[[nodiscard]] std::string diff_json(const Ruleset& before, std::string_view map_before,
                                    const Ruleset& after, std::string_view map_after);

/// Whether both hold the same bytes, version and expiry apart.
[[nodiscard]] bool same_bytes(const Ruleset& before, const Ruleset& after);

/// Whether X.heedmap was written with this ruleset; an empty map fits none.
[[nodiscard]] bool map_fits(const Ruleset& ruleset, std::string_view map);

}  // namespace heed::compile
