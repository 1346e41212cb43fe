#include "feature.h"

#include <algorithm>
#include <cmath>

#include "heed/base/exp2.h"
#include "heed/base/limits.h"

namespace heed {
namespace {

using image::Column;
using image::FeatureKind;

FeatureKind kind_of(const Ruleset& ruleset, FeatureId feature) {
  return static_cast<FeatureKind>(ruleset.at<std::uint8_t>(Column::feature_kind, feature.index));
}

std::int64_t window_of(const Ruleset& ruleset, FeatureId feature) {
  return ruleset.at<std::int64_t>(Column::feature_window_ms, feature.index);
}

const Value* field_of(const Ruleset& ruleset, FeatureId feature,
                      std::span<const FieldValue> fields) {
  const auto wanted = ruleset.at<std::uint32_t>(Column::feature_field, feature.index);
  for (const FieldValue& field : fields) {
    if (field.field == wanted && !std::holds_alternative<Absent>(field.value)) return &field.value;
  }
  return nullptr;
}

/// Merges the two neighbours that are smallest beside all that came after them; of equals, the
/// older. The merged entry keeps the later time, so a window's border inside it counts it whole:
/// the count is never too low. It is too high by less than (1 + n)^(1/16) - 1 of itself, n being
/// the most that the window held (docs/formats/ruleset.md, "Windows").
void merge_smallest(Array<WindowEntry>& entries) {
  std::uint64_t after = 0;
  std::size_t best = 0;
  double best_share = 0;
  for (std::size_t i = entries.size() - 1; i-- > 0;) {
    const auto pair = static_cast<double>(entries[i].count + entries[i + 1].count);
    const double share = pair / (1.0 + static_cast<double>(after));
    if (after == 0 || share <= best_share) {
      best = i;
      best_share = share;
    }
    after += entries[i + 1].count;
  }
  entries[best + 1].count += entries[best].count;
  entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(best));
}

void observe_window(Array<WindowEntry>& entries, std::int64_t window_ms, TimeMs now) {
  const auto is_over = [&](const WindowEntry& entry) { return entry.at_ms <= now.ms - window_ms; };
  entries.erase(entries.begin(), std::find_if_not(entries.begin(), entries.end(), is_over));
  const auto later = [](std::int64_t at_ms, const WindowEntry& entry) {
    return at_ms < entry.at_ms;
  };
  entries.insert(std::upper_bound(entries.begin(), entries.end(), now.ms, later), {now.ms, 1});
  if (entries.size() > limits::window_entry_count_max) merge_smallest(entries);
}

double decayed(const Ruleset& ruleset, FeatureId feature, const FeatureState& state, TimeMs now) {
  const auto half_life_ms = ruleset.at<std::uint64_t>(Column::feature_half_life_ms, feature.index);
  const std::int64_t age_ms = std::max<std::int64_t>(now.ms - state.at_ms, 0);
  return state.score * exp2_neg(static_cast<double>(age_ms) / static_cast<double>(half_life_ms));
}

void observe_score(const Ruleset& ruleset, FeatureId feature, double weight, TimeMs now,
                   FeatureState& state) {
  const double score = (state.seen ? decayed(ruleset, feature, state, now) : 0.0) + weight;
  if (!std::isfinite(score)) return;  // two weights near the largest double: the score stays
  state.score = score + 0.0;
  state.at_ms = state.seen ? std::max(state.at_ms, now.ms) : now.ms;
  state.seen = true;
}

}  // namespace

void observe_feature(const Ruleset& ruleset, FeatureId feature, std::span<const FieldValue> fields,
                     TimeMs now, FeatureState& state) {
  const bool has_field =
      ruleset.at<std::uint32_t>(Column::feature_field, feature.index) != none_index;
  const Value* field = has_field ? field_of(ruleset, feature, fields) : nullptr;
  switch (kind_of(ruleset, feature)) {
    case FeatureKind::count:
      if (const std::int64_t window_ms = window_of(ruleset, feature); window_ms != 0) {
        observe_window(state.entries, window_ms, now);
      } else {
        ++state.count;
      }
      break;
    case FeatureKind::since:
      state.at_ms = state.seen ? std::max(state.at_ms, now.ms) : now.ms;
      state.seen = true;
      break;
    case FeatureKind::last:
      if (field != nullptr) state.last = own(*field);
      break;
    case FeatureKind::score:
      if (!has_field) {
        observe_score(ruleset, feature, 1, now, state);
      } else if (field != nullptr) {
        observe_score(ruleset, feature, *std::get_if<double>(field), now, state);
      }
      break;
  }
}

Operand feature_value(const Ruleset& ruleset, FeatureId feature, const FeatureState& state,
                      TimeMs now) {
  switch (kind_of(ruleset, feature)) {
    case FeatureKind::count: {
      const std::int64_t window_ms = window_of(ruleset, feature);
      std::uint64_t count = state.count;
      for (const WindowEntry& entry : state.entries) {
        if (entry.at_ms > now.ms - window_ms) count += entry.count;
      }
      return Operand::of(static_cast<double>(count));
    }
    case FeatureKind::since:
      if (!state.seen) return {};
      return Operand::of(static_cast<double>(std::max<std::int64_t>(now.ms - state.at_ms, 0)));
    case FeatureKind::last:
      return Operand::of(state.last);
    case FeatureKind::score:
      return Operand::of(state.seen ? decayed(ruleset, feature, state, now) : 0.0);
  }
  return {};
}

}  // namespace heed
