// Computed predicates: a condition's part that is not a plain test of one input (arithmetic,
// attribute against attribute) as a bounded stack program. Three-valued: absent inputs, division
// by zero and non-finite results are `unknown`, which never holds (Kleene logic, as CEL's && and
// ||).
#pragma once
#include <cstddef>
#include <cstdint>

namespace heed::image {

/// One byte each; operands follow as u32 little-endian where named. No jumps: a program's cost is
/// its length. The stack holds {kind, value}; depth at most limits::program_stack_max.
enum class Instruction : std::uint8_t {
  push_number,  // u32 number id
  push_string,  // u32 string id
  push_true,
  push_false,
  load,  // u32 input: its value, or unknown where absent
  has,   // u32 input: bool
  add,
  subtract,
  multiply,
  divide,
  negate,  // numbers; a time and a duration are numbers in ms
  equal,
  not_equal,
  less,
  less_equal,  // two numbers, strings or booleans of one kind
  logical_and,
  logical_or,
  logical_not,  // Kleene
  select,       // condition, then, else -> one of both; an unknown condition is unknown
  member,       // u32 string id; set below on the stack
  concat,       // two strings; over limits::string_size_bytes_max is unknown
};

/// Bytes of the operand that follows an instruction.
[[nodiscard]] constexpr std::size_t operand_size_bytes(Instruction instruction) {
  switch (instruction) {
    case Instruction::push_number:
    case Instruction::push_string:
    case Instruction::load:
    case Instruction::has:
    case Instruction::member:
      return sizeof(std::uint32_t);
    default:
      return 0;
  }
}

}  // namespace heed::image
