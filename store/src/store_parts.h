// What a store is made of, for the files that implement it by what they do: store.cpp opens it,
// store_batches.cpp takes outcomes, store_publish.cpp rulesets and what belongs to them, and
// store_reads.cpp answers.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "folder.h"
#include "heed/store/store.h"
#include "heed/trust/files.h"
#include "live.h"
#include "log.h"
#include "patches.h"
#include "report.h"
#include "rulesets.h"
#include "site_map.h"
#include "state.h"
#include "ticket.h"
#include "writer.h"

namespace heed::store {

class Store::Parts {
 public:
  Parts(const StoreOptions& given, const Clock& the_clock) : options(given), clock(the_clock) {}

  [[nodiscard]] Answer<void> start();
  [[nodiscard]] Answer<BatchJob> prepare(std::string_view site, std::span<const std::byte> bytes);
  [[nodiscard]] Answer<std::optional<Ticket>> check_ticket(std::string_view site,
                                                           const outcome::Batch& batch,
                                                           std::vector<std::byte>& refused) const;
  [[nodiscard]] std::optional<std::string> keyring_json(std::string_view site);
  [[nodiscard]] Answer<Report> read_report(std::string_view site);
  void open_rulesets(const std::string& site);
  void note_change(std::string_view site);
  /// Grows whenever the site's counts or rulesets change; 0 for a site that is not known.
  [[nodiscard]] std::uint64_t change_count(std::string_view site) const;

  const StoreOptions options;
  const Clock& clock;
  std::unique_ptr<Folder> folder;
  Rulesets rulesets;
  Patches patches;

  std::mutex read_mutex;  // guards the readers and the cached facts
  std::unique_ptr<LogReader> log_reader;
  std::unique_ptr<StateReader> state_reader;
  std::map<std::string, SiteNames, std::less<>> names;  // of triggers, by site

  mutable std::mutex change_mutex;
  std::map<std::string, std::uint64_t, std::less<>> changes;
  std::uint64_t boot = 0;  // tells this opening from every other
  std::mutex live_mutex;   // held while `read_mutex` is taken, never the other way round
  std::map<std::string, LiveCounts> live;  // by site
  std::atomic<std::uint64_t> refused_batches{0};
  std::unique_ptr<Writer> writer;  // last: its thread uses all of the above
};

[[nodiscard]] bool is_site(std::string_view site);
/// @errors  400 malformed_key and its like, 422 wrong_site
[[nodiscard]] Answer<trust::Keyring> read_keyring(std::string_view json, std::string_view site);
[[nodiscard]] tl::unexpected<Refusal> unknown_site();
[[nodiscard]] tl::unexpected<Refusal> storage(const std::string& message);

}  // namespace heed::store
