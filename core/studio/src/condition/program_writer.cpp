#include "program_writer.h"

#include <algorithm>
#include <utility>

#include "heed/base/limits.h"

namespace heed::compile {

using image::Instruction;

namespace {

/// 2097152 as "2,097,152".
std::string thousands(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

}  // namespace

ProgramWriter::Written ProgramWriter::write(const Typed& condition, bool wanted) {
  ProgramWriter writer;
  if (condition.kind == Typed::Kind::compare) {
    writer.compare(condition, wanted);
  } else {
    writer.value(condition);
    if (!wanted) writer.put(Instruction::logical_not, 1);
  }
  Finding fault = writer.fault();
  return {std::move(writer.steps_), std::move(fault)};
}

Finding ProgramWriter::fault() const {
  if (size_bytes_ > limits::program_size_bytes_max || depth_max_ > limits::program_stack_max) {
    return {
        "too_complex", "this is too long to run at the visitor; name parts of it as segments", {}};
  }
  if (cost_ <= limits::program_cost_max) return {};
  return {"condition_too_costly",
          "this may take " + thousands(cost_) +
              " steps at a visitor whose sets and strings are as large as they may be, and " +
              thousands(limits::program_cost_max) +
              " are allowed; test members with `in`, or look for short literals",
          {}};
}

// Every instruction pushes one value after it has popped its operands.
void ProgramWriter::put(Step step, std::size_t popped) {
  const Instruction instruction = step.instruction;
  size_bytes_ += 1 + image::operand_size_bytes(instruction);
  std::size_t a = popped > 0 ? stack_[stack_.size() - std::min<std::size_t>(popped, 2)] : 0;
  std::size_t b = popped > 1 ? stack_.back() : 0;
  if (instruction == Instruction::push_string) a = step.text.size();
  if (instruction == Instruction::member) b = step.text.size();
  if (instruction == Instruction::load || instruction == Instruction::item) {
    a = limits::string_size_bytes_max;
  }
  cost_ += image::cost_of(instruction, a, b);
  stack_.resize(stack_.size() - popped);
  stack_.push_back(image::text_size_bytes(instruction, a, b));
  depth_max_ = std::max(depth_max_, stack_.size());
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

void ProgramWriter::text(Instruction instruction, const std::string& text, std::size_t popped) {
  Step step;
  step.instruction = instruction;
  step.text = text;
  put(std::move(step), popped);
}

void ProgramWriter::plain(Instruction instruction, std::uint32_t operand, std::size_t popped) {
  Step step;
  step.instruction = instruction;
  step.plain = operand;
  put(std::move(step), popped);
}

void ProgramWriter::input(Instruction instruction, const Input& input) {
  Step step;
  step.instruction = instruction;
  step.input = {input.kind, input.row};
  put(std::move(step), 0);
  if (input.type != Type::string) stack_.back() = 0;
}

void ProgramWriter::constant(const Literal& literal) {
  if (const auto* truth = std::get_if<bool>(&literal)) {
    return put(*truth ? Instruction::push_true : Instruction::push_false, 0);
  }
  if (const auto* string = std::get_if<std::string>(&literal)) {
    return text(Instruction::push_string, *string, 0);
  }
  if (const auto* real = std::get_if<double>(&literal)) return number(*real);
  number(static_cast<double>(std::get<std::int64_t>(literal)));
}

// A value that is never known, made of 1 / 0.
void ProgramWriter::failed(Type type) {
  number(1);
  number(0);
  put(Instruction::divide, 2);
  if (type != Type::boolean && type != Type::string) return;
  number(0);
  put(Instruction::equal, 2);
  if (type == Type::boolean) return;
  constant(std::string());
  constant(std::string());
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
  value(at.children[0]);
  put(Instruction::push_false, 0);
  for (const Literal& item : at.list) {
    constant(item);
    put(Instruction::or_equal, 2);
  }
  put(Instruction::settle, 2);
}

void ProgramWriter::joined(const Typed& at) {
  const bool all = at.kind == Typed::Kind::all_of;
  for (std::size_t i = 0; i < at.children.size(); ++i) {
    value(at.children[i]);
    if (i > 0) put(all ? Instruction::logical_and : Instruction::logical_or, 2);
  }
}

void ProgramWriter::arithmetic(const Typed& at) {
  value(at.children[0]);
  value(at.children[1]);
  if (at.type == Type::string) return put(Instruction::concat, 2);
  const bool whole = at.children[0].type == Type::integer;
  switch (at.op) {
    case Operator::add:
      return put(Instruction::add, 2);
    case Operator::subtract:
      return put(Instruction::subtract, 2);
    case Operator::multiply:
      return put(Instruction::multiply, 2);
    case Operator::modulo:
      return put(Instruction::modulo, 2);
    default:
      return put(whole ? Instruction::divide_whole : Instruction::divide, 2);
  }
}

void ProgramWriter::loop(const Typed& at) {
  value(at.children[0]);
  const bool exists = at.kind == Typed::Kind::exists;
  plain(exists ? Instruction::any_member : Instruction::all_members, 0, 1);
  const std::size_t before = steps_.size();
  const std::size_t begin = size_bytes_;
  const std::uint64_t cost = std::exchange(cost_, 0);
  // While the body runs, the set is gone and its result not there yet.
  stack_.pop_back();
  value(at.children[1]);
  cost_ = cost + image::loop_cost(cost_);
  if (size_bytes_ > limits::program_size_bytes_max) return;
  steps_[before - 1].plain = static_cast<std::uint32_t>(size_bytes_ - begin);
}

// Before its first known change and after the last, a clock shows nothing.
void ProgramWriter::local_time(const Typed& at) {
  const auto from = [this](std::int64_t at_ms) {
    Step step;
    step.instruction = Instruction::from;
    step.number = static_cast<double>(at_ms);
    put(std::move(step), 2);
  };
  value(at.children[0]);
  failed(Type::number);
  for (const Clock::Change& change : at.clock->changes) {
    number(static_cast<double>(change.offset_ms));
    from(change.at_ms);
  }
  failed(Type::number);
  from(at.clock->until_ms);
  put(Instruction::add, 2);
}

void ProgramWriter::value(const Typed& at) {
  switch (at.kind) {
    case Typed::Kind::constant:
      return at.failed ? failed(at.type) : constant(at.value);
    case Typed::Kind::input:
      return input(Instruction::load, *at.input);
    case Typed::Kind::has:
      return input(Instruction::has, *at.input);
    case Typed::Kind::in_list:
      return in_list(at);
    case Typed::Kind::in_set:
      input(Instruction::load, *at.input);
      return text(Instruction::member, std::get<std::string>(at.value), 1);
    case Typed::Kind::exists:
    case Typed::Kind::for_all:
      return loop(at);
    case Typed::Kind::item:
      return plain(Instruction::item, at.operand, 0);
    case Typed::Kind::local_time:
      return local_time(at);
    case Typed::Kind::call:
      for (const Typed& child : at.children) value(child);
      return plain(at.instruction, at.operand, at.children.size());
    case Typed::Kind::compare:
      return compare(at, true);
    case Typed::Kind::arithmetic:
      return arithmetic(at);
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
