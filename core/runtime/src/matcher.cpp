#include "heed/runtime/matcher.h"

#include <algorithm>

#include "evaluation.h"
#include "feature.h"
#include "flips.h"

namespace heed {

using image::Column;
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
  refuters_.clear();
  unrefuted_.clear();
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

void Matcher::resolve_changed(const Ruleset& ruleset, const State& state, TimeMs now) {
  const auto timed = index_->timed_inputs();
  for (std::uint32_t first = 0; first < limits::feature_count_max; first += 64) {
    std::uint64_t& changed = changed_features_[first / 64];
    for (; changed != 0; changed &= changed - 1) {
      const auto row = first + static_cast<std::uint32_t>(__builtin_ctzll(changed));
      const std::uint32_t input = index_->input_of(InputKind::feature, row);
      if (input == none_index) continue;
      const auto at =
          static_cast<std::size_t>(std::find(timed.begin(), timed.end(), input) - timed.begin());
      if (at == timed.size()) {
        resolve(ruleset, state, input, now);
      } else {
        steady_[at] = all_steady_ = {0, 0};
      }
    }
  }
}

void Matcher::resolve_timed(const Ruleset& ruleset, const State& state, TimeMs now) {
  all_steady_ = {};
  for (std::size_t i = 0; i < steady_.size(); ++i) {
    if (!steady_[i].contains(now)) {
      const std::uint32_t input = index_->timed_inputs()[i];
      resolve(ruleset, state, input, now);
      steady_[i] = steady(ruleset, state, input, now);
    }
    all_steady_ = all_steady_.within(steady_[i]);
  }
}

TimeSpan Matcher::steady(const Ruleset& ruleset, const State& state, std::uint32_t input,
                         TimeMs now) const {
  TimeSpan span;
  const Rows lanes = index_->lanes_of(input);
  for (std::uint32_t i = lanes.begin; i < lanes.end; ++i) {
    const Index::Lane& lane = index_->lanes()[i];
    // What is unknown or no number has no interval, and yet time may turn it.
    const bool has_interval = lane.kind == LaneKind::number && classes_[i] != 0;
    const Index::Interval values =
        has_interval ? index_->interval(lane, classes_[i]) : Index::Interval{};
    const auto row = ruleset.at<std::uint32_t>(Column::input_row, input);
    const bool is_now = ruleset.at<std::uint8_t>(Column::input_kind, input) ==
                        static_cast<std::uint8_t>(InputKind::now);
    span =
        is_now ? steady_now(values) : steady_feature(ruleset, FeatureId{row}, state, now, values);
  }
  return span;
}

void Matcher::resolve(const Ruleset& ruleset, const State& state, std::uint32_t input, TimeMs now) {
  const auto row = ruleset.at<std::uint32_t>(Column::input_row, input);
  switch (static_cast<InputKind>(ruleset.at<std::uint8_t>(Column::input_kind, input))) {
    case InputKind::attribute:
      return classify(ruleset, input, attribute_value(ruleset, state, row));
    case InputKind::feature:
      return classify(ruleset, input, feature_value(ruleset, FeatureId{row}, state, now));
    case InputKind::now:
      return classify(ruleset, input, Operand::of(static_cast<double>(now.ms)));
    default:
      return;  // derived
  }
}

void Matcher::classify(const Ruleset& ruleset, std::uint32_t input, const Operand& operand) {
  touch(input);
  const Rows lanes = index_->lanes_of(input);
  if (lanes.size() == 0) return;
  const Index::Lane& lane = index_->lanes()[lanes.begin];
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
    const std::uint32_t term = refutation.term;
    const Word bit = Word{1} << term % 64;
    if (refutes && refuters_[term]++ == 0) unrefuted_[term / 64] &= ~bit;
    if (!refutes && --refuters_[term] == 0) unrefuted_[term / 64] |= bit;
  }
}

void Matcher::test_predicates(const Ruleset& ruleset, const State& state, TimeMs now) {
  if (unsettled_ || now != tested_at_) {
    const auto lanes = index_->volatile_lanes();
    to_test_.insert(to_test_.end(), lanes.begin(), lanes.end());
    tested_at_ = now;
    unsettled_ = false;
  }
  if (test_all_) {
    to_test_.clear();
    for (std::uint32_t lane = index_->first_predicate_lane(); lane < classes_.size(); ++lane) {
      to_test_.push_back(lane);
    }
    test_all_ = false;
  }
  Evaluation evaluation(ruleset, state, now);
  for (const std::uint32_t lane : to_test_) {
    move(lane, evaluation.test(index_->lanes()[lane].predicate) ? 1 : 0);
  }
  to_test_.clear();
}

void Matcher::collect_rows() {
  active_.clear();
  for (const Word* row : rows_) {
    if (row != nullptr) active_.push_back(row);
  }
  moved_ = false;
}

bool Matcher::any(Rows terms) {
  if (moved_) collect_rows();
  for (std::uint32_t term = terms.begin; term < terms.end; ++term) {
    Word word = unrefuted_.empty() ? ~Word{0} : unrefuted_[term / 64];
    for (const Word* row : active_) word &= row[term / 64];
    if ((word >> term % 64 & 1U) != 0) return true;
  }
  return false;
}

void Matcher::derive(const Ruleset& ruleset, const State& state) {
  const auto segment_count = static_cast<std::uint32_t>(ruleset.row_count(Column::segment_name));
  segments_.resize(segment_count);
  for (std::uint32_t segment = 0; segment < segment_count; ++segment) {
    segments_[segment] = any(index_->segment_terms(segment)) ? 1 : 0;
    const std::uint32_t input = index_->input_of(InputKind::segment, segment);
    if (input != none_index) classify(ruleset, input, Operand::of(segments_[segment] != 0));
  }
  const auto journey_count = static_cast<std::uint32_t>(ruleset.row_count(Column::journey_name));
  stages_.assign(journey_count, none_index);
  for (std::uint32_t journey = 0; journey < journey_count; ++journey) {
    const Rows stages = ruleset.children(Column::journey_stage_count, journey);
    std::string_view reached = image::no_stage;
    for (std::uint32_t stage = stages.size(); stage-- > 0;) {
      const bool entered = (state.entered[journey] >> stage & 1U) != 0;
      if (!entered && !any(index_->stage_terms(stages.begin + stage))) continue;
      stages_[journey] = stage;
      reached = ruleset.text(Column::stage_name, stages.begin + stage);
      break;
    }
    const std::uint32_t input = index_->input_of(InputKind::journey, journey);
    if (input != none_index) classify(ruleset, input, Operand::of(reached));
  }
  microsegment_ = microsegment_of(
      ruleset, [&](std::uint32_t segment) { return segments_[segment] != 0; },
      [&](std::uint32_t journey) { return stages_[journey]; });
  if (moved_) collect_rows();
  to_test_.clear();  // what reads segments and stages is volatile, and was tested
  unsettled_ = false;
  derived_ = true;
}

std::size_t Matcher::size_bytes() const {
  const auto bytes = [](const auto& column) { return column.capacity() * sizeof(column[0]); };
  return bytes(classes_) + bytes(rows_) + bytes(active_) + bytes(refuters_) + bytes(unrefuted_) +
         bytes(to_test_) + bytes(steady_) + bytes(segments_) + bytes(stages_);
}

}  // namespace heed
