// Builds an Index: numbers the terms, gives each input its lanes, and hands the lanes to a
// LaneWriter.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "heed/runtime/index.h"
#include "heed/runtime/ruleset.h"
#include "lane_writer.h"

namespace heed {

class IndexBuilder {
 public:
  /// Both borrowed.
  IndexBuilder(const Ruleset& ruleset, Index& index) : ruleset_(ruleset), out_(index) {}

  void build(std::size_t row_bytes_max);

 private:
  /// A term that needs a predicate.
  struct Reference {
    std::uint32_t term;
    std::uint32_t predicate;
  };

  // What is called once and loops over many rows is a function of its own, as in Proof.
  void find_inputs();
  void number_terms();
  void number_trigger_terms();
  void sort_predicates();
  void add_lanes(std::uint32_t input);
  void add_number_lane(std::uint32_t input, Array<std::uint32_t> ids);
  void add_string_lane(std::uint32_t input, std::span<const std::uint32_t> ids,
                       Index::LaneKind kind, std::uint32_t class_count);
  void add_member_lanes(std::uint32_t input, std::span<const std::uint32_t> ids);
  void add_predicate_lanes();
  void add_dependents();
  void hash_keys();
  [[nodiscard]] Index::LaneKind kind_of(std::uint32_t input) const;
  [[nodiscard, gnu::noinline]] Array<std::uint32_t> operands_of(std::uint32_t input);
  void place(std::uint32_t input, std::uint32_t lane);

  [[gnu::noinline]] void list_references();
  void sort_references();
  [[nodiscard]] std::size_t choose_dense(std::size_t row_bytes_max);
  void write_lane(LaneWriter& writer, std::uint32_t lane);
  [[nodiscard]] std::span<const Reference> references(std::uint32_t lane) const {
    return std::span(references_)
        .subspan(reference_ends_[lane], reference_ends_[lane + 1] - reference_ends_[lane]);
  }
  void map_keys(const Index::Lane& lane);
  void add_member_terms();
  /// The classes in which a predicate of the lane holds; valid until the next lane.
  [[nodiscard]] Rows held(const Index::Lane& lane, std::uint32_t predicate);
  [[nodiscard]] std::span<const ClassSpan> spans(Rows rows) const {
    return std::span(spans_).subspan(rows.begin, rows.size());
  }
  void hold(const Index::Lane& lane, std::uint32_t predicate, Array<ClassSpan>& out);
  void hold_plain(const Index::Lane& lane, std::uint32_t predicate, Array<ClassSpan>& out) const;

  [[gnu::noinline]] void add_awards();
  [[nodiscard]] std::uint8_t gates(std::uint32_t trigger, SlotId slot) const;
  [[nodiscard]] bool is_valued_group(std::uint32_t trigger) const;
  void add_shares(std::uint32_t part, Index::Award& award);

  [[nodiscard]] image::Op op(std::uint32_t predicate) const;
  [[nodiscard]] bool is_negated(std::uint32_t predicate) const;
  [[nodiscard]] Rows operands(std::uint32_t predicate) const;
  [[nodiscard]] std::uint32_t operand(std::uint32_t row) const;
  [[nodiscard]] image::InputKind input_kind(std::uint32_t input) const;
  [[nodiscard]] bool is_timed(std::uint32_t input) const;

  const Ruleset& ruleset_;
  Index& out_;
  Array<std::uint32_t> conditions_;       // by term's owner, in order of terms
  Array<std::uint32_t> owner_terms_;      // first term of each
  Array<Array<std::uint32_t>> by_input_;  // predicates in use
  Array<std::uint32_t> unclassed_;        // predicates in use that get a lane each
  Array<std::uint32_t> predicate_lanes_;  // by predicate
  Array<ClassSpan> rest_;                 // complement of what `hold` finds
  Array<ClassSpan> found_;                // what it finds
  Array<ClassSpan> spans_;                // of one lane's predicates
  Array<Rows> held_;                      // by predicate, of spans_; nobody holds in no row
  Array<std::uint32_t> thresholds_;       // of one part
  Array<double> probabilities_;
  Array<std::uint32_t> number_ids_;      // of cuts
  Array<Reference> listed_;              // references by term
  Array<Reference> references_;          // by lane, then term
  Array<std::uint32_t> reference_ends_;  // by lane
  Array<std::uint32_t> class_of_key_;    // by string or number id, of one lane
  Array<std::pair<std::uint32_t, std::uint32_t>> recent_shares_;  // first threshold, options
};

}  // namespace heed
