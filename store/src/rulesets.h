// The rulesets a store has, opened: what is newest, what reports need of it, and the draws of the
// last versions. Any thread.
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "heed/base/outcome.h"
#include "heed/runtime/ruleset.h"
#include "heed/store/store.h"
#include "report.h"

namespace heed::store {

class Rulesets {
 public:
  /// Versions of a site that are kept open for checking draws, the newest included.
  static constexpr std::size_t open_count_max = 3;

  void add(const std::string& site, const Published& published, Ruleset ruleset);
  [[nodiscard]] std::optional<Published> newest(std::string_view site) const;
  /// Fills what the newest ruleset says; leaves it as it is where there is none.
  void describe(SiteFacts& facts) const;
  /// Per record 1 where its draw is not true; empty where all agree or none can be checked.
  [[nodiscard]] std::vector<std::byte> refused(std::string_view site,
                                               const outcome::Batch& batch) const;
  /// Per record its layer or window, as in LogBatch; empty where the site has no ruleset.
  [[nodiscard]] std::vector<std::uint64_t> attribution(std::string_view site,
                                                       const outcome::Batch& batch) const;

 private:
  struct Kept {
    Published published;
    Ruleset ruleset;
  };
  [[nodiscard]] const std::deque<Kept>* find(std::string_view site) const;

  mutable std::shared_mutex mutex_;
  std::map<std::string, std::deque<Kept>, std::less<>> sites_;  // newest first, never empty
};

}  // namespace heed::store
