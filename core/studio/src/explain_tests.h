// Which tests tell why a condition holds or does not, in their author's words and order.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "heed/base/array.h"
#include "heed/runtime/explain.h"
#include "heed/runtime/ruleset.h"
#include "map_view.h"

namespace heed::compile {

[[nodiscard]] inline bool holds(const InputValue& segment) {
  const auto* truth = std::get_if<bool>(&segment.value);
  return truth != nullptr && *truth;
}

struct ToldTest {
  std::uint32_t predicate = 0;
  std::uint32_t input = 0;  // none where it is computed from several
  std::string text;
};

/// Of each alternative the first test that fails. Without a map nobody knows what is first: all
/// that fail, as compiled.
///
/// @param tests     of a map that fits; empty without one
/// @param failures  every predicate of the condition that does not hold; none where it was not
/// asked
[[nodiscard]] std::vector<ToldTest> failing_tests(const Ruleset& ruleset, const MapTests& tests,
                                                  const Array<PredicateId>& failures);

/// The tests of the first alternative that holds; none without a map.
[[nodiscard]] std::vector<ToldTest> holding_tests(const Ruleset& ruleset, const MapTests& tests,
                                                  const Array<PredicateId>& failures);

/// The tests that make a segment what it is: those that hold where it does, else those that fail.
///
/// @param input  a segment's
[[nodiscard]] std::vector<ToldTest> segment_tests(const Ruleset& ruleset, const MapTests& tests,
                                                  const InputValue& input);

/// The name of an input that is a segment.
[[nodiscard]] std::optional<std::string_view> segment_name(const Ruleset& ruleset, InputId input);

}  // namespace heed::compile
