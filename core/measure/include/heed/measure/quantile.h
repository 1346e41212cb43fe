// Quantiles of a sample. A pure function.
#pragma once
#include <span>

namespace heed::measure {

/// The `p`-quantile of type 7: with h = (n - 1) p, the value at floor(h) and h - floor(h) of the
/// way to the next one.
///
/// @param sorted  ascending
/// @param p       in [0, 1]
/// @return  0 for an empty sample
/// @source  Hyndman and Fan, Sample quantiles in statistical packages, 1996, definition 7
[[nodiscard]] double quantile(std::span<const double> sorted, double p);

}  // namespace heed::measure
