#include <algorithm>
#include <set>

#include "json.h"
#include "report.h"

namespace heed::store {
namespace {

constexpr double alpha = 0.05;
constexpr std::string_view holdout_name = "holdout";
constexpr std::string_view shown_name = "shown";

void write_counts(JsonWriter& json, const Report& report) {
  const Ledger& l = report.ledger;
  json.object();
  json.member("batches", report.traffic.batches).member("records", l.records());
  json.member("exposures", l.exposures).member("outcomes", l.outcomes).member("refunds", l.refunds);
  json.member("suppressed", l.suppressed);
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
std::optional<std::string> goal_of(const std::vector<std::string>& metrics,
                                   const std::set<std::string>& goals) {
  const auto goal = std::find_if(metrics.begin(), metrics.end(), [&goals](const auto& metric) {
    return goals.empty() || goals.count(metric) != 0;
  });
  return goal == metrics.end() ? std::nullopt : std::optional(*goal);
}

std::string_view overall_state(const TriggerReport& trigger,
                               const std::optional<std::string>& goal) {
  if (!goal) return measure::name(measure::State::collecting);
  measure::Arm shown;
  measure::Arm held;
  for (const ArmReport& arm : trigger.arms) (arm.shown ? shown : held).merge(arm.metric(*goal));
  return measure::name(measure::compare(shown, held, measure::Measure::rate, alpha).state);
}

void write_suppressed(JsonWriter& json, const TriggerReport& trigger) {
  std::uint64_t count = 0;
  for (const Suppression& one : trigger.suppressions) count += one.count;
  json.key("suppressed").object().member("count", count);
  json.member("visitors", trigger.suppressed_visitors).key("by").array();
  for (const Suppression& one : trigger.suppressions) {
    json.object().member("cap", outcome::name(one.cap)).member("limit", outcome::name(one.limit));
    json.member("count", one.count).end_object();
  }
  json.end_array().end_object();
}

std::uint64_t exposure_sum(const TriggerReport& trigger) {
  std::uint64_t sum = 0;
  for (const ArmReport& arm : trigger.arms) sum += arm.exposures;
  return sum;
}

std::string group_of(const std::string& microsegment, GroupBy by) {
  const std::size_t slash = microsegment.rfind('/');
  if (by == GroupBy::microsegment || slash == std::string::npos) return microsegment;
  return by == GroupBy::segment ? microsegment.substr(0, slash) : microsegment.substr(slash + 1);
}

// The trigger as if only one group's visitors had come.
std::map<std::string, TriggerReport> groups_of(const TriggerReport& trigger, GroupBy by) {
  std::map<std::string, TriggerReport> groups;
  for (const ArmReport& arm : trigger.arms) {
    for (const auto& [microsegment, cell] : arm.cells) {
      std::vector<ArmReport>& arms = groups[group_of(microsegment, by)].arms;
      if (arms.empty() || arms.back().shown != arm.shown || arms.back().name != arm.name) {
        arms.emplace_back();
        arms.back().name = arm.name;
        arms.back().shown = arm.shown;
      }
      arms.back().merge(cell);
    }
  }
  return groups;
}

void write_groups(JsonWriter& json, const TriggerReport& trigger, GroupBy by) {
  json.key("groups").array();
  for (const auto& [name, group] : groups_of(trigger, by)) {
    json.object().member("group", name).key("arms").array();
    const std::vector<std::string> metrics = group.metrics();
    for (const ArmReport& arm : group.arms) write_arm(json, arm, metrics);
    json.end_array();
    write_lifts(json, group);
    json.end_object();
  }
  json.end_array();
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

std::string ledger_json(const Report& report) {
  JsonWriter json;
  write_counts(json, report);
  return json.take();
}

std::string delivery_json(const Report& report) {
  const Ledger& l = report.ledger;
  const std::uint64_t refused = l.refused + l.too_old;
  const std::uint64_t acknowledged = l.records() + refused;
  JsonWriter json;
  json.object().member("sent", acknowledged + l.missing).member("acknowledged", acknowledged);
  json.member("counted", l.records()).member("refused", refused);
  return json.member("in_flight", l.missing + report.queued).end_object().take();
}

std::string trigger_json(const TriggerReport& trigger, const SiteFacts& facts, GroupBy by) {
  JsonWriter json;
  const auto named = facts.named.find(trigger.name);
  const bool has_name = named != facts.named.end();
  const std::vector<std::string> metrics = trigger.metrics();
  const std::optional<std::string> goal = goal_of(metrics, facts.goals);
  json.object().member("trigger", trigger.name);
  json.key("name").value(has_name ? std::optional(named->second.first) : std::nullopt);
  json.key("owner").value(has_name ? std::optional(named->second.second) : std::nullopt);
  json.member("slot", trigger.slot).member("exposures", exposure_sum(trigger));
  json.member("state", overall_state(trigger, goal)).member("goal", goal);
  write_suppressed(json, trigger);
  json.key("arms").array();
  for (const ArmReport& arm : trigger.arms) write_arm(json, arm, metrics);
  json.end_array();
  write_lifts(json, trigger);
  if (by != GroupBy::nothing) write_groups(json, trigger, by);
  return json.end_object().take();
}

void write_facts(JsonWriter& json, const SiteFacts& facts) {
  const bool known = facts.ruleset != 0;
  json.member("currency", known ? std::optional(facts.currency) : std::nullopt);
  json.member("ruleset", known ? std::optional(facts.ruleset) : std::nullopt);
}

std::string report_json(const Report& report, GroupBy by) {
  JsonWriter json;
  json.object().member("site", report.facts.site);
  write_facts(json, report.facts);
  json.member("at", report.at_ms).key("ledger").raw(ledger_json(report));
  json.key("delivery").raw(delivery_json(report)).key("triggers").array();
  for (const TriggerReport& trigger : report.triggers) {
    json.raw(trigger_json(trigger, report.facts, by));
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

}  // namespace heed::store
