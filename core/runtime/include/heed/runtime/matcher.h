// Where one visitor stands in an Index: the class of each lane, and the row that says so. A change
// of an attribute swaps a row; time is looked at again when a flip is due.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "heed/base/limits.h"
#include "heed/runtime/decision.h"
#include "heed/runtime/index.h"
#include "heed/runtime/state.h"
#include "heed/runtime/value.h"

namespace heed {

struct Operand;

class Matcher {
 public:
  using Word = Index::Word;

  /// Begins again, with nothing known. Borrowed; outlives this.
  void use(const Index* index);
  [[nodiscard]] const Index* index() const { return index_; }

  /// @param string  of a string of the ruleset, its id; else none_index
  void attribute_changed(const Ruleset& ruleset, const State& state, std::uint32_t row,
                         std::uint32_t string);
  void feature_changed(std::uint32_t row);
  void everything_changed() { use(index_); }

  /// Makes the rows say what holds at `now`.
  void refresh(const Ruleset& ruleset, const State& state, TimeMs now);

  // As of the last refresh.
  /// The rows to AND; one of nullptr is left out.
  [[nodiscard]] std::span<const Word* const> rows() const { return active_; }
  /// A further row, or nullptr: the terms that no refutation clears.
  [[nodiscard]] const Word* unrefuted() const {
    return unrefuted_.empty() ? nullptr : unrefuted_.data();
  }
  [[nodiscard]] Microsegment microsegment() const { return microsegment_; }
  /// Whether the condition of a stage holds.
  [[nodiscard]] bool stage_holds(std::uint32_t row) { return any(index_->stage_terms(row)); }

 private:
  void resolve(const Ruleset& ruleset, const State& state, std::uint32_t input, TimeMs now);
  void resolve_changed(const Ruleset& ruleset, const State& state, TimeMs now);
  void resolve_timed(const Ruleset& ruleset, const State& state, TimeMs now);
  [[nodiscard]] TimeSpan steady(const Ruleset& ruleset, const State& state, std::uint32_t input,
                                TimeMs now) const;
  /// An input has changed.
  void touch(std::uint32_t input);
  [[nodiscard]] std::uint32_t class_of_text(const Ruleset& ruleset, Rows lanes,
                                            std::string_view text) const;
  void classify(const Ruleset& ruleset, std::uint32_t input, const Operand& operand);
  void move(std::uint32_t lane, std::uint32_t value_class);
  void refute(std::uint32_t lane, std::uint32_t value_class, bool refutes);
  void count(std::uint32_t term, bool refutes);
  void hold_members(const Ruleset& ruleset, Rows lanes, const Members& members);
  void test_predicates(const Ruleset& ruleset, const State& state, TimeMs now);
  void derive(const Ruleset& ruleset, const State& state);
  [[nodiscard]] bool any(Rows terms);
  void collect_rows();

  const Index* index_ = nullptr;
  Array<std::uint32_t> classes_;  // by lane; none_index: to be resolved
  Array<const Word*> rows_;       // by lane; nullptr: no row
  Array<const Word*> active_;     // those that are rows
  Array<std::uint8_t> refuters_;  // by term: how many lanes and members refute it beside rows
  Array<Word> unrefuted_;
  Array<std::uint32_t> members_;  // keys of those of counted sets that are there, ascending
  // A bit a feature: however many signals come between two decisions, it is looked at once.
  std::array<std::uint64_t, limits::feature_count_max / 64> changed_features_{};
  Array<std::uint32_t> to_test_;  // lanes of kind predicate; may name one twice
  Array<TimeSpan> steady_;        // by timed input
  TimeSpan all_steady_{0, 0};
  TimeMs tested_at_{-1};  // when the volatile predicates were
  Array<std::uint8_t> segments_;
  Array<std::uint32_t> stages_;  // by journey
  Microsegment microsegment_;
  bool begun_ = false;
  bool test_all_ = false;   // lanes of kind predicate
  bool moved_ = false;      // a lane, since the rows were collected
  bool unsettled_ = false;  // any change since the volatile predicates were tested
  bool derived_ = false;
};

}  // namespace heed
