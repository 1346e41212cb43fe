#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "heed/base/calendar.h"
#include "heed/base/limits.h"
#include "heed/runtime/program.h"
#include "proof.h"

namespace heed {
namespace {

using image::Column;
using image::Instruction;

class ProgramProof {
 public:
  ProgramProof(const Ruleset& ruleset, Rows bytes, std::span<const Reads> input_reads)
      : ruleset_(ruleset),
        bytes_(ruleset.column(Column::program_bytes)),
        at_(bytes.begin),
        end_(bytes.end),
        input_reads_(input_reads) {}

  Result<Reads> prove() {
    if (end_ - at_ > limits::program_size_bytes_max || at_ == end_) return refused(at_);
    if (!run() || cost_ > limits::program_cost_max) return refused(last_);
    if (depth_ != 1 || stack_[0].kind != ValueKind::boolean) return refused(end_ - 1);
    return reads_;
  }

 private:
  /// What is known of a value on the stack.
  struct Proved {
    ValueKind kind{};
    std::uint16_t text_size_bytes = 0;  // at most
  };

  [[nodiscard]] tl::unexpected<Error> refused(std::uint32_t row) const {
    return fail(ErrorCode::malformed_image, row);
  }

  bool run() {
    while (at_ < end_) {
      last_ = at_;
      if (!step(static_cast<Instruction>(bytes_[at_++]))) return false;
    }
    return true;
  }

  bool take(std::uint32_t& value) {
    if (end_ - at_ < sizeof(value)) return false;
    std::memcpy(&value, bytes_.data() + at_, sizeof(value));
    at_ += sizeof(value);
    return true;
  }
  bool take_id(Column table, std::uint32_t& id) {
    return take(id) && id < ruleset_.row_count(table);
  }
  bool take_text(Proved& text) {
    std::uint32_t id = 0;
    if (!take_id(Column::string_length, id)) return false;
    text.text_size_bytes = static_cast<std::uint16_t>(
        std::min<std::size_t>(ruleset_.string(id).size(), limits::text_size_bytes_max));
    return true;
  }
  bool take_input(std::uint32_t& input) {
    if (!take_id(Column::input_kind, input)) return false;
    reads_.merge(input_reads_[input]);
    return true;
  }

  bool push(ValueKind kind, std::size_t text_size_bytes = 0) {
    if (depth_ == stack_.size()) return false;
    const bool is_text = kind == ValueKind::string;
    stack_[depth_++] = {kind, static_cast<std::uint16_t>(is_text ? text_size_bytes : 0)};
    return true;
  }
  // What a loop's body finds on the stack is not its own.
  bool pop_any(Proved& value) {
    if (depth_ == floor_) return false;
    value = stack_[--depth_];
    return true;
  }
  bool pop(ValueKind kind, Proved& value) { return pop_any(value) && value.kind == kind; }
  bool pop(ValueKind kind) {
    Proved value;
    return pop(kind, value);
  }
  bool pop_two_alike() { return pop_any(b_) && b_.kind != ValueKind::set && pop(b_.kind, a_); }

  // Pops two of `from`, pushes `to`.
  bool combine(Instruction instruction, ValueKind from, ValueKind to) {
    return pop(from, b_) && pop(from, a_) && give(instruction, to);
  }
  bool give(Instruction instruction, ValueKind kind) {
    const std::size_t a = a_.text_size_bytes;
    const std::size_t b = b_.text_size_bytes;
    cost_ += image::cost_of(instruction, a, b);
    return push(kind, image::text_size_bytes(instruction, a, b));
  }

  bool step(Instruction instruction) {
    a_ = b_ = {};
    constexpr auto boolean = ValueKind::boolean;
    constexpr auto number = ValueKind::number;
    constexpr auto string = ValueKind::string;
    std::uint32_t id = 0;
    switch (instruction) {
      case Instruction::push_number:
        return take_id(Column::number, id) && give(instruction, number);
      case Instruction::push_string:
        return take_text(a_) && give(instruction, string);
      case Instruction::push_true:
      case Instruction::push_false:
        return give(instruction, boolean);
      case Instruction::load:
        a_.text_size_bytes = limits::string_size_bytes_max;
        return take_input(id) && give(instruction, kind_of_input(ruleset_, id));
      case Instruction::has:
        return take_input(id) && give(instruction, boolean);
      case Instruction::add:
      case Instruction::subtract:
      case Instruction::multiply:
      case Instruction::divide:
      case Instruction::divide_whole:
      case Instruction::modulo:
        return combine(instruction, number, number);
      case Instruction::negate:
        return pop(number) && give(instruction, number);
      case Instruction::equal:
      case Instruction::not_equal:
      case Instruction::less:
      case Instruction::less_equal:
        return pop_two_alike() && give(instruction, boolean);
      case Instruction::logical_and:
      case Instruction::logical_or:
        return combine(instruction, boolean, boolean);
      case Instruction::logical_not:
        return pop(boolean) && give(instruction, boolean);
      case Instruction::select:
        return pop_two_alike() && pop(boolean) && give(instruction, a_.kind);
      case Instruction::concat:
        return combine(instruction, string, string);
      case Instruction::starts_with:
      case Instruction::ends_with:
      case Instruction::contains:
        return combine(instruction, string, boolean);
      default:
        return step_of_sets_and_times(instruction);
    }
  }

  bool step_of_sets_and_times(Instruction instruction) {
    std::uint32_t operand = 0;
    switch (instruction) {
      case Instruction::member:
        return take_text(b_) && pop(ValueKind::set) && give(instruction, ValueKind::boolean);
      case Instruction::lower:
        return pop(ValueKind::string, a_) && give(instruction, ValueKind::string);
      case Instruction::size:
        return pop_any(a_) && (a_.kind == ValueKind::string || a_.kind == ValueKind::set) &&
               give(instruction, ValueKind::number);
      case Instruction::member_of:
        return pop(ValueKind::set) && pop(ValueKind::string, a_) &&
               give(instruction, ValueKind::boolean);
      case Instruction::any_member:
      case Instruction::all_members:
        return take(operand) && operand <= end_ - at_ && pop(ValueKind::set) && loop(operand);
      case Instruction::item:
        a_.text_size_bytes = limits::string_size_bytes_max;
        return take(operand) && operand < loop_depth_ && give(instruction, ValueKind::string);
      case Instruction::from:
        return take_id(Column::number, operand) && pop(ValueKind::number) &&
               pop(ValueKind::number) && depth_ > floor_ &&
               stack_[depth_ - 1].kind == ValueKind::number && give(instruction, ValueKind::number);
      case Instruction::date_part:
        return take(operand) && operand < date_part_count && pop(ValueKind::number) &&
               give(instruction, ValueKind::number);
      case Instruction::or_equal:
        // The value stays below.
        return pop_any(b_) && b_.kind != ValueKind::set && pop(ValueKind::boolean) &&
               depth_ > floor_ && stack_[depth_ - 1].kind == b_.kind &&
               give(instruction, ValueKind::boolean);
      case Instruction::settle:
        return pop(ValueKind::boolean) && pop_any(a_) && give(instruction, ValueKind::boolean);
      default:
        return false;
    }
  }

  // The body leaves one truth above what was there before it.
  bool loop(std::uint32_t size) {
    if (loop_depth_ == limits::program_loop_depth_max) return false;
    const std::uint32_t end = std::exchange(end_, at_ + size);
    const std::size_t floor = std::exchange(floor_, depth_);
    const std::uint64_t before = std::exchange(cost_, 0);
    ++loop_depth_;
    if (!run() || depth_ != floor_ + 1 || !pop(ValueKind::boolean)) return false;
    --loop_depth_;
    end_ = end;
    floor_ = floor;
    cost_ = before + image::loop_cost(cost_);
    return push(ValueKind::boolean);
  }

  const Ruleset& ruleset_;
  std::span<const std::byte> bytes_;
  std::uint32_t at_;
  std::uint32_t end_;
  std::uint32_t last_ = 0;  // the instruction looked at
  std::span<const Reads> input_reads_;
  std::array<Proved, limits::program_stack_max> stack_{};
  std::size_t depth_ = 0;
  std::size_t floor_ = 0;  // of the loop that is looked at
  std::size_t loop_depth_ = 0;
  std::uint64_t cost_ = 0;
  Proved a_;  // what the instruction takes
  Proved b_;
  Reads reads_;
};

}  // namespace

Result<Reads> prove_program(const Ruleset& ruleset, std::uint32_t program,
                            std::span<const Reads> input_reads) {
  const Rows bytes = ruleset.children(Column::program_size, program);
  return ProgramProof(ruleset, bytes, input_reads).prove();
}

}  // namespace heed
