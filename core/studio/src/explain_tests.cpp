#include "explain_tests.h"

#include <algorithm>

#include "test_text.h"

namespace heed::compile {
namespace {

using image::Column;

bool fails(const Array<PredicateId>& failures, std::uint32_t predicate) {
  return std::find(failures.begin(), failures.end(), PredicateId{predicate}) != failures.end();
}

ToldTest told(const Ruleset& ruleset, std::uint32_t predicate, std::string_view text) {
  return {predicate, ruleset.at<std::uint32_t>(Column::predicate_input, predicate),
          std::string(text)};
}

}  // namespace

std::vector<ToldTest> failing_tests(const Ruleset& ruleset, const MapTests& tests,
                                    const Array<PredicateId>& failures) {
  std::vector<ToldTest> out;
  for (const std::vector<MapTest>& term : tests) {
    const auto first = std::find_if(term.begin(), term.end(), [&](const MapTest& test) {
      return fails(failures, test.predicate);
    });
    if (first != term.end()) out.push_back(told(ruleset, first->predicate, first->text));
  }
  if (!tests.empty()) return out;
  for (const PredicateId predicate : failures) {
    const bool is_told = std::any_of(out.begin(), out.end(), [&](const ToldTest& test) {
      return test.predicate == predicate.index;
    });
    if (is_told) continue;
    out.push_back(told(ruleset, predicate.index, predicate_text(ruleset, predicate.index)));
  }
  return out;
}

std::vector<ToldTest> holding_tests(const Ruleset& ruleset, const MapTests& tests,
                                    const Array<PredicateId>& failures) {
  std::vector<ToldTest> out;
  const std::size_t count = ruleset.row_count(Column::predicate_input);
  const auto holds = [&](const MapTest& test) {
    return test.predicate < count && !fails(failures, test.predicate);
  };
  for (const std::vector<MapTest>& term : tests) {
    if (!std::all_of(term.begin(), term.end(), holds)) continue;
    for (const MapTest& test : term) out.push_back(told(ruleset, test.predicate, test.text));
    break;
  }
  return out;
}

std::vector<ToldTest> segment_tests(const Ruleset& ruleset, const MapTests& tests,
                                    const InputValue& input) {
  return holds(input) ? holding_tests(ruleset, tests, input.failures)
                      : failing_tests(ruleset, tests, input.failures);
}

std::optional<std::string_view> segment_name(const Ruleset& ruleset, InputId input) {
  const auto kind = ruleset.at<std::uint8_t>(Column::input_kind, input.index);
  if (kind != static_cast<std::uint8_t>(image::InputKind::segment)) return std::nullopt;
  return ruleset.text(Column::segment_name,
                      ruleset.at<std::uint32_t>(Column::input_row, input.index));
}

}  // namespace heed::compile
