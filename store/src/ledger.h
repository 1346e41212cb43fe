// The ledger of one site: how many records came, and what became of them (docs/formats/report.md).
#pragma once
#include <array>
#include <cstdint>

namespace heed::store {

struct Ledger {
  std::uint64_t exposures = 0;
  std::uint64_t outcomes = 0;
  std::uint64_t refunds = 0;
  std::uint64_t suppressed = 0;
  std::array<std::uint64_t, 4> dropped{};  // signal, exposure, driver, goal
  std::uint64_t repeated_views = 0;
  std::uint64_t repeated_ids = 0;
  std::uint64_t refunds_waiting = 0;
  std::uint64_t too_old = 0;
  std::uint64_t refused = 0;
  std::uint64_t missing = 0;
  std::uint64_t skewed = 0;  // batches whose sender's clock was off by more than five minutes

  [[nodiscard]] std::uint64_t records() const {
    return exposures + outcomes + refunds + suppressed + dropped[0] + dropped[1] + dropped[2] +
           dropped[3];
  }
  friend bool operator==(const Ledger&, const Ledger&) = default;
};

}  // namespace heed::store
