#include "heed/measure/lift.h"

#include <algorithm>
#include <cmath>

#include "heed/measure/sequence.h"

namespace heed::measure {
namespace {

constexpr double pseudo_count = 4;

struct Sample {
  Moments moments;
  double conversions;
};

Sample sample(const Arm& arm, Measure measure) {
  const auto conversions = static_cast<double>(arm.conversions);
  if (measure == Measure::mean) return {arm.value, conversions};
  return {Moments::of_counts(arm.value.count, arm.conversions), conversions};
}

// What a conversion is worth, over both arms: its mean and mean square.
struct Worth {
  double mean = 1;
  double mean_sq = 1;
};

Worth worth(const Moments& both, double conversions) {
  if (!(conversions > 0)) return {};
  const double sum_sq =
      both.deviation_sq + both.mean() * both.mean() * static_cast<double>(both.count);
  return {both.total() / conversions, sum_sq / conversions};
}

double cautious_variance(const Sample& arm, const Moments& both, const Worth& each) {
  const auto n = static_cast<double>(arm.moments.count);
  const double rate = (arm.conversions + pseudo_count) / (n + 2 * pseudo_count);
  const double widened = rate * each.mean_sq - rate * rate * each.mean * each.mean;
  return std::max(std::max(arm.moments.variance(), both.variance()), widened);
}

std::optional<Interval> interval(const Sample& treatment, const Sample& control, double difference,
                                 Measure measure, double alpha) {
  const auto n1 = static_cast<double>(treatment.moments.count);
  const auto n0 = static_cast<double>(control.moments.count);
  const double conversions = treatment.conversions + control.conversions;
  if (std::min(n1, n0) < static_cast<double>(arm_visitor_count_min)) return std::nullopt;
  if (measure == Measure::mean && conversions < static_cast<double>(conversion_count_min)) {
    return std::nullopt;
  }
  Moments both = treatment.moments;
  both.merge(control.moments);
  const Worth each = worth(both, conversions);
  const double n = n1 + n0;
  const double variance = n * (cautious_variance(treatment, both, each) / n1 +
                               cautious_variance(control, both, each) / n0);
  const double half = radius(n, std::sqrt(variance), alpha,
                             mixture_variance(alpha, visitor_count_opt, Tuning::approximate));
  return Interval{difference - half, difference + half};
}

}  // namespace

void Arm::merge(const Arm& other) {
  conversions += other.conversions;
  value.merge(other.value);
}

std::string_view name(Measure measure) { return measure == Measure::rate ? "rate" : "mean"; }

std::string_view name(State state) {
  switch (state) {
    case State::leaning:
      return "leaning";
    case State::clear:
      return "clear";
    case State::harmful:
      return "harmful";
    default:
      return "collecting";
  }
}

Lift compare(const Arm& treatment, const Arm& control, Measure measure, double alpha) {
  const Sample t = sample(treatment, measure);
  const Sample c = sample(control, measure);
  Lift lift;
  lift.difference = t.moments.mean() - c.moments.mean();
  if (c.moments.mean() != 0) lift.relative = lift.difference / c.moments.mean();
  lift.interval = interval(t, c, lift.difference, measure, alpha);
  if (!lift.interval) return lift;
  if (lift.interval->low > 0) {
    lift.state = State::clear;
  } else if (lift.interval->high < 0) {
    lift.state = State::harmful;
  } else if (const double looser = alpha * leaning_factor; looser < 1) {
    const auto hint = interval(t, c, lift.difference, measure, looser);
    if (hint->low > 0 || hint->high < 0) lift.state = State::leaning;
  }
  return lift;
}

}  // namespace heed::measure
