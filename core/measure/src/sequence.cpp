#include "heed/measure/sequence.h"

#include <cmath>
#include <limits>

namespace heed::measure {
namespace {

// x > 0 with x - ln(1 + x) = c, which is -W_{-1}(-e^{-1-c}) - 1: Newton from above, where the
// function is convex and every step stays above the root.
double excess(double c) {
  double x = c + std::sqrt(2 * c) + 1;
  for (int step = 0; step < 64; ++step) {
    const double next = x - (x - std::log1p(x) - c) * (1 + x) / x;
    if (std::fabs(next - x) <= 1e-15 * x) return next;
    x = next;
  }
  return x;
}

}  // namespace

double mixture_variance(double alpha, double count_opt, Tuning tuning) {
  const double c = -2 * std::log(alpha);
  if (tuning == Tuning::exact) return excess(c) / count_opt;
  const double alpha_sq = alpha * alpha;
  return (c - alpha_sq + std::log(1 + c - alpha_sq)) / count_opt;
}

double radius(double count, double sigma, double alpha, double rho_sq) {
  if (!(count > 0)) return std::numeric_limits<double>::infinity();
  const double scaled = count * rho_sq;
  return sigma *
         std::sqrt(2 * (scaled + 1) / (count * scaled) * std::log(std::sqrt(scaled + 1) / alpha));
}

}  // namespace heed::measure
