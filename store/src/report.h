// Reports: what the state holds, as people and programs read it (docs/formats/report.md). Reads
// the state's file through a connection of its own; one thread at a time.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "db/sqlite.h"
#include "heed/base/outcome.h"
#include "heed/base/result.h"
#include "heed/measure/lift.h"
#include "heed/store/store.h"
#include "json.h"
#include "ledger.h"
#include "log.h"

namespace heed::store {

/// What the site's newest ruleset and map say, as far as reports show it.
struct SiteFacts {
  std::string site;
  std::string currency;                                              // empty: no ruleset
  std::uint64_t ruleset = 0;                                         // version
  std::optional<std::int64_t> window_ms_max;                         // of its metrics
  std::set<std::string> goals;                                       // its goal metrics
  std::map<std::string, std::pair<std::string, std::string>> named;  // trigger -> name, owner
  std::string journey;              // of its microsegments; empty: they name none
  std::vector<std::string> stages;  // of the journey, in order, `none` before all
};

/// Visitors of an arm who were first exposed in some of the microsegments.
struct ArmCounts {
  std::uint64_t exposures = 0;
  std::uint64_t visitors = 0;
  std::map<std::string, measure::Moments> converted;  // by metric: values of those who converted

  void merge(const ArmCounts& other);
};

struct ArmReport : ArmCounts {
  std::string name;  // the variant; "holdout"
  bool shown = true;
  std::optional<std::uint64_t> provisional;
  std::map<std::string, ArmCounts> cells;  // by microsegment; the arm is their sum

  /// All visitors of the arm for one metric: those who did not convert have 0.
  [[nodiscard]] measure::Arm metric(const std::string& name) const;
};

/// How often one limit of one cap held a trigger back.
struct Suppression {
  outcome::CapOf cap = outcome::CapOf::trigger;
  outcome::CapLimit limit = outcome::CapLimit::times;
  std::uint64_t count = 0;
};

struct TriggerReport {
  std::string name;
  std::string slot;
  std::vector<ArmReport> arms;  // shown ones by name, then the holdout
  std::vector<Suppression> suppressions = {};
  std::uint64_t suppressed_visitors = 0;

  [[nodiscard]] std::vector<std::string> metrics() const;
};

struct Report {
  SiteFacts facts;
  std::int64_t at_ms = 0;
  Traffic traffic;
  Ledger ledger;
  std::uint64_t queued = 0;             // records that have arrived and wait for their commit
  std::vector<TriggerReport> triggers;  // by name
};

class StateReader {
 public:
  [[nodiscard]] static tl::expected<std::unique_ptr<StateReader>, std::string> open(
      const std::string& path, const std::string& vfs);
  ~StateReader();
  StateReader(const StateReader&) = delete;
  StateReader& operator=(const StateReader&) = delete;

  /// One moment's counts; false after a storage error.
  [[nodiscard]] bool read(SiteId site, Report& report);

  /// What a visitor has brought by one metric, net.
  using TakeEarned = std::function<void(std::uint64_t unit, std::string_view metric, double value)>;
  using TakeStay =
      std::function<void(std::uint64_t unit, std::int64_t at_ms, std::string_view microsegment)>;
  /// Hands over one moment's visitors: first all that they brought, then their stays, one visitor
  /// after the other and in order of time; false after a storage error.
  [[nodiscard]] bool read_paths(SiteId site, const TakeEarned& earned, const TakeStay& stay);

 private:
  struct Statements;
  explicit StateReader(std::unique_ptr<db::Database> database);
  void read_ledger(SiteId site, Ledger& ledger);
  void read_arms(SiteId site, Report& report);
  void read_metrics(SiteId site, Report& report);
  void read_suppressions(SiteId site, Report& report);

  std::unique_ptr<db::Database> database_;
  std::unique_ptr<Statements> sql_;
};

[[nodiscard]] std::string report_json(const Report& report, GroupBy by = GroupBy::nothing);
/// One line a trigger, arm and metric.
[[nodiscard]] std::string report_csv(const Report& report);

// What both the report and the live stream hold, as JSON.
[[nodiscard]] std::string ledger_json(const Report& report);
[[nodiscard]] std::string delivery_json(const Report& report);
[[nodiscard]] std::string trigger_json(const TriggerReport& trigger, const SiteFacts& facts,
                                       GroupBy by = GroupBy::nothing);
/// The members `currency` and `ruleset` of an object that is being written.
void write_facts(JsonWriter& json, const SiteFacts& facts);

}  // namespace heed::store
