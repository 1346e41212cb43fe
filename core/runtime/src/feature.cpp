#include "feature.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "heed/base/exp2.h"
#include "heed/base/hash.h"
#include "heed/base/limits.h"

namespace heed {
namespace {

using image::Column;
using image::FeatureKind;

constexpr double number_max = std::numeric_limits<double>::max();

/// A feature's row, read when it is asked for.
struct Definition {
  const Ruleset& ruleset;
  std::uint32_t row;

  [[nodiscard]] FeatureKind kind() const {
    return static_cast<FeatureKind>(ruleset.at<std::uint8_t>(Column::feature_kind, row));
  }
  [[nodiscard]] std::int64_t window_ms() const {
    return ruleset.at<std::int64_t>(Column::feature_window_ms, row);
  }
  [[nodiscard]] double half_life_ms() const {
    return static_cast<double>(ruleset.at<std::uint64_t>(Column::feature_half_life_ms, row));
  }
  /// What is left of 1 after this time.
  [[nodiscard]] double decay(std::int64_t age_ms) const {
    return exp2_neg(static_cast<double>(std::max<std::int64_t>(age_ms, 0)) / half_life_ms());
  }
  [[nodiscard]] const Value* field(std::span<const FieldValue> fields, Column column) const {
    const auto wanted = ruleset.at<std::uint32_t>(column, row);
    for (const FieldValue& field : fields) {
      if (field.field == wanted && !std::holds_alternative<Absent>(field.value)) {
        return &field.value;
      }
    }
    return nullptr;
  }
};

std::uint64_t hash_of(std::string_view bytes, std::uint64_t seed) {
  return xxh64(bytes, seed) >> 32U;
}
template <class T>
std::uint64_t hash_of_bytes(const T& value, std::uint64_t seed) {
  return hash_of({reinterpret_cast<const char*>(&value), sizeof value}, seed);
}

/// Calls `see` with the hash of a value, or of each member of a set.
template <class See>
void each_hash(const Value& value, std::uint64_t seed, See see) {
  if (const auto* members = std::get_if<Members>(&value)) {
    for (const std::string_view member : *members) see(hash_of(member, seed));
  } else if (const auto* text = std::get_if<std::string_view>(&value)) {
    see(hash_of(*text, seed));
  } else if (const auto* number = std::get_if<double>(&value)) {
    see(hash_of_bytes(*number + 0.0, seed));  // -0 is 0
  } else if (const auto* time = std::get_if<TimeMs>(&value)) {
    see(hash_of_bytes(time->ms, seed));
  } else {
    see(hash_of_bytes(std::get<bool>(value), seed));
  }
}

/// Where it grows, it doubles, but not beyond one more than `count_max`: what is over leaves at
/// once.
template <class T>
void append(Array<T>& list, T added, std::size_t count_max) {
  if (list.size() == list.capacity()) list.reserve(std::min(2 * list.size() + 1, count_max + 1));
  list.push_back(std::move(added));
}

void combine(FeatureKind kind, FeatureEntry& into, const FeatureEntry& added) {
  into.at_ms = added.at_ms;
  into.count = std::min(into.count + added.count, std::uint64_t{1} << 53U);
  if (kind == FeatureKind::min) {
    into.value = std::min(into.value, added.value);
  } else if (kind == FeatureKind::max) {
    into.value = std::max(into.value, added.value);
  } else {
    into.value = std::clamp(into.value + added.value, -number_max, number_max) + 0.0;
  }
}

void drop_expired(Array<FeatureEntry>& entries, std::int64_t window_ms, TimeMs now) {
  const auto is_over = [&](const FeatureEntry& entry) { return entry.at_ms <= now.ms - window_ms; };
  const auto kept = std::find_if_not(entries.begin(), entries.end(), is_over);
  if (kept != entries.begin()) entries.erase(entries.begin(), kept);
}

/// Makes one entry of those in one cell of a grid that puts at most window_entry_count_max cells
/// into a window. It has the latest's time: what it holds leaves the window together, each signal
/// less than a cell late.
void merge_cells(FeatureKind kind, Array<FeatureEntry>& entries, std::int64_t window_ms) {
  const std::int64_t cell_ms =
      window_ms / static_cast<std::int64_t>(limits::window_entry_count_max - 1) + 1;
  std::size_t kept = 0;
  for (std::size_t i = 1; i < entries.size(); ++i) {
    if (entries[i].at_ms / cell_ms == entries[kept].at_ms / cell_ms) {
      combine(kind, entries[kept], entries[i]);
    } else {
      entries[++kept] = entries[i];
    }
  }
  entries.resize(kept + 1);
}

void add_up(FeatureKind kind, Array<FeatureEntry>& entries, std::int64_t window_ms, double value,
            TimeMs now) {
  const bool counts = kind == FeatureKind::count || kind == FeatureKind::mean;
  const FeatureEntry added{window_ms == 0 ? 0 : now.ms, counts ? 1U : 0U,
                           kind == FeatureKind::count ? 0 : value + 0.0};
  if (window_ms == 0) {
    if (!entries.empty()) return combine(kind, entries[0], added);
  } else {
    drop_expired(entries, window_ms, now);
  }
  append(entries, added, limits::window_entry_count_max);
  if (entries.size() > limits::window_entry_count_max) merge_cells(kind, entries, window_ms);
}

/// The entry with that hash; the end where there is none.
FeatureEntry* find_hash(Array<FeatureEntry>& entries, std::uint64_t hash) {
  const auto is_same = [hash](const FeatureEntry& entry) { return entry.count == hash; };
  return std::find_if(entries.begin(), entries.end(), is_same);
}

/// Adaptive sampling: where values do not fit, those stay whose hash ends in one more zero bit.
void add_distinct(FeatureState& state, std::int64_t window_ms, std::uint64_t hash, TimeMs now) {
  Array<FeatureEntry>& entries = state.entries;
  if (window_ms != 0) drop_expired(entries, window_ms, now);
  if (entries.empty()) state.level = 0;
  const auto is_out = [&](const FeatureEntry& entry) {
    return (entry.count & ((std::uint64_t{1} << state.level) - 1)) != 0;
  };
  const FeatureEntry added{window_ms == 0 ? 0 : now.ms, hash, 0};
  if (is_out(added)) return;
  if (FeatureEntry* const known = find_hash(entries, hash); known != entries.end()) {
    if (window_ms == 0) return;
    entries.erase(known);
  }
  append(entries, added, limits::distinct_value_count_max);
  while (entries.size() > limits::distinct_value_count_max) {
    ++state.level;
    entries.erase(std::remove_if(entries.begin(), entries.end(), is_out), entries.end());
  }
}

/// Space-saving: a new value takes the place, and the weight, of the least.
void add_top(const Definition& definition, const Value& value, TimeMs now, FeatureState& state) {
  const auto* text = std::get_if<std::string_view>(&value);
  if (text != nullptr && text->size() > limits::top_text_size_bytes_max) return;
  Array<WeighedValue>& values = state.values;
  if (definition.half_life_ms() != 0) {
    if (state.entries.empty()) state.entries.push_back({now.ms, 0, 0});
    const double left = definition.decay(now.ms - state.entries[0].at_ms);
    state.entries[0].at_ms = now.ms;
    for (WeighedValue& known : values) known.weight *= left;
  }
  WeighedValue seen{own(value), 1};
  const auto is_same = [&](const WeighedValue& known) { return known.value == seen.value; };
  const auto is_less = [](const WeighedValue& a, const WeighedValue& b) {
    return a.weight < b.weight;
  };
  auto place = std::find_if(values.begin(), values.end(), is_same);
  if (place == values.end() && values.size() == limits::top_value_count_max) {
    place = std::min_element(values.begin(), values.end(), is_less);
  }
  if (place != values.end()) {
    seen.weight += place->weight;
    values.erase(place);
  }
  append(values, std::move(seen), limits::top_value_count_max);
}

/// Of those with the most weight, the one seen last.
const WeighedValue* top_of(const Array<WeighedValue>& values) {
  const WeighedValue* top = nullptr;
  for (const WeighedValue& value : values) {
    if (top == nullptr || value.weight >= top->weight) top = &value;
  }
  return top;
}

void add_score(const Definition& definition, double weight, TimeMs now,
               Array<FeatureEntry>& entries) {
  if (entries.empty()) entries.push_back({now.ms, 0, 0});
  FeatureEntry& score = entries[0];
  const double sum = score.value * definition.decay(now.ms - score.at_ms) + weight;
  score = {now.ms, 0, std::clamp(sum, -number_max, number_max) + 0.0};
}

/// One signal of a sequence about one item.
void take_step(const Definition& definition, Step step, std::uint64_t item, TimeMs now,
               FeatureState& state) {
  const bool missed = definition.kind() == FeatureKind::missed;
  if (state.level != 0) return;  // it was followed, and that stays
  Array<FeatureEntry>& open = state.entries;
  FeatureEntry* const known = find_hash(open, item);
  if (step == Step::first) {
    if (known != open.end()) {
      if (missed) return;  // its time runs since it was opened
      open.erase(known);
    }
    append(open, {now.ms, item, 0}, limits::sequence_item_count_max);
    if (open.size() > limits::sequence_item_count_max)
      open.erase(missed ? open.end() - 1 : open.begin());
  } else if (known != open.end()) {
    const std::int64_t within_ms = definition.window_ms();
    if (!missed && (within_ms == 0 || now.ms - known->at_ms <= within_ms)) {
      state = {};
      state.level = 1;
    } else {
      open.erase(known);
    }
  }
}

double added_up(FeatureKind kind, const FeatureState& state, std::int64_t window_ms, TimeMs now,
                bool& any) {
  FeatureEntry total;
  std::uint64_t values = 0;
  for (const FeatureEntry& entry : state.entries) {
    if (window_ms != 0 && entry.at_ms <= now.ms - window_ms) continue;
    if (values++ == 0) {
      total = entry;
    } else {
      combine(kind, total, entry);
    }
  }
  any = values != 0;
  if (kind == FeatureKind::count) return static_cast<double>(total.count);
  if (kind == FeatureKind::distinct) return static_cast<double>(values << state.level);
  if (kind == FeatureKind::mean && any) return total.value / static_cast<double>(total.count);
  return total.value;
}

}  // namespace

void observe_feature(const Ruleset& ruleset, FeatureId feature, Step step,
                     std::span<const FieldValue> fields, TimeMs now, FeatureState& state) {
  const Definition definition{ruleset, feature.index};
  const FeatureKind kind = definition.kind();
  const Column column = step == Step::first ? Column::feature_field : Column::feature_other_field;
  const bool has_field = ruleset.at<std::uint32_t>(column, feature.index) != none_index;
  const Value* value = has_field ? definition.field(fields, column) : nullptr;
  if (has_field && value == nullptr) return;
  const auto number = [&] { return value == nullptr ? 1.0 : *std::get_if<double>(value); };
  switch (kind) {
    case FeatureKind::count:
    case FeatureKind::sum:
    case FeatureKind::mean:
    case FeatureKind::min:
    case FeatureKind::max:
      return add_up(kind, state.entries, definition.window_ms(), number(), now);
    case FeatureKind::distinct:
      return each_hash(*value, ruleset.site_hash(), [&](std::uint64_t hash) {
        add_distinct(state, definition.window_ms(), hash, now);
      });
    case FeatureKind::top:
      return add_top(definition, *value, now, state);
    case FeatureKind::first:
    case FeatureKind::last:
      if (kind == FeatureKind::first && !state.values.empty()) return;
      state.values.clear();
      return state.values.push_back({own(*value), 0});
    case FeatureKind::since:
      state.entries.assign(1, {now.ms, 0, 0});
      return;
    case FeatureKind::score:
      return add_score(definition, number(), now, state.entries);
    case FeatureKind::followed:
    case FeatureKind::missed:
      if (value == nullptr) return take_step(definition, step, 0, now, state);
      return each_hash(*value, ruleset.site_hash(),
                       [&](std::uint64_t hash) { take_step(definition, step, hash, now, state); });
    case FeatureKind::ratio:
      return;  // others gather for it
  }
}

Operand feature_value(const Ruleset& ruleset, FeatureId feature, const State& state, TimeMs now) {
  const Definition definition{ruleset, feature.index};
  const FeatureKind kind = definition.kind();
  const FeatureState& own = state.features[feature.index];
  const Array<FeatureEntry>& entries = own.entries;
  if (image::adds_up(kind)) {
    bool any = false;
    const double value = added_up(kind, own, definition.window_ms(), now, any);
    const bool is_total =
        kind == FeatureKind::count || kind == FeatureKind::sum || kind == FeatureKind::distinct;
    return any || is_total ? Operand::of(value) : Operand{};
  }
  switch (kind) {
    case FeatureKind::since:
      if (entries.empty()) return {};
      return Operand::of(static_cast<double>(std::max<std::int64_t>(now.ms - entries[0].at_ms, 0)));
    case FeatureKind::score:
      if (entries.empty()) return Operand::of(0.0);
      return Operand::of(entries[0].value * definition.decay(now.ms - entries[0].at_ms));
    case FeatureKind::followed:
      return Operand::of(own.level != 0);
    case FeatureKind::missed:
      return Operand::of(!entries.empty() && now.ms - entries[0].at_ms >= definition.window_ms());
    case FeatureKind::ratio: {
      const auto of = [&](Column column) {
        return feature_value(ruleset, FeatureId{ruleset.at<std::uint32_t>(column, feature.index)},
                             state, now);
      };
      const Operand above = of(Column::feature_other);
      const Operand below = of(Column::feature_other_field);
      if (!above.known() || !below.known() || below.number == 0) return {};
      return Operand::of(above.number / below.number);
    }
    default: {
      const WeighedValue* const value = top_of(own.values);
      return value == nullptr ? Operand{} : Operand::of(value->value);
    }
  }
}

}  // namespace heed
