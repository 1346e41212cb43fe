#include "program_writer.h"

#include <algorithm>
#include <utility>

#include "heed/base/limits.h"

namespace heed::compile {

using image::Instruction;

std::vector<Step> ProgramWriter::write(const Typed& condition, bool wanted) {
  ProgramWriter writer;
  if (condition.kind == Typed::Kind::compare) {
    writer.compare(condition, wanted);
  } else {
    writer.value(condition);
    if (!wanted) writer.put(Instruction::logical_not, 1);
  }
  const bool fits = writer.size_bytes_ <= limits::program_size_bytes_max &&
                    writer.depth_max_ <= limits::program_stack_max;
  return fits ? std::move(writer.steps_) : std::vector<Step>{};
}

// Every instruction pushes one value after it has popped its operands.
void ProgramWriter::put(Step step, std::size_t popped) {
  const bool has_operand =
      step.instruction == Instruction::push_number ||
      step.instruction == Instruction::push_string || step.instruction == Instruction::load ||
      step.instruction == Instruction::has || step.instruction == Instruction::member;
  size_bytes_ += has_operand ? 5 : 1;
  depth_ = depth_ - popped + 1;
  depth_max_ = std::max(depth_max_, depth_);
  if (size_bytes_ <= limits::program_size_bytes_max) steps_.push_back(std::move(step));
}

void ProgramWriter::put(Instruction instruction, std::size_t popped) {
  Step step;
  step.instruction = instruction;
  put(std::move(step), popped);
}

void ProgramWriter::number(double value) {
  Step step;
  step.instruction = Instruction::push_number;
  step.number = value;
  put(std::move(step), 0);
}

void ProgramWriter::input(Instruction instruction, const Input& input) {
  Step step;
  step.instruction = instruction;
  step.input = {input.kind, input.row};
  put(std::move(step), 0);
}

void ProgramWriter::constant(Type type, const Literal& literal) {
  switch (type) {
    case Type::boolean:
      put(std::get<bool>(literal) ? Instruction::push_true : Instruction::push_false, 0);
      return;
    case Type::string: {
      Step step;
      step.instruction = Instruction::push_string;
      step.text = std::get<std::string>(literal);
      put(std::move(step), 0);
      return;
    }
    case Type::number:
      number(std::get<double>(literal));
      return;
    default:
      number(static_cast<double>(std::get<std::int64_t>(literal)));
  }
}

// A value that is never known: chosen by comparing 1 / 0.
void ProgramWriter::failed(Type type) {
  number(1);
  number(0);
  put(Instruction::divide, 2);
  number(0);
  put(Instruction::equal, 2);
  if (type == Type::boolean) return;
  const Literal any = type == Type::string   ? Literal(std::string())
                      : type == Type::number ? Literal(0.0)
                                             : Literal(std::int64_t{0});
  constant(type, any);
  constant(type, any);
  put(Instruction::select, 3);
}

void ProgramWriter::compare(const Typed& at, bool wanted) {
  const Operator op = at.op;
  const Typed& a = at.children[0];
  const Typed& b = at.children[1];
  if (op == Operator::equal || op == Operator::not_equal) {
    value(a);
    value(b);
    put((op == Operator::equal) == wanted ? Instruction::equal : Instruction::not_equal, 2);
    return;
  }
  // a > b is b < a; what is not a < b is b <= a, as numbers are never NaN.
  const bool strict = op == Operator::less || op == Operator::greater;
  const bool swapped = (op == Operator::greater || op == Operator::greater_equal) == wanted;
  value(swapped ? b : a);
  value(swapped ? a : b);
  put(strict == wanted ? Instruction::less : Instruction::less_equal, 2);
}

void ProgramWriter::in_list(const Typed& at) {
  const Typed& wanted = at.children[0];
  if (at.list.empty()) {  // false where the value is known: it is not unequal to itself
    value(wanted);
    value(wanted);
    put(Instruction::not_equal, 2);
    return;
  }
  for (std::size_t i = 0; i < at.list.size(); ++i) {
    value(wanted);
    constant(wanted.type, at.list[i]);
    put(Instruction::equal, 2);
    if (i > 0) put(Instruction::logical_or, 2);
  }
}

void ProgramWriter::joined(const Typed& at) {
  const bool all = at.kind == Typed::Kind::all_of;
  for (std::size_t i = 0; i < at.children.size(); ++i) {
    value(at.children[i]);
    if (i > 0) put(all ? Instruction::logical_and : Instruction::logical_or, 2);
  }
}

void ProgramWriter::value(const Typed& at) {
  switch (at.kind) {
    case Typed::Kind::constant:
      return at.failed ? failed(at.type) : constant(at.type, at.value);
    case Typed::Kind::input:
      return input(Instruction::load, *at.input);
    case Typed::Kind::has:
      return input(Instruction::has, *at.input);
    case Typed::Kind::in_list:
      return in_list(at);
    case Typed::Kind::in_set: {
      input(Instruction::load, *at.input);
      Step step;
      step.instruction = Instruction::member;
      step.text = std::get<std::string>(at.value);
      return put(std::move(step), 1);
    }
    case Typed::Kind::compare:
      return compare(at, true);
    case Typed::Kind::arithmetic: {
      value(at.children[0]);
      value(at.children[1]);
      constexpr Instruction instructions[] = {Instruction::add, Instruction::subtract,
                                              Instruction::multiply, Instruction::divide};
      const auto index = static_cast<std::size_t>(at.op) - static_cast<std::size_t>(Operator::add);
      return put(at.type == Type::string ? Instruction::concat : instructions[index], 2);
    }
    case Typed::Kind::negate:
      value(at.children[0]);
      return put(Instruction::negate, 1);
    case Typed::Kind::invert:
      value(at.children[0]);
      return put(Instruction::logical_not, 1);
    case Typed::Kind::all_of:
    case Typed::Kind::any_of:
      return joined(at);
    case Typed::Kind::conditional:
      for (const Typed& child : at.children) value(child);
      return put(Instruction::select, 3);
  }
}

}  // namespace heed::compile
