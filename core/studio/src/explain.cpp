#include "heed/studio/explain.h"

#include <vector>

#include "describe.h"
#include "heed/studio/json_text.h"
#include "heed/studio/time_text.h"
#include "map_view.h"
#include "test_text.h"
#include "visitor_line.h"

namespace heed::compile {
namespace {

using image::Column;

struct Traced {
  VisitorLine line;
  Explanation explanation;
};

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

std::string_view outlook_name(const Candidate& candidate) {
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

// What the tests of this explanation read, by input.
class Inputs {
 public:
  Inputs(const Ruleset& ruleset, const std::vector<InputValue>& values)
      : ruleset_(ruleset), values_(values) {}

  [[nodiscard]] std::string text(InputId input) const {
    for (const InputValue& known : values_) {
      if (known.input == input) return value_text(ruleset_, input.index, known.value);
    }
    return "absent";
  }

 private:
  const Ruleset& ruleset_;
  const std::vector<InputValue>& values_;
};

std::string when(const Ruleset& ruleset, const MapView& map, TriggerId trigger) {
  std::string text = map.trigger(ruleset.name(trigger), "when");
  if (!text.empty()) return text;
  return condition_text(ruleset,
                        ruleset.at<std::uint32_t>(Column::trigger_condition, trigger.index));
}

// The option whose share the draw fell into.
std::string drawn_option(const Ruleset& ruleset, TriggerId trigger, std::size_t part,
                         const Bucket& bucket) {
  const Rows parts = ruleset.children(Column::trigger_part_count, trigger.index);
  const Rows options =
      ruleset.children(Column::part_option_count, parts.begin + static_cast<std::uint32_t>(part));
  for (std::uint32_t row = options.begin; row < options.end; ++row) {
    if (ruleset.at<std::uint64_t>(Column::option_upper, row) == bucket.until) {
      return std::string(ruleset.text(Column::option_name, row));
    }
  }
  return {};
}

std::string bucket_json(const Bucket& bucket) {
  return "{\"from\":" + std::to_string(bucket.from) + ",\"until\":" + std::to_string(bucket.until) +
         ",\"drawn\":" + std::to_string(bucket.drawn) +
         ",\"inside\":" + (bucket.inside() ? "true}" : "false}");
}

std::string cap_json(const CapUse& cap) {
  if (cap.times_max == 0) return "null";
  return "{\"times\":" + std::to_string(cap.times) +
         ",\"times_max\":" + std::to_string(cap.times_max) +
         ",\"per_ms\":" + std::to_string(cap.per_ms) + "}";
}

std::string candidate_json(const Ruleset& ruleset, const MapView& map, const Inputs& inputs,
                           const Candidate& candidate) {
  std::string out = "{\"trigger\":" + json_text(ruleset.name(candidate.trigger));
  out += ",\"outcome\":" + json_text(outlook_name(candidate));
  out += ",\"when\":" + json_text(when(ruleset, map, candidate.trigger)) + ",\"failures\":[";
  for (std::size_t i = 0; i < candidate.failures.size(); ++i) {
    const Failure& failure = candidate.failures[i];
    out += i > 0 ? "," : "";
    out += "{\"predicate\":" + std::to_string(failure.predicate.index);
    out += ",\"test\":" + json_text(predicate_text(ruleset, failure.predicate.index));
    if (failure.input.index != none_index) {
      out += ",\"input\":" + json_text(input_text(ruleset, failure.input.index));
      out += ",\"value\":" + json_text(inputs.text(failure.input));
    }
    out += '}';
  }
  out += "],\"cap\":" + cap_json(candidate.cap);
  out += ",\"campaign_cap\":" + cap_json(candidate.campaign_cap);
  out += ",\"layer\":" + bucket_json(candidate.layer);
  out += ",\"holdout\":" + bucket_json(candidate.holdout) + ",\"parts\":{";
  for (std::size_t part = 0; part < candidate.parts.size(); ++part) {
    out += part > 0 ? "," : "";
    out += json_text(ruleset.part_name(candidate.trigger, part)) + ":" +
           bucket_json(candidate.parts[part]);
  }
  return out + "}}";
}

// A draw out of 2^32 as a fraction, for people.
std::string draw_text(const Bucket& bucket) {
  return share_text(bucket.drawn) + (bucket.inside() ? " in [" : " not in [") +
         share_text(bucket.from) + ", " + share_text(bucket.until) + ")";
}

std::string cap_text(const char* whose, const CapUse& cap) {
  if (cap.times_max == 0) return {};
  return std::string("     ") + whose + ": seen " + std::to_string(cap.times) + " of " +
         std::to_string(cap.times_max) + " times per " +
         duration_text(static_cast<std::int64_t>(cap.per_ms)) + "\n";
}

std::string draws_text(const Ruleset& ruleset, const Candidate& candidate) {
  const TriggerId trigger = candidate.trigger;
  std::string out =
      cap_text("cap", candidate.cap) + cap_text("campaign's cap", candidate.campaign_cap);
  const auto layer = ruleset.at<std::uint32_t>(Column::trigger_layer, trigger.index);
  if (layer != none_index) {
    out += "     layer " + std::string(ruleset.text(Column::layer_name, layer)) + ": draw " +
           draw_text(candidate.layer) + "\n";
  }
  if (candidate.holdout.until > 0) {
    out += "     holdout: draw " + draw_text(candidate.holdout) +
           (candidate.holdout.inside() ? ": held out\n" : ": not held out\n");
  }
  const auto policy =
      static_cast<image::Policy>(ruleset.at<std::uint8_t>(Column::trigger_policy, trigger.index));
  for (std::size_t part = 0; part < candidate.parts.size() && policy == image::Policy::split;
       ++part) {
    const Bucket& bucket = candidate.parts[part];
    out += "     part " + std::string(ruleset.part_name(trigger, part)) + ": draw " +
           draw_text(bucket) + ": " + drawn_option(ruleset, trigger, part, bucket) + "\n";
  }
  return out;
}

std::string candidate_text(const Ruleset& ruleset, const MapView& map, const Inputs& inputs,
                           const Candidate& candidate) {
  std::string out = std::string(ruleset.name(candidate.trigger)) + ": ";
  switch (candidate.outlook) {
    case Outlook::unmet:
      out += "its condition does not hold\n";
      break;
    case Outlook::stopped:
      out += "its condition holds; stopped by " + std::string(name(candidate.stopped_by)) + "\n";
      break;
    case Outlook::eligible:
      out += "would show; an earlier one won\n";
      break;
    case Outlook::won:
      out += "won\n";
      break;
  }
  out += "     when " + when(ruleset, map, candidate.trigger) + "\n";
  for (const Failure& failure : candidate.failures) {
    out += "     fails at " + predicate_text(ruleset, failure.predicate.index);
    if (failure.input.index != none_index) {
      out += ": " + input_text(ruleset, failure.input.index) + " is " + inputs.text(failure.input);
    }
    out += "\n";
  }
  if (candidate.outlook == Outlook::unmet) return out;
  if (candidate.from.ms != image::always_from_ms)
    out += "     from " + time_text(candidate.from) + "\n";
  if (candidate.until.ms != image::always_until_ms) {
    out += "     until " + time_text(candidate.until) + "\n";
  }
  return out + draws_text(ruleset, candidate);
}

std::string decision_text(const Ruleset& ruleset, const Decision& decision) {
  if (decision.trigger == none_id<struct TriggerTag>) {
    return "nothing (" + std::string(name(decision.reason)) + "): the slot keeps its fallback";
  }
  const std::string trigger(ruleset.name(decision.trigger));
  if (decision.held_out) return trigger + ", held out: the slot keeps its fallback";
  return trigger + " " + variant_name(ruleset, decision) + " (" +
         std::string(name(decision.reason)) + ", probability " + json_text(decision.probability) +
         ", " + microsegment_name(ruleset, decision.microsegment) + ")";
}

}  // namespace

tl::expected<std::string, LineError> explain_json(const Ruleset& ruleset, std::string_view map,
                                                  std::string_view line, std::string_view slot) {
  const auto traced = trace(ruleset, line, slot);
  if (!traced) return tl::unexpected(traced.error());
  const Explanation& explanation = traced->explanation;
  const MapView words(map);
  const Inputs inputs(ruleset, explanation.inputs);
  std::string out = "{\"visitor\":" + json_text(traced->line.visitor);
  out += ",\"slot\":" + json_text(slot) + ",\"now\":" + json_text(time_text(traced->line.now));
  out += ",\"decision\":";
  append_decision(out, ruleset, explanation.decision);
  out +=
      ",\"programme_holdout\":" + bucket_json(explanation.programme_holdout) + ",\"candidates\":[";
  for (std::size_t i = 0; i < explanation.candidates.size(); ++i) {
    out += i > 0 ? "," : "";
    out += candidate_json(ruleset, words, inputs, explanation.candidates[i]);
  }
  out += "],\"inputs\":{";
  for (std::size_t i = 0; i < explanation.inputs.size(); ++i) {
    const InputValue& input = explanation.inputs[i];
    out += i > 0 ? "," : "";
    out += json_text(input_text(ruleset, input.input.index)) + ":" +
           json_text(inputs.text(input.input));
  }
  return out + "}}";
}

tl::expected<std::string, LineError> explain_text(const Ruleset& ruleset, std::string_view map,
                                                  std::string_view line, std::string_view slot) {
  const auto traced = trace(ruleset, line, slot);
  if (!traced) return tl::unexpected(traced.error());
  const Explanation& explanation = traced->explanation;
  const MapView words(map);
  const Inputs inputs(ruleset, explanation.inputs);
  std::string out = std::string(slot) + " for " + traced->line.visitor + " at " +
                    time_text(traced->line.now) + ": " +
                    decision_text(ruleset, explanation.decision) + "\n";
  if (explanation.programme_holdout.until > 0) {
    out += "programme holdout: draw " + draw_text(explanation.programme_holdout) + "\n";
  }
  for (std::size_t i = 0; i < explanation.candidates.size(); ++i) {
    out += std::to_string(i + 1) + ". " +
           candidate_text(ruleset, words, inputs, explanation.candidates[i]);
  }
  if (!explanation.inputs.empty()) out += "known:\n";
  for (const InputValue& input : explanation.inputs) {
    out +=
        "     " + input_text(ruleset, input.input.index) + " is " + inputs.text(input.input) + "\n";
  }
  return out;
}

}  // namespace heed::compile
