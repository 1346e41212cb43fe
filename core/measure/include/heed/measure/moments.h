// Moments: what one arm's visitors add up to. A value: O(1) to update, merges, replays to the same
// bits when fed in the same order. Threads may share a const one.
#pragma once
#include <cstdint>

namespace heed::measure {

/// Count, sum and spread of one number a visitor.
///
/// The sum is compensated, so that money adds up to the cent over any number of visitors; the
/// spread is kept as squared deviations from the mean, so that large values with a small spread
/// lose no digits.
struct Moments {
  std::uint64_t count = 0;
  double sum = 0;           // leading part
  double sum_rest = 0;      // what rounding took from `sum`
  double deviation_sq = 0;  // sum of (x - mean)^2

  /// `successes` visitors with 1, the others of `count` with 0.
  [[nodiscard]] static Moments of_counts(std::uint64_t count, std::uint64_t successes);

  void add(double value);
  /// One visitor's number changes; the count stays. `before` was added earlier.
  void replace(double before, double after);
  /// Takes a visitor out whose number is `value`, which was added earlier.
  void remove(double value);
  void merge(const Moments& other);

  [[nodiscard]] double total() const { return sum + sum_rest; }
  /// 0 for an empty sample.
  [[nodiscard]] double mean() const;
  /// Unbiased, per visitor; 0 below two visitors.
  [[nodiscard]] double variance() const;

  friend bool operator==(const Moments&, const Moments&) = default;
};

}  // namespace heed::measure
