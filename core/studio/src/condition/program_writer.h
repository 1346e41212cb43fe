// Writes the part of a condition that is no plain test as a stack program (heed/runtime/program.h).
#pragma once
#include <cstddef>
#include <vector>

#include "terms.h"
#include "typed.h"

namespace heed::compile {

class ProgramWriter {
 public:
  struct Written {
    std::vector<Step> steps;
    Finding fault;  // without a code where there is none
  };

  /// A program that is true where `condition` is `wanted`.
  /// @errors  too_complex, condition_too_costly
  [[nodiscard]] static Written write(const Typed& condition, bool wanted);

 private:
  void value(const Typed& at);
  void compare(const Typed& at, bool wanted);
  void in_list(const Typed& at);
  void constant(const Literal& literal);
  void failed(Type type);
  void number(double value);
  void input(image::Instruction instruction, const Input& input);
  void joined(const Typed& at);
  void text(image::Instruction instruction, const std::string& text, std::size_t popped);
  void plain(image::Instruction instruction, std::uint32_t operand, std::size_t popped);
  void arithmetic(const Typed& at);
  void loop(const Typed& at);
  void local_time(const Typed& at);
  void put(Step step, std::size_t popped);
  void put(image::Instruction instruction, std::size_t popped);
  [[nodiscard]] Finding fault() const;

  std::vector<Step> steps_;
  std::size_t size_bytes_ = 0;
  std::vector<std::size_t> stack_;  // what each text on it may measure in bytes; 0 of no text
  std::size_t depth_max_ = 0;
  std::uint64_t cost_ = 0;
};

}  // namespace heed::compile
