// Writes the part of a condition that is no plain test as a stack program (heed/runtime/program.h).
#pragma once
#include <cstddef>
#include <vector>

#include "terms.h"
#include "typed.h"

namespace heed::compile {

class ProgramWriter {
 public:
  /// A program that is true where `condition` is `wanted`.
  /// @return  empty where it would be too large or too deep
  [[nodiscard]] static std::vector<Step> write(const Typed& condition, bool wanted);

 private:
  void value(const Typed& at);
  void compare(const Typed& at, bool wanted);
  void in_list(const Typed& at);
  void constant(Type type, const Literal& literal);
  void failed(Type type);
  void number(double value);
  void input(image::Instruction instruction, const Input& input);
  void joined(const Typed& at);
  void put(Step step, std::size_t popped);
  void put(image::Instruction instruction, std::size_t popped);

  std::vector<Step> steps_;
  std::size_t size_bytes_ = 0;
  std::size_t depth_ = 0;
  std::size_t depth_max_ = 0;
};

}  // namespace heed::compile
