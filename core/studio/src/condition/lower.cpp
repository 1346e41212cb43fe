#include "lower.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "fold.h"
#include "heed/base/limits.h"
#include "program_writer.h"

namespace heed::compile {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::size_t call_count_max =
    100'000;  // of one condition; chains of == on truths double it

double next_above(double value) { return std::nextafter(value, infinity) + 0.0; }

double as_number(const Literal& literal) {
  if (const auto* number = std::get_if<double>(&literal)) return *number;
  return static_cast<double>(std::get<std::int64_t>(literal));
}

Values point(double value) { return range(value, next_above(value)); }

Values numbers_where(Operator op, double limit) {
  switch (op) {
    case Operator::equal:
      return point(limit);
    case Operator::not_equal:
      return known_numbers_but(point(limit));
    case Operator::less:
      return range(-infinity, limit);
    case Operator::less_equal:
      return range(-infinity, next_above(limit));
    case Operator::greater:
      return range(next_above(limit), infinity);
    default:
      return range(limit, infinity);
  }
}

Operator mirrored(Operator op) {
  switch (op) {
    case Operator::less:
      return Operator::greater;
    case Operator::less_equal:
      return Operator::greater_equal;
    case Operator::greater:
      return Operator::less;
    case Operator::greater_equal:
      return Operator::less_equal;
    default:
      return op;
  }
}

class Lowering {
 public:
  explicit Lowering(Variables& variables) : variables_(variables), make_(variables) {}

  // The visitors for whom `at` evaluates to `wanted`; in Kleene's logic neither set is the other's
  // rest.
  Terms lower(const Typed& at, bool wanted) {
    if (!ok()) return never();
    ++call_count_;
    const Typed* inner = &at;
    bool inner_wanted = wanted;
    for (; inner->kind == Typed::Kind::invert; inner_wanted = !inner_wanted) {
      inner = &inner->children[0];
    }
    written_ = {at.begin, wanted && !at.copied ? at.end : 0};
    return lower_plain(*inner, inner_wanted);
  }

  [[nodiscard]] bool ok() const { return make_.ok() && call_count_ < call_count_max && !fault_; }
  /// Of a program that is too large or too costly.
  [[nodiscard]] const std::optional<Fault>& fault() const { return fault_; }

 private:
  // What is no negation.
  Terms lower_plain(const Typed& at, bool wanted) {
    switch (at.kind) {
      case Typed::Kind::constant:
        return !at.failed && std::get<bool>(at.value) == wanted ? always() : never();
      case Typed::Kind::input:
        return test(variables_.input(*at.input), truth(wanted));
      case Typed::Kind::has:
        return has(*at.input, wanted);
      case Typed::Kind::in_list:
        return in_list(at, wanted);
      case Typed::Kind::in_set:
        return test(variables_.member(*at.input, std::get<std::string>(at.value)), truth(wanted));
      case Typed::Kind::compare:
        return compare(at, wanted);
      case Typed::Kind::exists:
      case Typed::Kind::for_all:
      case Typed::Kind::call:
        return program(at, wanted);
      case Typed::Kind::all_of:
      case Typed::Kind::any_of:
        return joined(at, wanted);
      case Typed::Kind::conditional:
        return choose(at, wanted);
      default:
        return never();  // arithmetic is no truth
    }
  }

  [[nodiscard]] Terms test(std::uint32_t variable, const Values& values) const {
    return make_.test(variable, values, written_);
  }

  static Values truth(bool wanted) {
    Values values;
    (wanted ? values.yes : values.no) = true;
    return values;
  }

  Terms has(const Input& input, bool wanted) {
    const std::uint32_t variable = variables_.input(input);
    Values values = variables_[variable].universe;
    values.absent = false;
    if (!wanted) {
      values = {};
      values.absent = true;
    }
    return test(variable, values);
  }

  Terms in_list(const Typed& at, bool wanted) {
    const Typed& left = at.children[0];
    if (left.kind != Typed::Kind::input) return program(at, wanted);
    Values values;
    if (left.type == Type::string) {
      std::vector<std::string> strings;
      for (const Literal& item : at.list) strings.push_back(std::get<std::string>(item));
      values = strings_in(std::move(strings));
      if (!wanted) values = known_strings_but(values);
    } else {
      for (const Literal& item : at.list) values = unite(values, point(as_number(item)));
      if (!wanted) values = known_numbers_but(values);
    }
    return test(variables_.input(*left.input), values);
  }

  Terms compare(const Typed& at, bool wanted) {
    const Typed& left = at.children[0];
    const Typed& right = at.children[1];
    if (left.type == Type::boolean) return compare_truths(at, wanted);
    const bool mirror = left.kind == Typed::Kind::constant;
    const Typed& input = mirror ? right : left;
    const Typed& constant = mirror ? left : right;
    const bool equality = at.op == Operator::equal || at.op == Operator::not_equal;
    if (input.kind != Typed::Kind::input || constant.kind != Typed::Kind::constant ||
        (input.type == Type::string && !equality)) {
      return program(at, wanted);
    }
    Values values;
    if (input.type == Type::string) {
      values = strings_in({std::get<std::string>(constant.value)});
      if ((at.op == Operator::equal) != wanted) values = known_strings_but(values);
    } else {
      values = numbers_where(mirror ? mirrored(at.op) : at.op, as_number(constant.value));
      if (!wanted) values = known_numbers_but(values);
    }
    return test(variables_.input(*input.input), values);
  }

  // The pairs of truths that give what is wanted.
  Terms compare_truths(const Typed& at, bool wanted) {
    Terms terms = never();
    for (const bool left : {true, false}) {
      for (const bool right : {true, false}) {
        if (fold_compare(at.op, Literal(left), Literal(right)) != wanted) continue;
        terms = make_.any(std::move(terms),
                          make_.all(lower(at.children[0], left), lower(at.children[1], right)));
      }
    }
    return terms;
  }

  Terms joined(const Typed& at, bool wanted) {
    const bool all = (at.kind == Typed::Kind::all_of) == wanted;
    Terms terms = all ? always() : never();
    for (const Typed& child : at.children) {
      Terms next = lower(child, wanted);
      terms = all ? make_.all(terms, next) : make_.any(std::move(terms), next);
    }
    return terms;
  }

  Terms choose(const Typed& at, bool wanted) {
    Terms yes = make_.all(lower(at.children[0], true), lower(at.children[1], wanted));
    return make_.any(std::move(yes),
                     make_.all(lower(at.children[0], false), lower(at.children[2], wanted)));
  }

  Terms program(const Typed& at, bool wanted) {
    ProgramWriter::Written written = ProgramWriter::write(at, wanted);
    if (!written.fault.code.empty()) {
      if (!fault_) fault_ = Fault{at.begin, std::move(written.fault)};
      return never();
    }
    return test(variables_.program(std::move(written.steps)), truth(true));
  }

  Variables& variables_;
  TermMaker make_;
  Written written_;  // of the test that is lowered
  std::size_t call_count_ = 0;
  std::optional<Fault> fault_;
};

class ShutOut {
 public:
  explicit ShutOut(std::string_view text) : text_(text) {}

  std::vector<Fault> find(const Typed& condition) {
    collect_asked(condition);
    visit(condition, true, nullptr);
    return std::move(faults_);
  }

 private:
  void collect_asked(const Typed& at) {
    if (at.kind == Typed::Kind::has) asked_.insert(at.input->name);
    for (const Typed& child : at.children) collect_asked(child);
  }

  // `negation` is the innermost expression that turns this test round.
  void visit(const Typed& at, bool wanted, const Typed* negation) {
    switch (at.kind) {
      case Typed::Kind::invert:
        return visit(at.children[0], !wanted, &at);
      case Typed::Kind::all_of:
      case Typed::Kind::any_of:
        for (const Typed& child : at.children) visit(child, wanted, negation);
        return;
      case Typed::Kind::input:
      case Typed::Kind::in_set:
        if (!wanted && negation != nullptr) report(*at.input, *negation);
        return;
      case Typed::Kind::conditional:
        visit(at.children[1], wanted, negation);
        return visit(at.children[2], wanted, negation);
      case Typed::Kind::exists:
      case Typed::Kind::for_all:
        if (!wanted && negation != nullptr) report_inputs(at.children[0], *negation);
        return visit(at.children[1], wanted, negation);
      case Typed::Kind::in_list:
      case Typed::Kind::call:
        if (!wanted && negation != nullptr) report_inputs(at, *negation);
        return;
      case Typed::Kind::compare: {
        const bool equality = at.op == Operator::equal || at.op == Operator::not_equal;
        const bool unequal = (at.op == Operator::not_equal) == wanted;
        if (equality ? unequal : !wanted) report_inputs(at, negation == nullptr ? at : *negation);
        return;
      }
      default:
        return;
    }
  }

  void report_inputs(const Typed& at, const Typed& negation) {
    if (at.kind == Typed::Kind::input || at.kind == Typed::Kind::in_set)
      report(*at.input, negation);
    for (const Typed& child : at.children) report_inputs(child, negation);
  }

  void report(const Input& input, const Typed& negation) {
    if (!input.may_be_absent || input.kind == image::InputKind::field) return;
    if (!asked_.insert(input.name).second) return;
    const std::string written(text_.substr(negation.begin, negation.end - negation.begin));
    faults_.push_back({negation.begin,
                       {"negation_excludes_unknown",
                        "visitors whose `" + input.name + "` is unknown do not match `" + written +
                            "`; to let them in, write `(!has(" + input.name + ") || " + written +
                            ")`, else say so with `has(" + input.name + ") && ...`",
                        {}}});
  }

  std::string_view text_;
  std::set<std::string> asked_;
  std::vector<Fault> faults_;
};

}  // namespace

Terms lower_condition(const Typed& condition, Variables& variables, std::vector<Fault>& faults) {
  if (condition.type == Type::invalid) return never();
  Lowering lowering(variables);
  Terms terms = lowering.lower(condition, true);
  if (lowering.fault()) {
    faults.push_back(*lowering.fault());
    return never();
  }
  if (!lowering.ok() || terms.size() > limits::term_count_max) {
    faults.push_back({condition.begin,
                      {"too_many_terms",
                       "this condition expands to more than 64 alternatives; name parts of it as "
                       "segments, or split it",
                       {}}});
    return never();
  }
  for (const Term& term : terms) {
    if (term.size() <= limits::term_predicate_count_max) continue;
    faults.push_back(
        {condition.begin,
         {"too_complex",
          "this condition joins more than 64 tests with `&&`; name parts of it as segments",
          {}}});
    return never();
  }
  return terms;
}

std::vector<Fault> find_shut_out(const Typed& condition, std::string_view text) {
  if (condition.type == Type::invalid) return {};
  return ShutOut(text).find(condition);
}

}  // namespace heed::compile
