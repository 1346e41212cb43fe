#include "heed/measure/quantile.h"

#include <gtest/gtest.h>

#include <vector>

namespace heed::measure {
namespace {

// Computed by hand from the definition; the same as R's quantile(c(1, 2, 4, 8), p).
TEST(Quantile, is_of_type_7) {
  const std::vector<double> four = {1, 2, 4, 8};
  EXPECT_DOUBLE_EQ(quantile(four, 0), 1);
  EXPECT_DOUBLE_EQ(quantile(four, 0.25), 1.75);
  EXPECT_DOUBLE_EQ(quantile(four, 0.5), 3);
  EXPECT_DOUBLE_EQ(quantile(four, 0.9), 6.8);
  EXPECT_DOUBLE_EQ(quantile(four, 1), 8);
}

TEST(Quantile, of_one_number_is_that_number_and_of_none_0) {
  EXPECT_EQ(quantile({}, 0.5), 0);
  const std::vector<double> one = {5};
  for (const double p : {0.0, 0.3, 1.0}) EXPECT_DOUBLE_EQ(quantile(one, p), 5);
}

}  // namespace
}  // namespace heed::measure
