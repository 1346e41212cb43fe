// The machine's clock, which core never sees.
#pragma once
#include <chrono>
#include <cstddef>

namespace heed::bench {

/// What one of `count` calls took.
template <class Call>
double microseconds_each(std::size_t count, Call call) {
  using Clock = std::chrono::steady_clock;
  const auto before = Clock::now();
  for (std::size_t i = 0; i < count; ++i) call(i);
  const std::chrono::duration<double, std::micro> passed = Clock::now() - before;
  return passed.count() / static_cast<double>(count);
}

}  // namespace heed::bench
