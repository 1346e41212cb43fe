#include "heed/measure/sequence.h"

#include <gtest/gtest.h>

#include <cmath>

namespace heed::measure {
namespace {

TEST(Sequence, mixture_variance_is_the_published_one_in_both_forms) {
  EXPECT_NEAR(mixture_variance(0.05, 1, Tuning::approximate), 7.93330, 5e-6);
  EXPECT_NEAR(mixture_variance(0.05, 1, Tuning::exact), 8.21197, 5e-6);
  EXPECT_DOUBLE_EQ(mixture_variance(0.05, 1000, Tuning::approximate) * 1000,
                   mixture_variance(0.05, 1, Tuning::approximate));
}

TEST(Sequence, the_exact_form_solves_its_equation) {
  for (const double alpha : {0.5, 0.1, 0.05, 0.025, 0.001, 1e-9}) {
    const double x = mixture_variance(alpha, 1, Tuning::exact);
    // W = -x - 1 satisfies W e^W = -alpha^2 / e.
    EXPECT_NEAR((-x - 1) * std::exp(-x - 1), -alpha * alpha / std::exp(1.0), 1e-12 * alpha * alpha);
  }
}

// sigma = 1, alpha = .05, tightest at 1000 observations.
TEST(Sequence, the_four_radii) {
  const double rho_sq = mixture_variance(0.05, 1000, Tuning::approximate);
  EXPECT_NEAR(radius(1e2, 1, 0.05, rho_sq), 0.38554, 5e-6);
  EXPECT_NEAR(radius(1e3, 1, 0.05, rho_sq), 0.095982, 5e-7);
  EXPECT_NEAR(radius(1e4, 1, 0.05, rho_sq), 0.032417, 5e-7);
  EXPECT_NEAR(radius(1e5, 1, 0.05, rho_sq), 0.011263, 5e-7);
}

TEST(Sequence, no_observations_give_no_bound) {
  EXPECT_TRUE(std::isinf(radius(0, 1, 0.05, 0.01)));
  EXPECT_TRUE(std::isinf(radius(-1, 1, 0.05, 0.01)));
}

TEST(Sequence, the_radius_scales_with_sigma_and_shrinks_with_count) {
  const double rho_sq = mixture_variance(0.05, 1000, Tuning::exact);
  EXPECT_DOUBLE_EQ(radius(50, 3, 0.05, rho_sq), 3 * radius(50, 1, 0.05, rho_sq));
  for (double n = 1; n < 1e7; n *= 1.5) {
    EXPECT_GT(radius(n, 1, 0.05, rho_sq), radius(n * 1.5, 1, 0.05, rho_sq));
    EXPECT_GT(radius(n, 1, 0.01, rho_sq), radius(n, 1, 0.05, rho_sq));
  }
}

}  // namespace
}  // namespace heed::measure
