#include "feature.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <type_traits>

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
    std::string_view member;
    for (std::size_t at = 0; members->next(at, member);) see(hash_of(member, seed));
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

void drop_expired(FeatureState& state, std::int64_t window_ms, TimeMs now) {
  std::size_t over = 0;
  while (over < state.size() && state.at_ms(over) <= now.ms - window_ms) ++over;
  state.erase(0, over);
}

/// Makes one entry of those in one cell of a grid that puts at most window_entry_count_max cells
/// into a window. It has the latest's time: what it holds leaves the window together, each signal
/// less than a cell late.
void merge_cells(FeatureKind kind, FeatureState& state, std::int64_t window_ms) {
  const std::int64_t cell_ms =
      window_ms / static_cast<std::int64_t>(limits::window_entry_count_max - 1) + 1;
  std::size_t last = 0;
  std::int64_t last_cell = state.at_ms(0) / cell_ms;
  for (std::size_t i = 1; i < state.size(); ++i) {
    const std::int64_t cell = state.at_ms(i) / cell_ms;
    if (cell == last_cell) {
      FeatureEntry joined = state[last];
      combine(kind, joined, state[i]);
      state.put(last, joined);
    } else {
      state.move(++last, i);
      last_cell = cell;
    }
  }
  state.cut(last + 1);
}

void add_up(FeatureKind kind, FeatureState& state, std::int64_t window_ms, double value,
            TimeMs now) {
  const bool counts = kind == FeatureKind::count || kind == FeatureKind::mean;
  const FeatureEntry added{window_ms == 0 ? 0 : now.ms, counts ? 1U : 0U,
                           kind == FeatureKind::count ? 0 : value + 0.0};
  if (window_ms != 0) {
    drop_expired(state, window_ms, now);
  } else if (state.size() != 0) {
    FeatureEntry total = state[0];
    combine(kind, total, added);
    return state.put(0, total);
  }
  state.append(added, window_ms == 0 ? 0 : limits::window_entry_count_max);
  if (state.size() > limits::window_entry_count_max) merge_cells(kind, state, window_ms);
}

/// The entry with that hash; the size where there is none.
std::size_t find_hash(const FeatureState& state, std::uint64_t hash) {
  std::size_t at = 0;
  while (at < state.size() && state.hash(at) != hash) ++at;
  return at;
}

/// Adaptive sampling: where values do not fit, those stay whose hash ends in one more zero bit.
void add_distinct(FeatureState& state, std::int64_t window_ms, std::uint64_t hash, TimeMs now) {
  if (window_ms != 0) drop_expired(state, window_ms, now);
  if (state.size() == 0) state.set_level(0);
  const auto is_out = [&](std::uint64_t value) {
    return (value & ((std::uint64_t{1} << state.level()) - 1)) != 0;
  };
  if (is_out(hash)) return;
  if (const std::size_t known = find_hash(state, hash); known != state.size()) {
    if (window_ms == 0) return;
    state.erase(known, known + 1);
  }
  state.append({window_ms == 0 ? 0 : now.ms, hash, 0}, limits::distinct_value_count_max);
  while (state.size() > limits::distinct_value_count_max) {
    state.set_level(static_cast<std::uint8_t>(state.level() + 1));
    std::size_t kept = 0;
    for (std::size_t i = 0; i < state.size(); ++i) {
      if (!is_out(state.hash(i))) state.move(kept++, i);
    }
    state.cut(kept);
  }
}

/// Of values of one type.
bool is_same(const Value& a, const Value& b) {
  const auto same = [&](const auto* kept) {
    const auto* other = std::get_if<std::decay_t<decltype(*kept)>>(&b);
    return kept != nullptr && other != nullptr && *kept == *other;
  };
  return same(std::get_if<std::string_view>(&a)) || same(std::get_if<double>(&a)) ||
         same(std::get_if<TimeMs>(&a)) || same(std::get_if<bool>(&a));
}

/// Calls `see` with where each value begins and the value.
template <class See>
void each_value(const FeatureState& state, See see) {
  WeighedValue value;
  std::size_t at = state.first_value();
  for (std::size_t begin = at; state.next_value(at, value); begin = at) see(begin, value);
}

/// What is left of the weights that were added before.
void decay_weights(const Definition& definition, TimeMs now, FeatureState& state) {
  if (state.size() == 0) return state.append({now.ms, 0, 0}, 0);
  const double left = definition.decay(now.ms - state.at_ms(0));
  state.put(0, {now.ms, 0, 0});
  each_value(state, [&](std::size_t at, const WeighedValue& known) {
    state.put_weight(at, known.weight * left);
  });
}

/// Space-saving: a new value takes the place, and the weight, of the least.
void add_top(const Definition& definition, const Value& value, TimeMs now, FeatureState& state) {
  const auto* text = std::get_if<std::string_view>(&value);
  if (text != nullptr && text->size() > limits::top_text_size_bytes_max) return;
  if (definition.half_life_ms() != 0) decay_weights(definition, now, state);
  constexpr auto nowhere = ~std::size_t{0};
  std::size_t count = 0;
  std::size_t known_at = nowhere;
  std::size_t least_at = nowhere;
  double known_weight = 0;
  double least_weight = 0;
  each_value(state, [&](std::size_t at, const WeighedValue& known) {
    ++count;
    if (is_same(known.value, value)) {
      known_at = at;
      known_weight = known.weight;
    }
    if (least_at == nowhere || known.weight < least_weight) {
      least_at = at;
      least_weight = known.weight;
    }
  });
  if (known_at == nowhere && count == limits::top_value_count_max) {
    known_at = least_at;
    known_weight = least_weight;
  }
  if (known_at != nowhere) state.erase_value(known_at);
  state.append_value({value, known_weight + 1});
}

/// Of those with the most weight, the one seen last; nothing where there are no values.
std::optional<Value> top_of(const FeatureState& state) {
  std::optional<Value> top;
  double most = 0;
  each_value(state, [&](std::size_t /*at*/, const WeighedValue& known) {
    if (top && known.weight < most) return;
    top = known.value;
    most = known.weight;
  });
  return top;
}

void add_score(const Definition& definition, double weight, TimeMs now, FeatureState& state) {
  if (state.size() == 0) state.append({now.ms, 0, 0}, 0);
  const FeatureEntry score = state[0];
  const double sum = score.value * definition.decay(now.ms - score.at_ms) + weight;
  state.put(0, {now.ms, 0, std::clamp(sum, -number_max, number_max) + 0.0});
}

/// One signal of a sequence about one item.
void take_step(const Definition& definition, Step step, std::uint64_t item, TimeMs now,
               FeatureState& state) {
  const bool missed = definition.kind() == FeatureKind::missed;
  if (state.level() != 0) return;  // it was followed, and that stays
  const std::size_t known = find_hash(state, item);
  const bool is_open = known != state.size();
  if (step == Step::first) {
    if (is_open) {
      if (missed) return;  // its time runs since it was opened
      state.erase(known, known + 1);
    }
    state.append({now.ms, item, 0}, limits::sequence_item_count_max);
    if (state.size() > limits::sequence_item_count_max) {
      const std::size_t left_out = missed ? state.size() - 1 : 0;
      state.erase(left_out, left_out + 1);
    }
  } else if (is_open) {
    const std::int64_t within_ms = definition.window_ms();
    if (!missed && (within_ms == 0 || now.ms - state.at_ms(known) <= within_ms)) {
      state.clear();
      state.set_level(1);
    } else {
      state.erase(known, known + 1);
    }
  }
}

double added_up(FeatureKind kind, const FeatureState& state, std::int64_t window_ms, TimeMs now,
                bool& any) {
  FeatureEntry total;
  std::uint64_t values = 0;
  for (std::size_t i = 0; i < state.size(); ++i) {
    if (window_ms != 0 && state.at_ms(i) <= now.ms - window_ms) continue;
    if (values++ == 0) {
      total = state[i];
    } else {
      combine(kind, total, state[i]);
    }
  }
  any = values != 0;
  if (kind == FeatureKind::count) return static_cast<double>(total.count);
  if (kind == FeatureKind::distinct) return static_cast<double>(values << state.level());
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
      return add_up(kind, state, definition.window_ms(), number(), now);
    case FeatureKind::distinct:
      return each_hash(*value, ruleset.site_hash(), [&](std::uint64_t hash) {
        add_distinct(state, definition.window_ms(), hash, now);
      });
    case FeatureKind::top:
      return add_top(definition, *value, now, state);
    case FeatureKind::first:
    case FeatureKind::last:
      if (kind == FeatureKind::first && !state.is_fresh()) return;
      state.clear();
      return state.append_value({*value, 0});
    case FeatureKind::since:
      if (state.size() == 0) return state.append({now.ms, 0, 0}, 0);
      return state.put(0, {now.ms, 0, 0});
    case FeatureKind::score:
      return add_score(definition, number(), now, state);
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
  const bool any_entry = own.size() != 0;
  if (image::adds_up(kind)) {
    bool any = false;
    const double value = added_up(kind, own, definition.window_ms(), now, any);
    const bool is_total =
        kind == FeatureKind::count || kind == FeatureKind::sum || kind == FeatureKind::distinct;
    return any || is_total ? Operand::of(value) : Operand{};
  }
  switch (kind) {
    case FeatureKind::since:
      if (!any_entry) return {};
      return Operand::of(static_cast<double>(std::max<std::int64_t>(now.ms - own.at_ms(0), 0)));
    case FeatureKind::score:
      if (!any_entry) return Operand::of(0.0);
      return Operand::of(own[0].value * definition.decay(now.ms - own.at_ms(0)));
    case FeatureKind::followed:
      return Operand::of(own.level() != 0);
    case FeatureKind::missed:
      return Operand::of(any_entry && now.ms - own.at_ms(0) >= definition.window_ms());
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
      const std::optional<Value> value = top_of(own);
      return value ? Operand::of(*value) : Operand{};
    }
  }
}

}  // namespace heed
