// A condition as alternatives of tests ("terms"): it holds when one term does, a term when all its
// tests do. Conjunction, disjunction and their simplification keep exactly the visitors that match.
// @source  docs/formats/conditions.md, "Expansion"
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "heed/runtime/image.h"
#include "heed/runtime/program.h"
#include "typed.h"
#include "values.h"

namespace heed::compile {

/// A row that conditions read, whatever it is called.
struct InputKey {
  image::InputKind kind = image::InputKind::now;
  std::uint32_t row = 0;

  friend bool operator==(const InputKey&, const InputKey&) = default;
  friend bool operator<(const InputKey& a, const InputKey& b) {
    return std::tie(a.kind, a.row) < std::tie(b.kind, b.row);
  }
};

/// An instruction whose operand is still a value.
struct Step {
  image::Instruction instruction = image::Instruction::push_true;
  double number = 0;
  std::string text;
  InputKey input;
  std::uint32_t plain = 0;  // any other operand
};

/// What a test is about: an input, a member of a set input, or a computed truth.
struct Variable {
  enum class Kind : std::uint8_t { input, member, program };
  Kind kind = Kind::input;
  InputKey input;      // not of a program
  std::string member;  // a member's name
  std::vector<Step> program;
  Values universe;  // all that it can be
};

/// Every variable of a source once; ids in order of first use.
class Variables {
 public:
  [[nodiscard]] std::uint32_t input(const Input& input);
  [[nodiscard]] std::uint32_t member(const Input& set, const std::string& member);
  [[nodiscard]] std::uint32_t program(std::vector<Step> program);

  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(variables_.size()); }
  [[nodiscard]] const Variable& operator[](std::uint32_t id) const { return variables_[id]; }

 private:
  [[nodiscard]] std::uint32_t intern(std::string key, Variable variable);

  std::vector<Variable> variables_;
  std::map<std::string, std::uint32_t> ids_;
};

/// Where in the condition's text the author wrote a test.
struct Written {
  std::size_t begin = 0;
  std::size_t end = 0;  // 0 where the text says something else: it is negated, or put together
};

struct Test {
  std::uint32_t variable = 0;
  Values values;    // never empty, never the whole universe
  Written written;  // says nothing of what is tested
};

using Term = std::vector<Test>;   // by variable; empty: always
using Terms = std::vector<Term>;  // empty: never

[[nodiscard]] inline Terms always() { return {Term{}}; }
[[nodiscard]] inline Terms never() { return {}; }
[[nodiscard]] bool is_always(const Terms& terms);

/// The terms as their author gives them: tests by where they are written, terms likewise.
[[nodiscard]] std::vector<std::vector<const Test*>> as_written(const Terms& terms);

/// Whether every visitor that matches `narrow` matches `wide`; false where it cannot tell.
[[nodiscard]] bool covers(const Variables& variables, const Terms& wide, const Terms& narrow);

/// Joins terms and keeps them few.
class TermMaker {
 public:
  explicit TermMaker(const Variables& variables) : variables_(variables) {}

  [[nodiscard]] Terms test(std::uint32_t variable, const Values& values, Written written) const;
  [[nodiscard]] Terms any(Terms a, const Terms& b);
  [[nodiscard]] Terms all(const Terms& a, const Terms& b);

  /// False once an intermediate result was too large; what the calls gave is then meaningless.
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  void insert(Terms& terms, Term term);
  [[nodiscard]] bool merge(Term& into, const Term& other) const;
  [[nodiscard]] bool is_one_test(std::uint32_t variable, const Values& values) const;
  [[nodiscard]] bool conjoin(const Term& a, const Term& b, Term& out) const;
  [[nodiscard]] bool settle_sets(Term& term) const;

  const Variables& variables_;
  bool ok_ = true;
};

}  // namespace heed::compile
