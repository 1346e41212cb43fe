// 2^-x with the same bits in every build: no libm on a decision's path.
#pragma once

namespace heed {

/// 2 to the power of -x, for x >= 0 (0 where the result is below the smallest normal double).
///
/// Monotone: x <= y gives exp2_neg(x) >= exp2_neg(y). Error below 1 ulp.
[[nodiscard]] double exp2_neg(double x);

}  // namespace heed
