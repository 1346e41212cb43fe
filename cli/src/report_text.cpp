#include "report_text.h"

#include <simdjson.h>

#include <cstdint>
#include <optional>

#include <fmt/format.h>

namespace heed::cli {
namespace {

using simdjson::dom::element;

std::string text_of(const element& object, std::string_view key) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string("-");
}

std::optional<double> number_of(const element& object, std::string_view key) {
  double number = 0;
  if (object[key].get(number) != simdjson::SUCCESS) return std::nullopt;
  return number;
}

std::string count_of(const element& object, std::string_view key) {
  const auto number = number_of(object, key);
  return number ? fmt::format("{:.0f}", *number) : "-";
}

std::string percent(const element& object, std::string_view key) {
  const auto number = number_of(object, key);
  return number ? fmt::format("{:.2f} %", *number * 100) : "-";
}

/// Rates read as percentages, money to the cent; only printing rounds.
std::string amount(const element& lift, std::string_view key) {
  const auto number = number_of(lift, key);
  if (!number) return "-";
  return text_of(lift, "measure") == "rate" ? fmt::format("{:+.2f} %", *number * 100)
                                            : fmt::format("{:+.2f}", *number);
}

void append_arm(std::string& out, const element& arm) {
  out += fmt::format("  {:<28} {:>9} visitors {:>9} exposures\n", text_of(arm, "arm"),
                     count_of(arm, "visitors"), count_of(arm, "exposures"));
  simdjson::dom::object metrics;
  if (arm["metrics"].get(metrics) != simdjson::SUCCESS) return;
  for (const auto metric : metrics) {
    const auto value = number_of(metric.value, "value").value_or(0);
    out += fmt::format("    {:<26} {:>9} conversions  {:>8}  value {:.2f}\n", metric.key,
                       count_of(metric.value, "conversions"), percent(metric.value, "rate"), value);
  }
}

void append_lift(std::string& out, const element& lift) {
  out += fmt::format("  {} {} {} vs {}: {} [{}, {}]  {}\n", text_of(lift, "metric"),
                     text_of(lift, "measure"), text_of(lift, "treatment"), text_of(lift, "control"),
                     amount(lift, "difference"), amount(lift, "low"), amount(lift, "high"),
                     text_of(lift, "state"));
}

void append_arms(std::string& out, const element& of) {
  simdjson::dom::array items;
  if (of["arms"].get(items) == simdjson::SUCCESS) {
    for (const element arm : items) append_arm(out, arm);
  }
  if (of["lift"].get(items) == simdjson::SUCCESS) {
    for (const element lift : items) append_lift(out, lift);
  }
}

void append_suppressed(std::string& out, const element& suppressed) {
  if (number_of(suppressed, "count").value_or(0) == 0) return;
  out += fmt::format("  held back by caps {} times, {} visitors:", count_of(suppressed, "count"),
                     count_of(suppressed, "visitors"));
  simdjson::dom::array limits;
  if (suppressed["by"].get(limits) != simdjson::SUCCESS) return;
  std::string separator = " ";
  for (const element limit : limits) {
    out += fmt::format("{}{} {} {}", separator, text_of(limit, "cap"), text_of(limit, "limit"),
                       count_of(limit, "count"));
    separator = ", ";
  }
  out += '\n';
}

void append_trigger(std::string& out, const element& trigger) {
  out += fmt::format("\n{} ({}, {}): {}\n", text_of(trigger, "trigger"), text_of(trigger, "slot"),
                     text_of(trigger, "owner"), text_of(trigger, "state"));
  if (element suppressed; trigger["suppressed"].get(suppressed) == simdjson::SUCCESS) {
    append_suppressed(out, suppressed);
  }
  append_arms(out, trigger);
  simdjson::dom::array groups;
  if (trigger["groups"].get(groups) != simdjson::SUCCESS) return;
  for (const element group : groups) {
    out += fmt::format(" {}:\n", text_of(group, "group"));
    append_arms(out, group);
  }
}

void append_ledger(std::string& out, const element& report) {
  if (element ledger; report["ledger"].get(ledger) == simdjson::SUCCESS) {
    out += fmt::format(
        "{} batches, {} records: {} exposures, {} outcomes, {} refunds, {} held back by caps; "
        "{} repeated, {} missing\n",
        count_of(ledger, "batches"), count_of(ledger, "records"), count_of(ledger, "exposures"),
        count_of(ledger, "outcomes"), count_of(ledger, "refunds"), count_of(ledger, "suppressed"),
        count_of(ledger, "repeated"), count_of(ledger, "missing"));
  }
  if (element delivery; report["delivery"].get(delivery) == simdjson::SUCCESS) {
    out += fmt::format("sent {}, acknowledged {} (counted {}, refused {}), in flight {}\n",
                       count_of(delivery, "sent"), count_of(delivery, "acknowledged"),
                       count_of(delivery, "counted"), count_of(delivery, "refused"),
                       count_of(delivery, "in_flight"));
  }
}

}  // namespace

tl::expected<std::string, std::string> report_text(std::string_view json) {
  simdjson::dom::parser parser;
  element report;
  if (const auto error = parser.parse(json.data(), json.size(), true).get(report)) {
    return tl::unexpected(std::string(simdjson::error_message(error)));
  }
  std::string out =
      fmt::format("{}: ruleset version {}", text_of(report, "site"), count_of(report, "ruleset"));
  const std::string currency = text_of(report, "currency");
  out += currency.empty() ? "\n" : ", money in " + currency + "\n";
  append_ledger(out, report);
  simdjson::dom::array triggers;
  if (report["triggers"].get(triggers) != simdjson::SUCCESS) {
    return tl::unexpected(std::string("no triggers in the report"));
  }
  for (const element trigger : triggers) append_trigger(out, trigger);
  return out;
}

}  // namespace heed::cli
