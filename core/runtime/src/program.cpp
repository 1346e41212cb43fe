// Runs a proved program: no stack check, no kind check, Kleene's logic.
#include "heed/runtime/program.h"

#include <array>
#include <cstring>

#include "evaluation.h"
#include "heed/base/limits.h"

namespace heed {
namespace {

using image::Column;
using image::Instruction;
using Kind = Operand::Kind;

class Machine {
 public:
  Machine(const Ruleset& ruleset, Evaluation& evaluation, std::span<const std::byte> code)
      : ruleset_(ruleset), evaluation_(evaluation), code_(code) {}

  Operand run() {
    while (at_ < code_.size()) step(static_cast<Instruction>(code_[at_++]));
    return stack_[0];
  }

 private:
  std::uint32_t take_id() {
    std::uint32_t id = 0;
    std::memcpy(&id, code_.data() + at_, sizeof(id));
    at_ += sizeof(id);
    return id;
  }
  void push(const Operand& operand) { stack_[depth_++] = operand; }
  Operand pop() { return stack_[--depth_]; }

  void step(Instruction instruction) {
    switch (instruction) {
      case Instruction::push_number:
        return push(Operand::of(ruleset_.at<double>(Column::number, take_id())));
      case Instruction::push_string:
        return push(Operand::of(ruleset_.string(take_id())));
      case Instruction::push_true:
        return push(Operand::of(true));
      case Instruction::push_false:
        return push(Operand::of(false));
      case Instruction::load:
        return push(evaluation_.input(take_id()));
      case Instruction::has:
        return push(Operand::of(evaluation_.input(take_id()).known()));
      case Instruction::negate: {
        const Operand value = pop();
        return push(value.known() ? Operand::of(0.0 - value.number) : value);
      }
      case Instruction::logical_not: {
        const Operand value = pop();
        return push(value.known() ? Operand::of(!value.truth) : value);
      }
      case Instruction::member: {
        const std::string_view text = ruleset_.string(take_id());
        const Operand set = pop();
        return push(set.known() ? Operand::of(set.contains(text)) : set);
      }
      case Instruction::select: {
        const Operand otherwise = pop();
        const Operand then = pop();
        const Operand condition = pop();
        return push(!condition.known() ? Operand{} : condition.truth ? then : otherwise);
      }
      default: {
        const Operand right = pop();
        const Operand left = pop();
        return push(combine(instruction, left, right));
      }
    }
  }

  Operand combine(Instruction instruction, const Operand& left, const Operand& right) {
    if (instruction == Instruction::logical_and || instruction == Instruction::logical_or) {
      // One side may settle the result whatever the other would be.
      const bool settles = instruction == Instruction::logical_or;
      if (left.known() && left.truth == settles) return left;
      if (right.known() && right.truth == settles) return right;
      return left.known() ? right : left;
    }
    if (!left.known() || !right.known()) return {};
    switch (instruction) {
      case Instruction::add:
        return Operand::of(left.number + right.number + 0.0);
      case Instruction::subtract:
        return Operand::of(left.number - right.number + 0.0);
      case Instruction::multiply:
        return Operand::of(left.number * right.number + 0.0);
      case Instruction::divide:
        return Operand::of(left.number / right.number + 0.0);
      case Instruction::equal:
        return Operand::of(compare(left, right) == 0);
      case Instruction::not_equal:
        return Operand::of(compare(left, right) != 0);
      case Instruction::less:
        return Operand::of(compare(left, right) < 0);
      case Instruction::less_equal:
        return Operand::of(compare(left, right) <= 0);
      default:
        return concat(left.text, right.text);
    }
  }

  static int compare(const Operand& left, const Operand& right) {
    if (left.kind == Kind::string) return left.text.compare(right.text);
    if (left.kind == Kind::boolean) return static_cast<int>(left.truth) - right.truth;
    return left.number < right.number ? -1 : left.number > right.number ? 1 : 0;
  }

  Operand concat(std::string_view left, std::string_view right) {
    if (left.size() + right.size() > limits::string_size_bytes_max) return {};
    // Texts on the stack stay where they are: no program joins more often than it has bytes.
    if (texts_.empty()) texts_.reserve(code_.size());
    return Operand::of(std::string_view(texts_.emplace_back(left).append(right)));
  }

  const Ruleset& ruleset_;
  Evaluation& evaluation_;
  std::span<const std::byte> code_;
  std::size_t at_ = 0;
  std::array<Operand, limits::program_stack_max> stack_;
  std::size_t depth_ = 0;
  std::vector<std::string> texts_;
};

}  // namespace

Operand run_program(const Ruleset& ruleset, std::uint32_t program, Evaluation& evaluation) {
  const Rows bytes = ruleset.children(Column::program_size, program);
  const auto code = ruleset.column(Column::program_bytes).subspan(bytes.begin, bytes.size());
  return Machine(ruleset, evaluation, code).run();
}

}  // namespace heed
