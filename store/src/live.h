// The live stream's counts (docs/formats/live.md): read once for all listeners of a site, and told
// to each as what has changed since the event it had before.
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "heed/store/store.h"
#include "report.h"

namespace heed::store {

/// One site's counts as they were read last. A value; whoever shares it locks.
class LiveCounts {
 public:
  using Steady = std::chrono::steady_clock;

  /// True where `change` or `queued` differ from what was read, and that is not just now: many
  /// listeners together ask more often than is worth reading for.
  [[nodiscard]] bool is_due(std::uint64_t change, std::uint64_t queued,
                            Steady::time_point now) const;

  /// Takes in what was read.
  ///
  /// @param change  the site's change count from before the reading
  void update(const Report& report, std::uint64_t change, Steady::time_point now);

  /// What a listener has not heard; nothing where it has heard all.
  ///
  /// @param boot     tells this opening of the store from every other
  /// @param last_id  of the listener's event before; empty or strange: it has heard nothing
  [[nodiscard]] std::optional<LiveEvent> since(std::uint64_t boot, std::string_view last_id) const;

 private:
  struct Known {
    std::string json;
    std::uint64_t step = 0;  // in which it became this
  };

  std::uint64_t step_ = 0;  // grows with each reading that found something new
  std::uint64_t change_ = 0;
  std::uint64_t queued_ = 0;
  Steady::time_point read_at_;
  std::int64_t at_ms_ = 0;
  std::string head_;  // facts, delivery and ledger
  std::map<std::string, Known> triggers_;
};

}  // namespace heed::store
