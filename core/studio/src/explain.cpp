#include "heed/studio/explain.h"

#include <set>
#include <string>
#include <vector>

#include "describe.h"
#include "explain_tests.h"
#include "explain_trace.h"
#include "heed/studio/json_text.h"
#include "heed/studio/time_text.h"
#include "map_view.h"
#include "test_text.h"

namespace heed::compile {
namespace {

using image::Column;

constexpr std::string_view indent = "     ";
constexpr std::size_t depth_max = 4;  // of segments that are asked why

// What stands in the way, in words.
std::string_view obstacle(Reason reason) {
  switch (reason) {
    case Reason::capped:
      return "a cap is full";
    case Reason::no_consent:
      return "the visitor has not consented";
    case Reason::schedule:
      return "it is outside its schedule";
    case Reason::layer:
      return "the visitor is outside its share of the layer";
    case Reason::expired:
      return "the ruleset has expired";
    default:
      return name(reason);
  }
}

// A draw out of 2^32 as a fraction.
std::string draw_text(const Bucket& bucket) {
  return share_text(bucket.drawn) + (bucket.inside() ? " in [" : " not in [") +
         share_text(bucket.from) + ", " + share_text(bucket.until) + ")";
}

std::string cap_text(const std::string& whose, const CapUse& cap) {
  std::string out;
  const auto also = [&out](const std::string& limit) { out += (out.empty() ? "" : ", ") + limit; };
  if (cap.times_max != 0) {
    also("seen " + std::to_string(cap.times) + " of " + std::to_string(cap.times_max) +
         " times per " + duration_text(static_cast<std::int64_t>(cap.per_ms)));
  }
  if (cap.session_max != 0) {
    also("seen " + std::to_string(cap.session_times) + " of " + std::to_string(cap.session_max) +
         " times in this session");
  }
  if (cap.cool_down_ms != 0) {
    also("at least " + duration_text(static_cast<std::int64_t>(cap.cool_down_ms)) + " apart");
  }
  if (cap.full()) out += "; full until " + time_text(cap.frees);
  return out.empty() ? out : std::string(indent) + whose + ": " + out + "\n";
}

class ExplainText {
 public:
  ExplainText(const Ruleset& ruleset, const MapView& map, const Traced& traced)
      : ruleset_(ruleset), map_(map), has_map_(map.fits(ruleset)), traced_(traced) {}

  [[nodiscard]] std::string text(std::string_view slot) const {
    const Explanation& explanation = traced_.explanation;
    std::string out = std::string(slot) + " for " + traced_.line.visitor + " at " +
                      time_text(traced_.line.now) + ": " + decision() + "\n";
    if (explanation.suppressed != none_id<struct TriggerTag>) {
      out += "a cap held back " + std::string(ruleset_.name(explanation.suppressed)) + "\n";
    }
    if (explanation.programme_holdout.until > 0) {
      out += "programme holdout: draw " + draw_text(explanation.programme_holdout) + "\n";
    }
    for (std::size_t i = 0; i < explanation.candidates.size(); ++i) {
      out += std::to_string(i + 1) + ". " + candidate(explanation.candidates[i]);
    }
    if (!explanation.inputs.empty()) out += "known:\n";
    for (const InputValue& input : explanation.inputs) out += indented(known(input));
    return out;
  }

 private:
  [[nodiscard]] static std::string indented(const std::string& line) {
    return std::string(indent) + line + "\n";
  }

  [[nodiscard]] std::string decision() const {
    const Decision& decision = traced_.explanation.decision;
    if (decision.trigger == none_id<struct TriggerTag>) {
      return "nothing (" + std::string(name(decision.reason)) + "): the slot keeps its fallback";
    }
    const std::string trigger(ruleset_.name(decision.trigger));
    if (decision.held_out) return trigger + ", held out: the slot keeps its fallback";
    return trigger + " " + variant_name(ruleset_, decision) + " (" +
           std::string(name(decision.reason)) + ", probability " + json_text(decision.probability) +
           ", " + microsegment_name(ruleset_, decision.microsegment) + ")";
  }

  [[nodiscard]] std::string known(const InputValue& input) const {
    return input_text(ruleset_, input.input.index) + " is " +
           value_text(ruleset_, input.input.index, input.value);
  }

  [[nodiscard]] std::string margin() const {
    const auto margin = margin_of(traced_.explanation);
    if (!margin || margin->runner_up == nullptr) return "won, as the only one that could";
    const std::string over(ruleset_.name(margin->runner_up->trigger));
    if (margin->by == Margin::By::name) {
      return "won by its name, at the same priority and value as " + over;
    }
    if (margin->by == Margin::By::value) {
      return "won by a value that is " + json_text(margin->value) + " higher than that of " + over;
    }
    return "won by " + std::to_string(margin->priority) + " of priority over " + over;
  }

  [[nodiscard]] std::string outlook(const Candidate& candidate) const {
    switch (candidate.outlook) {
      case Outlook::unmet:
        return "its condition does not hold";
      case Outlook::stopped:
        return "its condition holds, but " + std::string(obstacle(candidate.stopped_by));
      case Outlook::eligible:
        return "would show; another one won";
      case Outlook::won:
        return margin();
    }
    return {};
  }

  [[nodiscard]] std::string when(TriggerId trigger) const {
    if (has_map_) return map_.trigger(ruleset_.name(trigger), "when");
    return condition_text(ruleset_,
                          ruleset_.at<std::uint32_t>(Column::trigger_condition, trigger.index));
  }

  // A segment says in turn what makes it so, each once and not too deep.
  void reason(std::string& out, const ToldTest& test, std::string_view verb,
              std::set<std::uint32_t>& told, std::size_t depth) const {
    out += std::string(indent) + std::string(2 * depth, ' ') + std::string(verb) + " " + test.text;
    const InputValue* input = test.input == none_index ? nullptr : traced_.known(test.input);
    out += (input == nullptr ? "" : ": " + known(*input)) + "\n";
    if (input == nullptr || depth == depth_max) return;
    const auto name = segment_name(ruleset_, input->input);
    if (!name || !told.insert(test.input).second) return;
    const MapTests tests = has_map_ ? map_.segment_tests(*name) : MapTests();
    const std::string_view makes = holds(*input) ? "which holds at" : "which fails at";
    for (const ToldTest& one : segment_tests(ruleset_, tests, *input)) {
      reason(out, one, makes, told, depth + 1);
    }
  }

  [[nodiscard]] std::string reasons(const Candidate& candidate) const {
    const std::string_view name = ruleset_.name(candidate.trigger);
    const MapTests tests = has_map_ ? map_.trigger_tests(name) : MapTests();
    std::string out;
    std::set<std::uint32_t> told;
    for (const ToldTest& one : failing_tests(ruleset_, tests, candidate.failures)) {
      reason(out, one, "fails at", told, 0);
    }
    return out;
  }

  [[nodiscard]] std::string candidate(const Candidate& candidate) const {
    std::string out(ruleset_.name(candidate.trigger));
    if (candidate.priority != 0) out += " (priority " + std::to_string(candidate.priority) + ")";
    out += ": " + outlook(candidate) + "\n" + indented("when " + when(candidate.trigger));
    out += reasons(candidate);
    if (candidate.outlook == Outlook::unmet) return out;
    if (candidate.value != 0) out += indented("value " + json_text(candidate.value));
    if (candidate.from.ms != image::always_from_ms) {
      out += indented("from " + time_text(candidate.from));
    }
    if (candidate.until.ms != image::always_until_ms) {
      out += indented("until " + time_text(candidate.until));
    }
    return out + draws(candidate);
  }

  [[nodiscard]] std::string draws(const Candidate& candidate) const {
    std::string out = cap_text("cap", candidate.cap) +
                      cap_text("campaign's cap", candidate.campaign_cap) +
                      cap_text("programme's cap", candidate.programme_cap);
    if (candidate.joins_layer) {
      const auto layer = ruleset_.at<std::uint32_t>(Column::trigger_layer, candidate.trigger.index);
      out += indented("layer " + std::string(ruleset_.text(Column::layer_name, layer)) + ": draw " +
                      draw_text(candidate.layer));
    }
    if (candidate.holdout.until > 0) {
      out += indented("holdout: draw " + draw_text(candidate.holdout) +
                      (candidate.holdout.inside() ? ": held out" : ": not held out"));
    }
    const auto policy = static_cast<image::Policy>(
        ruleset_.at<std::uint8_t>(Column::trigger_policy, candidate.trigger.index));
    if (policy == image::Policy::fixed) return out;
    for (std::size_t part = 0; part < candidate.parts.size(); ++part) {
      const PartDraw& drawn = candidate.parts[part];
      out += indented("part " + std::string(ruleset_.part_name(candidate.trigger, part)) +
                      ": draw " + draw_text(drawn.bucket) + ": " +
                      std::string(ruleset_.option_name(candidate.trigger, part, drawn.option)));
    }
    return out;
  }

  const Ruleset& ruleset_;
  const MapView& map_;
  bool has_map_;
  const Traced& traced_;
};

}  // namespace

tl::expected<std::string, LineError> explain_text(const Ruleset& ruleset, std::string_view map,
                                                  std::string_view line, std::string_view slot) {
  const auto traced = trace(ruleset, line, slot);
  if (!traced) return tl::unexpected(traced.error());
  return ExplainText(ruleset, MapView(map), *traced).text(slot);
}

}  // namespace heed::compile
