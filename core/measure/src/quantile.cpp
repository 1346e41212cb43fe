#include "heed/measure/quantile.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace heed::measure {

double quantile(std::span<const double> sorted, double p) {
  if (sorted.empty()) return 0;
  const double h = static_cast<double>(sorted.size() - 1) * p;
  const auto below = static_cast<std::size_t>(std::floor(h));
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (h - std::floor(h)) * (sorted[above] - sorted[below]);
}

}  // namespace heed::measure
