// Gives each input its lanes: which values its predicates tell apart.
#include <algorithm>

#include "evaluation.h"
#include "heed/base/sort.h"
#include "index_build.h"

namespace heed {

using image::Column;
using image::InputKind;
using image::Op;
using Lane = Index::Lane;
using LaneKind = Index::LaneKind;

LaneKind IndexBuilder::kind_of(std::uint32_t input) const {
  for (const std::uint32_t predicate : by_input_[input]) {
    switch (op(predicate)) {
      case Op::string_in:
        return LaneKind::string;
      case Op::number_in:
        return LaneKind::number;
      case Op::member:
        return LaneKind::members;
      default:
        break;
    }
  }
  return LaneKind::boolean;  // asked at most whether it is there, or true
}

/// The distinct operands of an input's predicates, ascending.
Array<std::uint32_t> IndexBuilder::operands_of(std::uint32_t input) {
  Array<std::uint32_t> ids;
  class_of_key_.resize(
      std::max(ruleset_.row_count(Column::string_length), ruleset_.row_count(Column::number)));
  for (const std::uint32_t predicate : by_input_[input]) {
    const Rows rows = operands(predicate);
    for (std::uint32_t row = rows.begin; row < rows.end; ++row) {
      const std::uint32_t id = operand(row);
      if (id == none_index || class_of_key_[id] != 0) continue;
      class_of_key_[id] = 1;  // taken
      ids.push_back(id);
    }
  }
  for (const std::uint32_t id : ids) class_of_key_[id] = 0;
  sort_ids(ids);
  return ids;
}

void IndexBuilder::place(std::uint32_t input, std::uint32_t lane) {
  for (const std::uint32_t predicate : by_input_[input]) predicate_lanes_[predicate] = lane;
}

void IndexBuilder::add_lanes(std::uint32_t input) {
  if (by_input_[input].empty()) return;
  Array<std::uint32_t> ids = operands_of(input);
  switch (kind_of(input)) {
    case LaneKind::number:
      return add_number_lane(input, std::move(ids));
    case LaneKind::string:
      return add_string_lane(input, ids, LaneKind::string,
                             static_cast<std::uint32_t>(ids.size()) + 2);
    case LaneKind::members:
      return add_member_lanes(input, ids);
    default: {
      Lane lane;
      lane.input = input;
      lane.class_count = 3;
      place(input, static_cast<std::uint32_t>(out_.lanes_.size()));
      out_.lanes_.push_back(lane);
    }
  }
}

void IndexBuilder::add_number_lane(std::uint32_t input, Array<std::uint32_t> ids) {
  const auto value = [this](std::uint32_t id) { return ruleset_.at<double>(Column::number, id); };
  sort_ids(ids, [&](std::uint32_t a, std::uint32_t b) { return value(a) < value(b); });
  Lane lane;
  lane.kind = LaneKind::number;
  lane.input = input;
  lane.first_key = static_cast<std::uint32_t>(out_.cuts_.size());
  lane.key_count = static_cast<std::uint32_t>(ids.size());
  lane.class_count = lane.key_count + 2;
  for (const std::uint32_t id : ids) {
    out_.cuts_.push_back(value(id));
    number_ids_.push_back(id);
  }
  place(input, static_cast<std::uint32_t>(out_.lanes_.size()));
  out_.lanes_.push_back(lane);
}

void IndexBuilder::add_string_lane(std::uint32_t input, std::span<const std::uint32_t> ids,
                                   LaneKind kind, std::uint32_t class_count) {
  Lane lane;
  lane.kind = kind;
  lane.input = input;
  lane.first_key = static_cast<std::uint32_t>(out_.string_keys_.size());
  lane.key_count = static_cast<std::uint32_t>(ids.size());
  lane.class_count = class_count;
  out_.string_keys_.insert(out_.string_keys_.end(), ids.begin(), ids.end());
  place(input, static_cast<std::uint32_t>(out_.lanes_.size()));
  out_.lanes_.push_back(lane);
}

/// A lane for each four members: a member's predicates lie in its lane; whether the set is there at
/// all is asked in the first.
void IndexBuilder::add_member_lanes(std::uint32_t input, std::span<const std::uint32_t> ids) {
  if (ids.size() > Index::member_count_max) {
    return add_string_lane(input, ids, LaneKind::counted, 2);
  }
  const auto first_lane = static_cast<std::uint32_t>(out_.lanes_.size());
  for (std::size_t first = 0; first < ids.size(); first += Index::chunk_members) {
    const auto count = std::min<std::size_t>(Index::chunk_members, ids.size() - first);
    Lane lane;
    lane.kind = LaneKind::members;
    lane.input = input;
    lane.class_count = 1 + (1U << count);
    lane.first_key = static_cast<std::uint32_t>(out_.string_keys_.size());
    lane.key_count = static_cast<std::uint32_t>(count);
    const auto own = ids.subspan(first, count);
    out_.string_keys_.insert(out_.string_keys_.end(), own.begin(), own.end());
    out_.lanes_.push_back(lane);
  }
  for (const std::uint32_t predicate : by_input_[input]) {
    std::uint32_t chunk = 0;
    if (op(predicate) == Op::member) {
      chunk = find_id(ids, operand(operands(predicate).begin)) / Index::chunk_members;
    }
    predicate_lanes_[predicate] = first_lane + chunk;
  }
}

void IndexBuilder::add_predicate_lanes() {
  for (const std::uint32_t predicate : unclassed_) {
    Lane lane;
    lane.kind = LaneKind::predicate;
    lane.predicate = predicate;
    lane.class_count = 2;
    predicate_lanes_[predicate] = static_cast<std::uint32_t>(out_.lanes_.size());
    out_.lanes_.push_back(lane);
  }
}

/// Counts, places and writes the terms of each member of the counted lanes.
void IndexBuilder::add_member_terms() {
  Array<std::uint32_t>& ends = out_.member_ends_;
  for (const bool is_placed : {false, true}) {
    for (std::uint32_t at = 0; at < out_.first_predicate_lane(); ++at) {
      const Lane& lane = out_.lanes_[at];
      if (lane.kind != LaneKind::counted) continue;
      ends.resize(out_.string_keys_.size() + 2);
      out_.members_missed_.resize(std::size_t{out_.word_count_} * 64);
      out_.missing_none_.resize(out_.word_count_, ~Index::Word{0});
      map_keys(lane);
      for (const auto [term, predicate] : references(at)) {
        if (op(predicate) != Op::member) continue;
        const std::uint32_t key =
            lane.first_key + class_of_key_[operand(operands(predicate).begin)] - 2;
        if (!is_placed) {
          ++ends[key + 2];
          continue;
        }
        const bool negated = is_negated(predicate);
        out_.member_terms_[ends[key + 1]++] = 2 * term + (negated ? 1 : 0);
        if (negated) continue;
        ++out_.members_missed_[term];
        out_.missing_none_[term / 64] &= ~(Index::Word{1} << term % 64);
      }
    }
    for (std::size_t i = 1; !is_placed && i < ends.size(); ++i) ends[i] += ends[i - 1];
    if (!ends.empty()) out_.member_terms_.resize(ends.back());
  }
}

void IndexBuilder::add_dependents() {
  Array<Array<std::uint32_t>> lanes(by_input_.size());
  Array<std::uint32_t> read;
  for (std::uint32_t lane = out_.first_predicate_lane(); lane < out_.lanes_.size(); ++lane) {
    read.clear();
    add_program_inputs(ruleset_, operand(operands(out_.lanes_[lane].predicate).begin), read);
    sort_ids(read);
    read.erase(std::unique(read.begin(), read.end()), read.end());
    bool is_volatile = false;
    for (const std::uint32_t input : read) {
      const InputKind kind = input_kind(input);
      is_volatile |= is_timed(input) || kind == InputKind::segment || kind == InputKind::journey;
      lanes[input].push_back(lane);
    }
    if (is_volatile) out_.volatile_lanes_.push_back(lane);
  }
  out_.dependent_ends_.push_back(0);
  for (const Array<std::uint32_t>& own : lanes) {
    out_.dependents_.insert(out_.dependents_.end(), own.begin(), own.end());
    out_.dependent_ends_.push_back(static_cast<std::uint32_t>(out_.dependents_.size()));
  }
}

void IndexBuilder::hash_keys() {
  std::size_t size = 4;
  while (size < 2 * out_.string_keys_.size()) size *= 2;
  out_.key_slots_.assign(size, 0);
  for (std::uint32_t input = 0; input < by_input_.size(); ++input) {
    const Rows lanes = out_.lanes_of(input);
    for (std::uint32_t lane = lanes.begin; lane < lanes.end; ++lane) {
      const Lane& own = out_.lanes_[lane];
      if (own.kind == LaneKind::number) continue;
      for (std::uint32_t key = own.first_key; key < own.first_key + own.key_count; ++key) {
        const std::uint32_t first = out_.lanes_[lanes.begin].first_key;
        const std::string_view text = ruleset_.string(out_.string_keys_[key]);
        std::size_t slot = Index::key_hash(text, first) & (size - 1);
        while (out_.key_slots_[slot] != 0) slot = (slot + 1) & (size - 1);
        out_.key_slots_[slot] = key + 1;
      }
    }
  }
}

}  // namespace heed
