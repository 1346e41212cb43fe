// A condition as a tree, and its three-valued evaluation by walking it: the definition of
// "matches" that the compiler's predicates must agree with.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "value.h"

namespace heed::reference {

struct Expression {
  // method: children[0].text(children[1..]); macro: children[0].text(variable, children[1])
  enum class Kind { literal, name, has, list, unary, binary, conditional, method, macro };

  Kind kind = Kind::literal;
  Value literal;     // literal
  std::string text;  // name ("device", "segment.parents"), has; the operator's spelling
  std::vector<Expression> children;
  std::string variable;  // of a macro
};

/// What a name stands for at this moment; Unknown where it is absent.
using Lookup = std::function<Value(const std::string& name)>;

/// Throws std::runtime_error on what it does not understand: tests write only what they mean.
Expression parse_expression(std::string_view text);

Value evaluate(const Expression& expression, const Lookup& lookup);

}  // namespace heed::reference
