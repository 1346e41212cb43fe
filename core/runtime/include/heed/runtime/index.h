// The index of a ruleset: for each input and each class of its values, a row of bits over the terms
// of all conditions that this class does not refute. A decision ANDs one row per input. Derived
// from a proved ruleset, never shipped; immutable, so that any number of sessions and threads may
// share one. Bounded whatever the number of values: see Lane::dense.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "heed/base/array.h"
#include "heed/base/id.h"
#include "heed/runtime/image.h"
#include "heed/runtime/ruleset.h"

namespace heed {

class Index {
 public:
  using Word = std::uint64_t;
  /// Rows are whole blocks, so that the AND needs no remainder loop.
  static constexpr std::uint32_t block_words = 4;
  static constexpr std::uint32_t block_bits = block_words * 64;
  /// What rows may cost; lanes with many classes for what reads them keep stops and the refutations
  /// between.
  static constexpr std::size_t row_bytes_per_term_max = 136;
  static constexpr std::size_t row_bytes_min = 64 * 1024;  // small rulesets have room for every row
  /// Sets of which rules name more members than this count, term by term, what each refutes.
  static constexpr std::size_t member_count_max = 64;
  static constexpr std::uint32_t chunk_members = 4;

  enum class LaneKind : std::uint8_t {
    boolean,    // classes: absent, false, true
    string,     // absent, not named by any rule, then the named strings by id
    number,     // absent, below the first cut, then the elementary intervals
    members,    // up to four named members of a set: absent, then 1 + the mask of those present
    counted,    // a set with very many named members: absent, there; see member_terms
    predicate,  // not held, held: computed ones
  };

  /// One part of the AND: an input, four members of a set, or a predicate without classes.
  struct Lane {
    LaneKind kind = LaneKind::boolean;
    /// A row a class. Else consecutive classes share a row of what holds in any of them, as long as
    /// few terms turn, and keep beside it which terms which of them refutes: some words a turn.
    bool dense = true;
    std::uint32_t input = none_index;      // of kind predicate: none
    std::uint32_t predicate = none_index;  // of kind predicate
    std::uint32_t class_count = 0;
    std::uint32_t first_key = 0;  // number: into the cuts; else into the named strings
    std::uint32_t key_count = 0;
    std::uint32_t first_group = 0;
    std::uint32_t group_count = 0;
  };

  /// Twice a term that reads a member of a counted set, and 1 where it asks that it be not there:
  /// then the member refutes the term as it comes, else as it goes.
  using MemberTerm = std::uint32_t;

  /// `term` does not hold in the classes [from, until) of its group.
  struct Refutation {
    std::uint32_t term = 0;
    std::uint16_t from = 0;
    std::uint16_t until = 0;
  };

  /// What a class says: the AND of a row (nullptr: every term) and of what is not refuted.
  struct ClassRow {
    const Word* row = nullptr;
    std::span<const Refutation> refutations;
    std::uint32_t position = 0;  // of the class within its group
  };

  /// What a winner of this trigger gets, where that is quick to say: one line of memory a winner.
  struct Award {
    std::uint64_t salt = 0;  // of its one part
    SlotId slot;
    std::uint32_t slot_end = 0;  // first term after the slot's
    std::uint32_t share = 0;     // first of its thresholds
    std::uint8_t option_count = 0;
    std::uint8_t gates = 0;
  };
  static constexpr std::uint8_t gate_cap = 1;
  static constexpr std::uint8_t gate_message = 2;  // e-mail or app: never at level none
  static constexpr std::uint8_t gate_schedule = 4;
  static constexpr std::uint8_t gate_layer = 8;
  static constexpr std::uint8_t gate_any = 15;
  static constexpr std::uint8_t gate_value = 32;  // others of its priority may be worth more
  static constexpr std::uint8_t award_slow = 16;  // drawn from the ruleset: holdouts, many parts

  /// @param row_bytes_max  what rows of dense lanes may take together
  Index(const Ruleset& ruleset, std::size_t row_bytes_max);
  explicit Index(const Ruleset& ruleset);

  [[nodiscard]] std::uint32_t word_count() const { return word_count_; }
  [[nodiscard]] std::span<const Lane> lanes() const { return lanes_; }
  /// The lanes that read an input; none where nothing does.
  [[nodiscard]] Rows lanes_of(std::uint32_t input) const {
    return {input_lanes_[input], input_lanes_[input + 1]};
  }
  /// The lanes of kind predicate; they come last.
  [[nodiscard]] std::uint32_t first_predicate_lane() const { return input_lanes_.back(); }
  /// The input that reads row `row` of a table; none where nothing does.
  [[nodiscard]] std::uint32_t input_of(image::InputKind kind, std::uint32_t row) const;
  /// Inputs whose value changes with time alone.
  [[nodiscard]] std::span<const std::uint32_t> timed_inputs() const { return timed_inputs_; }
  /// The lanes of kind predicate that read an input.
  [[nodiscard]] std::span<const std::uint32_t> predicate_lanes_of(std::uint32_t input) const {
    return {dependents_.data() + dependent_ends_[input],
            dependents_.data() + dependent_ends_[input + 1]};
  }
  /// The lanes of kind predicate that read what changes with time, or segments and stages.
  [[nodiscard]] std::span<const std::uint32_t> volatile_lanes() const { return volatile_lanes_; }

  // Terms: those of segments, of stages, then of triggers, each in static order.
  [[nodiscard]] Rows segment_terms(std::uint32_t segment) const { return terms(segment); }
  [[nodiscard]] Rows stage_terms(std::uint32_t row) const { return terms(segment_count_ + row); }
  [[nodiscard]] Rows slot_terms(SlotId slot) const {
    if (slot_terms_.empty()) {
      const std::uint32_t term = first_trigger_term_ + slot.index;
      return {term, term + 1};
    }
    return {slot_terms_[slot.index], slot_terms_[slot.index + 1]};
  }
  /// Whether each slot has one term.
  [[nodiscard]] bool slots_have_one_term() const { return slot_terms_.empty(); }
  [[nodiscard]] std::uint32_t trigger_of(std::uint32_t term) const {
    return term_triggers_.empty() ? term - first_trigger_term_
                                  : term_triggers_[term - first_trigger_term_];
  }
  [[nodiscard]] std::uint32_t first_trigger_term() const { return first_trigger_term_; }
  [[nodiscard]] std::uint32_t term_count() const { return term_count_; }
  [[nodiscard]] const Award& award(std::uint32_t trigger) const { return awards_[trigger]; }
  /// The upper thresholds of an award's options; from the last one's on no draw or one is above. At
  /// least four.
  [[nodiscard]] const std::uint32_t* thresholds(const Award& award) const {
    return thresholds_.data() + award.share;
  }
  [[nodiscard]] double probability(const Award& award, std::uint32_t option) const {
    return probabilities_[award.share + option];
  }

  // Classes of values.
  [[nodiscard]] static std::uint32_t class_of(bool value) { return value ? 2 : 1; }
  [[nodiscard]] std::uint32_t class_of(const Lane& lane, double value) const;
  /// Of a string lane.
  [[nodiscard]] std::uint32_t class_of_string(const Lane& lane, std::uint32_t string) const;
  /// The position of a text among those that an input's lanes name; none_index where none does.
  [[nodiscard]] std::uint32_t find_key(const Ruleset& ruleset, Rows lanes,
                                       std::string_view text) const;
  /// The values for which a number lane's class stays: [low, high).
  struct Interval {
    double low = 0;
    double high = 0;
  };
  [[nodiscard]] Interval interval(const Lane& lane, std::uint32_t value_class) const;

  [[nodiscard]] ClassRow class_row(const Lane& lane, std::uint32_t value_class) const;
  /// The same of a dense lane, which keeps a row a class.
  [[nodiscard]] const Word* dense_row(const Lane& lane, std::uint32_t value_class) const {
    const std::uint32_t row = groups_[lane.first_group + value_class].row;
    return row == none_index ? nullptr : rows_.data() + std::size_t{row} * word_count_;
  }

  // Counted sets, of whose members none is there. Empty where no set is.
  /// By term, how many members it misses.
  [[nodiscard]] const Array<std::uint8_t>& members_missed() const { return members_missed_; }
  /// The terms that miss none.
  [[nodiscard]] const Array<Word>& missing_none() const { return missing_none_; }
  /// @param key  of a counted lane, as a position in all of the index's
  [[nodiscard]] std::span<const MemberTerm> member_terms(std::uint32_t key) const {
    return {member_terms_.data() + member_ends_[key], member_terms_.data() + member_ends_[key + 1]};
  }

  [[nodiscard]] std::size_t size_bytes() const;

 private:
  friend class IndexBuilder;
  friend class LaneWriter;

  /// Consecutive classes that share a row.
  struct Group {
    std::uint32_t first_class = 0;
    std::uint32_t row = none_index;
    std::uint32_t first_refutation = 0;
  };

  /// Where the search for a text begins, among those of the lanes from `first_key` on.
  [[nodiscard]] static std::size_t key_hash(std::string_view text, std::uint32_t first_key) {
    std::uint64_t hash = first_key + text.size();
    const char* at = text.data();
    std::size_t left = text.size();
    const auto mix = [&hash](std::uint64_t word) {
      hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
      hash ^= hash >> 29U;
    };
    for (std::uint64_t word; left >= sizeof(word); at += sizeof(word), left -= sizeof(word)) {
      std::memcpy(&word, at, sizeof(word));
      mix(word);
    }
    std::uint64_t rest = 0;
    for (std::size_t i = 0; i < left; ++i) {
      rest = rest << 8U | static_cast<unsigned char>(at[i]);
    }
    mix(rest);
    return static_cast<std::size_t>(hash >> 32U ^ hash);
  }
  [[nodiscard]] Rows terms(std::uint32_t condition_user) const {
    return {early_terms_[condition_user], early_terms_[condition_user + 1]};
  }

  std::uint32_t word_count_ = 0;
  std::uint32_t term_count_ = 0;
  std::uint32_t first_trigger_term_ = 0;
  std::uint32_t segment_count_ = 0;
  Array<std::uint32_t> early_terms_;    // by segment, then by stage
  Array<std::uint32_t> term_triggers_;  // empty where each trigger has one term
  Array<std::uint32_t> slot_terms_;     // empty where each slot has one
  Array<Award> awards_;
  Array<std::uint32_t> thresholds_;
  Array<double> probabilities_;  // beside them
  Array<Lane> lanes_;
  Array<std::uint32_t> input_lanes_;
  Array<std::uint32_t> inputs_by_row_[5];  // by InputKind
  Array<std::uint32_t> timed_inputs_;
  Array<std::uint32_t> dependent_ends_;  // by input
  Array<std::uint32_t> dependents_;
  Array<std::uint32_t> volatile_lanes_;
  Array<std::uint32_t> string_keys_;  // ids, by lane
  Array<double> cuts_;
  Array<std::uint32_t> key_slots_;  // a hash table of 1 + positions in string_keys_
  Array<Group> groups_;
  Array<Word> rows_;  // word_count_ words each
  Array<Refutation> refutations_;
  Array<std::uint32_t> member_ends_;  // by key
  Array<MemberTerm> member_terms_;
  Array<std::uint8_t> members_missed_;
  Array<Word> missing_none_;
};

}  // namespace heed
