// The second half of `Ruleset::open`: that what the columns hold can be evaluated without checks
// (docs/formats/ruleset.md, "What open proves").
#pragma once
#include <cstdint>
#include <span>

#include "heed/base/result.h"
#include "heed/runtime/ruleset.h"

namespace heed {

/// Strings: lengths and UTF-8. Needs the layout alone.
[[nodiscard]] Result<void> prove_strings(const Ruleset& ruleset);

/// Everything else. Needs distinct strings.
[[nodiscard]] Result<void> prove_contents(const Ruleset& ruleset);

/// What a condition, predicate or program reads: that decides who may use it.
struct Reads {
  std::uint32_t segment_end = 0;      // one past the last segment read
  std::uint32_t journey_end = 0;      // one past the last journey read
  std::uint32_t signal = none_index;  // whose fields are read
  bool fields_of_many = false;        // fields of more than one signal are read
  bool state = false;                 // anything but fields is read

  void merge(const Reads& other);
};

/// What an input gives, and a value on a program's stack is. A time is a number of ms.
enum class ValueKind : std::uint8_t { boolean, number, string, set };

/// The kind that an input gives; its row must have been proved.
[[nodiscard]] ValueKind kind_of_input(const Ruleset& ruleset, std::uint32_t input);

/// Proves that a program neither underflows nor overflows its stack, combines only kinds that fit
/// and ends with one boolean.
///
/// @param input_reads  what each input reads; inputs must have been proved
[[nodiscard]] Result<Reads> prove_program(const Ruleset& ruleset, std::uint32_t program,
                                          std::span<const Reads> input_reads);

}  // namespace heed
