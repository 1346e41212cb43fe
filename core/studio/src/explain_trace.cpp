#include "explain_trace.h"

#include <string>
#include <utility>

namespace heed::compile {

tl::expected<Traced, LineError> trace(const Ruleset& ruleset, std::string_view line,
                                      std::string_view slot) {
  const auto id = ruleset.find_slot(slot);
  if (!id) {
    return tl::unexpected(
        LineError{"unknown_slot", "the ruleset has no slot `" + std::string(slot) + "`"});
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
    if (candidate.outlook == Outlook::won)
      margin = Margin{Margin::By::only, &candidate, nullptr, 0};
    if (!margin || candidate.outlook != Outlook::eligible) continue;
    margin->runner_up = &candidate;
    margin->priority = std::int64_t{margin->winner->priority} - candidate.priority;
    margin->by = margin->priority > 0 ? Margin::By::priority : Margin::By::name;
    break;
  }
  return margin;
}

}  // namespace heed::compile
