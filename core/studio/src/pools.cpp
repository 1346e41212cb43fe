#include "pools.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>
#include <tuple>
#include <utility>

#include "heed/base/id.h"
#include "heed/base/result.h"

namespace heed::compile {
namespace {

using image::Instruction;
using image::Op;
using image::OperandKind;

constexpr double infinity = std::numeric_limits<double>::infinity();

template <class T>
void sort_unique(std::vector<T>& rows) {
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
}

std::uint8_t code(Op op, bool negated = false) {
  return static_cast<std::uint8_t>(static_cast<unsigned>(op) | (negated ? image::op_negated : 0U));
}

// A lower bound at the edge of what the input can be is none, except of a single number.
bool bounds_low(const Variable& variable, const Range& range) {
  return range.low != variable.universe.ranges.front().low ||
         (range.low != -infinity && std::nextafter(range.low, infinity) == range.high);
}

}  // namespace

template <class Visit>
void Pools::for_each_test(Visit visit) const {
  for (const Terms* terms : terms_) {
    for (const Term& term : *terms) {
      for (const Test& test : term) visit(test);
    }
  }
}

void Pools::add(const Terms& terms) {
  terms_.push_back(&terms);
  for (const Term& term : terms) {
    for (const Test& test : term) add_test(test);
  }
}

void Pools::add_test(const Test& test) {
  const Variable& variable = variables_[test.variable];
  if (variable.kind == Variable::Kind::program) {
    for (const Step& step : variable.program) {
      const OperandKind kind = image::operand_kind(step.instruction);
      if (kind == OperandKind::number) add(step.number);
      if (kind == OperandKind::string) add(step.text);
      if (kind == OperandKind::input) inputs_.add(step.input);
    }
    return;
  }
  inputs_.add(variable.input);
  if (variable.kind == Variable::Kind::member) add(variable.member);
  for (const std::string& text : test.values.strings) add(text);
  for (const Range& range : test.values.ranges) {
    if (bounds_low(variable, range)) add(range.low);
    if (range.high != infinity) add(range.high);
  }
}

void Pools::settle() {
  strings_.settle();
  numbers_.settle();
  inputs_.settle();
  for_each_test([this](const Test& test) {
    const Variable& variable = variables_[test.variable];
    if (variable.kind == Variable::Kind::program) programs_.add(encode(variable.program));
  });
  programs_.settle();
  for_each_test([this](const Test& test) { predicates_.add(predicate(test)); });
  predicates_.settle();
  for (const Terms* terms : terms_) conditions_.intern(condition(*terms));
}

std::vector<std::byte> Pools::encode(const std::vector<Step>& program) const {
  std::vector<std::byte> bytes;
  const auto operand = [&bytes](std::uint32_t value) {
    const auto* from = reinterpret_cast<const std::byte*>(&value);
    bytes.insert(bytes.end(), from, from + sizeof value);
  };
  for (const Step& step : program) {
    bytes.push_back(static_cast<std::byte>(step.instruction));
    switch (image::operand_kind(step.instruction)) {
      case OperandKind::number:
        operand(id(step.number));
        break;
      case OperandKind::string:
        operand(id(step.text));
        break;
      case OperandKind::input:
        operand(input_id(step.input));
        break;
      case OperandKind::plain:
        operand(step.plain);
        break;
      case OperandKind::none:
        break;
    }
  }
  return bytes;
}

PooledPredicate Pools::predicate(const Test& test) const {
  const Variable& variable = variables_[test.variable];
  PooledPredicate made;
  if (variable.kind == Variable::Kind::program) {
    made.input = none_index;
    made.op = code(Op::computed);
    made.operands = {programs_.id(encode(variable.program))};
    return made;
  }
  made = input_predicate(variable, test.values);
  made.input = input_id(variable.input);
  return made;
}

PooledPredicate Pools::input_predicate(const Variable& variable, const Values& values) const {
  PooledPredicate made;
  Values known = variable.universe;
  known.absent = false;
  if (values == known || values.absent) {  // a test with absent among its values has nothing else
    made.op = code(Op::present, values.absent);
  } else if (variable.kind == Variable::Kind::member) {
    made.op = code(Op::member, values.no);
    made.operands = {id(variable.member)};
  } else if (values.yes || values.no) {
    made.op = code(Op::is_true, values.no);
  } else if (!values.ranges.empty()) {
    made.op = code(Op::number_in);
    for (const Range& range : values.ranges) {
      made.operands.push_back(bounds_low(variable, range) ? id(range.low) : none_index);
      made.operands.push_back(range.high == infinity ? none_index : id(range.high));
    }
  } else {
    made.op = code(Op::string_in, values.all_strings_but);
    for (const std::string& text : values.strings) made.operands.push_back(id(text));
    std::sort(made.operands.begin(), made.operands.end());
  }
  return made;
}

PooledCondition Pools::condition(const Terms& terms) const {
  PooledCondition made;
  for (const Term& term : terms) {
    auto& references = made.emplace_back();
    for (const Test& test : term) references.push_back(predicates_.id(predicate(test)));
    sort_unique(references);
  }
  sort_unique(made);
  return made;
}

std::uint32_t Pools::id(const Terms& terms) const { return conditions_.id(condition(terms)); }

}  // namespace heed::compile
