// A bar on a terminal where work is long; silent everywhere else and for short work.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

namespace heed::cli {

class Progress {
 public:
  /// @param total  0 where it is not known: then nothing is shown
  Progress(std::string what, std::uint64_t total);

  void at(std::uint64_t count);
  void done();

 private:
  using Clock = std::chrono::steady_clock;

  std::string what_;
  std::uint64_t total_;
  bool on_terminal_;
  bool shown_ = false;
  Clock::time_point next_;
};

}  // namespace heed::cli
