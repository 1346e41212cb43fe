// What the log adds up to: marks, visitors, arms, ledgers. Everything here is derived: `apply` is
// the one fold, used live and when the log is folded again, and the same rows in the same order
// give the same bytes. Used by the writer's thread alone; readers open the file themselves.
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

#include "arms.h"
#include "db/sqlite.h"
#include "heed/base/outcome.h"
#include "heed/base/result.h"
#include "ledger.h"
#include "names.h"
#include "paths.h"
#include "spans.h"

namespace heed::store {

/// One batch as the log keeps it.
struct LogBatch {
  std::int64_t id = 0;  // ascending
  SiteId site = 0;
  std::int64_t received_ms = 0;
  outcome::Batch batch;
  std::vector<std::byte> bytes;   // of the batch, canonical; read by the log alone
  std::uint64_t ticket_seed = 0;  // of the ticket it came under; 0: none was asked for
  /// Per record 1 where a check that needs more than the log refused it; empty: none.
  std::vector<std::byte> refused;
  /// Per record what its ruleset says for attribution: the layer of an exposure's trigger as a
  /// hash, the window of an outcome's metric in ms; 0: not known. Empty: all 0.
  std::vector<std::uint64_t> attribution;
};

/// What one batch did.
struct Applied {
  std::uint64_t mark = 0;
  std::uint64_t accepted = 0;
  std::uint64_t repeated = 0;
  std::uint64_t too_old = 0;
  std::uint64_t refused = 0;
  std::uint64_t repeated_ids = 0;

  friend bool operator==(const Applied&, const Applied&) = default;
};

/// When a record happened by the store's clock: shifted where the sender's clock is off by more
/// than five minutes, and never later than its arrival.
[[nodiscard]] std::int64_t corrected_at_ms(const LogBatch& row, const outcome::Record& record);

class State {
 public:
  /// Opens or makes the file at `path`. The error is a sentence.
  [[nodiscard]] static tl::expected<std::unique_ptr<State>, std::string> open(
      const std::string& path, const std::string& vfs);
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void begin();
  /// Folds one row of the log; `begin` comes before. The row has passed `seen(...).add(...)`.
  Applied apply(const LogBatch& row);
  /// Forgets what can no longer repeat: marks and views untouched for 35 days.
  void prune(std::int64_t id, std::int64_t now_ms);
  [[nodiscard]] tl::expected<void, std::string> commit();
  void rollback();

  /// Which numbers of this writer have been seen.
  [[nodiscard]] Spans seen(SiteId site, std::uint64_t device, std::uint64_t epoch);
  /// Records accepted so far under a ticket.
  [[nodiscard]] std::uint64_t ticket_use(SiteId site, std::uint64_t seed);
  /// The last row of the log that is folded in, this transaction's included.
  [[nodiscard]] std::int64_t applied_id() const { return applied_id_; }

 private:
  struct Statements;
  struct Scope {  // of the record being applied
    SiteId site;
    std::int64_t at_ms;
    std::uint64_t attribution;  // as in LogBatch
    Ledger& ledger;
  };
  struct Change {  // of one visitor's conversions
    std::int64_t count = 0;
    double value = 0;
  };

  explicit State(std::unique_ptr<db::Database> database);
  void load();
  [[nodiscard]] Ledger& ledger(SiteId site);
  [[nodiscard]] std::vector<Run> mark_seen(const LogBatch& row, Applied& applied);

  // Each is false where the record is refused; then nothing has changed.
  [[nodiscard]] bool apply_record(const outcome::Record& record, const Scope& scope);
  [[nodiscard]] bool apply_exposure(const outcome::Exposure& exposure, const Scope& scope);
  [[nodiscard]] bool apply_outcome(const outcome::Outcome& outcome, const Scope& scope);
  [[nodiscard]] bool apply_suppressed(const outcome::Suppressed& suppressed, const Scope& scope);
  [[nodiscard]] bool apply_refund(const outcome::Outcome& refund, const Scope& scope);

  /// The triggers of the visitor's last exposure in each layer inside the outcome's window.
  [[nodiscard]] std::vector<std::int64_t> credited_here(std::uint64_t unit, const Scope& scope);
  void count_visitor(std::uint64_t unit, const ArmCell& cell, std::int64_t at_ms);
  void convert(std::uint64_t unit, std::int64_t trigger, std::int64_t metric, const Change& change);
  void take_back(SiteId site, std::uint64_t unit, std::int64_t metric, double counted,
                 double refunded, std::span<const std::int64_t> triggers);
  /// Nothing where the site has no room for the name.
  [[nodiscard]] std::optional<std::int64_t> microsegment_id(std::string_view text, SiteId site);

  std::unique_ptr<db::Database> database_;
  std::unique_ptr<Statements> sql_;
  Names names_;
  Arms arms_;
  Paths paths_;
  std::map<SiteId, Ledger> ledgers_;
  std::set<SiteId> dirty_ledgers_;
  std::int64_t applied_id_ = 0;
};

}  // namespace heed::store
