// Which elements a snapshot's lists have: rows of the ruleset, by key.
#include <algorithm>

#include "arbitration.h"
#include "feature_shape.h"
#include "heed/base/sort.h"
#include "keys.h"
#include "snapshot_walk.h"

namespace heed {
namespace {

using image::Column;

/// Whose times of exposure a list of caps holds.
const image::CapColumns& columns_of(SnapshotPart part) {
  if (part == SnapshotPart::trigger_cap) return image::trigger_cap;
  return part == SnapshotPart::campaign_cap ? image::campaign_cap : image::site_cap;
}

}  // namespace

// Rows of the ruleset by key. Reading looks for those that may have state, writing has those that
// do.

std::size_t SnapshotWalk::row_count(Part part) const {
  switch (part) {
    case Part::attribute:
      return state_.attributes.size();
    case Part::feature:
      return state_.features.size();
    case Part::journey:
      return state_.entered.size();
    case Part::stage:
      if (journey_ == none_index) return 0;
      return ruleset_.children(Column::journey_stage_count, journey_).size();
    case Part::trigger_cap:
      return reads_ ? ruleset_.trigger_count() : state_.trigger_caps.size();
    case Part::campaign_cap:
      return reads_ ? ruleset_.row_count(Column::campaign_name) : state_.campaign_caps.size();
    case Part::programme_cap:
      return reads_ ? 1 : state_.programme_caps.size();
    case Part::slot:
    case Part::suppressed_slot:
      if (!reads_) return slots(part).size();
      return same_view_ ? ruleset_.slot_count() : 0;
  }
  return 0;
}

std::uint32_t SnapshotWalk::row_at(Part part, std::size_t index) const {
  if (!reads_) {
    if (part == Part::trigger_cap) return state_.trigger_caps[index].row;
    if (part == Part::campaign_cap) return state_.campaign_caps[index].row;
    if (part == Part::slot || part == Part::suppressed_slot) return slots(part)[index];
  }
  return static_cast<std::uint32_t>(index);
}

bool SnapshotWalk::belongs(Part part, std::uint32_t row) const {
  switch (part) {
    case Part::attribute:
      // A snapshot is a visitor's to write: what others vouch for never travels in it.
      if (is_profile_fact(ruleset_, AttributeId{row})) return false;
      return reads_ || state_.attributes.has(row);
    case Part::feature:
      if (reads_) return shape_of(ruleset_, row).members != FeatureMembers::all;
      return !state_.features[row].is_fresh();
    case Part::journey:
      return reads_ || state_.entered[row] != 0;
    case Part::stage: {
      if (!reads_) return (state_.entered[journey_] >> row & 1U) != 0;
      const Rows stages = ruleset_.children(Column::journey_stage_count, journey_);
      return ruleset_.at<std::uint8_t>(Column::stage_sticky, stages.begin + row) != 0;
    }
    case Part::trigger_cap:
    case Part::campaign_cap:
    case Part::programme_cap:
      return remembered_times(ruleset_, columns_of(part), row) != 0;
    case Part::slot:
    case Part::suppressed_slot:
      return true;
  }
  return false;
}

std::uint32_t SnapshotWalk::key(Part part, std::uint32_t row) const {
  switch (part) {
    case Part::attribute:
      return attribute_key(ruleset_, AttributeId{row});
    case Part::feature:
      return feature_key(ruleset_, FeatureId{row});
    case Part::journey:
      return journey_key(ruleset_, JourneyId{row});
    case Part::stage:
      return stage_key(ruleset_,
                       ruleset_.children(Column::journey_stage_count, journey_).begin + row);
    case Part::trigger_cap:
      return trigger_key(ruleset_, TriggerId{row});
    case Part::campaign_cap:
      return campaign_key(ruleset_, CampaignId{row});
    case Part::programme_cap:
      return programme_key(ruleset_);
    case Part::slot:
    case Part::suppressed_slot:
      return slot_key(ruleset_, SlotId{row});
  }
  return 0;
}

/// Each is key << 32 | row, ascending.
Array<std::uint64_t> SnapshotWalk::rows_by_key(Part part) const {
  Array<std::uint64_t> rows;
  const std::size_t count = row_count(part);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t row = row_at(part, i);
    if (belongs(part, row)) rows.push_back(std::uint64_t{key(part, row)} << 32U | row);
  }
  sort_ascending(rows);
  return rows;
}

/// Keyed elements, keys ascending. @return how many
std::size_t SnapshotWalk::list(Part part, std::size_t count_max,
                               std::size_t element_size_bytes_min) {
  const auto key_of = [](std::uint64_t row) { return static_cast<std::uint32_t>(row >> 32U); };
  Array<std::uint64_t> rows;
  std::size_t count = 0;
  if (!reads_) {
    rows = rows_by_key(part);
    // Features that are defined alike have gathered alike: one stands for all.
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (i == 0 || key_of(rows[i]) != key_of(rows[i - 1])) ++count;
    }
  }
  count = ar_.count(count, count_max, element_size_bytes_min);
  // Without elements nothing is hashed: a ruleset may have very many triggers.
  if (reads_ && count != 0) rows = rows_by_key(part);
  std::size_t next = 0;
  std::uint64_t least = 0;
  for (std::size_t i = 0; more(i, count); ++i) {
    std::uint32_t key = reads_ ? 0 : key_of(rows[next]);
    ar_(key);
    expect(key >= least);
    least = std::uint64_t{key} + 1;
    while (next < rows.size() && key_of(rows[next]) < key) ++next;
    const std::size_t start = ar_.at();
    // What the ruleset does not define any more is read, and left out.
    if (next == rows.size() || key_of(rows[next]) != key) element(part, none_index);
    for (bool first = true; next < rows.size() && key_of(rows[next]) == key; ++next) {
      if (reads_ && ar_.ok()) ar_.rewind(start);
      if (reads_ || first) element(part, static_cast<std::uint32_t>(rows[next]));
      first = false;
    }
  }
  return count;
}

/// @param row  none_index for one that is only read past
void SnapshotWalk::element(Part part, std::uint32_t row) {
  const bool known = row != none_index;
  switch (part) {
    case Part::attribute:
      return attribute(row);
    case Part::feature:
      return feature(row);
    case Part::journey:
      journey_ = row;
      expect(list(Part::stage, limits::stage_count_max, 4) != 0);
      break;
    case Part::stage:
      if (known) state_.entered[journey_] |= std::uint32_t{1} << row;
      break;
    case Part::trigger_cap:
      cap(state_.trigger_caps, row, image::trigger_cap);
      break;
    case Part::campaign_cap:
      cap(state_.campaign_caps, row, image::campaign_cap);
      break;
    case Part::programme_cap:
      cap(state_.programme_caps, row, image::site_cap);
      break;
    case Part::slot:
    case Part::suppressed_slot:
      if (reads_ && known) {
        auto& slots = this->slots(part);
        slots.insert(std::lower_bound(slots.begin(), slots.end(), row), row);
      }
      break;
  }
}

}  // namespace heed
