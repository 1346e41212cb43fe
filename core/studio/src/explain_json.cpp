#include <array>
#include <string>
#include <variant>
#include <vector>

#include "explain_tests.h"
#include "explain_trace.h"
#include "heed/studio/explain.h"
#include "heed/studio/json_text.h"
#include "map_view.h"
#include "test_text.h"

namespace heed::compile {
namespace {

constexpr std::array<std::string_view, 4> margins = {"only", "priority", "value", "name"};

// wasm/package/src/explain.ts builds the same object; tests/explain compares them byte for byte.
class ExplainJson {
 public:
  ExplainJson(const Ruleset& ruleset, const MapView& map, const Traced& traced)
      : ruleset_(ruleset), map_(map), has_map_(map.fits(ruleset)), traced_(traced) {}

  [[nodiscard]] std::string text(std::string_view slot) const {
    const Explanation& explanation = traced_.explanation;
    std::string out = "{\"visitor\":" + json_text(traced_.line.visitor) +
                      ",\"slot\":" + json_text(slot) +
                      ",\"now\":" + std::to_string(traced_.line.now.ms) + ",\"decision\":";
    append_decision(out, ruleset_, explanation.decision);
    const bool held_back = explanation.suppressed != none_id<struct TriggerTag>;
    out += ",\"microsegment\":" +
           json_text(microsegment_name(ruleset_, explanation.decision.microsegment)) +
           ",\"margin\":" + margin() + ",\"suppressed\":" +
           (held_back ? json_text(ruleset_.name(explanation.suppressed)) : "null") +
           ",\"programme_holdout\":" + holdout(explanation.programme_holdout) + ",\"candidates\":[";
    for (std::size_t i = 0; i < explanation.candidates.size(); ++i) {
      out += (i > 0 ? "," : "") + candidate(explanation.candidates[i]);
    }
    out += "],\"inputs\":{";
    for (std::size_t i = 0; i < explanation.inputs.size(); ++i) {
      const InputValue& input = explanation.inputs[i];
      out += (i > 0 ? "," : "") + json_text(input_text(ruleset_, input.input.index)) + ":" +
             value(input.value);
    }
    return out + "},\"segments\":" + segments() + "}";
  }

 private:
  [[nodiscard]] static std::string value(const OwnedValue& value) {
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
    if (const auto* number = std::get_if<double>(&value)) return json_text(*number);
    if (const auto* text = std::get_if<std::string>(&value)) return json_text(*text);
    if (const auto* time = std::get_if<TimeMs>(&value)) return std::to_string(time->ms);
    const auto* members = std::get_if<Array<std::string>>(&value);
    if (members == nullptr) return "null";
    std::string out = "[";
    for (std::size_t i = 0; i < members->size(); ++i) {
      out += (i > 0 ? "," : "") + json_text((*members)[i]);
    }
    return out + "]";
  }

  [[nodiscard]] std::string margin() const {
    const auto margin = margin_of(traced_.explanation);
    if (!margin) return "null";
    std::string out = "{\"by\":" + json_text(margins[static_cast<std::size_t>(margin->by)]);
    if (margin->runner_up == nullptr)
      return out + ",\"runner_up\":null,\"priority\":null,\"value\":null}";
    out += ",\"runner_up\":" + json_text(ruleset_.name(margin->runner_up->trigger));
    return out + ",\"priority\":" + std::to_string(margin->priority) +
           ",\"value\":" + json_text(margin->value) + "}";
  }

  [[nodiscard]] static std::string bucket(const Bucket& bucket) {
    return "{\"from\":" + std::to_string(bucket.from) +
           ",\"until\":" + std::to_string(bucket.until) +
           ",\"drawn\":" + std::to_string(bucket.drawn) + "}";
  }
  [[nodiscard]] static std::string holdout(const Bucket& share) {
    return share.until == 0 ? "null" : bucket(share);
  }
  [[nodiscard]] static std::string cap(const CapUse& cap) {
    if (!cap.is_cap()) return "null";
    const std::string reached = cap.reached ? json_text(outcome::name(*cap.reached)) +
                                                  ",\"frees\":" + std::to_string(cap.frees.ms)
                                            : "null,\"frees\":null";
    return "{\"times\":" + std::to_string(cap.times) +
           ",\"times_max\":" + std::to_string(cap.times_max) +
           ",\"per_ms\":" + std::to_string(cap.per_ms) +
           ",\"session_times\":" + std::to_string(cap.session_times) +
           ",\"session_max\":" + std::to_string(cap.session_max) +
           ",\"cool_down_ms\":" + std::to_string(cap.cool_down_ms) + ",\"reached\":" + reached +
           "}";
  }
  [[nodiscard]] static std::string schedule(const Candidate& candidate) {
    const bool from = candidate.from.ms != image::always_from_ms;
    const bool until = candidate.until.ms != image::always_until_ms;
    if (!from && !until) return "null";
    return "{\"from\":" + (from ? std::to_string(candidate.from.ms) : "null") +
           ",\"until\":" + (until ? std::to_string(candidate.until.ms) : "null") + "}";
  }

  [[nodiscard]] std::string test(const ToldTest& test) const {
    std::string out = "{\"predicate\":" + std::to_string(test.predicate);
    if (has_map_) out += ",\"test\":" + json_text(test.text);
    if (test.input == none_index) return out + "}";
    out += ",\"input\":" + json_text(input_text(ruleset_, test.input)) + ",\"value\":";
    const InputValue* known = traced_.known(test.input);
    return out + (known == nullptr ? "null" : value(known->value)) + "}";
  }

  [[nodiscard]] std::string tests(const std::vector<ToldTest>& tests) const {
    std::string out = "[";
    for (const ToldTest& one : tests) out += (out.size() > 1 ? "," : "") + test(one);
    return out + "]";
  }

  [[nodiscard]] std::string segments() const {
    std::string out = "{";
    for (const InputValue& input : traced_.explanation.inputs) {
      const auto name = segment_name(ruleset_, input.input);
      if (!name) continue;
      const MapTests known = has_map_ ? map_.segment_tests(*name) : MapTests();
      out += (out.size() > 1 ? "," : "") + json_text(*name) + ":{";
      if (has_map_) out += "\"when\":" + json_text(map_.segment(*name)) + ",";
      out += std::string("\"holds\":") + (holds(input) ? "true" : "false") +
             ",\"tests\":" + tests(segment_tests(ruleset_, known, input)) + "}";
    }
    return out + "}";
  }

  [[nodiscard]] std::string candidate(const Candidate& candidate) const {
    const std::string_view name = ruleset_.name(candidate.trigger);
    std::string out = "{\"trigger\":" + json_text(name) +
                      ",\"outcome\":" + json_text(outcome_name(candidate)) +
                      ",\"priority\":" + std::to_string(candidate.priority) +
                      ",\"value\":" + json_text(candidate.value);
    if (has_map_) out += ",\"when\":" + json_text(map_.trigger(name, "when"));
    const MapTests known = has_map_ ? map_.trigger_tests(name) : MapTests();
    out += ",\"failures\":" + tests(failing_tests(ruleset_, known, candidate.failures));
    out += ",\"cap\":" + cap(candidate.cap) + ",\"campaign_cap\":" + cap(candidate.campaign_cap) +
           ",\"programme_cap\":" + cap(candidate.programme_cap);
    out += ",\"consent_missing\":";
    out += candidate.consent_missing ? "true" : "false";
    out += ",\"schedule\":" + schedule(candidate) +
           ",\"layer\":" + (candidate.joins_layer ? bucket(candidate.layer) : "null") +
           ",\"holdout\":" + holdout(candidate.holdout) + ",\"parts\":{";
    for (std::size_t part = 0; part < candidate.parts.size(); ++part) {
      const PartDraw& drawn = candidate.parts[part];
      const auto option = ruleset_.option_name(candidate.trigger, part, drawn.option);
      out += (part > 0 ? "," : "") + json_text(ruleset_.part_name(candidate.trigger, part)) +
             ":{\"option\":" + json_text(option) + "," + bucket(drawn.bucket).substr(1);
    }
    return out + "}}";
  }

  const Ruleset& ruleset_;
  const MapView& map_;
  bool has_map_;
  const Traced& traced_;
};

}  // namespace

tl::expected<std::string, LineError> explain_json(const Ruleset& ruleset, std::string_view map,
                                                  std::string_view line, std::string_view slot) {
  const auto traced = trace(ruleset, line, slot);
  if (!traced) return tl::unexpected(traced.error());
  return ExplainJson(ruleset, MapView(map), *traced).text(slot);
}

}  // namespace heed::compile
