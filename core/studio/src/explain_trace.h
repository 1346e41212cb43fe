// What both forms of an explanation are made from: the visitor's line played, and the runtime's
// reasons.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <tl/expected.hpp>

#include "heed/runtime/explain.h"
#include "heed/runtime/ruleset.h"
#include "heed/studio/decide_lines.h"
#include "visitor_line.h"

namespace heed::compile {

struct Traced {
  VisitorLine line;
  Explanation explanation;

  /// Borrowed; null of an input that nothing reads.
  [[nodiscard]] const InputValue* known(std::uint32_t input) const;
};

/// @errors  those of a line, and unknown_slot
[[nodiscard]] tl::expected<Traced, LineError> trace(const Ruleset& ruleset, std::string_view line,
                                                    std::string_view slot);

/// `won`, `eligible`, `unmet`, or what stopped it: `capped`, `layer`, ...
[[nodiscard]] std::string_view outcome_name(const Candidate& candidate);

/// By how much the winner won.
struct Margin {
  enum class By : std::uint8_t { only, priority, value, name };

  By by = By::only;                   // only: nothing else was eligible
  const Candidate* winner = nullptr;  // borrowed from the explanation
  const Candidate* runner_up = nullptr;
  std::int64_t priority = 0;  // the winner's less the runner-up's
  double value = 0;           // likewise
};

/// Nothing where nobody won.
[[nodiscard]] std::optional<Margin> margin_of(const Explanation& explanation);

}  // namespace heed::compile
