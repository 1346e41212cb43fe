#include "flips.h"

#include <algorithm>
#include <cmath>

#include "feature.h"
#include "heed/base/limits.h"

namespace heed {
namespace {

using image::Column;
using image::FeatureKind;
using Interval = Index::Interval;

/// The first millisecond that is not before `ms`.
std::int64_t first_at(double ms) {
  constexpr auto end = static_cast<double>(limits::time_ms_max) * 2;
  return static_cast<std::int64_t>(std::ceil(std::clamp(ms, -end, end)));
}

/// Whatever the window adds up, it is the same until something leaves.
TimeSpan steady_window(const FeatureState& state, std::int64_t window_ms, TimeMs now) {
  TimeSpan span;
  if (window_ms == 0) return span;
  for (std::size_t i = 0; i < state.size(); ++i) {
    const std::int64_t leaves_at = state.at_ms(i) + window_ms;
    if (leaves_at <= now.ms) {
      span.from = std::max(span.from, leaves_at);
    } else {
      span.until = std::min(span.until, leaves_at);
    }
  }
  return span;
}

TimeSpan steady_since(const FeatureState& state, Interval values) {
  TimeSpan span;
  if (state.size() == 0) return span;
  const std::int64_t at_ms = state.at_ms(0);
  // Before the signal it is 0.
  if (values.low > 0) span.from = at_ms + first_at(values.low);
  if (std::isfinite(values.high)) span.until = at_ms + first_at(values.high);
  return span;
}

/// The item that is open longest tells.
TimeSpan steady_missed(const FeatureState& state, std::int64_t within_ms, TimeMs now) {
  TimeSpan span;
  if (state.size() == 0) return span;
  const std::int64_t turns_at = state.at_ms(0) + within_ms;
  (turns_at <= now.ms ? span.from : span.until) = turns_at;
  return span;
}

/// A decayed score moves one way only, and stands still before its last signal; so both flips are
/// found by halving, on the very values that a decision reads.
TimeSpan steady_score(const Ruleset& ruleset, FeatureId feature, const State& state, TimeMs now,
                      Interval values) {
  TimeSpan span;
  if (state.features[feature.index].size() == 0) return span;
  const std::int64_t seen_ms = state.features[feature.index].at_ms(0);
  const auto holds = [&](std::int64_t at_ms) {
    const double value = feature_value(ruleset, feature, state, TimeMs{at_ms}).number;
    return values.low <= value && value < values.high;
  };
  const auto middle = [](std::int64_t low, std::int64_t high) { return low + (high - low) / 2; };
  if (!holds(limits::time_ms_max)) {
    std::int64_t inside = now.ms;
    std::int64_t outside = limits::time_ms_max;
    while (outside - inside > 1) {
      const std::int64_t at_ms = middle(inside, outside);
      (holds(at_ms) ? inside : outside) = at_ms;
    }
    span.until = outside;
  }
  if (now.ms > seen_ms && !holds(seen_ms)) {
    std::int64_t outside = seen_ms;
    std::int64_t inside = now.ms;
    while (inside - outside > 1) {
      const std::int64_t at_ms = middle(outside, inside);
      (holds(at_ms) ? inside : outside) = at_ms;
    }
    span.from = inside;
  }
  return span;
}

}  // namespace

TimeSpan steady_now(Interval values) {
  TimeSpan span;
  if (std::isfinite(values.low)) span.from = first_at(values.low);
  if (std::isfinite(values.high)) span.until = first_at(values.high);
  return span;
}

TimeSpan steady_feature(const Ruleset& ruleset, FeatureId feature, const State& state, TimeMs now,
                        Interval values) {
  const auto kind =
      static_cast<FeatureKind>(ruleset.at<std::uint8_t>(Column::feature_kind, feature.index));
  const FeatureState& own = state.features[feature.index];
  const auto window_ms = ruleset.at<std::int64_t>(Column::feature_window_ms, feature.index);
  if (image::adds_up(kind)) return steady_window(own, window_ms, now);
  switch (kind) {
    case FeatureKind::since:
      return steady_since(own, values);
    case FeatureKind::score:
      return steady_score(ruleset, feature, state, now, values);
    case FeatureKind::missed:
      return steady_missed(own, window_ms, now);
    case FeatureKind::ratio: {
      const auto of = [&](Column column) {
        const auto row = ruleset.at<std::uint32_t>(column, feature.index);
        return steady_feature(ruleset, FeatureId{row}, state, now, {});
      };
      return of(Column::feature_other).within(of(Column::feature_other_field));
    }
    default:
      return {};
  }
}

}  // namespace heed
