// The pools of an image: every string, number, input, program, predicate and condition once, with
// ids in canonical order. First everything is added, then `settle` numbers it, then ids are asked
// for.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "condition/terms.h"

namespace heed::compile {

struct PooledPredicate {
  std::uint32_t input = 0;
  std::uint8_t op = 0;
  std::vector<std::uint32_t> operands;
};

/// By term, the ids of its predicates.
using PooledCondition = std::vector<std::vector<std::uint32_t>>;

class Pools {
 public:
  /// @param variables  borrowed; outlives this
  explicit Pools(const Variables& variables) : variables_(variables) {}

  void add(std::string_view text) { string_ids_.emplace(text, 0); }
  void add(double number) { number_ids_.emplace(number, 0); }
  /// @param terms  borrowed until `settle` is done
  void add(const Terms& terms);

  /// Numbers everything. Nothing may be added afterwards.
  void settle();

  [[nodiscard]] std::uint32_t id(std::string_view text) const {
    return string_ids_.find(text)->second;
  }
  [[nodiscard]] std::uint32_t id(double number) const { return number_ids_.find(number)->second; }
  [[nodiscard]] std::uint32_t id(const Terms& terms) const;

  [[nodiscard]] const auto& strings() const { return string_ids_; }
  [[nodiscard]] const auto& numbers() const { return number_ids_; }
  [[nodiscard]] const std::vector<InputKey>& inputs() const { return inputs_; }
  [[nodiscard]] const std::vector<std::vector<std::byte>>& programs() const { return programs_; }
  [[nodiscard]] const std::vector<PooledPredicate>& predicates() const { return predicates_; }
  [[nodiscard]] const std::vector<PooledCondition>& conditions() const { return conditions_; }

 private:
  template <class Visit>
  void for_each_test(Visit visit) const;
  void add_test(const Test& test);
  [[nodiscard]] std::uint32_t input_id(const InputKey& input) const;
  [[nodiscard]] std::vector<std::byte> encode(const std::vector<Step>& program) const;
  [[nodiscard]] PooledPredicate predicate(const Test& test) const;
  [[nodiscard]] PooledPredicate input_predicate(const Variable& variable,
                                                const Values& values) const;
  [[nodiscard]] std::uint32_t predicate_id(const PooledPredicate& predicate) const;
  [[nodiscard]] PooledCondition condition(const Terms& terms) const;

  const Variables& variables_;
  std::vector<const Terms*> terms_;
  std::map<std::string, std::uint32_t, std::less<>> string_ids_;
  std::map<double, std::uint32_t> number_ids_;
  std::vector<InputKey> inputs_;                  // sorted
  std::vector<std::vector<std::byte>> programs_;  // sorted
  std::vector<PooledPredicate> predicates_;       // sorted
  std::vector<PooledCondition> conditions_;       // sorted
};

}  // namespace heed::compile
