// The store without its network: batches in, rulesets in and out, reports out. `Server` puts HTTP
// in front of it. One process owns a folder; every call may come from any thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/base/outcome.h"
#include "heed/store/answer.h"
#include "heed/store/clock.h"

namespace heed::store {

struct StoreOptions {
  std::string folder = {};                     // made where absent
  std::optional<std::string> ticket_key = {};  // set: every batch needs a ticket
  std::map<std::string, std::string> keyrings =
      {};                                        // site -> keyring JSON; these cannot be replaced
  std::string vfs = {};                          // SQLite's name for the disk; empty: the system's
  std::size_t queue_size_bytes_max = 64U << 20;  // waiting batches; beyond: 429
};

/// The answer to a batch (docs/formats/outcomes.md, "Answers").
struct Taken {
  std::uint64_t mark = 0;
  std::uint64_t accepted = 0;
  std::uint64_t repeated = 0;
  std::uint64_t too_old = 0;
  std::uint64_t refused = 0;
  std::uint64_t repeated_ids = 0;

  friend bool operator==(const Taken&, const Taken&) = default;
};

struct Published {
  std::uint64_t version = 0;
  std::uint64_t hash = 0;  // XXH64 of the image, seed 0
};

struct ServedRuleset {
  std::uint64_t version = 0;
  std::uint64_t hash = 0;
  std::vector<std::byte> bytes;  // the signed form, as published
  bool is_patch = false;         // `bytes` make it of the version asked for (docs/formats/patch.md)
};

/// Totals since the start, for /metrics.
struct Throughput {
  std::uint64_t batches = 0;
  std::uint64_t records = 0;
  std::uint64_t commits = 0;
  std::uint64_t refused_batches = 0;  // answered with an error
  std::uint64_t failed_commits = 0;
  std::uint64_t queued = 0;  // now
};

/// One event of the live stream.
struct LiveEvent {
  std::string id;
  std::string data;  // JSON, one line
};

enum class ReportForm : std::uint8_t { json, csv };
/// What a report's visitors are told apart by, besides arms.
enum class GroupBy : std::uint8_t { nothing, segment, microsegment, stage };

class Store {
 public:
  /// Opens a folder, folds what its log holds beyond the derived state, and starts the writer.
  ///
  /// @param clock  borrowed; outlives the store
  /// @errors  400 bad_keyring; 503 folder_in_use, storage
  [[nodiscard]] static Answer<std::unique_ptr<Store>> open(const StoreOptions& options,
                                                           const Clock& clock);
  /// Waits for what is queued, then closes the folder cleanly.
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  using Done = std::function<void(Answer<Taken>)>;
  /// Takes one batch; `done` is called once, from the writer's thread, after the records are
  /// durable (or refused).
  ///
  /// @param bytes  the body of POST outcomes: the binary form or NDJSON
  /// @errors  400 malformed; 403 bad_ticket, ticket_expired; 409 gap; 413 too_large; 429 busy;
  ///          503 storage
  void submit(std::string_view site, std::span<const std::byte> bytes, Done done);
  /// The same, waiting.
  [[nodiscard]] Answer<Taken> take(std::string_view site, std::span<const std::byte> bytes);

  /// Verifies a signed ruleset and makes it the site's newest. The very same bytes again are fine.
  ///
  /// @param who  for the audit: whose key, from where
  /// @errors  400 malformed kinds, 403 signature kinds and no_keyring, 409 version, 413 too_large,
  ///          422 wrong_site, expired and whatever Ruleset::open finds
  [[nodiscard]] Answer<Published> publish(std::string_view site, std::span<const std::byte> bytes,
                                          std::string_view who);
  /// Names and owners of triggers for reports: the heedmap that `heed build` writes.
  /// @errors  400 malformed_map, 413 too_large
  [[nodiscard]] Answer<void> put_map(std::string_view site, std::string_view json,
                                     std::string_view who);
  /// @errors  400 malformed_key and not_supported, 403 pinned_keyring, 422 wrong_site
  [[nodiscard]] Answer<void> put_keyring(std::string_view site, std::string_view json,
                                         std::string_view who);

  /// @param version  0: the newest
  /// @errors  404 no_ruleset
  [[nodiscard]] Answer<ServedRuleset> ruleset(std::string_view site, std::uint64_t version);
  /// The newest, for who has version `have`: a patch where there is one and it is smaller.
  /// @errors  404 no_ruleset
  [[nodiscard]] Answer<ServedRuleset> update(std::string_view site, std::uint64_t have);
  /// @errors  404 no_keyring
  [[nodiscard]] Answer<std::string> keyring(std::string_view site);
  /// The newest heedmap, of whichever version.
  /// @errors  404 no_map
  [[nodiscard]] Answer<std::string> map(std::string_view site);
  /// Keeps what people wrote beside the version that was made of it.
  ///
  /// @param version  0: the newest
  /// @errors  400 malformed_source, 404 no_ruleset, 413 too_large
  [[nodiscard]] Answer<void> put_source(std::string_view site, std::uint64_t version,
                                        std::string_view json, std::string_view who);
  /// @param version  0: the newest
  /// @errors  404 no_ruleset, no_source
  [[nodiscard]] Answer<std::string> source(std::string_view site, std::uint64_t version);
  /// The last 500 versions as JSON, the newest first (docs/formats/store.md, "History").
  /// @errors  404 no_ruleset
  [[nodiscard]] Answer<std::string> history(std::string_view site);
  /// docs/formats/report.md.
  ///
  /// @param trigger  empty: all
  /// @errors  404 unknown_site, unknown_trigger
  [[nodiscard]] Answer<std::string> report(std::string_view site, std::string_view trigger,
                                           ReportForm form, GroupBy by = GroupBy::nothing);
  /// docs/formats/journeys.md. Reads every visitor: seconds for millions; nothing else waits for
  /// it.
  /// @errors  404 unknown_site, no_journey
  [[nodiscard]] Answer<std::string> journeys(std::string_view site);
  /// The site's `counts` event (docs/formats/live.md) for who has heard `last_id`; nothing where
  /// that tells all there is, or the site is not known.
  ///
  /// @param last_id  of the event before; empty: none
  [[nodiscard]] Answer<std::optional<LiveEvent>> live(std::string_view site,
                                                      std::string_view last_id);
  /// The newest published; nothing where there is none.
  [[nodiscard]] std::optional<Published> newest(std::string_view site) const;
  /// False after a commit that failed, until one succeeds.
  [[nodiscard]] bool ready() const;
  [[nodiscard]] Throughput throughput() const;

 private:
  class Parts;
  explicit Store(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// Deletes what is derived and folds the log again; no store may have the folder open.
[[nodiscard]] Answer<void> rebuild(const StoreOptions& options);

}  // namespace heed::store
