#include "evaluation.h"

#include <algorithm>
#include <cmath>

#include "feature.h"
#include "heed/base/sort.h"

namespace heed {

using image::Column;
using image::InputKind;
using image::Op;

Operand Operand::of(bool truth) {
  Operand operand;
  operand.kind = Kind::boolean;
  operand.truth = truth;
  return operand;
}

Operand Operand::of(double number) {
  Operand operand;
  if (!std::isfinite(number)) return operand;
  operand.kind = Kind::number;
  operand.number = number;
  return operand;
}

Operand Operand::of(std::string_view text) {
  Operand operand;
  operand.kind = Kind::string;
  operand.text = text;
  return operand;
}

Operand Operand::of(const Value& value) {
  Operand operand;
  if (const auto* flag = std::get_if<bool>(&value)) {
    operand.kind = Kind::boolean;
    operand.truth = *flag;
  } else if (const auto* number = std::get_if<double>(&value)) {
    if (!std::isfinite(*number)) return operand;
    operand.kind = Kind::number;
    operand.number = *number;
  } else if (const auto* text = std::get_if<std::string_view>(&value)) {
    operand.kind = Kind::string;
    operand.text = *text;
  } else if (const auto* time = std::get_if<TimeMs>(&value)) {
    operand.kind = Kind::number;
    operand.number = static_cast<double>(time->ms);
  } else if (const auto* members = std::get_if<Members>(&value)) {
    operand.kind = Kind::set;
    operand.members = *members;
  }
  return operand;
}

bool Operand::contains(std::string_view member) const {
  std::string_view other;
  for (std::size_t at = 0; members.next(at, other);) {
    if (other == member) return true;
  }
  return false;
}

Operand attribute_value(const Ruleset& ruleset, const State& state, std::uint32_t row) {
  if (state.attributes.has(row)) return Operand::of(state.attributes[row]);
  const auto otherwise = ruleset.at<std::uint32_t>(Column::attribute_default, row);
  if (otherwise == none_index) return {};
  switch (ruleset.type(AttributeId{row})) {
    case image::Type::boolean:
      return Operand::of(otherwise == 1);
    case image::Type::number:
      return Operand::of(ruleset.at<double>(Column::number, otherwise));
    default:
      return Operand::of(ruleset.string(otherwise));
  }
}

Evaluation::Evaluation(const Ruleset& ruleset, SignalId signal, std::span<const FieldValue> fields)
    : ruleset_(ruleset),
      fields_(fields),
      first_field_row_(ruleset.children(Column::signal_field_count, signal.index).begin) {}

bool Evaluation::condition(std::uint32_t condition) {
  const Rows terms = ruleset_.children(Column::condition_term_count, condition);
  for (std::uint32_t term = terms.begin; term < terms.end; ++term) {
    const Rows references = ruleset_.children(Column::term_predicate_count, term);
    std::uint32_t i = references.begin;
    while (i < references.end && predicate(ruleset_.at<std::uint32_t>(Column::reference, i))) ++i;
    if (i == references.end) return true;
  }
  return false;
}

bool Evaluation::predicate(std::uint32_t predicate) {
  if (predicates_.empty()) predicates_.resize(ruleset_.row_count(Column::predicate_op));
  if (predicates_[predicate] == Truth::not_asked) {
    predicates_[predicate] = test(predicate) ? Truth::yes : Truth::no;
  }
  return predicates_[predicate] == Truth::yes;
}

bool Evaluation::test(std::uint32_t predicate) {
  const auto op_byte = ruleset_.at<std::uint8_t>(Column::predicate_op, predicate);
  const bool wanted = (op_byte & image::op_negated) == 0;
  const auto op = static_cast<Op>(op_byte & ~image::op_negated);
  const Rows operands = ruleset_.children(Column::predicate_operand_count, predicate);
  const auto first = [&] { return ruleset_.at<std::uint32_t>(Column::operand, operands.begin); };
  if (op == Op::computed) {
    const Operand result = run_program(ruleset_, first(), *this);
    return result.known() && result.truth;
  }
  const auto id = ruleset_.at<std::uint32_t>(Column::predicate_input, predicate);
  const Operand operand = input(id);
  if (op == Op::present) return operand.known() == wanted;
  if (!operand.known()) return false;
  switch (op) {
    case Op::is_true:
      return operand.truth == wanted;
    case Op::string_in:
      return in_strings(id, operands) == wanted;
    case Op::number_in:
      return in_ranges(operand.number, operands) == wanted;
    default:
      return has_member(id, first()) == wanted;
  }
}

bool Evaluation::in_ranges(double number, Rows operands) const {
  const auto bound = [this](std::uint32_t row) {
    return ruleset_.at<std::uint32_t>(Column::operand, row);
  };
  for (std::uint32_t row = operands.begin; row < operands.end; row += 2) {
    const std::uint32_t low = bound(row);
    const std::uint32_t high = bound(row + 1);
    if (low != none_index && number < ruleset_.at<double>(Column::number, low)) return false;
    if (high == none_index || number < ruleset_.at<double>(Column::number, high)) return true;
  }
  return false;
}

bool Evaluation::in_strings(std::uint32_t input, Rows operands) {
  Known& known = inputs_[input];
  if (!known.string_asked) {
    known.string_asked = true;
    known.string_id = ruleset_.find_string(known.operand.text).value_or(none_index);
  }
  std::uint32_t low = operands.begin;
  for (std::uint32_t high = operands.end; low < high;) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (ruleset_.at<std::uint32_t>(Column::operand, middle) < known.string_id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < operands.end && ruleset_.at<std::uint32_t>(Column::operand, low) == known.string_id;
}

bool Evaluation::has_member(std::uint32_t input, std::uint32_t string) {
  Known& known = inputs_[input];
  if (known.members_asked < member_texts_max) {
    ++known.members_asked;
    return known.operand.contains(ruleset_.string(string));
  }
  if (!known.string_asked) {
    known.string_asked = true;
    known.string_id = static_cast<std::uint32_t>(members_.size());
    std::string_view member;
    for (std::size_t at = 0; known.operand.members.next(at, member);) {
      members_.push_back(ruleset_.find_string(member).value_or(none_index));
    }
    known.member_count = static_cast<std::uint32_t>(members_.size()) - known.string_id;
    sort_ids(std::span(members_).subspan(known.string_id));
  }
  const auto own = std::span(members_).subspan(known.string_id, known.member_count);
  return find_id(own, string) != none_index;
}

const Operand& Evaluation::input(std::uint32_t input) {
  if (inputs_.empty()) inputs_.resize(ruleset_.row_count(Column::input_kind));
  if (!inputs_[input].asked) {
    const Operand operand = evaluate(input);
    inputs_[input].operand = operand;
    inputs_[input].asked = true;
  }
  return inputs_[input].operand;
}

Operand Evaluation::evaluate(std::uint32_t input) {
  const auto row = ruleset_.at<std::uint32_t>(Column::input_row, input);
  switch (static_cast<InputKind>(ruleset_.at<std::uint8_t>(Column::input_kind, input))) {
    case InputKind::attribute:
      return attribute_value(ruleset_, *state_, row);
    case InputKind::feature:
      return feature(row);
    case InputKind::segment:
      return Operand::of(segment(row));
    case InputKind::journey: {
      const std::uint32_t reached = stage(row);
      if (reached == none_index) return Operand::of(image::no_stage);
      const Rows stages = ruleset_.children(Column::journey_stage_count, row);
      return Operand::of(ruleset_.text(Column::stage_name, stages.begin + reached));
    }
    case InputKind::now:
      return Operand::of(static_cast<double>(now_.ms));
    case InputKind::field:
      return field(row);
  }
  return {};
}

Operand Evaluation::feature(std::uint32_t row) const {
  return feature_value(ruleset_, FeatureId{row}, *state_, now_);
}

Operand Evaluation::field(std::uint32_t row) const {
  for (const FieldValue& field : fields_) {
    if (first_field_row_ + field.field == row) return Operand::of(field.value);
  }
  return {};
}

bool Evaluation::segment(std::uint32_t segment) {
  // A segment reads earlier ones only: in order, each finds what it needs.
  while (segments_.size() <= segment) {
    const auto row = static_cast<std::uint32_t>(segments_.size());
    segments_.push_back(condition(ruleset_.at<std::uint32_t>(Column::segment_condition, row)));
  }
  return segments_[segment];
}

std::uint32_t Evaluation::stage(std::uint32_t journey) {
  while (stages_.size() <= journey) {
    stages_.push_back(furthest_stage(static_cast<std::uint32_t>(stages_.size())));
  }
  return stages_[journey];
}

std::uint32_t Evaluation::furthest_stage(std::uint32_t journey) {
  const Rows stages = ruleset_.children(Column::journey_stage_count, journey);
  for (std::uint32_t stage = stages.size(); stage-- > 0;) {
    const bool entered = (state_->entered[journey] >> stage & 1U) != 0;
    const std::uint32_t row = stages.begin + stage;
    if (entered || condition(ruleset_.at<std::uint32_t>(Column::stage_condition, row))) {
      return stage;
    }
  }
  return none_index;
}

Microsegment Evaluation::microsegment() {
  return microsegment_of(
      ruleset_, [this](std::uint32_t row) { return segment(row); },
      [this](std::uint32_t journey) { return stage(journey); });
}

}  // namespace heed
