#include "progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include <fmt/format.h>

namespace heed::cli {
namespace {

constexpr std::size_t width = 30;
constexpr std::chrono::milliseconds quiet_at_first{500};
constexpr std::chrono::milliseconds between{100};

}  // namespace

Progress::Progress(std::string what, std::uint64_t total)
    : what_(std::move(what)),
      total_(total),
      on_terminal_(::isatty(STDERR_FILENO) == 1),
      next_(Clock::now() + quiet_at_first) {}

void Progress::at(std::uint64_t count) {
  if (!on_terminal_ || total_ == 0 || Clock::now() < next_) return;
  next_ = Clock::now() + between;
  shown_ = true;
  const double share = std::min(1.0, static_cast<double>(count) / static_cast<double>(total_));
  const auto filled = static_cast<std::size_t>(share * width);
  fmt::print(stderr, "\r{} [{}{}] {:3.0f} %", what_, std::string(filled, '#'),
             std::string(width - filled, '.'), share * 100);
}

void Progress::done() {
  // Carriage return and "erase to the end of the line": nothing of the bar stays behind.
  if (shown_) fmt::print(stderr, "\r\x1b[K");
}

}  // namespace heed::cli
