// What a page waits for as it sets an attribute and decides; what it does less often is in
// matcher_resolve.cpp.
#include "heed/runtime/matcher.h"

#include "evaluation.h"

namespace heed {

using image::InputKind;
using LaneKind = Index::LaneKind;

void Matcher::use(const Index* index) {
  index_ = index;
  begun_ = false;
  if (index == nullptr) return;
  classes_.assign(index->lanes().size(), none_index);
  rows_.assign(index->lanes().size(), nullptr);
  active_.reserve(index->lanes().size());
  moved_ = true;
  refuters_ = index->members_missed();
  unrefuted_ = index->missing_none();
  members_.clear();
  changed_features_ = {};
  to_test_.clear();
  test_all_ = true;
  derived_ = false;
}

void Matcher::attribute_changed(const Ruleset& ruleset, const State& state, std::uint32_t row,
                                std::uint32_t string) {
  if (index_ == nullptr) return;
  const std::uint32_t input = index_->input_of(InputKind::attribute, row);
  if (input == none_index) return;
  const Rows lanes = index_->lanes_of(input);
  const Value value = state.attributes[row];
  const auto* number = std::get_if<double>(&value);
  // What pages set most, with nothing in between.
  if (lanes.size() == 1 && (number != nullptr || string != none_index)) {
    const Index::Lane& lane = index_->lanes()[lanes.begin];
    const bool is_number = number != nullptr && lane.kind == LaneKind::number;
    if (is_number || (string != none_index && lane.kind == LaneKind::string)) {
      touch(input);
      return move(lanes.begin, is_number ? index_->class_of(lane, *number)
                                         : index_->class_of_string(lane, string));
    }
  }
  classify(ruleset, input, attribute_value(ruleset, state, row));
}

void Matcher::touch(std::uint32_t input) {
  unsettled_ = true;
  if (test_all_) return;
  for (const std::uint32_t lane : index_->predicate_lanes_of(input)) to_test_.push_back(lane);
  // However often attributes are set between two decisions.
  if (to_test_.size() > classes_.size()) test_all_ = true;
}

std::uint32_t Matcher::class_of_text(const Ruleset& ruleset, Rows lanes,
                                     std::string_view text) const {
  const std::uint32_t key = index_->find_key(ruleset, lanes, text);
  return key == none_index ? 1 : key + 2;
}

void Matcher::feature_changed(std::uint32_t row) {
  if (index_ != nullptr && begun_) changed_features_[row / 64] |= std::uint64_t{1} << row % 64;
}

void Matcher::refresh(const Ruleset& ruleset, const State& state, TimeMs now) {
  if (!begun_) {
    for (std::uint32_t lane = 0; lane < index_->first_predicate_lane(); ++lane) {
      const std::uint32_t input = index_->lanes()[lane].input;
      if (classes_[lane] == none_index) resolve(ruleset, state, input, now);
    }
    steady_.assign(index_->timed_inputs().size(), TimeSpan{0, 0});
    all_steady_ = {0, 0};
    begun_ = true;
  }
  resolve_changed(ruleset, state, now);
  if (!all_steady_.contains(now)) resolve_timed(ruleset, state, now);
  if (test_all_ || !to_test_.empty() || !index_->volatile_lanes().empty()) {
    test_predicates(ruleset, state, now);
  }
  if (moved_) collect_rows();
  if (!derived_) derive(ruleset, state);
}

void Matcher::classify(const Ruleset& ruleset, std::uint32_t input, const Operand& operand) {
  touch(input);
  const Rows lanes = index_->lanes_of(input);
  if (lanes.size() == 0) return;
  const Index::Lane& lane = index_->lanes()[lanes.begin];
  if (lane.kind == LaneKind::counted) hold_members(ruleset, lanes, operand.members);
  if (!operand.known()) {
    for (std::uint32_t i = lanes.begin; i < lanes.end; ++i) move(i, 0);
    return;
  }
  switch (lane.kind) {
    case LaneKind::boolean:
      return move(lanes.begin, Index::class_of(operand.truth));
    case LaneKind::number:
      return move(lanes.begin, index_->class_of(lane, operand.number));
    case LaneKind::string:
      return move(lanes.begin, class_of_text(ruleset, lanes, operand.text));
    case LaneKind::counted:
      return move(lanes.begin, 1);
    default: {
      std::uint64_t named = 0;
      std::string_view member;
      for (std::size_t at = 0; operand.members.next(at, member);) {
        const std::uint32_t key = index_->find_key(ruleset, lanes, member);
        if (key != none_index) named |= std::uint64_t{1} << key;
      }
      for (std::uint32_t i = lanes.begin; i < lanes.end; ++i) {
        const auto mask = (std::uint32_t{1} << index_->lanes()[i].key_count) - 1;
        move(i, 1 + static_cast<std::uint32_t>(named & mask));
        named >>= Index::chunk_members;
      }
    }
  }
}

void Matcher::move(std::uint32_t lane, std::uint32_t value_class) {
  const std::uint32_t before = classes_[lane];
  if (before == value_class) return;
  const Index::Lane& of = index_->lanes()[lane];
  if (!of.dense) {
    if (before != none_index) refute(lane, before, false);
    refute(lane, value_class, true);
  }
  classes_[lane] = value_class;
  const Word* const row =
      of.dense ? index_->dense_row(of, value_class) : index_->class_row(of, value_class).row;
  rows_[lane] = row;
  if (!moved_) {
    // Where every lane has a row, those collected are in the lanes' order: one replaces the other.
    moved_ = row == nullptr || active_.size() != rows_.size();
    if (!moved_) active_[lane] = row;
  }
  // Nothing is derived from rows that no segment and no stage reads.
  if (index_->first_trigger_term() != 0) derived_ = false;
}

void Matcher::refute(std::uint32_t lane, std::uint32_t value_class, bool refutes) {
  if (refuters_.empty()) {
    refuters_.assign(std::size_t{index_->word_count()} * 64, 0);
    unrefuted_.assign(index_->word_count(), ~Word{0});
  }
  const Index::ClassRow row = index_->class_row(index_->lanes()[lane], value_class);
  for (const Index::Refutation& refutation : row.refutations) {
    if (row.position < refutation.from || row.position >= refutation.until) continue;
    count(refutation.term, refutes);
  }
}

void Matcher::count(std::uint32_t term, bool refutes) {
  const Word bit = Word{1} << term % 64;
  if (refutes && refuters_[term]++ == 0) unrefuted_[term / 64] &= ~bit;
  if (!refutes && --refuters_[term] == 0) unrefuted_[term / 64] |= bit;
}

void Matcher::collect_rows() {
  active_.clear();
  for (const Word* row : rows_) {
    if (row != nullptr) active_.push_back(row);
  }
  moved_ = false;
}

}  // namespace heed
