#include <array>
#include <cstring>

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
    while (at_ < end_) {
      const std::uint32_t start = at_;
      if (!step()) return refused(start);
    }
    if (depth_ != 1 || stack_[0] != ValueKind::boolean) return refused(end_ - 1);
    return reads_;
  }

 private:
  [[nodiscard]] tl::unexpected<Error> refused(std::uint32_t row) const {
    return fail(ErrorCode::malformed_image,
                static_cast<std::uint64_t>(bytes_.data() - ruleset_.image().data()) + row);
  }

  bool take_id(Column table, std::uint32_t& id) {
    if (end_ - at_ < sizeof(id)) return false;
    std::memcpy(&id, bytes_.data() + at_, sizeof(id));
    at_ += sizeof(id);
    return id < ruleset_.row_count(table);
  }
  bool skip_id(Column table) {
    std::uint32_t id = 0;
    return take_id(table, id);
  }
  bool take_input(std::uint32_t& input) {
    if (!take_id(Column::input_kind, input)) return false;
    reads_.merge(input_reads_[input]);
    return true;
  }

  bool push(ValueKind kind) {
    if (depth_ == stack_.size()) return false;
    stack_[depth_++] = kind;
    return true;
  }
  bool pop(ValueKind kind) { return depth_ > 0 && stack_[--depth_] == kind; }
  bool pop_scalar(ValueKind& kind) {
    if (depth_ == 0) return false;
    kind = stack_[--depth_];
    return kind != ValueKind::set;
  }
  bool pop_two_alike(ValueKind& kind) { return pop_scalar(kind) && pop(kind); }

  bool step() {
    std::uint32_t id = 0;
    ValueKind kind{};
    switch (static_cast<Instruction>(bytes_[at_++])) {
      case Instruction::push_number:
        return skip_id(Column::number) && push(ValueKind::number);
      case Instruction::push_string:
        return skip_id(Column::string_length) && push(ValueKind::string);
      case Instruction::push_true:
      case Instruction::push_false:
        return push(ValueKind::boolean);
      case Instruction::load:
        return take_input(id) && push(kind_of_input(ruleset_, id));
      case Instruction::has:
        return take_input(id) && push(ValueKind::boolean);
      case Instruction::add:
      case Instruction::subtract:
      case Instruction::multiply:
      case Instruction::divide:
        return pop(ValueKind::number) && pop(ValueKind::number) && push(ValueKind::number);
      case Instruction::negate:
        return pop(ValueKind::number) && push(ValueKind::number);
      case Instruction::equal:
      case Instruction::not_equal:
      case Instruction::less:
      case Instruction::less_equal:
        return pop_two_alike(kind) && push(ValueKind::boolean);
      case Instruction::logical_and:
      case Instruction::logical_or:
        return pop(ValueKind::boolean) && pop(ValueKind::boolean) && push(ValueKind::boolean);
      case Instruction::logical_not:
        return pop(ValueKind::boolean) && push(ValueKind::boolean);
      case Instruction::select:
        return pop_two_alike(kind) && pop(ValueKind::boolean) && push(kind);
      case Instruction::member:
        return skip_id(Column::string_length) && pop(ValueKind::set) && push(ValueKind::boolean);
      case Instruction::concat:
        return pop(ValueKind::string) && pop(ValueKind::string) && push(ValueKind::string);
    }
    return false;
  }

  const Ruleset& ruleset_;
  std::span<const std::byte> bytes_;
  std::uint32_t at_;
  std::uint32_t end_;
  std::span<const Reads> input_reads_;
  std::array<ValueKind, limits::program_stack_max> stack_{};
  std::size_t depth_ = 0;
  Reads reads_;
};

}  // namespace

Result<Reads> prove_program(const Ruleset& ruleset, std::uint32_t program,
                            std::span<const Reads> input_reads) {
  const Rows bytes = ruleset.children(Column::program_size, program);
  return ProgramProof(ruleset, bytes, input_reads).prove();
}

}  // namespace heed
