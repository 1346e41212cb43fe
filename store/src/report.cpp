#include "report.h"

#include <algorithm>
#include <set>
#include <utility>

#include "arms.h"
#include "names.h"

namespace heed::store {
namespace {

constexpr std::int64_t hour_ms = 3'600'000;
constexpr std::string_view holdout_name = "holdout";

}  // namespace

void ArmCounts::merge(const ArmCounts& other) {
  exposures += other.exposures;
  visitors += other.visitors;
  for (const auto& [metric, moments] : other.converted) converted[metric].merge(moments);
}

measure::Arm ArmReport::metric(const std::string& metric_name) const {
  measure::Arm arm;
  measure::Moments none;
  none.count = visitors;
  if (const auto found = converted.find(metric_name); found != converted.end()) {
    arm.conversions = found->second.count;
    arm.value = found->second;
    none.count -= std::min(none.count, found->second.count);
  }
  arm.value.merge(none);
  return arm;
}

std::vector<std::string> TriggerReport::metrics() const {
  std::set<std::string> names;
  for (const ArmReport& arm : arms) {
    for (const auto& [metric, moments] : arm.converted) names.insert(metric);
  }
  return {names.begin(), names.end()};
}

struct StateReader::Statements {
  explicit Statements(db::Database& d)
      : ledger(d, "SELECT * FROM ledgers WHERE site = ?"),
        arms(d,
             "SELECT t.name, s.name, coalesce(v.name, ''), a.arm, a.exposures, a.visitors, "
             "(SELECT coalesce(sum(h.visitors), 0) FROM arm_hours h WHERE h.trigger = a.trigger "
             "AND h.arm = a.arm AND h.hour >= ?2), c.name "
             "FROM names t JOIN arms a ON a.trigger = t.id JOIN triggers r ON r.trigger = t.id "
             "JOIN names s ON s.id = r.slot JOIN names c ON c.id = a.microsegment "
             "LEFT JOIN names v ON v.id = a.arm "
             "WHERE t.site = ?1 AND t.kind = 1 ORDER BY t.name, a.arm = 0, v.name, c.name"),
        metrics(
            d,
            "SELECT t.name, coalesce(v.name, ''), a.arm, m.name, a.conversions, a.sum, "
            "a.sum_rest, a.deviation_sq, c.name "
            "FROM names t JOIN arm_metrics a ON a.trigger = t.id JOIN names m ON m.id = a.metric "
            "JOIN names c ON c.id = a.microsegment LEFT JOIN names v ON v.id = a.arm "
            "WHERE t.site = ?1 AND t.kind = 1 ORDER BY t.name, a.arm = 0, v.name, c.name"),
        suppressions(d,
                     "SELECT t.name, s.name, p.cap, p.reached, p.count, p.visitors "
                     "FROM names t JOIN suppressions p ON p.trigger = t.id "
                     "JOIN triggers r ON r.trigger = t.id JOIN names s ON s.id = r.slot "
                     "WHERE t.site = ?1 AND t.kind = 1 ORDER BY t.name, p.cap, p.reached"),
        stays(d,
              "SELECT s.unit, s.at, n.name FROM stays s JOIN names n ON n.id = s.microsegment "
              "WHERE s.site = ? ORDER BY s.unit, s.at"),
        earned(d,
               "SELECT e.unit, n.name, e.value FROM earned e JOIN names n ON n.id = e.metric "
               "WHERE e.site = ? ORDER BY e.unit, e.metric") {}
  db::Statement ledger, arms, metrics, suppressions, stays, earned;
};

StateReader::StateReader(std::unique_ptr<db::Database> database)
    : database_(std::move(database)), sql_(std::make_unique<Statements>(*database_)) {}

StateReader::~StateReader() = default;

tl::expected<std::unique_ptr<StateReader>, std::string> StateReader::open(const std::string& path,
                                                                          const std::string& vfs) {
  auto database = db::Database::open(path, {.access = db::Access::read_only, .vfs = vfs});
  if (!database) return tl::unexpected<std::string>(database.error());
  std::unique_ptr<StateReader> reader(
      new StateReader(std::move(*database)));  // NOLINT: the constructor is private
  if (!reader->database_->ok()) {
    return tl::unexpected<std::string>(path + ": " + reader->database_->error());
  }
  return reader;
}

bool StateReader::read(SiteId site, Report& report) {
  database_->exec("BEGIN");
  read_ledger(site, report.ledger);
  read_arms(site, report);
  read_metrics(site, report);
  for (TriggerReport& trigger : report.triggers) {
    for (ArmReport& arm : trigger.arms) {
      for (const auto& [microsegment, cell] : arm.cells) arm.merge(cell);
    }
  }
  read_suppressions(site, report);
  database_->exec("COMMIT");
  const bool ok = database_->ok();
  if (!ok) database_->rollback();
  return ok;
}

bool StateReader::read_paths(SiteId site, const TakeEarned& earned, const TakeStay& stay) {
  database_->exec("BEGIN");
  db::Statement& brought = sql_->earned.bind(site);
  while (brought.row()) earned(brought.bits(0), brought.text(1), brought.number(2));
  brought.reset();
  db::Statement& stays = sql_->stays.bind(site);
  while (stays.row()) stay(stays.bits(0), stays.integer(1), stays.text(2));
  stays.reset();
  database_->exec("COMMIT");
  return database_->ok();
}

void StateReader::read_ledger(SiteId site, Ledger& l) {
  db::Statement& row = sql_->ledger.bind(site);
  if (!row.row()) return;
  int column = 0;
  for (std::uint64_t* field :
       {&l.exposures, &l.outcomes, &l.refunds, &l.suppressed, &l.dropped[0], &l.dropped[1],
        &l.dropped[2], &l.dropped[3], &l.repeated_views, &l.repeated_ids, &l.refunds_waiting,
        &l.too_old, &l.refused, &l.missing, &l.skewed}) {
    *field = row.bits(++column);
  }
  row.reset();
}

void StateReader::read_arms(SiteId site, Report& report) {
  const auto& window_ms = report.facts.window_ms_max;
  db::Statement& row =
      sql_->arms.bind(site, window_ms ? (report.at_ms - *window_ms) / hour_ms : std::int64_t{0});
  while (row.row()) {
    if (report.triggers.empty() || report.triggers.back().name != row.text(0)) {
      report.triggers.push_back(
          {.name = std::string(row.text(0)), .slot = std::string(row.text(1)), .arms = {}});
    }
    const bool shown = row.integer(3) != held_out_arm;
    const std::string_view name = shown ? row.text(2) : holdout_name;
    std::vector<ArmReport>& arms = report.triggers.back().arms;
    if (arms.empty() || arms.back().shown != shown || arms.back().name != name) {
      arms.emplace_back();
      arms.back().name = name;
      arms.back().shown = shown;
      if (window_ms) arms.back().provisional = row.bits(6);
    }
    ArmCounts& cell = arms.back().cells[std::string(row.text(7))];
    cell.exposures = row.bits(4);
    cell.visitors = row.bits(5);
  }
}

void StateReader::read_metrics(SiteId site, Report& report) {
  db::Statement& row = sql_->metrics.bind(site);
  auto trigger = report.triggers.begin();
  while (row.row()) {
    // Both lists are in the same order, and an arm with conversions has visitors.
    while (trigger != report.triggers.end() && trigger->name != row.text(0)) ++trigger;
    if (trigger == report.triggers.end()) break;
    const bool shown = row.integer(2) != held_out_arm;
    for (ArmReport& arm : trigger->arms) {
      if (arm.shown != shown || (shown && arm.name != row.text(1))) continue;
      if (row.bits(4) == 0) continue;
      arm.cells[std::string(row.text(8))].converted[std::string(row.text(3))] = {
          row.bits(4), row.number(5), row.number(6), row.number(7)};
    }
  }
  row.reset();
}

void StateReader::read_suppressions(SiteId site, Report& report) {
  db::Statement& row = sql_->suppressions.bind(site);
  auto trigger = report.triggers.begin();
  while (row.row()) {
    while (trigger != report.triggers.end() && trigger->name < row.text(0)) ++trigger;
    if (trigger == report.triggers.end() || trigger->name != row.text(0)) {
      // A cap has held it back every time: nobody has seen it.
      trigger = report.triggers.insert(
          trigger,
          {.name = std::string(row.text(0)), .slot = std::string(row.text(1)), .arms = {}});
    }
    trigger->suppressions.push_back({static_cast<outcome::CapOf>(row.integer(2)),
                                     static_cast<outcome::CapLimit>(row.integer(3)), row.bits(4)});
    trigger->suppressed_visitors += row.bits(5);
  }
  row.reset();
}

}  // namespace heed::store
