// What the elements of a snapshot are made of.
#include <algorithm>
#include <utility>

#include "arbitration.h"
#include "feature_shape.h"
#include "heed/base/limits.h"
#include "heed/runtime/mask.h"
#include "snapshot_walk.h"

namespace heed {
namespace {

using image::Column;

constexpr std::uint64_t exact_count_max = std::uint64_t{1} << 53U;  // sums stay exact as doubles
constexpr std::uint64_t count_in_window_max = UINT32_MAX;
constexpr std::uint64_t any = ~std::uint64_t{0};

/// The value as a T, made one where it is none yet.
template <class T>
T& as(Value& value) {
  auto* const kept = std::get_if<T>(&value);
  return kept != nullptr ? *kept : value.emplace<T>();
}

}  // namespace

// What elements are made of.

/// As milliseconds before the latest; never before 1970.
void SnapshotWalk::time(std::int64_t& at_ms) {
  auto age_ms = static_cast<std::uint64_t>(latest_ms_ - at_ms);
  ar_.varint(age_ms, static_cast<std::uint64_t>(latest_ms_));
  if (reads_) at_ms = std::min(latest_ms_ - static_cast<std::int64_t>(age_ms), now_.ms);
}

void SnapshotWalk::attribute(std::uint32_t row) {
  const bool known = row != none_index;
  Value value;
  if (!reads_) value = state_.attributes[row];
  const auto type = known ? ruleset_.type(AttributeId{row}) : image::Type{};
  this->value(value, known ? 1 + static_cast<unsigned>(type) : 0);
  if (reads_ && known && ar_.ok()) state_.attributes.set(row, value);
}

/// @param value  read ones are borrowed until the next is walked
/// @param type   what it must be, counted from 1; 0 for anything
void SnapshotWalk::value(Value& value, unsigned type) {
  if (masks_) value = mask_value(value);
  if (reads_) value = Absent{};
  auto kind = static_cast<std::uint8_t>(value.index());
  ar_(Within{kind, std::uint8_t{1}, std::uint8_t{5}});
  expect(type == 0 || kind == type);
  switch (kind) {
    case 1:
      ar_(as<bool>(value));
      break;
    case 2:
      ar_(as<double>(value));
      break;
    case 3:
      ar_.text(as<std::string_view>(value), limits::string_size_bytes_max);
      break;
    case 4:
      members(value);
      break;
    default:
      ar_(Within{as<TimeMs>(value).ms, -limits::time_ms_max, limits::time_ms_max});
  }
}

void SnapshotWalk::members(Value& value) {
  members_.clear();
  std::string_view member;
  for (std::size_t at = 0; as<Members>(value).next(at, member);) members_.push_back(member);
  const std::size_t count = ar_.count(members_.size(), limits::set_member_count_max, 1);
  for (std::size_t i = 0; more(i, count); ++i) {
    if (reads_) members_.push_back({});
    ar_.text(members_[i], limits::string_size_bytes_max);
    expect(i == 0 || members_[i - 1] < members_[i]);
  }
  value = Members(members_);
}

/// The same with masks in the place of texts that the ruleset does not name.
Value SnapshotWalk::mask_value(const Value& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    masked_ = masked(ruleset_, *text, unit_);
    return std::string_view(masked_);
  }
  const auto* members = std::get_if<Members>(&value);
  if (members == nullptr) return value;
  Array<std::string> texts;
  std::string_view member;
  for (std::size_t at = 0; members->next(at, member);) {
    texts.push_back(masked(ruleset_, member, unit_));
  }
  Array<std::string_view> views;
  for (const std::string& text : texts) views.push_back(text);
  packed_ = pack(Members(views));
  return Members::packed({packed_.data(), packed_.size()});
}

void SnapshotWalk::feature(std::uint32_t row) {
  using Has = FeatureMembers;
  const bool known = row != none_index;
  const FeatureShape shape = known ? shape_of(ruleset_, row) : FeatureShape{};
  std::uint8_t members = shape.members;
  ar_(Within{members, std::uint8_t{0}, Has::all});
  expect(!known || members == shape.members);
  // Of what the ruleset does not define any more, only the bytes are looked at.
  FeatureState other(members);
  FeatureState& state = known ? state_.features[row] : other;
  std::size_t count = entries(state, members, shape.entry_count_max);
  const bool has_values = (shape.members & Has::values) != 0;
  const unsigned type = known && has_values ? 1 + field_type(row) : 0;
  count += values(state, members, shape.value_count_max, type);
  std::uint64_t level = state.level();
  if ((members & Has::level) != 0) ar_.varint(level, shape.level_max);
  state.set_level(static_cast<std::uint8_t>(level));
  expect(count != 0 || level != 0);
}

std::size_t SnapshotWalk::entries(FeatureState& state, std::uint8_t members,
                                  std::size_t count_max) {
  using Has = FeatureMembers;
  const auto has = [members](int member) { return (members & member) != 0; };
  if (!has(Has::times | Has::counts | Has::hashes | Has::numbers)) return 0;
  const std::size_t count = ar_.count(state.size(), count_max, 1);
  std::int64_t before_ms = 0;
  for (std::size_t i = 0; more(i, count); ++i) {
    FeatureEntry entry;
    if (!reads_) entry = state[i];
    if (has(Has::times)) time(entry.at_ms);
    if (has(Has::counts)) {
      ar_(Varint{entry.count, has(Has::times) ? count_in_window_max : exact_count_max});
    }
    if (has(Has::hashes)) ar_.fixed(&entry.count, sizeof(std::uint32_t), 0, any);
    if (has(Has::numbers)) ar_(entry.value);
    expect(before_ms <= entry.at_ms && (!has(Has::counts) || entry.count != 0));
    before_ms = entry.at_ms;
    if (reads_ && ar_.ok()) state.append(entry, count_max);
  }
  return count;
}

/// @param type  what each must be, counted from 1; 0 for anything
std::size_t SnapshotWalk::values(FeatureState& state, std::uint8_t members, std::size_t count_max,
                                 unsigned type) {
  if ((members & FeatureMembers::values) == 0) return 0;
  WeighedValue weighed;
  std::size_t count = 0;
  std::size_t at = state.first_value();
  while (!reads_ && state.next_value(at, weighed)) ++count;
  count = ar_.count(count, count_max, 2);
  at = state.first_value();
  for (std::size_t i = 0; more(i, count); ++i) {
    if (!reads_) state.next_value(at, weighed);
    value(weighed.value, type);
    if ((members & FeatureMembers::weights) != 0) ar_(weighed.weight);
    if (reads_ && type != 0 && ar_.ok()) state.append_value(weighed);
  }
  return count;
}

/// Of the field that a feature remembers.
unsigned SnapshotWalk::field_type(std::uint32_t feature) const {
  const auto signal = ruleset_.at<std::uint32_t>(Column::feature_signal, feature);
  const Rows fields = ruleset_.children(Column::signal_field_count, signal);
  const auto field = ruleset_.at<std::uint32_t>(Column::feature_field, feature);
  return ruleset_.at<std::uint8_t>(Column::field_type, fields.begin + field);
}

void SnapshotWalk::cap(Array<CapState>& caps, std::uint32_t row, const image::CapColumns& columns) {
  CapState* const at = caps.begin() + place_of(caps, row);
  Array<std::int64_t> read;
  Array<std::int64_t>& times_ms = reads_ ? read : at->times_ms;
  const std::size_t count = ar_.count(times_ms.size(), limits::cap_times_max, 1);
  expect(count != 0);
  std::int64_t before_ms = 0;
  for (std::size_t i = 0; more(i, count); ++i) {
    std::int64_t at_ms = reads_ ? 0 : times_ms[i];
    time(at_ms);
    expect(before_ms <= at_ms);
    before_ms = at_ms;
    if (reads_) times_ms.push_back(at_ms);
  }
  if (!reads_ || row == none_index) return;
  // A cap that was lowered keeps the latest.
  const std::size_t kept = std::min(remembered_times(ruleset_, columns, row), count);
  read.erase(read.begin(), read.end() - static_cast<std::ptrdiff_t>(std::min(kept, read.size())));
  caps.insert(at, CapState{row, std::move(read)});
}

/// A text that others may share: its position, and where it is new, itself.
void SnapshotWalk::shared(std::string& text, std::size_t size_bytes_max) {
  const auto position_of = [this](std::string_view wanted) {
    return std::find(texts_.begin(), texts_.end(), wanted) - texts_.begin();
  };
  auto position = static_cast<std::uint64_t>(position_of(text));
  ar_.varint(position, texts_.size());
  if (position < texts_.size()) {
    const std::string_view known = texts_[static_cast<std::size_t>(position)];
    expect(known.size() <= size_bytes_max);
    if (reads_) text = known;
    return;
  }
  std::string_view own = text;
  ar_.text(own, size_bytes_max);
  if (reads_) {
    expect(static_cast<std::size_t>(position_of(own)) == texts_.size());
    text = own;
  }
  texts_.push_back(own);
}

void SnapshotWalk::credit(outcome::Credit& credit) {
  ar_(credit.view);
  shared(credit.slot, limits::name_size_bytes_max);
  shared(credit.trigger, limits::name_size_bytes_max);
  shared(credit.variant, outcome::variant_size_bytes_max);
  shared(credit.microsegment, outcome::microsegment_size_bytes_max);
  ar_(credit.held_out);
}

void SnapshotWalk::exposures() {
  auto& all = state_.exposures;
  const std::size_t count = ar_.count(all.size(), outcome::credit_count_max, 18);
  for (std::size_t i = 0; more(i, count); ++i) {
    if (reads_) all.emplace_back();
    LayerExposure& exposure = all[i];
    ar_(exposure.layer);
    time(exposure.at_ms);
    credit(exposure.credit);
    for (std::size_t k = 0; k < i; ++k) expect(all[k].layer != exposure.layer);
  }
}

void SnapshotWalk::ids() {
  auto& all = state_.seen_ids;
  const std::size_t count =
      ar_.count(all.size() - id_first_, limits::seen_id_count_max, snapshot_id_size_bytes);
  for (std::size_t i = 0; more(i, count); ++i) {
    std::uint64_t id = reads_ ? 0 : all[id_first_ + i];
    ar_.fixed(&id, snapshot_id_size_bytes, 0, any);
    if (reads_) all.push_back(id);
  }
}

void SnapshotWalk::outcomes() {
  auto& all = state_.outcomes;
  const std::size_t count = ar_.count(all.size() - outcome_first_, limits::outcome_count_max, 16);
  for (std::size_t i = 0; more(i, count); ++i) {
    if (reads_) all.emplace_back();
    KeptOutcome& kept = all[outcome_first_ + i];
    ar_.fixed(&kept.key, snapshot_id_size_bytes, 0, any);
    shared(kept.metric, limits::name_size_bytes_max);
    ar_(kept.value);
    auto& credits = kept.credits;
    const std::size_t credit_count = ar_.count(credits.size(), outcome::credit_count_max, 13);
    for (std::size_t k = 0; more(k, credit_count); ++k) {
      if (reads_) credits.emplace_back();
      credit(credits[k]);
    }
  }
}

}  // namespace heed
