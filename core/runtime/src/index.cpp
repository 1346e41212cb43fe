#include "heed/runtime/index.h"

#include <algorithm>
#include <limits>

#include "heed/base/sort.h"
#include "index_build.h"

namespace heed {

Index::Index(const Ruleset& ruleset, std::size_t row_bytes_max) {
  IndexBuilder(ruleset, *this).build(row_bytes_max);
}

Index::Index(const Ruleset& ruleset)
    : Index(ruleset, std::max(row_bytes_min, ruleset.trigger_count() * row_bytes_per_term_max)) {}

std::uint32_t Index::input_of(image::InputKind kind, std::uint32_t row) const {
  return inputs_by_row_[static_cast<std::size_t>(kind)][row];
}

std::uint32_t Index::class_of(const Lane& lane, double value) const {
  const double* const first = cuts_.data() + lane.first_key;
  return static_cast<std::uint32_t>(std::upper_bound(first, first + lane.key_count, value) -
                                    first) +
         1;
}

std::uint32_t Index::class_of_string(const Lane& lane, std::uint32_t string) const {
  const std::uint32_t key =
      find_id(std::span(string_keys_).subspan(lane.first_key, lane.key_count), string);
  return key == none_index ? 1 : key + 2;
}

std::uint32_t Index::find_key(const Ruleset& ruleset, Rows lanes, std::string_view text) const {
  const std::uint32_t first = lanes_[lanes.begin].first_key;
  const std::uint32_t end = lanes_[lanes.end - 1].first_key + lanes_[lanes.end - 1].key_count;
  const std::size_t mask = key_slots_.size() - 1;
  for (std::size_t slot = key_hash(text, first) & mask; key_slots_[slot] != 0;
       slot = (slot + 1) & mask) {
    const std::uint32_t key = key_slots_[slot] - 1;
    if (first <= key && key < end && ruleset.string(string_keys_[key]) == text) return key - first;
  }
  return none_index;
}

Index::Interval Index::interval(const Lane& lane, std::uint32_t value_class) const {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const std::uint32_t below = value_class - 1;  // cuts that are
  const double* const cuts = cuts_.data() + lane.first_key;
  return {below == 0 ? -infinity : cuts[below - 1],
          below == lane.key_count ? infinity : cuts[below]};
}

Index::ClassRow Index::class_row(const Lane& lane, std::uint32_t value_class) const {
  const Group* const first = groups_.data() + lane.first_group;
  const Group* group = first + value_class;
  if (!lane.dense) {
    group = std::upper_bound(first, first + lane.group_count, value_class,
                             [](std::uint32_t c, const Group& g) { return c < g.first_class; }) -
            1;
  }
  ClassRow result;
  result.position = value_class - group->first_class;
  if (group->row != none_index) result.row = rows_.data() + std::size_t{group->row} * word_count_;
  const bool is_last = group + 1 == groups_.data() + groups_.size();
  const std::size_t end = is_last ? refutations_.size() : group[1].first_refutation;
  result.refutations = {refutations_.data() + group->first_refutation, refutations_.data() + end};
  return result;
}

std::size_t Index::size_bytes() const {
  const auto bytes = [](const auto& column) { return column.size() * sizeof(column[0]); };
  std::size_t inputs = 0;
  for (const auto& rows : inputs_by_row_) inputs += bytes(rows);
  return sizeof(*this) + inputs + bytes(early_terms_) + bytes(term_triggers_) + bytes(slot_terms_) +
         bytes(awards_) + bytes(thresholds_) + bytes(probabilities_) + bytes(lanes_) +
         bytes(input_lanes_) + bytes(timed_inputs_) + bytes(dependent_ends_) + bytes(dependents_) +
         bytes(volatile_lanes_) + bytes(string_keys_) + bytes(cuts_) + bytes(key_slots_) +
         bytes(groups_) + bytes(rows_) + bytes(refutations_) + bytes(member_ends_) +
         bytes(member_terms_) + bytes(members_missed_) + bytes(missing_none_);
}

}  // namespace heed
