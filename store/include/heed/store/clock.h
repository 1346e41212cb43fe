// Time comes from outside, so that a test can forge it.
#pragma once
#include <cstdint>

namespace heed::store {

class Clock {
 public:
  virtual ~Clock() = default;
  /// Milliseconds since 1970-01-01T00:00:00Z. Called from any thread.
  [[nodiscard]] virtual std::int64_t now_ms() const = 0;
};

/// The machine's; lives as long as the process.
[[nodiscard]] const Clock& system_clock();

}  // namespace heed::store
