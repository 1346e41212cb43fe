// The log: what came, in order, durable before it is answered, and what was published. All else is
// derived from it. The writer's thread alone writes; readers open the file themselves.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "db/sqlite.h"
#include "heed/base/result.h"
#include "state.h"

namespace heed::store {

/// Counts that leave no trace in the log: a batch that brought nothing new is not written down.
struct Traffic {
  std::uint64_t batches = 0;
  std::uint64_t repeated = 0;
};

/// A signed ruleset as it was published.
struct StoredRuleset {
  std::uint64_t version = 0;
  std::uint64_t hash = 0;  // XXH64 of the image, seed 0
  std::vector<std::byte> bytes;
};

/// One of a site's versions, as a list of them tells it.
struct PastVersion {
  std::uint64_t version = 0;
  std::uint64_t hash = 0;  // XXH64 of the image, seed 0
  std::uint64_t size_bytes = 0;
  std::int64_t at_ms = 0;  // when it was published
  std::string who;         // whose key, from where, signed by whom
  bool has_source = false;
};

/// Who did what, when: written with the act, in one transaction.
struct Audit {
  std::int64_t at_ms = 0;
  std::string who;
  std::string action;  // publish, keyring, map, source
  std::uint64_t version = 0;
  std::uint64_t hash = 0;
};

class Log {
 public:
  enum class Check : std::uint8_t { quick, none };

  /// @param check  quick: prove that the file is whole first, as after a crash
  [[nodiscard]] static tl::expected<std::unique_ptr<Log>, std::string> open(const std::string& path,
                                                                            const std::string& vfs,
                                                                            Check check);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void begin();
  [[nodiscard]] tl::expected<void, std::string> commit();
  void rollback();

  /// The site's number, given now where it is new.
  [[nodiscard]] SiteId site_id(std::string_view site);
  [[nodiscard]] std::optional<SiteId> find_site(std::string_view site) const;

  /// Appends `row` and gives it its id.
  void append(LogBatch& row);
  /// Appends that marks and views were pruned at `now_ms`; returns the row's id.
  [[nodiscard]] std::int64_t append_prune(std::int64_t now_ms);
  /// When the last prune was; 0: never.
  [[nodiscard]] std::int64_t last_prune_ms();
  void count_traffic(SiteId site, std::uint64_t repeated);

  [[nodiscard]] std::int64_t last_id() const { return last_id_; }

  /// Folds every row after `state.applied_id()`, in order, in transactions of its own.
  [[nodiscard]] tl::expected<void, std::string> replay_into(State& state);

  /// The site's highest version.
  [[nodiscard]] std::optional<StoredRuleset> newest(SiteId site);
  void put_ruleset(SiteId site, const StoredRuleset& ruleset, const Audit& audit);
  void put_map(SiteId site, std::uint64_t version, std::string_view json, const Audit& audit);
  void put_source(SiteId site, std::uint64_t version, std::string_view json, const Audit& audit);
  void put_keyring(SiteId site, std::string_view json, const Audit& audit);

 private:
  struct Statements;
  explicit Log(std::unique_ptr<db::Database> database);
  void load();
  void put_audit(SiteId site, const Audit& audit);

  std::unique_ptr<db::Database> database_;
  std::unique_ptr<Statements> sql_;
  std::map<std::string, SiteId, std::less<>> sites_;
  std::map<SiteId, Traffic> traffic_;
  std::set<SiteId> dirty_traffic_;
  std::int64_t last_id_ = 0;
};

/// Reads the log's other tables; for threads other than the writer's, one at a time.
class LogReader {
 public:
  [[nodiscard]] static tl::expected<std::unique_ptr<LogReader>, std::string> open(
      const std::string& path, const std::string& vfs);
  ~LogReader();
  LogReader(const LogReader&) = delete;
  LogReader& operator=(const LogReader&) = delete;

  [[nodiscard]] std::optional<SiteId> find_site(std::string_view site);
  [[nodiscard]] std::vector<std::string> sites();
  [[nodiscard]] Traffic traffic(SiteId site);
  /// Version 0: the highest.
  [[nodiscard]] std::optional<StoredRuleset> ruleset(SiteId site, std::uint64_t version);
  /// The highest `count` versions, the highest first.
  [[nodiscard]] std::vector<StoredRuleset> newest_rulesets(SiteId site, std::size_t count);
  /// The newest map that somebody has sent, whatever its version.
  [[nodiscard]] std::optional<std::string> map(SiteId site);
  [[nodiscard]] std::optional<std::string> source(SiteId site, std::uint64_t version);
  /// The highest `count` versions, the highest first.
  [[nodiscard]] std::vector<PastVersion> history(SiteId site, std::size_t count);
  [[nodiscard]] std::optional<std::string> keyring(SiteId site);
  /// False after an error, which is cleared.
  [[nodiscard]] bool take_ok();

 private:
  struct Statements;
  explicit LogReader(std::unique_ptr<db::Database> database);
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<Statements> sql_;
};

}  // namespace heed::store
