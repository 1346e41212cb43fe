#include "terms.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <optional>
#include <utility>

namespace heed::compile {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::size_t term_count_max = 512;        // on the way; the result is limited further
constexpr std::size_t pair_count_max = 1U << 14U;  // of one conjunction

void append_number(std::string& key, std::uint64_t value) {
  for (unsigned i = 0; i < 8; ++i) key += static_cast<char>(value >> (8 * i) & 0xffU);
}

std::string key_of(Variable::Kind kind, const InputKey& input) {
  std::string key(1, static_cast<char>(kind));
  key += static_cast<char>(input.kind);
  append_number(key, input.row);
  return key;
}

Values universe_of(const Input& input) {
  Values all;
  switch (input.type) {
    case Type::boolean:
      all.yes = all.no = true;
      break;
    case Type::string:
      if (input.is_stage()) {
        all = strings_in(input.stages);
      } else {
        all.all_strings_but = true;
      }
      break;
    case Type::set:
      all.yes = true;
      break;
    default:
      all = range(input.low, infinity);
  }
  all.absent = input.may_be_absent;
  return all;
}

// A member that is or is not there tells that its set is known.
bool tells_known(const Variables& variables, const Term& term, const InputKey& set) {
  return std::any_of(term.begin(), term.end(), [&](const Test& test) {
    const Variable& variable = variables[test.variable];
    return variable.kind == Variable::Kind::member && variable.input == set && !test.values.absent;
  });
}

const Test* find(const Term& term, std::uint32_t variable) {
  const auto found = std::lower_bound(
      term.begin(), term.end(), variable,
      [](const Test& test, std::uint32_t wanted) { return test.variable < wanted; });
  return found != term.end() && found->variable == variable ? &*found : nullptr;
}

bool term_covers(const Variables& variables, const Term& wide, const Term& narrow) {
  return std::all_of(wide.begin(), wide.end(), [&](const Test& needed) {
    const Test* given = find(narrow, needed.variable);
    if (given != nullptr) return is_subset(given->values, needed.values);
    const Variable& variable = variables[needed.variable];
    const bool asks_known = variable.kind == Variable::Kind::input && needed.values.yes &&
                            !needed.values.absent && !needed.values.no &&
                            variable.universe.absent && !variable.universe.no;
    return asks_known && tells_known(variables, narrow, variable.input);
  });
}

// What both tests leave stands where the first of them does, in its words where it says as much.
Written joined(const Values& common, const Test& a, const Test& b) {
  const Test& first = a.written.begin <= b.written.begin ? a : b;
  if (first.values == common) return first.written;
  return {first.written.begin, 0};
}

}  // namespace

std::uint32_t Variables::intern(std::string key, Variable variable) {
  const auto [entry, added] =
      ids_.emplace(std::move(key), static_cast<std::uint32_t>(variables_.size()));
  if (added) variables_.push_back(std::move(variable));
  return entry->second;
}

std::uint32_t Variables::input(const Input& input) {
  Variable variable;
  variable.input = {input.kind, input.row};
  variable.universe = universe_of(input);
  std::string key = key_of(variable.kind, variable.input);
  return intern(std::move(key), std::move(variable));
}

std::uint32_t Variables::member(const Input& set, const std::string& member) {
  Variable variable;
  variable.kind = Variable::Kind::member;
  variable.input = {set.kind, set.row};
  variable.member = member;
  variable.universe.absent = set.may_be_absent;
  variable.universe.yes = variable.universe.no = true;
  std::string key = key_of(variable.kind, variable.input) + member;
  return intern(std::move(key), std::move(variable));
}

std::uint32_t Variables::program(std::vector<Step> program) {
  Variable variable;
  variable.kind = Variable::Kind::program;
  variable.universe.absent = variable.universe.yes = variable.universe.no = true;
  std::string key = key_of(variable.kind, {});
  for (const Step& step : program) {
    key += static_cast<char>(step.instruction);
    append_number(key, __builtin_bit_cast(std::uint64_t, step.number));
    append_number(key, step.plain);
    append_number(key, step.text.size());
    key += step.text + key_of(Variable::Kind::input, step.input);
  }
  variable.program = std::move(program);
  return intern(std::move(key), std::move(variable));
}

bool is_always(const Terms& terms) { return terms.size() == 1 && terms[0].empty(); }

bool covers(const Variables& variables, const Terms& wide, const Terms& narrow) {
  return std::all_of(narrow.begin(), narrow.end(), [&](const Term& inner) {
    return std::any_of(wide.begin(), wide.end(),
                       [&](const Term& outer) { return term_covers(variables, outer, inner); });
  });
}

std::vector<std::vector<const Test*>> as_written(const Terms& terms) {
  const auto before = [](const Test* a, const Test* b) {
    return a->written.begin < b->written.begin;
  };
  std::vector<std::vector<const Test*>> out;
  for (const Term& term : terms) {
    auto& tests = out.emplace_back();
    for (const Test& test : term) tests.push_back(&test);
    std::stable_sort(tests.begin(), tests.end(), before);
  }
  std::stable_sort(out.begin(), out.end(), [&](const auto& a, const auto& b) {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), before);
  });
  return out;
}

Terms TermMaker::test(std::uint32_t variable, const Values& values, Written written) const {
  const Values& universe = variables_[variable].universe;
  Values possible = intersect(values, universe);
  if (possible.empty()) return never();
  if (possible == universe) return always();
  return {Term{Test{variable, std::move(possible), written}}};
}

Terms TermMaker::any(Terms a, const Terms& b) {
  for (const Term& term : b) insert(a, term);
  if (a.size() > term_count_max) ok_ = false;
  return a;
}

Terms TermMaker::all(const Terms& a, const Terms& b) {
  Terms out;
  if (a.size() * b.size() > pair_count_max) ok_ = false;
  for (const Term& left : a) {
    for (const Term& right : b) {
      if (!ok_) return never();
      Term both;
      if (conjoin(left, right, both)) insert(out, std::move(both));
      if (out.size() > term_count_max) ok_ = false;
    }
  }
  return out;
}

void TermMaker::insert(Terms& terms, Term term) {
  for (bool changed = true; changed;) {
    changed = false;
    for (const Term& known : terms) {
      if (term_covers(variables_, known, term)) return;
    }
    std::erase_if(terms, [&](const Term& known) { return term_covers(variables_, term, known); });
    for (std::size_t i = 0; i < terms.size() && !changed; ++i) {
      if (!merge(term, terms[i])) continue;
      terms.erase(terms.begin() + static_cast<std::ptrdiff_t>(i));
      changed = true;
    }
  }
  terms.push_back(std::move(term));
}

// Two terms that differ in one test are one, where that test's union is a single test.
bool TermMaker::merge(Term& into, const Term& other) const {
  if (into.size() != other.size()) return false;
  std::optional<std::size_t> differing;
  for (std::size_t i = 0; i < into.size(); ++i) {
    if (into[i].variable != other[i].variable) return false;
    if (into[i].values == other[i].values) continue;
    if (differing) return false;
    differing = i;
  }
  if (!differing) return true;
  const std::uint32_t variable = into[*differing].variable;
  Values united = unite(into[*differing].values, other[*differing].values);
  if (united == variables_[variable].universe &&
      variables_[variable].kind != Variable::Kind::program) {
    into.erase(into.begin() + static_cast<std::ptrdiff_t>(*differing));
    return true;
  }
  if (!is_one_test(variable, united)) return false;
  into[*differing].values = std::move(united);
  into[*differing].written = {
      std::min(into[*differing].written.begin, other[*differing].written.begin), 0};
  return true;
}

bool TermMaker::is_one_test(std::uint32_t variable, const Values& values) const {
  if (variables_[variable].kind == Variable::Kind::program) {
    return values.yes && !values.no && !values.absent;
  }
  Values rest = values;
  rest.absent = false;
  return !values.absent || rest.empty();
}

bool TermMaker::conjoin(const Term& a, const Term& b, Term& out) const {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() || j < b.size()) {
    if (j == b.size() || (i < a.size() && a[i].variable < b[j].variable)) {
      out.push_back(a[i++]);
    } else if (i == a.size() || b[j].variable < a[i].variable) {
      out.push_back(b[j++]);
    } else {
      Values common = intersect(a[i].values, b[j].values);
      if (common.empty()) return false;
      out.push_back({a[i].variable, std::move(common), {}});
      out.back().written = joined(out.back().values, a[i], b[j]);
      ++i;
      ++j;
    }
  }
  return settle_sets(out);
}

// Whether a set is known follows from a test of its members: such a test contradicts or repeats it.
bool TermMaker::settle_sets(Term& term) const {
  for (std::size_t i = 0; i < term.size();) {
    const Variable& variable = variables_[term[i].variable];
    const bool about_known = variable.kind == Variable::Kind::input && variable.universe.absent &&
                             variable.universe.yes && !variable.universe.no;
    if (about_known && tells_known(variables_, term, variable.input)) {
      if (term[i].values.absent) return false;
      term.erase(term.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
  return true;
}

}  // namespace heed::compile
