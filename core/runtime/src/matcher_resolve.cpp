// What features, time, computed predicates, members of large sets, segments and stages say now.
#include <algorithm>

#include "evaluation.h"
#include "feature.h"
#include "flips.h"
#include "heed/base/sort.h"
#include "heed/runtime/matcher.h"

namespace heed {

using image::Column;
using image::InputKind;
using LaneKind = Index::LaneKind;

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

/// Those of the lane's that come and go turn their terms; the others cost nothing.
void Matcher::hold_members(const Ruleset& ruleset, Rows lanes, const Members& members) {
  const Index::Lane& lane = index_->lanes()[lanes.begin];
  Array<std::uint32_t> held;
  for (const std::uint32_t key : members_) {
    if (key - lane.first_key >= lane.key_count) held.push_back(key);  // another set's
  }
  std::string_view member;
  for (std::size_t at = 0; members.next(at, member);) {
    const std::uint32_t key = index_->find_key(ruleset, lanes, member);
    if (key != none_index) held.push_back(lane.first_key + key);
  }
  sort_ids(held);
  for (const bool comes : {false, true}) {
    const Array<std::uint32_t>& others = comes ? members_ : held;
    for (const std::uint32_t key : comes ? held : members_) {
      if (find_id(others, key) != none_index) continue;
      for (const Index::MemberTerm read : index_->member_terms(key)) {
        count(read / 2, comes == (read % 2 != 0));
      }
    }
  }
  members_.swap(held);
  derived_ = derived_ && index_->first_trigger_term() == 0;
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

}  // namespace heed
