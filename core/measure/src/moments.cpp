#include "heed/measure/moments.h"

#include <cmath>

namespace heed::measure {
namespace {

// Neumaier's summation: `rest` collects what each addition rounds away.
void add_to(double& sum, double& rest, double value) {
  const double next = sum + value;
  rest += std::fabs(sum) >= std::fabs(value) ? (sum - next) + value : (value - next) + sum;
  sum = next;
}

double not_negative(double value) { return value > 0 ? value : 0; }

}  // namespace

Moments Moments::of_counts(std::uint64_t count, std::uint64_t successes) {
  Moments moments;
  if (count == 0) return moments;
  const auto n = static_cast<double>(count);
  const auto k = static_cast<double>(successes);
  moments.count = count;
  moments.sum = k;
  moments.deviation_sq = k * (n - k) / n;
  return moments;
}

void Moments::add(double value) {
  const double delta = value - mean();
  ++count;
  add_to(sum, sum_rest, value);
  deviation_sq += delta * (value - mean());
}

void Moments::replace(double before, double after) {
  const double mean_before = mean();
  add_to(sum, sum_rest, -before);
  add_to(sum, sum_rest, after);
  deviation_sq =
      not_negative(deviation_sq + (after - before) * ((after - mean()) + (before - mean_before)));
}

void Moments::remove(double value) {
  if (count <= 1) {
    *this = {};
    return;
  }
  const double delta = value - mean();
  --count;
  add_to(sum, sum_rest, -value);
  deviation_sq = not_negative(deviation_sq - delta * (value - mean()));
}

void Moments::merge(const Moments& other) {
  if (other.count == 0) return;
  const double delta = other.mean() - mean();
  const auto n = static_cast<double>(count);
  const auto m = static_cast<double>(other.count);
  deviation_sq += other.deviation_sq + delta * delta * n * m / (n + m);
  count += other.count;
  add_to(sum, sum_rest, other.sum);
  add_to(sum, sum_rest, other.sum_rest);
}

double Moments::mean() const { return count == 0 ? 0 : total() / static_cast<double>(count); }

double Moments::variance() const {
  return count < 2 ? 0 : deviation_sq / static_cast<double>(count - 1);
}

}  // namespace heed::measure
