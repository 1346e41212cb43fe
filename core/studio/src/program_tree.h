// A computed predicate as a tree, with what its numbers mean: the program itself says only "a
// number" of a time or a duration.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "heed/runtime/program.h"
#include "heed/runtime/ruleset.h"
#include "literal_text.h"

namespace heed::compile {

/// How tightly the outermost operator of a text binds.
enum class Binding : std::uint8_t { choice, any, all, relation, sum, product, sign, value };

/// A value of the program as a tree.
struct Node {
  enum class Kind : std::uint8_t { leaf, number, clock, list, operation };
  Kind kind = Kind::leaf;
  image::Instruction instruction = image::Instruction::push_true;
  std::uint32_t operand = 0;
  double value = 0;                  // of a number
  std::string text;                  // of a leaf; of a macro and `in`: the member
  Binding binding = Binding::value;  // of a leaf
  std::size_t depth = 1;
  Unit unit = Unit::number;
  bool open = false;  // what surrounds it says what its unit is
  bool real = false;  // of a number: `2.0`, not `2`
  std::vector<Node> children;
};

[[nodiscard]] inline bool is_sum(const Node& node) {
  return node.kind == Node::Kind::operation && (node.instruction == image::Instruction::add ||
                                                node.instruction == image::Instruction::subtract);
}

struct Text {
  std::string text;
  Binding binding = Binding::value;
};

/// No deeper than the trees of `program_tree`.
[[nodiscard]] Text text_of(const Node& node);

/// The tree of a proved program; beyond a depth that no author's condition has, its parts are texts
/// already.
[[nodiscard]] Node program_tree(const Ruleset& ruleset, std::uint32_t program);

}  // namespace heed::compile
