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

TimeSpan steady_count(const FeatureState& state, std::int64_t window_ms, TimeMs now) {
  TimeSpan span;
  for (const WindowEntry& entry : state.entries) {
    const std::int64_t leaves_at = entry.at_ms + window_ms;
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
  if (!state.seen) return span;
  // Before the signal it is 0.
  if (values.low > 0) span.from = state.at_ms + first_at(values.low);
  if (std::isfinite(values.high)) span.until = state.at_ms + first_at(values.high);
  return span;
}

/// A decayed score moves one way only, and stands still before its last signal; so both flips are
/// found by halving, on the very values that a decision reads.
TimeSpan steady_score(const Ruleset& ruleset, FeatureId feature, const FeatureState& state,
                      TimeMs now, Interval values) {
  TimeSpan span;
  if (!state.seen) return span;
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
  if (now.ms > state.at_ms && !holds(state.at_ms)) {
    std::int64_t outside = state.at_ms;
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

TimeSpan steady_feature(const Ruleset& ruleset, FeatureId feature, const FeatureState& state,
                        TimeMs now, Interval values) {
  const auto kind =
      static_cast<FeatureKind>(ruleset.at<std::uint8_t>(Column::feature_kind, feature.index));
  switch (kind) {
    case FeatureKind::count:
      return steady_count(state, ruleset.at<std::int64_t>(Column::feature_window_ms, feature.index),
                          now);
    case FeatureKind::since:
      return steady_since(state, values);
    case FeatureKind::score:
      return steady_score(ruleset, feature, state, now, values);
    case FeatureKind::last:
      break;
  }
  return {};
}

}  // namespace heed
