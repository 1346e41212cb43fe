// Outcomes as text (docs/formats/outcomes.md, "NDJSON form"): reads into the same batch as the
// binary form. Hostile input; the one door to simdjson in the store. Pure.
#pragma once
#include <string>
#include <string_view>

#include "heed/base/outcome.h"
#include "heed/base/result.h"

namespace heed::store {

/// What is wrong with a batch of lines, for whoever wrote it.
struct Malformed {
  std::string where;    // "line 2: credits[0].view"
  std::string message;  // "a string of 16 hex digits is needed"
};

/// Reads a whole batch, or nothing.
[[nodiscard]] tl::expected<outcome::Batch, Malformed> read_ndjson(std::string_view text);

}  // namespace heed::store
