// Runs a proved program: no stack check, no kind check, Kleene's logic.
#include "heed/runtime/program.h"

#include <array>
#include <cmath>
#include <cstring>
#include <forward_list>

#include "evaluation.h"
#include "heed/base/calendar.h"
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
    run_until(code_.size());
    return stack_[0];
  }

 private:
  void run_until(std::size_t end) {
    while (at_ < end) step(static_cast<Instruction>(code_[at_++]));
  }

  std::uint32_t take_id() {
    std::uint32_t id = 0;
    std::memcpy(&id, code_.data() + at_, sizeof(id));
    at_ += sizeof(id);
    return id;
  }
  [[gnu::noinline]] void push(const Operand& operand) { stack_[depth_++] = operand; }
  /// Stays as it is until the next push.
  const Operand& pop() { return stack_[--depth_]; }

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
        const Operand& value = pop();
        return push(value.known() ? Operand::of(0.0 - value.number) : value);
      }
      case Instruction::logical_not: {
        const Operand& value = pop();
        return push(value.known() ? Operand::of(!value.truth) : value);
      }
      case Instruction::member: {
        const std::string_view text = ruleset_.string(take_id());
        const Operand& set = pop();
        return push(set.known() ? Operand::of(set.contains(text)) : set);
      }
      case Instruction::select: {
        const Operand& otherwise = pop();
        const Operand& then = pop();
        const Operand& condition = pop();
        return push(!condition.known() ? Operand{} : condition.truth ? then : otherwise);
      }
      default:
        return step_of_sets_and_times(instruction);
    }
  }

  void step_of_sets_and_times(Instruction instruction) {
    switch (instruction) {
      case Instruction::lower: {
        const Operand& value = pop();
        return push(value.known() ? lower(value.text) : value);
      }
      case Instruction::size:
        return push(size(pop()));
      case Instruction::any_member:
        return loop(true);
      case Instruction::all_members:
        return loop(false);
      case Instruction::item:
        return push(Operand::of(items_[take_id()]));
      case Instruction::from:
        return choose_from(ruleset_.at<double>(Column::number, take_id()));
      case Instruction::date_part: {
        const auto part = static_cast<DatePart>(take_id());
        return push(part_of(part, pop()));
      }
      case Instruction::or_equal: {
        const Operand& other = pop();
        const bool found = pop().truth;
        const Operand& value = stack_[depth_ - 1];
        return push(Operand::of(found || (value.known() && compare(value, other) == 0)));
      }
      case Instruction::settle: {
        const Operand& result = pop();
        const Operand& value = pop();
        return push(value.known() ? result : Operand{});
      }
      default: {
        const Operand& right = pop();
        const Operand& left = pop();
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
      case Instruction::divide_whole:
        return Operand::of(std::trunc(left.number / right.number) + 0.0);
      case Instruction::modulo:
        // Exact for whole numbers below 2^53: the quotient and its product with the divisor are.
        return Operand::of(left.number - std::trunc(left.number / right.number) * right.number);
      case Instruction::starts_with:
        return Operand::of(left.text.starts_with(right.text));
      case Instruction::ends_with:
        return Operand::of(left.text.ends_with(right.text));
      case Instruction::contains:
        return Operand::of(contains(left.text, right.text));
      case Instruction::member_of:
        return Operand::of(right.contains(left.text));
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

  static bool contains(std::string_view text, std::string_view part) {
    for (; text.size() >= part.size(); text.remove_prefix(1)) {
      if (text.starts_with(part)) return true;
    }
    return false;
  }

  static int compare(const Operand& left, const Operand& right) {
    if (left.kind == Kind::string) return left.text.compare(right.text);
    if (left.kind == Kind::boolean) return static_cast<int>(left.truth) - right.truth;
    return left.number < right.number ? -1 : left.number > right.number ? 1 : 0;
  }

  Operand concat(std::string_view left, std::string_view right) {
    if (left.size() + right.size() > limits::string_size_bytes_max) return {};
    return Operand::of(std::string_view(keep(left).append(right)));
  }

  Operand lower(std::string_view text) {
    std::string& made = keep(text);
    for (char& c : made) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    }
    return Operand::of(std::string_view(made));
  }

  // A text of our own; it stays where it is for as long as the stack may show it.
  std::string& keep(std::string_view text) { return texts_.emplace_front(text); }

  static Operand size(const Operand& value) {
    if (!value.known()) return value;
    std::size_t count = value.members.size();
    for (const char c : value.text) count += (c & 0xc0) != 0x80 ? 1 : 0;  // starts a code point
    return Operand::of(static_cast<double>(count));
  }

  static Operand part_of(DatePart part, const Operand& time) {
    constexpr auto limit = static_cast<double>(2 * limits::time_ms_max);
    if (!time.known() || !(std::fabs(time.number) <= limit)) return {};
    return Operand::of(
        static_cast<double>(date_part(part, static_cast<std::int64_t>(time.number))));
  }

  void choose_from(double time) {
    const Operand& after = pop();
    const Operand& before = pop();
    const Operand& asked = stack_[depth_ - 1];
    push(!asked.known() ? Operand{} : asked.number < time ? before : after);
  }

  // One member may settle the result, whatever the others would give.
  void loop(bool settles) {
    const std::uint32_t size = take_id();
    const std::size_t begin = at_;
    const Operand set = pop();
    Operand result;
    if (set.known()) result = Operand::of(!settles);
    const auto turn = [&](std::string_view member) {
      if (result.known() && result.truth == settles) return;
      at_ = begin;
      items_[loop_depth_++] = member;
      const auto kept = texts_.begin();
      run_until(begin + size);
      while (texts_.begin() != kept) texts_.pop_front();
      --loop_depth_;
      const Operand truth = pop();
      if (!truth.known() || truth.truth == settles) result = truth;
    };
    std::string_view member;
    for (std::size_t at = 0; set.members.next(at, member);) turn(member);
    at_ = begin + size;
    push(result);
  }

  const Ruleset& ruleset_;
  Evaluation& evaluation_;
  std::span<const std::byte> code_;
  std::size_t at_ = 0;
  std::array<Operand, limits::program_stack_max> stack_;
  std::size_t depth_ = 0;
  std::forward_list<std::string> texts_;
  std::array<std::string_view, limits::program_loop_depth_max> items_;
  std::size_t loop_depth_ = 0;
};

}  // namespace

Operand run_program(const Ruleset& ruleset, std::uint32_t program, Evaluation& evaluation) {
  const Rows bytes = ruleset.children(Column::program_size, program);
  const auto code = ruleset.column(Column::program_bytes).subspan(bytes.begin, bytes.size());
  return Machine(ruleset, evaluation, code).run();
}

}  // namespace heed
