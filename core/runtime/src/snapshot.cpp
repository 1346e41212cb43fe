// A session's memory as bytes (docs/formats/snapshot.md): one walk through it in the order of the
// format, in either direction, so that what is read is what is written. Hashes stand for names: a
// snapshot outlives its ruleset's version.
#include <algorithm>
#include <utility>

#include "arbitration.h"
#include "heed/base/archive.h"
#include "heed/base/bytes.h"
#include "heed/base/hash.h"
#include "heed/base/sort.h"
#include "heed/runtime/mask.h"
#include "heed/runtime/session.h"
#include "keys.h"

namespace heed {
namespace {

using image::Column;
using image::FeatureKind;

constexpr std::uint8_t format = 3;
constexpr std::size_t checksum_size_bytes = sizeof(std::uint32_t);
constexpr std::size_t id_size_bytes = 6;
constexpr std::uint64_t exact_count_max = std::uint64_t{1} << 53U;  // sums stay exact as doubles
constexpr std::uint64_t any = ~std::uint64_t{0};

std::uint32_t checksum(std::span<const std::byte> bytes) {
  return static_cast<std::uint32_t>(
      xxh64({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, 0));
}

/// What a list of keyed elements holds.
enum class Part : std::uint8_t {
  attribute,
  feature,
  journey,
  stage,
  trigger_cap,
  campaign_cap,
  programme_cap,
  slot,
  suppressed_slot,
};

/// Whose times of exposure a list of caps holds.
const image::CapColumns& columns_of(Part part) {
  if (part == Part::trigger_cap) return image::trigger_cap;
  return part == Part::campaign_cap ? image::campaign_cap : image::site_cap;
}

/// What a feature's bytes are: which members its entries and values have.
struct Shape {
  static constexpr std::uint8_t times = 1;
  static constexpr std::uint8_t counts = 2;
  static constexpr std::uint8_t hashes = 4;
  static constexpr std::uint8_t numbers = 8;
  static constexpr std::uint8_t values = 16;
  static constexpr std::uint8_t weights = 32;
  static constexpr std::uint8_t level = 64;
  static constexpr std::uint8_t all = 127;

  std::uint8_t members = all;
  std::uint8_t entry_count_max = limits::distinct_value_count_max;
  std::uint8_t value_count_max = limits::top_value_count_max;
  std::uint8_t level_max = 32;
};

/// By kind; what adds up all that is remembered has one entry without a time.
constexpr Shape shapes[] = {
    {Shape::times | Shape::counts, limits::window_entry_count_max},                   // count
    {Shape::times | Shape::numbers, limits::window_entry_count_max},                  // sum
    {Shape::times | Shape::counts | Shape::numbers, limits::window_entry_count_max},  // mean
    {Shape::times | Shape::numbers, limits::window_entry_count_max},                  // min
    {Shape::times | Shape::numbers, limits::window_entry_count_max},                  // max
    {Shape::times | Shape::hashes | Shape::level},                                    // distinct
    {Shape::times | Shape::values | Shape::weights, 1},                               // top
    {Shape::values, 0, 1},                                                            // first
    {Shape::values, 0, 1},                                                            // last
    {Shape::times, 1},                                                                // since
    {Shape::times | Shape::numbers, 1},                                               // score
    {},                                                                               // ratio
    {Shape::times | Shape::hashes | Shape::level, limits::sequence_item_count_max, 0, 1},
    {Shape::times | Shape::hashes, limits::sequence_item_count_max},  // missed
};

Shape shape_of(const Ruleset& ruleset, std::uint32_t row) {
  const auto kind = static_cast<FeatureKind>(ruleset.at<std::uint8_t>(Column::feature_kind, row));
  Shape shape = shapes[static_cast<std::size_t>(kind)];
  if (image::adds_up(kind) && ruleset.at<std::uint64_t>(Column::feature_window_ms, row) == 0) {
    shape.members &= static_cast<std::uint8_t>(~Shape::times);
    if (kind != FeatureKind::distinct) shape.entry_count_max = 1;
  }
  return shape;
}

bool is_fresh(const FeatureState& state) {
  return state.entries.empty() && state.values.empty() && state.level == 0;
}

/// The value as a T, made one where it is none yet.
template <class T>
T& as(OwnedValue& value) {
  auto* const kept = std::get_if<T>(&value);
  return kept != nullptr ? *kept : value.emplace<T>();
}

class Walk {
 public:
  Walk(Archive& archive, const Ruleset& ruleset, State& state, TimeMs now)
      : ar_(archive), reads_(archive.reads()), ruleset_(ruleset), state_(state), now_(now) {}

  /// Writing leaves out so many of the oldest.
  void shed(std::size_t outcome_count, std::size_t id_count) {
    outcome_first_ = outcome_count;
    id_first_ = id_count;
  }
  /// Writing masks the texts that the ruleset does not name.
  void mask(std::uint64_t unit) {
    masks_ = true;
    unit_ = unit;
  }
  void all(std::uint64_t unit);

 private:
  [[nodiscard]] std::size_t row_count(Part part) const;
  [[nodiscard]] std::uint32_t row_at(Part part, std::size_t index) const;
  [[nodiscard]] bool belongs(Part part, std::uint32_t row) const;
  [[nodiscard]] std::uint32_t key(Part part, std::uint32_t row) const;
  [[nodiscard]] Array<std::uint64_t> rows_by_key(Part part) const;
  std::size_t list(Part part, std::size_t count_max, std::size_t element_size_bytes_min);
  void element(Part part, std::uint32_t row);

  void expect(bool holds) {
    if (!holds) ar_.refuse(ar_.at());
  }
  [[nodiscard]] bool more(std::size_t done, std::size_t count) const {
    return done < count && ar_.ok();
  }
  void time(std::int64_t& at_ms);
  void value(OwnedValue& value, unsigned type);
  void members(Array<std::string>& members);
  void feature(FeatureState& state, std::uint32_t row);
  [[nodiscard]] unsigned field_type(std::uint32_t feature) const;
  [[nodiscard]] Array<std::uint32_t>& slots(Part part) const {
    return part == Part::slot ? state_.exposed_slots : state_.suppressed_slots;
  }
  void cap(Array<CapState>& caps, std::uint32_t row, const image::CapColumns& columns);
  void shared(std::string& text, std::size_t size_bytes_max);
  void credit(outcome::Credit& credit);
  void exposures();
  void ids();
  void outcomes();

  Archive& ar_;
  const bool reads_;
  const Ruleset& ruleset_;
  State& state_;
  const TimeMs now_;
  std::int64_t latest_ms_ = 0;          // the clock
  std::uint32_t journey_ = none_index;  // whose stages are walked
  bool same_view_ = true;
  Array<std::string_view> texts_;  // in the order of their first use
  bool masks_ = false;
  std::uint64_t unit_ = 0;  // of the masks
  std::size_t outcome_first_ = 0;
  std::size_t id_first_ = 0;
};

void Walk::all(std::uint64_t unit) {
  std::uint8_t version = format;
  const auto own_site = static_cast<std::uint32_t>(ruleset_.site_hash());
  std::uint32_t site = own_site;
  std::uint64_t owner = unit;
  std::uint64_t view = state_.view;
  latest_ms_ = state_.clock_ms;
  ar_(Within{version, format, format}, site, owner,
      Within{latest_ms_, std::int64_t{0}, limits::time_ms_max});
  if (site != own_site) ar_.refuse(ErrorCode::wrong_site, 1);
  if (owner != unit) ar_.refuse(ErrorCode::wrong_visitor, 5);
  if (reads_) state_.clock_ms = std::min(latest_ms_, now_.ms);
  list(Part::attribute, limits::attribute_count_max, 6);
  list(Part::feature, limits::feature_count_max, 6);
  list(Part::journey, limits::journey_count_max, 9);
  list(Part::trigger_cap, limits::trigger_count_max, 6);
  list(Part::campaign_cap, limits::trigger_count_max, 6);
  list(Part::programme_cap, 1, 6);
  time(state_.session_from_ms);
  ar_(view);
  same_view_ = view == state_.view;
  list(Part::slot, limits::slot_count_max, 4);
  list(Part::suppressed_slot, limits::slot_count_max, 4);
  exposures();
  ids();
  outcomes();
}

// Rows of the ruleset by key. Reading looks for those that may have state, writing has those that
// do.

std::size_t Walk::row_count(Part part) const {
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

std::uint32_t Walk::row_at(Part part, std::size_t index) const {
  if (!reads_) {
    if (part == Part::trigger_cap) return state_.trigger_caps[index].row;
    if (part == Part::campaign_cap) return state_.campaign_caps[index].row;
    if (part == Part::slot || part == Part::suppressed_slot) return slots(part)[index];
  }
  return static_cast<std::uint32_t>(index);
}

bool Walk::belongs(Part part, std::uint32_t row) const {
  switch (part) {
    case Part::attribute:
      // A snapshot is a visitor's to write: what others vouch for never travels in it.
      if (is_profile_fact(ruleset_, AttributeId{row})) return false;
      return reads_ || state_.attributes[row].index() != 0;
    case Part::feature:
      if (reads_) return shape_of(ruleset_, row).members != Shape::all;
      return !is_fresh(state_.features[row]);
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

std::uint32_t Walk::key(Part part, std::uint32_t row) const {
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
Array<std::uint64_t> Walk::rows_by_key(Part part) const {
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
std::size_t Walk::list(Part part, std::size_t count_max, std::size_t element_size_bytes_min) {
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
void Walk::element(Part part, std::uint32_t row) {
  const bool known = row != none_index;
  switch (part) {
    case Part::attribute: {
      OwnedValue other;
      const auto type = known ? ruleset_.type(AttributeId{row}) : image::Type{};
      value(known ? state_.attributes[row] : other, known ? 1 + static_cast<unsigned>(type) : 0);
      break;
    }
    case Part::feature: {
      FeatureState other;
      feature(known ? state_.features[row] : other, row);
      break;
    }
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

// What elements are made of.

/// As milliseconds before the latest; never before 1970.
void Walk::time(std::int64_t& at_ms) {
  auto age_ms = static_cast<std::uint64_t>(latest_ms_ - at_ms);
  ar_.varint(age_ms, static_cast<std::uint64_t>(latest_ms_));
  if (reads_) at_ms = std::min(latest_ms_ - static_cast<std::int64_t>(age_ms), now_.ms);
}

/// @param type  what it must be, counted from 1; 0 for anything
void Walk::value(OwnedValue& value, unsigned type) {
  if (masks_) {
    OwnedValue mask = masked(ruleset_, value, unit_);
    masks_ = false;
    this->value(mask, type);
    masks_ = true;
    return;
  }
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
      ar_(Text{as<std::string>(value), limits::string_size_bytes_max});
      break;
    case 4:
      members(as<Array<std::string>>(value));
      break;
    default:
      ar_(Within{as<TimeMs>(value).ms, -limits::time_ms_max, limits::time_ms_max});
  }
}

void Walk::members(Array<std::string>& members) {
  const std::size_t count = ar_.count(members.size(), limits::set_member_count_max, 1);
  for (std::size_t i = 0; more(i, count); ++i) {
    if (reads_) members.emplace_back();
    ar_.text(members[i], limits::string_size_bytes_max);
    expect(i == 0 || members[i - 1] < members[i]);
  }
}

void Walk::feature(FeatureState& state, std::uint32_t row) {
  const bool known = row != none_index;
  const Shape shape = known ? shape_of(ruleset_, row) : Shape{};
  std::uint8_t members = shape.members;
  ar_(Within{members, std::uint8_t{0}, Shape::all});
  expect(!known || members == shape.members);
  const auto has = [members](int member) { return (members & member) != 0; };
  if (has(Shape::times | Shape::counts | Shape::hashes | Shape::numbers)) {
    const std::size_t count = ar_.count(state.entries.size(), shape.entry_count_max, 1);
    std::int64_t before_ms = 0;
    for (std::size_t i = 0; more(i, count); ++i) {
      if (reads_) state.entries.emplace_back();
      FeatureEntry& entry = state.entries[i];
      if (has(Shape::times)) time(entry.at_ms);
      if (has(Shape::counts)) ar_(Varint{entry.count, exact_count_max});
      if (has(Shape::hashes)) ar_.fixed(&entry.count, sizeof(std::uint32_t), 0, any);
      if (has(Shape::numbers)) ar_(entry.value);
      expect(before_ms <= entry.at_ms && (!has(Shape::counts) || entry.count != 0));
      before_ms = entry.at_ms;
    }
  }
  if (has(Shape::values)) {
    const std::size_t count = ar_.count(state.values.size(), shape.value_count_max, 2);
    for (std::size_t i = 0; more(i, count); ++i) {
      if (reads_) state.values.emplace_back();
      WeighedValue& weighed = state.values[i];
      value(weighed.value, known ? 1U + field_type(row) : 0);
      if (has(Shape::weights)) ar_(weighed.weight);
    }
  }
  if (has(Shape::level)) ar_.varint(state.level, shape.level_max);
  expect(!is_fresh(state));
}

/// Of the field that a feature remembers.
unsigned Walk::field_type(std::uint32_t feature) const {
  const auto signal = ruleset_.at<std::uint32_t>(Column::feature_signal, feature);
  const Rows fields = ruleset_.children(Column::signal_field_count, signal);
  const auto field = ruleset_.at<std::uint32_t>(Column::feature_field, feature);
  return ruleset_.at<std::uint8_t>(Column::field_type, fields.begin + field);
}

void Walk::cap(Array<CapState>& caps, std::uint32_t row, const image::CapColumns& columns) {
  const auto below = [](const CapState& cap, std::uint32_t value) { return cap.row < value; };
  const auto at = std::lower_bound(caps.begin(), caps.end(), row, below);
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
void Walk::shared(std::string& text, std::size_t size_bytes_max) {
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

void Walk::credit(outcome::Credit& credit) {
  ar_(credit.view);
  shared(credit.slot, limits::name_size_bytes_max);
  shared(credit.trigger, limits::name_size_bytes_max);
  shared(credit.variant, outcome::variant_size_bytes_max);
  shared(credit.microsegment, outcome::microsegment_size_bytes_max);
  ar_(credit.held_out);
}

void Walk::exposures() {
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

void Walk::ids() {
  auto& all = state_.seen_ids;
  const std::size_t count =
      ar_.count(all.size() - id_first_, limits::seen_id_count_max, id_size_bytes);
  for (std::size_t i = 0; more(i, count); ++i) {
    std::uint64_t id = reads_ ? 0 : all[id_first_ + i];
    ar_.fixed(&id, id_size_bytes, 0, any);
    if (reads_) all.push_back(id);
  }
}

void Walk::outcomes() {
  auto& all = state_.outcomes;
  const std::size_t count = ar_.count(all.size() - outcome_first_, limits::outcome_count_max, 16);
  for (std::size_t i = 0; more(i, count); ++i) {
    if (reads_) all.emplace_back();
    KeptOutcome& kept = all[outcome_first_ + i];
    ar_.fixed(&kept.key, id_size_bytes, 0, any);
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

}  // namespace

void Session::save(Array<std::byte>& out, std::size_t size_bytes_max, Texts texts) const {
  out.clear();
  if (level_ == Level::none) return;
  std::size_t outcome_count = 0;
  std::size_t id_count = 0;
  for (;;) {
    Archive archive(out);
    // Writing changes nothing.
    Walk walk(archive, *ruleset_, const_cast<State&>(state_), TimeMs{});
    walk.shed(outcome_count, id_count);
    if (texts == Texts::masked) walk.mask(unit());
    walk.all(unit());
    std::uint32_t sum = checksum(out);
    archive(sum);
    if (out.size() <= size_bytes_max) return;
    // The store knows every id too: what is forgotten here is settled there.
    const std::size_t id_left = state_.seen_ids.size() - id_count;
    if (outcome_count < state_.outcomes.size()) {
      ++outcome_count;
    } else if (id_left != 0) {
      id_count += std::min((out.size() - size_bytes_max) / id_size_bytes + 1, id_left);
    } else {
      break;
    }
    out.clear();
  }
  out.clear();
}

Result<Session> Session::restore(const Ruleset& ruleset, std::span<const std::byte> snapshot,
                                 std::string_view visitor, TimeMs now, Level level,
                                 std::uint64_t view) {
  Result<Session> session = create(ruleset, visitor, now, level, view);
  if (!session) return session;
  return resume(ruleset, snapshot, session->visitor_unit_, now, level, view);
}

Result<Session> Session::resume(const Ruleset& ruleset, std::span<const std::byte> snapshot,
                                std::uint64_t unit, TimeMs now, Level level, std::uint64_t view) {
  Session session(ruleset, unit, level, view);
  if (snapshot.empty() || level == Level::none) return session;
  if (snapshot.size() > limits::snapshot_size_bytes_max) {
    return fail(ErrorCode::too_large, limits::snapshot_size_bytes_max);
  }
  if (snapshot.size() < checksum_size_bytes) return fail(ErrorCode::truncated, snapshot.size());
  const auto body = snapshot.first(snapshot.size() - checksum_size_bytes);
  if (load_le<std::uint32_t>(snapshot.subspan(body.size()), 0) != checksum(body)) {
    return fail(ErrorCode::malformed_snapshot, body.size());
  }
  Archive archive(body, ErrorCode::malformed_snapshot);
  const TimeMs latest{std::clamp<std::int64_t>(now.ms, 0, limits::time_ms_max)};
  Walk(archive, ruleset, session.state_, latest).all(session.unit());
  archive.finish();
  if (!archive.ok()) return fail(archive.error().code, archive.error().where);
  return session;
}

}  // namespace heed
