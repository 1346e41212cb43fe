#include "explain_trace.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "suggest.h"

namespace heed::compile {

const InputValue* Traced::known(std::uint32_t input) const {
  for (const InputValue& one : explanation.inputs) {
    if (one.input.index == input) return &one;
  }
  return nullptr;
}

tl::expected<Traced, LineError> trace(const Ruleset& ruleset, std::string_view line,
                                      std::string_view slot) {
  const auto id = ruleset.find_slot(slot);
  if (!id) {
    std::vector<std::string_view> names;
    for (std::uint32_t row = 0; row < ruleset.slot_count(); ++row) {
      names.push_back(ruleset.name(SlotId{row}));
    }
    const std::string close = closest_name(slot, names);
    return tl::unexpected(
        LineError{"unknown_slot",
                  "the ruleset has no slot `" + std::string(slot) + "`" +
                      (close.empty() ? known_sentence(names) : "; did you mean `" + close + "`?")});
  }
  auto read = read_visitor_line(ruleset, line);
  if (!read) return tl::unexpected(read.error());
  const auto session = play_visitor_line(ruleset, *read);
  if (!session) return tl::unexpected(session.error());
  Traced traced{std::move(*read), {}};
  traced.explanation = session->explain(*id, traced.line.now);
  return traced;
}

std::string_view outcome_name(const Candidate& candidate) {
  switch (candidate.outlook) {
    case Outlook::unmet:
      return "unmet";
    case Outlook::stopped:
      return name(candidate.stopped_by);
    case Outlook::eligible:
      return "eligible";
    case Outlook::won:
      return "won";
  }
  return "unmet";
}

std::optional<Margin> margin_of(const Explanation& explanation) {
  std::optional<Margin> margin;
  for (const Candidate& candidate : explanation.candidates) {
    if (candidate.outlook == Outlook::won) margin.emplace().winner = &candidate;
  }
  if (!margin) return margin;
  const Candidate& winner = *margin->winner;
  // The best of those that could have won: static order breaks ties.
  for (const Candidate& candidate : explanation.candidates) {
    const Candidate*& next = margin->runner_up;
    const bool is_better =
        next == nullptr || (candidate.priority == next->priority && candidate.value > next->value);
    if (candidate.outlook == Outlook::eligible && is_better) next = &candidate;
  }
  if (margin->runner_up == nullptr) return margin;
  margin->priority = std::int64_t{winner.priority} - margin->runner_up->priority;
  margin->value = winner.value - margin->runner_up->value;
  margin->by = margin->priority > 0 ? Margin::By::priority
               : margin->value > 0  ? Margin::By::value
                                    : Margin::By::name;
  return margin;
}

}  // namespace heed::compile
