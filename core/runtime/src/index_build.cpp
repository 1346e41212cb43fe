#include "index_build.h"

#include <algorithm>

#include "evaluation.h"
#include "heed/base/hash.h"
#include "heed/base/sort.h"

namespace heed {

using image::Column;
using image::InputKind;
using image::Op;
using Lane = Index::Lane;
using LaneKind = Index::LaneKind;

Op IndexBuilder::op(std::uint32_t predicate) const {
  const auto byte = ruleset_.at<std::uint8_t>(Column::predicate_op, predicate);
  return static_cast<Op>(byte & ~image::op_negated);
}
bool IndexBuilder::is_negated(std::uint32_t predicate) const {
  return (ruleset_.at<std::uint8_t>(Column::predicate_op, predicate) & image::op_negated) != 0;
}
Rows IndexBuilder::operands(std::uint32_t predicate) const {
  return ruleset_.children(Column::predicate_operand_count, predicate);
}
std::uint32_t IndexBuilder::operand(std::uint32_t row) const {
  return ruleset_.at<std::uint32_t>(Column::operand, row);
}
InputKind IndexBuilder::input_kind(std::uint32_t input) const {
  return static_cast<InputKind>(ruleset_.at<std::uint8_t>(Column::input_kind, input));
}

bool IndexBuilder::is_timed(std::uint32_t input) const {
  using image::FeatureKind;
  if (input_kind(input) == InputKind::now) return true;
  if (input_kind(input) != InputKind::feature) return false;
  const auto feature = ruleset_.at<std::uint32_t>(Column::input_row, input);
  const auto kind =
      static_cast<FeatureKind>(ruleset_.at<std::uint8_t>(Column::feature_kind, feature));
  const bool has_window = ruleset_.at<std::uint64_t>(Column::feature_window_ms, feature) != 0;
  return kind == FeatureKind::since || kind == FeatureKind::score || kind == FeatureKind::ratio ||
         kind == FeatureKind::missed || (image::adds_up(kind) && has_window);
}

void IndexBuilder::build(std::size_t row_bytes_max) {
  find_inputs();
  number_terms();
  list_references();
  sort_predicates();
  held_.resize(predicate_lanes_.size());
  out_.input_lanes_.push_back(0);
  for (std::uint32_t input = 0; input < by_input_.size(); ++input) {
    add_lanes(input);
    out_.input_lanes_.push_back(static_cast<std::uint32_t>(out_.lanes_.size()));
  }
  add_predicate_lanes();
  add_dependents();
  hash_keys();
  sort_references();
  add_member_terms();
  const std::size_t dense_words = choose_dense(row_bytes_max);
  LaneWriter writer(out_);
  const auto write = [&](bool dense) {
    for (std::uint32_t lane = 0; lane < out_.lanes_.size(); ++lane) {
      if (out_.lanes_[lane].dense == dense) write_lane(writer, lane);
    }
  };
  write(false);
  out_.rows_.reserve(out_.rows_.size() + dense_words);
  write(true);
  add_awards();
}

void IndexBuilder::find_inputs() {
  constexpr std::array<Column, 4> tables = {Column::attribute_name, Column::feature_name,
                                            Column::segment_name, Column::journey_name};
  for (std::size_t kind = 0; kind < std::size(out_.inputs_by_row_); ++kind) {
    const std::size_t rows = kind < tables.size() ? ruleset_.row_count(tables[kind]) : 1;
    out_.inputs_by_row_[kind].assign(rows, none_index);
  }
  const auto input_count = static_cast<std::uint32_t>(ruleset_.row_count(Column::input_kind));
  for (std::uint32_t input = 0; input < input_count; ++input) {
    const InputKind kind = input_kind(input);
    if (kind == InputKind::field) continue;  // of a feature's own condition
    const auto row = ruleset_.at<std::uint32_t>(Column::input_row, input);
    out_.inputs_by_row_[static_cast<std::size_t>(kind)][row] = input;
    if (is_timed(input)) out_.timed_inputs_.push_back(input);
  }
  by_input_.resize(input_count);
}

void IndexBuilder::number_terms() {
  std::uint32_t terms = 0;
  const auto own = [&](Column conditions, std::uint32_t row) {
    const auto condition = ruleset_.at<std::uint32_t>(conditions, row);
    conditions_.push_back(condition);
    owner_terms_.push_back(terms);
    terms += ruleset_.children(Column::condition_term_count, condition).size();
  };
  const std::size_t owner_count = ruleset_.row_count(Column::segment_name) +
                                  ruleset_.row_count(Column::stage_name) + ruleset_.trigger_count();
  conditions_.reserve(owner_count);
  owner_terms_.reserve(owner_count + 1);
  out_.segment_count_ = static_cast<std::uint32_t>(ruleset_.row_count(Column::segment_name));
  for (std::uint32_t row = 0; row < out_.segment_count_; ++row) own(Column::segment_condition, row);
  const auto stage_count = static_cast<std::uint32_t>(ruleset_.row_count(Column::stage_name));
  for (std::uint32_t row = 0; row < stage_count; ++row) own(Column::stage_condition, row);
  out_.early_terms_ = owner_terms_;
  out_.early_terms_.push_back(terms);
  terms = (terms + Index::block_bits - 1) / Index::block_bits * Index::block_bits;
  out_.first_trigger_term_ = terms;
  const auto trigger_count = static_cast<std::uint32_t>(ruleset_.trigger_count());
  for (std::uint32_t row = 0; row < trigger_count; ++row) own(Column::trigger_condition, row);
  out_.term_count_ = terms;
  owner_terms_.push_back(terms);
  out_.word_count_ = (terms + Index::block_bits - 1) / Index::block_bits * Index::block_words;
  number_trigger_terms();
}

void IndexBuilder::number_trigger_terms() {
  const auto trigger_count = static_cast<std::uint32_t>(ruleset_.trigger_count());
  const std::size_t first_owner = conditions_.size() - trigger_count;
  const std::uint32_t first = out_.first_trigger_term_;
  const auto first_term = [&](std::uint32_t trigger) {
    return owner_terms_[first_owner + trigger];
  };
  const auto slot_count = static_cast<std::uint32_t>(ruleset_.slot_count());
  bool is_plain = out_.term_count_ - first == slot_count;
  out_.slot_terms_.reserve(slot_count + 1);
  for (std::uint32_t slot = 0; slot < slot_count; ++slot) {
    const std::uint32_t term = first_term(ruleset_.triggers(SlotId{slot}).begin);
    is_plain = is_plain && term == first + slot;
    out_.slot_terms_.push_back(term);
  }
  out_.slot_terms_.push_back(out_.term_count_);
  if (is_plain) out_.slot_terms_ = {};
  is_plain = out_.term_count_ - first == trigger_count;
  for (std::uint32_t trigger = 0; is_plain && trigger < trigger_count; ++trigger) {
    is_plain = first_term(trigger) == first + trigger;
  }
  if (is_plain) return;
  for (std::uint32_t trigger = 0; trigger < trigger_count; ++trigger) {
    out_.term_triggers_.resize(first_term(trigger + 1) - first, trigger);
  }
}

void IndexBuilder::list_references() {
  listed_.reserve(ruleset_.row_count(Column::reference));  // most conditions have one owner
  for (std::size_t owner = 0; owner < conditions_.size(); ++owner) {
    const Rows terms = ruleset_.children(Column::condition_term_count, conditions_[owner]);
    for (std::uint32_t term = terms.begin; term < terms.end; ++term) {
      const Rows references = ruleset_.children(Column::term_predicate_count, term);
      for (std::uint32_t i = references.begin; i < references.end; ++i) {
        listed_.push_back({owner_terms_[owner] + (term - terms.begin),
                           ruleset_.at<std::uint32_t>(Column::reference, i)});
      }
    }
  }
}

void IndexBuilder::sort_predicates() {
  predicate_lanes_.assign(ruleset_.row_count(Column::predicate_op), none_index);
  for (const Reference& reference : listed_) {
    std::uint32_t& lane = predicate_lanes_[reference.predicate];
    if (lane != none_index) continue;
    lane = 0;
    const auto input = ruleset_.at<std::uint32_t>(Column::predicate_input, reference.predicate);
    (input == none_index ? unclassed_ : by_input_[input]).push_back(reference.predicate);
  }
}

void IndexBuilder::sort_references() {
  reference_ends_.assign(out_.lanes_.size() + 2, 0);
  for (const Reference& reference : listed_) {
    ++reference_ends_[predicate_lanes_[reference.predicate] + 2];
  }
  for (std::size_t i = 1; i < reference_ends_.size(); ++i) {
    reference_ends_[i] += reference_ends_[i - 1];
  }
  references_.resize_for_overwrite(listed_.size());
  for (const Reference& reference : listed_) {
    references_[reference_ends_[predicate_lanes_[reference.predicate] + 1]++] = reference;
  }
}

/// @return  the words of their rows, at most
std::size_t IndexBuilder::choose_dense(std::size_t row_bytes_max) {
  const std::size_t row_bytes = out_.word_count_ * sizeof(Index::Word);
  Array<std::uint32_t> order;
  const auto uses = [this](std::uint32_t lane) {
    return std::uint64_t{reference_ends_[lane + 1] - reference_ends_[lane]};
  };
  for (std::uint32_t lane = 0; lane < out_.lanes_.size(); ++lane) {
    out_.lanes_[lane].dense = false;
    // What few terms read is as quick to clear term by term.
    if (uses(lane) * 8 >= out_.word_count_) order.push_back(lane);
  }
  // Rows go where they serve most terms.
  sort_ids(order, [&](std::uint32_t a, std::uint32_t b) {
    const auto cost_a = out_.lanes_[a].class_count * uses(b);
    const auto cost_b = out_.lanes_[b].class_count * uses(a);
    return cost_a != cost_b ? cost_a < cost_b : a < b;
  });
  std::size_t used_bytes = 0;
  for (const std::uint32_t lane : order) {
    const std::size_t bytes = out_.lanes_[lane].class_count * row_bytes;
    if (used_bytes + bytes > row_bytes_max) break;
    used_bytes += bytes;
    out_.lanes_[lane].dense = true;
  }
  return used_bytes / sizeof(Index::Word);
}

void IndexBuilder::write_lane(LaneWriter& writer, std::uint32_t position) {
  Lane& lane = out_.lanes_[position];
  map_keys(lane);
  writer.begin(lane);
  spans_.clear();
  const auto own = references(position);
  for (std::size_t i = 0; i < own.size();) {
    const std::uint32_t term = own[i].term;
    Rows rows = held(lane, own[i].predicate);
    for (++i; i < own.size() && own[i].term == term; ++i) {
      const Rows other = held(lane, own[i].predicate);
      const auto begin = static_cast<std::uint32_t>(spans_.size());
      for (std::uint32_t a = rows.begin; a < rows.end; ++a) {
        for (std::uint32_t b = other.begin; b < other.end; ++b) {
          const ClassSpan shared{std::max(spans_[a].from, spans_[b].from),
                                 std::min(spans_[a].until, spans_[b].until)};
          if (shared.from < shared.until) spans_.push_back(shared);
        }
      }
      rows = {begin, static_cast<std::uint32_t>(spans_.size())};
    }
    writer.add(term, spans(rows));
  }
  writer.end();
}

Rows IndexBuilder::held(const Lane& lane, std::uint32_t predicate) {
  // Terms share predicates.
  Rows& rows = held_[predicate];
  if (rows.end == 0) {
    hold(lane, predicate, found_);
    const auto begin = static_cast<std::uint32_t>(spans_.size());
    spans_.insert(spans_.end(), found_.begin(), found_.end());
    rows = {begin, static_cast<std::uint32_t>(spans_.size())};
  }
  return rows;
}

void IndexBuilder::map_keys(const Lane& lane) {
  const bool is_number = lane.kind == LaneKind::number;
  for (std::uint32_t i = 0; i < lane.key_count; ++i) {
    const std::uint32_t key = lane.first_key + i;
    // A chunk's members are bits of its classes.
    class_of_key_[is_number ? number_ids_[key] : out_.string_keys_[key]] =
        lane.kind == LaneKind::members ? i : i + 2;
  }
}

void IndexBuilder::hold(const Lane& lane, std::uint32_t predicate, Array<ClassSpan>& out) {
  out.clear();
  const bool is_present = op(predicate) == Op::present;
  if (lane.kind == LaneKind::predicate || (lane.kind == LaneKind::counted && !is_present)) {
    out.push_back({1, 2});
    return;
  }
  if (is_present) {
    out.push_back(is_negated(predicate) ? ClassSpan{0, 1} : ClassSpan{1, lane.class_count});
    return;
  }
  hold_plain(lane, predicate, out);
  if (!is_negated(predicate)) return;
  rest_.clear();
  std::uint32_t reached = 1;
  for (const ClassSpan& span : out) {
    if (span.from > reached) rest_.push_back({reached, span.from});
    reached = span.until;
  }
  if (reached < lane.class_count) rest_.push_back({reached, lane.class_count});
  out.swap(rest_);
}

void IndexBuilder::hold_plain(const Lane& lane, std::uint32_t predicate,
                              Array<ClassSpan>& out) const {
  const Rows rows = operands(predicate);
  switch (op(predicate)) {
    case Op::is_true:
      out.push_back({2, 3});
      return;
    case Op::string_in:
      for (std::uint32_t row = rows.begin; row < rows.end; ++row) {
        const std::uint32_t c = class_of_key_[operand(row)];
        out.push_back({c, c + 1});
      }
      return;
    case Op::number_in:
      for (std::uint32_t row = rows.begin; row < rows.end; row += 2) {
        const std::uint32_t low = operand(row);
        const std::uint32_t high = operand(row + 1);
        const ClassSpan span{low == none_index ? 1 : class_of_key_[low],
                             high == none_index ? lane.class_count : class_of_key_[high]};
        if (span.from < span.until) out.push_back(span);
      }
      return;
    default: {
      const std::uint32_t bit = class_of_key_[operand(rows.begin)];
      for (std::uint32_t mask = 0; mask + 1 < lane.class_count; ++mask) {
        if ((mask >> bit & 1U) != 0) out.push_back({mask + 1, mask + 2});
      }
    }
  }
}

}  // namespace heed
