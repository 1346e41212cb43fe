// Confidence sequences: intervals that hold at every sample size at once, so that a reader may look
// after every outcome and stop when they like. Pure functions.
#pragma once

namespace heed::measure {

/// How the mixture's variance is tuned to be tightest near `count_opt` observations.
enum class Tuning {
  approximate,  // (-a^2 - 2 ln a + ln(1 - 2 ln a - a^2)) / count_opt
  exact         // (-W_{-1}(-a^2 / e) - 1) / count_opt
};

/// rho^2 of the asymptotic confidence sequence.
///
/// @param alpha      miss probability over all time, in (0, 1)
/// @param count_opt  observations where the interval shall be tightest, > 0
/// @source  Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas: Time-uniform central limit theory and
///          asymptotic confidence sequences, section B.2 (arXiv 2103.06476)
[[nodiscard]] double mixture_variance(double alpha, double count_opt, Tuning tuning);

/// Half the width after `count` observations with standard deviation `sigma`:
/// sigma * sqrt(2 (n rho^2 + 1) / (n^2 rho^2) * ln(sqrt(n rho^2 + 1) / alpha)).
///
/// @return infinity for count <= 0
/// @source  the same, theorem 2.2
[[nodiscard]] double radius(double count, double sigma, double alpha, double rho_sq);

}  // namespace heed::measure
