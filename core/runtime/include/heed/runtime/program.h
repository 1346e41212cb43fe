// Computed predicates: a condition's part that is not a plain test of one input (arithmetic,
// attribute against attribute, text, sets) as a bounded stack program. Three-valued: absent inputs,
// division by zero and non-finite results are `unknown`, which never holds (Kleene logic, as CEL's
// && and ||).
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "heed/base/limits.h"

namespace heed::image {

/// One byte each; operands follow as u32 little-endian where named. The stack holds {kind, value};
/// depth at most limits::program_stack_max. No jumps, and two loops whose turns are limited: what a
/// program can cost follows from its bytes (`cost_of`).
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
  divide_whole,
  modulo,  // numbers, whole: the quotient towards zero; what is left, signed as the dividend
  starts_with,
  ends_with,
  contains,     // text, part -> bool; by bytes
  lower,        // a string; ASCII letters alone
  size,         // code points of a string, members of a set
  member_of,    // string, set -> bool
  any_member,   // u32 bytes of the body that follows; set -> bool: one member for which it is true
  all_members,  // likewise: no member for which it is false
  item,         // u32 loop, 0 the outermost: its member
  from,         // u32 number id T; time, before, after -> time, (time < T ? before : after)
  date_part,    // u32 DatePart; a time -> number, in UTC
  or_equal,     // value, bool, other -> value, bool: true too where value is other
  settle,       // value, bool -> bool; unknown where value is
};

/// What the operand that follows an instruction is.
enum class OperandKind : std::uint8_t { none, number, string, input, plain };

[[nodiscard]] constexpr OperandKind operand_kind(Instruction instruction) {
  switch (instruction) {
    case Instruction::push_number:
    case Instruction::from:
      return OperandKind::number;
    case Instruction::push_string:
    case Instruction::member:
      return OperandKind::string;
    case Instruction::load:
    case Instruction::has:
      return OperandKind::input;
    case Instruction::any_member:
    case Instruction::all_members:
    case Instruction::item:
    case Instruction::date_part:
      return OperandKind::plain;
    default:
      return OperandKind::none;
  }
}

/// Bytes of the operand that follows an instruction.
[[nodiscard]] constexpr std::size_t operand_size_bytes(Instruction instruction) {
  return operand_kind(instruction) == OperandKind::none ? 0 : sizeof(std::uint32_t);
}

/// What running an instruction may cost, in steps of some ten nanoseconds in WebAssembly; a loop
/// costs its body as often as a set may have members.
///
/// @param a, b  what the texts that it takes may measure in bytes; 0 for what is no text
[[nodiscard]] constexpr std::uint64_t cost_of(Instruction instruction, std::size_t a,
                                              std::size_t b) {
  constexpr std::uint64_t line = 32;  // bytes that are compared in one step
  constexpr std::uint64_t copied = 4 * line;
  switch (instruction) {
    case Instruction::member:
    case Instruction::member_of:
      return limits::set_member_count_max * (1 + (a + b) / line);
    case Instruction::contains: {
      const std::size_t part = std::min(b, a / 2);  // the costliest that may be looked for
      return 1 + (a - part + 1) * (part + 1) / line;
    }
    case Instruction::lower:
    case Instruction::size:
      return 8 + a / 16;
    case Instruction::concat:
      return 8 + (a + b) / copied;
    case Instruction::date_part:
      return 8;
    case Instruction::or_equal:
      return 1 + b / line;
    default:
      return 1 + std::min(a, b) / line;
  }
}

[[nodiscard]] constexpr std::uint64_t loop_cost(std::uint64_t body) {
  return limits::set_member_count_max * (body + 2);
}

/// How long the text that an instruction gives may be.
///
/// @param a, b  as above
[[nodiscard]] constexpr std::size_t text_size_bytes(Instruction instruction, std::size_t a,
                                                    std::size_t b) {
  switch (instruction) {
    case Instruction::concat:
      return std::min(a + b, limits::string_size_bytes_max);
    case Instruction::push_string:
    case Instruction::load:
    case Instruction::item:
    case Instruction::lower:
      return a;
    case Instruction::select:
      return std::max(a, b);
    default:
      return 0;
  }
}

}  // namespace heed::image
