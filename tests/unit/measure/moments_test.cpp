#include "heed/measure/moments.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

namespace heed::measure {
namespace {

// Two passes over the whole sample: what the running form must agree with.
Moments reference(const std::vector<double>& values) {
  Moments moments;
  moments.count = values.size();
  for (const double value : values) moments.sum += value;
  const double mean = values.empty() ? 0 : moments.sum / static_cast<double>(values.size());
  for (const double value : values) moments.deviation_sq += (value - mean) * (value - mean);
  return moments;
}

/// @param held_sq  the largest squared deviation on the way: what is taken out leaves its rounding
void expect_near(const Moments& actual, const Moments& expected, double held_sq = 0) {
  ASSERT_EQ(actual.count, expected.count);
  EXPECT_NEAR(actual.total(), expected.total(), 1e-6);
  EXPECT_NEAR(actual.deviation_sq, expected.deviation_sq,
              1e-6 * (1 + expected.deviation_sq) + 1e-12 * held_sq);
}

std::vector<double> cents(const std::vector<int>& raw) {
  std::vector<double> values;
  for (const int value : raw) values.push_back(static_cast<double>(value % 1'000'000) / 100);
  return values;
}

RC_GTEST_PROP(Moments, running_equals_two_passes, (const std::vector<int>& raw)) {
  const std::vector<double> values = cents(raw);
  Moments moments;
  for (const double value : values) moments.add(value);
  expect_near(moments, reference(values));
}

RC_GTEST_PROP(Moments, replacing_equals_having_added_the_other,
              (const std::vector<int>& raw_before, const std::vector<int>& raw_after)) {
  std::vector<double> before = cents(raw_before);
  std::vector<double> after = cents(raw_after);
  before.resize(std::max(before.size(), after.size()));
  after.resize(before.size());
  Moments moments;
  for (const double value : before) moments.add(value);
  for (std::size_t i = 0; i < before.size(); ++i) moments.replace(before[i], after[i]);
  before.insert(before.end(), after.begin(), after.end());
  expect_near(moments, reference(after), reference(before).deviation_sq);
}

RC_GTEST_PROP(Moments, removing_equals_never_having_added,
              (const std::vector<int>& raw_kept, const std::vector<int>& raw_removed)) {
  const std::vector<double> kept = cents(raw_kept);
  const std::vector<double> removed = cents(raw_removed);
  Moments moments;
  for (const double value : removed) moments.add(value);
  for (const double value : kept) moments.add(value);
  for (const double value : removed) moments.remove(value);
  std::vector<double> all = kept;
  all.insert(all.end(), removed.begin(), removed.end());
  expect_near(moments, reference(kept), reference(all).deviation_sq);
}

RC_GTEST_PROP(Moments, merging_equals_one_sample,
              (const std::vector<int>& raw_a, const std::vector<int>& raw_b)) {
  std::vector<double> a = cents(raw_a);
  const std::vector<double> b = cents(raw_b);
  Moments left;
  Moments right;
  for (const double value : a) left.add(value);
  for (const double value : b) right.add(value);
  left.merge(right);
  a.insert(a.end(), b.begin(), b.end());
  expect_near(left, reference(a));
}

TEST(Moments, money_adds_up_to_the_cent) {
  Moments moments;
  for (int i = 0; i < 1'000'000; ++i) moments.add(0.1);
  EXPECT_DOUBLE_EQ(moments.total(), 100'000.0);
}

TEST(Moments, taking_back_all_value_leaves_none) {
  Moments moments;
  for (int i = 0; i < 1000; ++i) moments.add(0);
  for (int i = 0; i < 1000; ++i) moments.replace(0, 0.1 * i);
  for (int i = 0; i < 1000; ++i) moments.replace(0.1 * i, 0);
  EXPECT_EQ(moments.total(), 0);
  EXPECT_NEAR(moments.variance(), 0, 1e-9);
  EXPECT_GE(moments.deviation_sq, 0);
}

TEST(Moments, a_small_spread_far_from_zero_keeps_its_digits) {
  Moments moments;
  for (int i = 0; i < 1000; ++i) moments.add(1e9 + (i % 2));
  EXPECT_NEAR(moments.variance(), 250.0 / 999, 1e-9);
}

TEST(Moments, counts_are_the_zero_one_sample) {
  Moments moments;
  for (int i = 0; i < 50; ++i) moments.add(i < 7 ? 1 : 0);
  expect_near(Moments::of_counts(50, 7), moments);
  EXPECT_EQ(Moments::of_counts(0, 0), Moments{});
  EXPECT_EQ(Moments::of_counts(1, 1).variance(), 0);
}

}  // namespace
}  // namespace heed::measure
