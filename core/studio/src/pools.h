// The pools of an image: every string, number, input, program, predicate and condition once. First
// everything is added, then `settle` numbers it, then ids are asked for. What a base has keeps the
// base's ids, so that a small edit stays small; the rest follows in canonical order.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "condition/terms.h"
#include "heed/base/id.h"
#include "heed/base/result.h"
#include "heed/runtime/ruleset.h"

namespace heed::compile {

/// Distinct values and their ids.
template <class T, class Less = std::less<>>
class Pool {
 public:
  /// The base's next value: it keeps its id whether it is used again or not.
  void keep(T value) {
    ids_.emplace(value, static_cast<std::uint32_t>(values_.size()));
    values_.push_back(std::move(value));
  }
  /// Adds a value that `settle` gives an id.
  template <class U>
  void add(U&& value) {
    if (ids_.find(value) == ids_.end()) ids_.emplace(std::forward<U>(value), none_index);
  }
  /// Gives ids to what was added, in the order of the values.
  void settle() {
    for (auto& [value, id] : ids_) {
      if (id != none_index) continue;
      id = static_cast<std::uint32_t>(values_.size());
      values_.push_back(value);
    }
  }
  /// The id of a value, which gets the next one where it is new: ids in order of first use.
  std::uint32_t intern(const T& value) {
    const auto [at, added] = ids_.emplace(value, static_cast<std::uint32_t>(values_.size()));
    if (added) values_.push_back(value);
    return at->second;
  }
  /// The id of a value that has been added.
  template <class U>
  [[nodiscard]] std::uint32_t id(const U& value) const {
    const auto found = ids_.find(value);
    HEED_ASSERT(found != ids_.end() && found->second != none_index);
    return found->second;
  }
  [[nodiscard]] const std::deque<T>& values() const { return values_; }  // by id

 private:
  std::map<T, std::uint32_t, Less> ids_;
  std::deque<T> values_;
};

struct ShorterFirst {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const { return string_before(a, b); }
};

struct PooledPredicate {
  std::uint32_t input = 0;
  std::uint8_t op = 0;
  std::vector<std::uint32_t> operands;

  friend bool operator<(const PooledPredicate& a, const PooledPredicate& b) {
    return std::tie(a.input, a.op, a.operands) < std::tie(b.input, b.op, b.operands);
  }
};

/// By term, the ids of its predicates.
using PooledCondition = std::vector<std::vector<std::uint32_t>>;

class Pools {
 public:
  /// @param variables  borrowed; outlives this
  explicit Pools(const Variables& variables) : variables_(variables) {}

  void add(std::string_view text) { strings_.add(std::string(text)); }
  void add(double number) { numbers_.add(number); }
  /// @param terms  borrowed until `settle` is done
  void add(const Terms& terms);

  /// Numbers everything. Nothing may be added afterwards.
  void settle();

  [[nodiscard]] std::uint32_t id(std::string_view text) const { return strings_.id(text); }
  [[nodiscard]] std::uint32_t id(double number) const { return numbers_.id(number); }
  [[nodiscard]] std::uint32_t id(const Terms& terms) const;
  [[nodiscard]] std::uint32_t id(const Test& test) const { return predicates_.id(predicate(test)); }

  [[nodiscard]] const auto& strings() const { return strings_.values(); }
  [[nodiscard]] const auto& numbers() const { return numbers_.values(); }
  [[nodiscard]] const auto& inputs() const { return inputs_.values(); }
  [[nodiscard]] const auto& programs() const { return programs_.values(); }
  [[nodiscard]] const auto& predicates() const { return predicates_.values(); }
  [[nodiscard]] const auto& conditions() const { return conditions_.values(); }

 private:
  template <class Visit>
  void for_each_test(Visit visit) const;
  void add_test(const Test& test);
  [[nodiscard]] std::uint32_t input_id(const InputKey& input) const { return inputs_.id(input); }
  [[nodiscard]] std::vector<std::byte> encode(const std::vector<Step>& program) const;
  [[nodiscard]] PooledPredicate predicate(const Test& test) const;
  [[nodiscard]] PooledPredicate input_predicate(const Variable& variable,
                                                const Values& values) const;
  [[nodiscard]] PooledCondition condition(const Terms& terms) const;

  const Variables& variables_;
  std::vector<const Terms*> terms_;
  Pool<std::string, ShorterFirst> strings_;
  Pool<double> numbers_;
  Pool<InputKey> inputs_;
  Pool<std::vector<std::byte>> programs_;
  Pool<PooledPredicate> predicates_;
  Pool<PooledCondition> conditions_;  // in order of first use
};

}  // namespace heed::compile
