// Lift: how much better one arm does than another, with an interval that may be looked at after
// every outcome. Pure functions over counts; the same in the store and in the console's wasm.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "heed/measure/moments.h"

namespace heed::measure {

/// One arm's visitors for one metric: `value` holds one number a visitor (0 without a conversion).
struct Arm {
  std::uint64_t conversions = 0;  // visitors with at least one credited outcome, net of refunds
  Moments value;

  void merge(const Arm& other);
  friend bool operator==(const Arm&, const Arm&) = default;
};

enum class Measure : std::uint8_t {
  rate,  // conversions a visitor
  mean   // value a visitor
};

enum class State : std::uint8_t {
  collecting,  // the interval covers 0, or there is too little for one
  leaning,     // so it does, but the sequence at `leaning_factor` times the alpha lies beside 0
  clear,       // the interval lies above 0
  harmful      // it lies below 0
};

[[nodiscard]] std::string_view name(Measure measure);
[[nodiscard]] std::string_view name(State state);

struct Interval {
  double low = 0;
  double high = 0;

  friend bool operator==(const Interval&, const Interval&) = default;
};

struct Lift {
  double difference = 0;             // treatment - control
  std::optional<Interval> interval;  // of `difference`; absent below the least numbers
  std::optional<double> relative;    // difference / control's mean; absent where that is 0
  State state = State::collecting;

  friend bool operator==(const Lift&, const Lift&) = default;
};

/// Least visitors in each arm, and for `Measure::mean` least conversions in both together, before
/// an interval is given: below these the normal approximation has nothing to stand on.
inline constexpr std::uint64_t arm_visitor_count_min = 25;
inline constexpr std::uint64_t conversion_count_min = 20;
/// How much looser the sequence is that makes a state `leaning`.
inline constexpr double leaning_factor = 5;
/// Visitors of both arms where the interval is tightest.
inline constexpr double visitor_count_opt = 1000;

/// Compares two arms to which visitors came at random, in whatever proportion.
///
/// The estimate is a mean over the visitors of both arms (each visitor's number divided by its
/// arm's share), so one asymptotic confidence sequence at the full `alpha` covers it at every time:
/// radius(n, sqrt(n (v1/n1 + v0/n0)), alpha). Each variance is the largest of the arm's own, that
/// of both arms together, and that of an arm with four more conversions and four more visitors
/// without one: an arm that has not yet seen a rare conversion must not claim that there are none.
///
/// @param alpha  probability that the interval ever misses, in (0, 1); `State::leaning` is for
///               alphas below 1 / leaning_factor
/// @source  docs/formats/report.md, "Lift"; Waudby-Smith et al., arXiv 2103.06476, theorem 2.2
[[nodiscard]] Lift compare(const Arm& treatment, const Arm& control, Measure measure, double alpha);

}  // namespace heed::measure
