#include "heed/runtime/explain.h"

#include <cstring>

#include "arbitration.h"
#include "heed/base/hash.h"
#include "heed/base/limits.h"
#include "heed/base/sort.h"
#include "heed/runtime/draws.h"
#include "heed/runtime/program.h"

namespace heed {
namespace {

using image::Column;
using image::Instruction;

OwnedValue owned(const Operand& operand) {
  switch (operand.kind) {
    case Operand::Kind::boolean:
      return operand.truth;
    case Operand::Kind::number:
      return operand.number;
    case Operand::Kind::string:
      return std::string(operand.text);
    case Operand::Kind::set:
      return own(operand.members);
    case Operand::Kind::unknown:
      break;
  }
  return Absent{};
}

/// Every predicate of a condition, term by term: the rows of its references, which lie together.
///
/// @param condition  or none, which has none
Rows references_of(const Ruleset& ruleset, std::uint32_t condition) {
  if (condition == none_index) return {};
  const Rows terms = ruleset.children(Column::condition_term_count, condition);
  if (terms.begin == terms.end) return {};
  return {ruleset.children(Column::term_predicate_count, terms.begin).begin,
          ruleset.children(Column::term_predicate_count, terms.end - 1).end};
}

/// Every input of a condition.
void add_condition_inputs(const Ruleset& ruleset, std::uint32_t condition,
                          Array<std::uint32_t>& inputs) {
  const Rows references = references_of(ruleset, condition);
  for (std::uint32_t i = references.begin; i < references.end; ++i) {
    const auto predicate = ruleset.at<std::uint32_t>(Column::reference, i);
    const auto input = ruleset.at<std::uint32_t>(Column::predicate_input, predicate);
    const Rows operands = ruleset.children(Column::predicate_operand_count, predicate);
    if (input != none_index) {
      inputs.push_back(input);
    } else {
      const auto program = ruleset.at<std::uint32_t>(Column::operand, operands.begin);
      add_program_inputs(ruleset, program, inputs);
    }
  }
}

/// The condition of an input that is a segment, else none.
std::uint32_t condition_of(const Ruleset& ruleset, std::uint32_t input) {
  const auto kind = ruleset.at<std::uint8_t>(Column::input_kind, input);
  if (kind != static_cast<std::uint8_t>(image::InputKind::segment)) return none_index;
  return ruleset.at<std::uint32_t>(Column::segment_condition,
                                   ruleset.at<std::uint32_t>(Column::input_row, input));
}

}  // namespace

void add_program_inputs(const Ruleset& ruleset, std::uint32_t program,
                        Array<std::uint32_t>& inputs) {
  const Rows bytes = ruleset.children(Column::program_size, program);
  const auto code = ruleset.column(Column::program_bytes).subspan(bytes.begin, bytes.size());
  for (std::size_t at = 0; at < code.size();) {
    const auto instruction = static_cast<Instruction>(code[at++]);
    if (instruction == Instruction::load || instruction == Instruction::has) {
      std::uint32_t id = 0;
      std::memcpy(&id, code.data() + at, sizeof(id));
      inputs.push_back(id);
    }
    at += image::operand_size_bytes(instruction);
  }
}

Explanation Arbitration::explain(SlotId slot) {
  Explanation explanation;
  explanation.decision = decide(slot);
  if (slot.index >= ruleset_.slot_count()) return explanation;
  explanation.programme_holdout = {0, ruleset_.at<std::uint64_t>(Column::site_holdout, 0),
                                   draw(unit_, ruleset_.programme_salt())};
  if (const auto held_back = suppressed(slot, explanation.decision.trigger)) {
    explanation.suppressed = held_back->trigger;
  }
  const Rows triggers = ruleset_.triggers(slot);
  for (std::uint32_t row = triggers.begin; row < triggers.end; ++row) {
    explanation.candidates.push_back(candidate(TriggerId{row}, explanation.decision.trigger));
  }
  add_inputs(explanation);
  return explanation;
}

Candidate Arbitration::candidate(TriggerId trigger, TriggerId winner) {
  Candidate result;
  result.trigger = trigger;
  result.cap = cap_use(trigger);
  result.campaign_cap = campaign_cap_use(trigger);
  result.programme_cap = programme_cap_use();
  result.value = value(trigger, evaluation_.microsegment());
  result.consent_missing = consent_missing(trigger);
  result.from.ms = ruleset_.at<std::int64_t>(Column::trigger_from_ms, trigger.index);
  result.until.ms = ruleset_.at<std::int64_t>(Column::trigger_until_ms, trigger.index);
  add_draws(result);
  if (!holds(trigger)) {
    result.failures =
        failures(ruleset_.at<std::uint32_t>(Column::trigger_condition, trigger.index));
  } else if (now_ >= ruleset_.expires()) {
    result.outlook = Outlook::stopped;
    result.stopped_by = Reason::expired;
  } else if (const std::optional<Reason> reason = stopped(trigger)) {
    result.outlook = Outlook::stopped;
    result.stopped_by = *reason;
  } else {
    result.outlook = trigger == winner ? Outlook::won : Outlook::eligible;
  }
  return result;
}

Array<PredicateId> Arbitration::failures(std::uint32_t condition) {
  Array<PredicateId> found;
  const Rows references = references_of(ruleset_, condition);
  for (std::uint32_t i = references.begin; i < references.end; ++i) {
    const auto predicate = ruleset_.at<std::uint32_t>(Column::reference, i);
    if (!evaluation_.predicate(predicate)) found.push_back(PredicateId{predicate});
  }
  return found;
}

void Arbitration::add_draws(Candidate& candidate) const {
  const std::uint32_t row = candidate.trigger.index;
  const auto layer = ruleset_.at<std::uint32_t>(Column::trigger_layer, row);
  candidate.priority = ruleset_.at<std::int32_t>(Column::trigger_priority, row);
  candidate.joins_layer = layer != none_index;
  if (candidate.joins_layer) {
    candidate.layer = {ruleset_.at<std::uint64_t>(Column::trigger_range_from, row),
                       ruleset_.at<std::uint64_t>(Column::trigger_range_until, row),
                       draw(unit_, ruleset_.layer_salt(LayerId{layer}))};
  }
  candidate.holdout = {0, ruleset_.at<std::uint64_t>(Column::trigger_holdout, row),
                       draw(unit_, ruleset_.holdout_salt(candidate.trigger))};
  const auto policy = ruleset_.at<std::uint8_t>(Column::trigger_policy, row);
  const bool fixed = policy == static_cast<std::uint8_t>(image::Policy::fixed);
  const Rows parts = ruleset_.part_rows(candidate.trigger);
  for (std::uint32_t part = parts.begin; part < parts.end; ++part) {
    PartDraw drawn{0, {0, share_one, 0}};
    Bucket& bucket = drawn.bucket;
    if (!fixed) {
      bucket.drawn = draw(unit_, ruleset_.part_salt(candidate.trigger, part - parts.begin));
      std::uint32_t option = ruleset_.option_rows(part).begin;
      bucket.until = ruleset_.at<std::uint64_t>(Column::option_upper, option);
      while (bucket.drawn >= bucket.until) {
        bucket.from = bucket.until;
        bucket.until = ruleset_.at<std::uint64_t>(Column::option_upper, ++option);
        ++drawn.option;
      }
    }
    candidate.parts.push_back(drawn);
  }
}

void Arbitration::add_inputs(Explanation& explanation) {
  Array<std::uint32_t> inputs;
  for (const Candidate& candidate : explanation.candidates) {
    const auto condition =
        ruleset_.at<std::uint32_t>(Column::trigger_condition, candidate.trigger.index);
    add_condition_inputs(ruleset_, condition, inputs);
  }
  // By what they are: the order of ids says nothing.
  static_assert(limits::input_count_max <= std::size_t{1} << 16U);
  Array<std::uint64_t> order;
  Array<bool> is_known;
  is_known.resize(ruleset_.row_count(Column::input_kind));
  // A segment's condition reads inputs, too, and other segments among them: the list grows.
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::uint32_t input = inputs[i];
    if (is_known[input]) continue;
    is_known[input] = true;
    add_condition_inputs(ruleset_, condition_of(ruleset_, input), inputs);
    order.push_back(ruleset_.at<std::uint64_t>(Column::input_kind, input) << 48U |
                    ruleset_.at<std::uint64_t>(Column::input_row, input) << 16U | input);
  }
  sort_ascending(order);
  for (const std::uint64_t one : order) {
    const auto input = static_cast<std::uint32_t>(one & 0xFFFFU);
    explanation.inputs.push_back(
        {InputId{input}, owned(evaluation_.input(input)), failures(condition_of(ruleset_, input))});
  }
}

}  // namespace heed
