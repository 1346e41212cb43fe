#include "report.h"

#include <algorithm>
#include <set>
#include <utility>

#include "arms.h"
#include "json.h"
#include "names.h"

namespace heed::store {
namespace {

constexpr double alpha = 0.05;
constexpr std::int64_t hour_ms = 3'600'000;
constexpr std::string_view holdout_name = "holdout";
constexpr std::string_view shown_name = "shown";

void write_ledger(JsonWriter& json, const Report& report) {
  const Ledger& l = report.ledger;
  json.key("ledger").object();
  json.member("batches", report.traffic.batches).member("records", l.records());
  json.member("exposures", l.exposures).member("outcomes", l.outcomes).member("refunds", l.refunds);
  json.key("dropped").object();
  json.member("signal", l.dropped[0]).member("exposure", l.dropped[1]);
  json.member("driver", l.dropped[2]).member("goal", l.dropped[3]).end_object();
  json.member("repeated", report.traffic.repeated).member("repeated_views", l.repeated_views);
  json.member("repeated_ids", l.repeated_ids).member("refunds_waiting", l.refunds_waiting);
  json.member("too_old", l.too_old).member("refused", l.refused).member("missing", l.missing);
  json.member("skewed_batches", l.skewed).end_object();
}

void write_lift(JsonWriter& json, const std::string& metric, std::string_view treatment_name,
                const measure::Arm& treatment, std::string_view control_name,
                const measure::Arm& control) {
  for (const auto measured : {measure::Measure::rate, measure::Measure::mean}) {
    const measure::Lift lift = measure::compare(treatment, control, measured, alpha);
    json.object().member("metric", metric).member("measure", measure::name(measured));
    json.member("treatment", treatment_name).member("control", control_name);
    json.member("difference", lift.difference);
    json.key("low").value(lift.interval ? std::optional(lift.interval->low) : std::nullopt);
    json.key("high").value(lift.interval ? std::optional(lift.interval->high) : std::nullopt);
    json.member("relative", lift.relative).member("alpha", alpha);
    json.member("state", measure::name(lift.state)).end_object();
  }
}

void write_lifts(JsonWriter& json, const TriggerReport& trigger) {
  json.key("lift").array();
  const ArmReport* first = nullptr;
  const ArmReport* held = nullptr;
  for (const ArmReport& arm : trigger.arms) {
    if (!arm.shown) held = &arm;
    if (arm.shown && first == nullptr) first = &arm;
  }
  for (const std::string& metric : trigger.metrics()) {
    if (held != nullptr && first != nullptr) {
      measure::Arm shown;
      for (const ArmReport& arm : trigger.arms) {
        if (arm.shown) shown.merge(arm.metric(metric));
      }
      write_lift(json, metric, shown_name, shown, holdout_name, held->metric(metric));
    }
    for (const ArmReport& arm : trigger.arms) {
      if (!arm.shown || &arm == first) continue;
      write_lift(json, metric, arm.name, arm.metric(metric), first->name, first->metric(metric));
    }
  }
  json.end_array();
}

double rate(const measure::Arm& arm) {
  return arm.value.count == 0
             ? 0
             : static_cast<double>(arm.conversions) / static_cast<double>(arm.value.count);
}

void write_arm(JsonWriter& json, const ArmReport& arm, const std::vector<std::string>& metrics) {
  json.object().member("arm", arm.name).member("shown", arm.shown);
  json.member("visitors", arm.visitors).member("provisional", arm.provisional);
  json.member("exposures", arm.exposures).key("metrics").object();
  for (const std::string& metric : metrics) {
    const measure::Arm sample = arm.metric(metric);
    json.key(metric).object().member("conversions", sample.conversions);
    json.member("rate", rate(sample)).member("value", sample.value.total());
    json.member("mean", sample.value.mean()).member("variance", sample.value.variance());
    json.end_object();
  }
  json.end_object().end_object();
}

// One question a trigger, so that looking at many metrics does not multiply false alarms: shown
// against held out, by the rate of the site's goal.
std::string_view overall_state(const TriggerReport& trigger, const std::set<std::string>& goals) {
  const std::vector<std::string> metrics = trigger.metrics();
  const auto goal = std::find_if(metrics.begin(), metrics.end(), [&goals](const auto& metric) {
    return goals.empty() || goals.count(metric) != 0;
  });
  if (goal == metrics.end()) return measure::name(measure::State::collecting);
  measure::Arm shown;
  measure::Arm held;
  for (const ArmReport& arm : trigger.arms) (arm.shown ? shown : held).merge(arm.metric(*goal));
  return measure::name(measure::compare(shown, held, measure::Measure::rate, alpha).state);
}

std::uint64_t exposure_sum(const TriggerReport& trigger) {
  std::uint64_t sum = 0;
  for (const ArmReport& arm : trigger.arms) sum += arm.exposures;
  return sum;
}

// Quoted as RFC 4180 says. Names come from whoever may send outcomes: a spreadsheet must not take
// one for a formula.
std::string csv_cell(std::string_view text) {
  std::string cell = "\"";
  if (!text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos) {
    cell += '\'';
  }
  for (const char c : text) {
    if (c == '"') cell += '"';
    cell += c;
  }
  return cell + '"';
}

std::string number_text(double number) { return JsonWriter().value(number).take(); }

}  // namespace

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
             "AND h.arm = a.arm AND h.hour >= ?2) "
             "FROM names t JOIN arms a ON a.trigger = t.id JOIN triggers r ON r.trigger = t.id "
             "JOIN names s ON s.id = r.slot LEFT JOIN names v ON v.id = a.arm "
             "WHERE t.site = ?1 AND t.kind = 1 ORDER BY t.name, a.arm = 0, v.name"),
        metrics(
            d,
            "SELECT t.name, coalesce(v.name, ''), a.arm, m.name, a.conversions, a.sum, "
            "a.sum_rest, a.deviation_sq "
            "FROM names t JOIN arm_metrics a ON a.trigger = t.id JOIN names m ON m.id = a.metric "
            "LEFT JOIN names v ON v.id = a.arm "
            "WHERE t.site = ?1 AND t.kind = 1 ORDER BY t.name, a.arm = 0, v.name") {}
  db::Statement ledger, arms, metrics;
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
  database_->exec("COMMIT");
  const bool ok = database_->ok();
  if (!ok) database_->rollback();
  return ok;
}

void StateReader::read_ledger(SiteId site, Ledger& l) {
  db::Statement& row = sql_->ledger.bind(site);
  if (!row.row()) return;
  int column = 0;
  for (std::uint64_t* field : {&l.exposures, &l.outcomes, &l.refunds, &l.dropped[0], &l.dropped[1],
                               &l.dropped[2], &l.dropped[3], &l.repeated_views, &l.repeated_ids,
                               &l.refunds_waiting, &l.too_old, &l.refused, &l.missing, &l.skewed}) {
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
      report.triggers.push_back({std::string(row.text(0)), std::string(row.text(1)), {}});
    }
    ArmReport arm;
    arm.shown = row.integer(3) != held_out_arm;
    arm.name = arm.shown ? row.text(2) : holdout_name;
    arm.exposures = row.bits(4);
    arm.visitors = row.bits(5);
    if (window_ms) arm.provisional = row.bits(6);
    report.triggers.back().arms.push_back(std::move(arm));
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
      arm.converted[std::string(row.text(3))] = {row.bits(4), row.number(5), row.number(6),
                                                 row.number(7)};
    }
  }
  row.reset();
}

std::string report_json(const Report& report) {
  JsonWriter json;
  json.object().member("site", report.facts.site);
  const bool known = report.facts.ruleset != 0;
  json.key("currency").value(known ? std::optional(report.facts.currency) : std::nullopt);
  json.key("ruleset").value(known ? std::optional(report.facts.ruleset) : std::nullopt);
  json.member("at", report.at_ms);
  write_ledger(json, report);
  json.key("triggers").array();
  for (const TriggerReport& trigger : report.triggers) {
    const auto named = report.facts.named.find(trigger.name);
    const bool has_name = named != report.facts.named.end();
    json.object().member("trigger", trigger.name);
    json.key("name").value(has_name ? std::optional(named->second.first) : std::nullopt);
    json.key("owner").value(has_name ? std::optional(named->second.second) : std::nullopt);
    json.member("slot", trigger.slot).member("exposures", exposure_sum(trigger));
    json.member("state", overall_state(trigger, report.facts.goals)).key("arms").array();
    const std::vector<std::string> metrics = trigger.metrics();
    for (const ArmReport& arm : trigger.arms) write_arm(json, arm, metrics);
    json.end_array();
    write_lifts(json, trigger);
    json.end_object();
  }
  return json.end_array().end_object().take();
}

std::string report_csv(const Report& report) {
  std::string csv =
      "trigger,slot,arm,shown,visitors,exposures,metric,conversions,rate,value,mean,variance\r\n";
  for (const TriggerReport& trigger : report.triggers) {
    std::vector<std::string> metrics = trigger.metrics();
    if (metrics.empty()) metrics.emplace_back();
    for (const ArmReport& arm : trigger.arms) {
      for (const std::string& metric : metrics) {
        const measure::Arm sample = arm.metric(metric);
        csv += csv_cell(trigger.name) + "," + csv_cell(trigger.slot) + "," + csv_cell(arm.name) +
               (arm.shown ? ",true," : ",false,") + std::to_string(arm.visitors) + "," +
               std::to_string(arm.exposures) + "," + csv_cell(metric) + "," +
               std::to_string(sample.conversions) + "," + number_text(rate(sample)) + "," +
               number_text(sample.value.total()) + "," + number_text(sample.value.mean()) + "," +
               number_text(sample.value.variance()) + "\r\n";
      }
    }
  }
  return csv;
}

std::string counts_json(const Report& report) {
  JsonWriter json;
  json.object().member("at", report.at_ms);
  write_ledger(json, report);
  json.key("triggers").array();
  for (const TriggerReport& trigger : report.triggers) {
    std::uint64_t visitors = 0;
    std::map<std::string, std::uint64_t> conversions;
    for (const ArmReport& arm : trigger.arms) {
      visitors += arm.visitors;
      for (const auto& [metric, moments] : arm.converted) conversions[metric] += moments.count;
    }
    json.object().member("trigger", trigger.name).member("exposures", exposure_sum(trigger));
    json.member("visitors", visitors).key("conversions").object();
    for (const auto& [metric, count] : conversions) json.member(metric, count);
    json.end_object().end_object();
  }
  return json.end_array().end_object().take();
}

}  // namespace heed::store
