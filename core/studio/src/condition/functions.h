// The functions, methods and macros of conditions: their types, and what they are of constants.
// @source  docs/formats/conditions.md, "Functions"
#pragma once
#include <string>
#include <vector>

#include "syntax.h"
#include "typed.h"

namespace heed::compile {

/// What typing a call needs of the expression that it stands in.
class Expressions {
 public:
  virtual ~Expressions() = default;
  [[nodiscard]] virtual Typed type(const Syntax& at) = 0;
  virtual Typed fault(const Syntax& at, std::string code, std::string message,
                      std::string suggestion = {}) = 0;
  /// The type of `body` where `name` stands for `value`.
  [[nodiscard]] virtual Typed type_with(const std::string& name, const Typed& value,
                                        const Syntax& body) = 0;
  [[nodiscard]] virtual const Clock& clock() = 0;
  [[nodiscard]] virtual std::uint32_t loop_depth() const = 0;
};

[[nodiscard]] Typed made(const Syntax& at, Typed::Kind kind, Type type);
/// A constant; an error where there is no value.
[[nodiscard]] Typed constant(const Syntax& at, Type type, std::optional<Literal> value);

/// `name(...)`, but for `has`, `duration` and `timestamp`.
[[nodiscard]] Typed type_function(Expressions& expressions, const Syntax& at);
/// `children[0].name(...)`, macros included.
[[nodiscard]] Typed type_method(Expressions& expressions, const Syntax& at);

}  // namespace heed::compile
