// Inputs, programs, predicates, and what each condition reads.
#include <algorithm>
#include <array>
#include <cmath>

#include "heed/base/limits.h"
#include "proof_contents.h"

namespace heed {
namespace {

using image::Column;
using image::InputKind;
using image::Op;
using image::Type;

/// What an op is about: the kind of its input, and how many operands of which table it has.
struct OpRule {
  ValueKind kind;
  Column table;  // of its operands
  std::uint8_t operand_count_min;
  std::uint16_t operand_count_max;
};
constexpr std::uint16_t many = 0xffff;
constexpr OpRule op_rules[] = {
    {ValueKind::boolean, Column::count, 0, 0},            // present: any kind
    {ValueKind::boolean, Column::count, 0, 0},            // is_true
    {ValueKind::string, Column::string_length, 1, many},  // string_in
    {ValueKind::number, Column::number, 1, many},         // number_in
    {ValueKind::set, Column::string_length, 1, 1},        // member
    {ValueKind::boolean, Column::program_size, 1, 1},     // computed: no input
};

}  // namespace

std::uint32_t Proof::rows_of(InputKind kind) const {
  // By kind; there is one now.
  constexpr Column tables[] = {Column::attribute_name, Column::feature_name, Column::segment_name,
                               Column::journey_name,   Column::site_name,    Column::field_name};
  return count(tables[static_cast<std::size_t>(kind)]);
}

bool Proof::inputs() {
  for (std::uint32_t signal = 0; signal < count(Column::signal_name); ++signal) {
    const Rows fields = ruleset_.children(Column::signal_field_count, signal);
    field_signals_.resize(fields.end, static_cast<std::uint8_t>(signal));
  }
  static_assert(limits::signal_count_max <= 256);
  const std::uint32_t input_count = count(Column::input_kind);
  std::array<Array<bool>, static_cast<std::size_t>(InputKind::field) + 1> seen;
  input_reads_.resize(input_count);
  for (std::uint32_t input = 0; input < input_count; ++input) {
    const auto kind = static_cast<InputKind>(at<std::uint8_t>(Column::input_kind, input));
    const auto row = id_at(Column::input_row, input);
    if (is_wrong(Check::input_row, ruleset_.element(Column::input_row, input) >= rows_of(kind))) {
      return refuse(Column::input_row, input);
    }
    Array<bool>& rows = seen[static_cast<std::size_t>(kind)];
    rows.resize(rows_of(kind));
    if (is_wrong(Check::input_once, rows[row])) return refuse(Column::input_row, input);
    rows[row] = true;
    Reads& reads = input_reads_[input];
    reads.state = kind != InputKind::field;
    if (kind == InputKind::field) reads.signal = field_signals_[row];
    if (kind == InputKind::segment) reads.segment_end = static_cast<std::uint16_t>(row + 1);
    if (kind == InputKind::journey) reads.journey_end = static_cast<std::uint8_t>(row + 1);
  }
  return true;
}

bool Proof::programs() {
  const std::uint32_t program_count = count(Column::program_size);
  program_reads_.resize(program_count);
  for (std::uint32_t program = 0; program < program_count; ++program) {
    const Result<Reads> reads = prove_program(ruleset_, program, input_reads_);
    if (is_wrong(Check::program, !reads)) {
      return refuse(Column::program_bytes, static_cast<std::size_t>(reads.error().where));
    }
    if (reads) program_reads_[program] = *reads;
  }
  return true;
}

bool Proof::predicates() {
  const auto is_plain = [](const Reads& reads) { return reads.is_plain(); };
  all_plain_ = std::all_of(input_reads_.begin(), input_reads_.end(), is_plain) &&
               std::all_of(program_reads_.begin(), program_reads_.end(), is_plain);
  const std::uint32_t predicate_count = count(Column::predicate_op);
  if (!all_plain_) predicate_reads_.resize(predicate_count);
  numbers_ascend_ = do_numbers_ascend();
  const Elements ops = elements(Column::predicate_op);
  const Elements inputs = elements(Column::predicate_input);
  const Elements ids = elements(Column::operand);
  const Ruleset::Offsets& ends =
      ruleset_.child_ends_[image::length_index(Column::predicate_operand_count)];
  const auto length = static_cast<std::uint32_t>(view(Column::predicate_operand_count).base);
  // Neighbours mostly ask the same of the same input.
  std::uint64_t op_before = 0;
  std::uint64_t input_before = 0;
  const OpRule* rule = nullptr;
  Rows own;
  for (std::uint32_t row = 0; row < predicate_count; ++row) {
    const std::uint64_t op_byte = ops[row];
    const std::uint64_t input = inputs[row];
    if (rule == nullptr || op_byte != op_before || input != input_before) {
      if (!predicate_kind(op_byte, static_cast<std::uint32_t>(input), row)) return false;
      op_before = op_byte;
      input_before = input;
      rule = &op_rules[op_byte & ~std::uint64_t{image::op_negated}];
    }
    own = {own.end, ends.empty() ? own.end + length : ends[row]};
    const bool ranges = rule->table == Column::number;
    if (is_wrong(Check::operand_count, own.size() < rule->operand_count_min ||
                                           own.size() > rule->operand_count_max ||
                                           (ranges && own.size() % 2 != 0))) {
      return refuse(Column::predicate_operand_count, row);
    }
    if (ranges ? !number_ranges(ids, own) : !operands(ids, own, rule->table)) return false;
    if (all_plain_) continue;
    predicate_reads_[row] = rule->table == Column::program_size
                                ? program_reads_[static_cast<std::uint32_t>(ids[own.begin])]
                                : input_reads_[static_cast<std::uint32_t>(input)];
  }
  return true;
}

bool Proof::predicate_kind(std::uint64_t op_byte, std::uint32_t input, std::uint32_t row) {
  const auto op = static_cast<Op>(op_byte & ~std::uint64_t{image::op_negated});
  const bool computed = op == Op::computed;
  const bool known = (op_byte & ~std::uint64_t{image::op_negated}) <= std::uint64_t{5};
  static_assert(static_cast<std::uint8_t>(Op::computed) == 5);
  if (is_wrong(Check::predicate_op, !known || (computed && op_byte != 5))) {
    return refuse(Column::predicate_op, row);
  }
  if (is_wrong(Check::predicate_input, (input == none_index) != computed)) {
    return refuse(Column::predicate_input, row);
  }
  const bool fits = computed || op == Op::present ||
                    kind_of_input(ruleset_, input) == op_rules[static_cast<std::size_t>(op)].kind;
  return !is_wrong(Check::predicate_kind, !fits) || refuse(Column::predicate_op, row);
}

/// Whether a larger number has a larger id.
bool Proof::do_numbers_ascend() const {
  for (std::uint32_t row = 1; row < count(Column::number); ++row) {
    if (at<double>(Column::number, row - 1) >= at<double>(Column::number, row)) return false;
  }
  return true;
}

bool Proof::operands(const Elements& ids, Rows operands, Column table) {
  std::uint64_t least = 0;
  const std::uint64_t id_count = operands.size() == 0 ? 0 : count(table);
  for (std::uint32_t i = operands.begin; i < operands.end; ++i) {
    const std::uint64_t id = ids[i];
    if (is_wrong(Check::operand_id, id >= id_count)) return refuse(Column::operand, i);
    if (is_wrong(Check::operand_order, id < least)) return refuse(Column::operand, i);
    least = id + 1;
  }
  return true;
}

bool Proof::number_ranges(const Elements& ids, Rows operands) {
  if (numbers_ascend_ && operands.size() == 2) {
    const std::uint64_t number_count = count(Column::number);
    const std::uint64_t low = ids[operands.begin] + 1;  // 0: unbounded
    const std::uint64_t high = ids[operands.begin + 1] + 1;
    if (low <= number_count && high <= number_count && (high == 0 || low < high)) return true;
  }
  double before = 0;
  for (std::uint32_t i = operands.begin; i < operands.end; ++i) {
    const bool first = i == operands.begin;
    const std::uint64_t id = ids[i];
    if (id == ~std::uint64_t{0}) {  // unbounded, at the ends alone
      if (is_wrong(Check::range_order, !first && i + 1 != operands.end)) {
        return refuse(Column::operand, i);
      }
      before = -HUGE_VAL;
      continue;
    }
    if (is_wrong(Check::range_id, id >= count(Column::number))) return refuse(Column::operand, i);
    const auto number = at<double>(Column::number, static_cast<std::uint32_t>(id));
    // A range may begin where the last one ends.
    const bool opens = (i - operands.begin) % 2 == 0;
    if (is_wrong(Check::range_order, !first && (opens ? before > number : before >= number))) {
      return refuse(Column::operand, i);
    }
    before = number;
  }
  return true;
}

/// What a condition reads.
Reads Proof::reads(std::uint32_t condition) const {
  if (!all_plain_) return condition_reads_[condition];
  Reads reads;
  const Rows terms = ruleset_.children(Column::condition_term_count, condition);
  if (terms.size() != 0) {
    const Rows first = ruleset_.children(Column::term_predicate_count, terms.begin);
    const Rows last = ruleset_.children(Column::term_predicate_count, terms.end - 1);
    reads.state = first.begin < last.end;
  }
  return reads;
}

bool Proof::conditions() {
  if (all_plain_) return true;
  const std::uint32_t condition_count = count(Column::condition_term_count);
  condition_reads_.resize(condition_count);
  std::uint32_t reference = 0;
  const auto predicate = ids(Column::reference);
  for (std::uint32_t condition = 0; condition < condition_count; ++condition) {
    const Rows terms = ruleset_.children(Column::condition_term_count, condition);
    if (terms.size() == 0) continue;
    const std::uint32_t end = ruleset_.children(Column::term_predicate_count, terms.end - 1).end;
    for (; reference < end; ++reference) {
      const Reads& reads = predicate_reads_[predicate(reference)];
      if (reads.is_plain()) {
        condition_reads_[condition].state = true;
      } else {
        condition_reads_[condition].merge(reads);
      }
    }
  }
  return true;
}

void Reads::merge(const Reads& other) {
  segment_end = std::max(segment_end, other.segment_end);
  journey_end = std::max(journey_end, other.journey_end);
  const bool both = signal != no_signal && other.signal != no_signal;
  fields_of_many = fields_of_many || other.fields_of_many || (both && signal != other.signal);
  if (signal == no_signal) signal = other.signal;
  state = state || other.state;
}

ValueKind kind_of_input(const Ruleset& ruleset, std::uint32_t input) {
  const auto kind_of_type = [&](Column types, std::uint32_t row) {
    switch (static_cast<Type>(ruleset.at<std::uint8_t>(types, row))) {
      case Type::boolean:
        return ValueKind::boolean;
      case Type::string:
        return ValueKind::string;
      case Type::set:
        return ValueKind::set;
      default:
        return ValueKind::number;
    }
  };
  const auto row = ruleset.at<std::uint32_t>(Column::input_row, input);
  switch (static_cast<InputKind>(ruleset.at<std::uint8_t>(Column::input_kind, input))) {
    case InputKind::attribute:
      return kind_of_type(Column::attribute_type, row);
    case InputKind::field:
      return kind_of_type(Column::field_type, row);
    case InputKind::segment:
      return ValueKind::boolean;
    case InputKind::journey:
      return ValueKind::string;
    case InputKind::feature: {
      const auto kind =
          static_cast<image::FeatureKind>(ruleset.at<std::uint8_t>(Column::feature_kind, row));
      const image::FeatureForm& form = image::form_of(kind);
      if (!form.gives_field)
        return image::is_sequence(kind) ? ValueKind::boolean : ValueKind::number;
      const auto signal = ruleset.at<std::uint32_t>(Column::feature_signal, row);
      const Rows fields = ruleset.children(Column::signal_field_count, signal);
      return kind_of_type(Column::field_type,
                          fields.begin + ruleset.at<std::uint32_t>(Column::feature_field, row));
    }
    case InputKind::now:
      break;
  }
  return ValueKind::number;
}

}  // namespace heed
