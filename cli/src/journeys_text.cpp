#include "journeys_text.h"

#include <simdjson.h>

#include <cstdint>
#include <optional>

#include <fmt/format.h>

namespace heed::cli {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;

std::string text_of(const element& object, std::string_view key, std::string_view otherwise = "-") {
  std::string_view text;
  return std::string(object[key].get(text) == simdjson::SUCCESS ? text : otherwise);
}

std::optional<double> number_of(const element& object, std::string_view key) {
  double number = 0;
  if (object[key].get(number) != simdjson::SUCCESS) return std::nullopt;
  return number;
}

double count_of(const element& object, std::string_view key) {
  return number_of(object, key).value_or(0);
}

std::string money_of(const element& object, std::string_view key) {
  const auto number = number_of(object, key);
  return number ? fmt::format("{:.2f}", *number) : "-";
}

/// The two largest units: `3 d 4 h`.
std::string duration(double ms) {
  const auto seconds = static_cast<std::int64_t>(ms / 1000 + 0.5);
  if (seconds >= 86'400) return fmt::format("{} d {} h", seconds / 86'400, seconds / 3600 % 24);
  if (seconds >= 3600) return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
  if (seconds >= 60) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  return fmt::format("{} s", seconds);
}

array items_of(const element& object, std::string_view key) {
  array items;
  return object[key].get(items) == simdjson::SUCCESS ? items : array();
}

void append_segment(std::string& out, const element& segment) {
  out += fmt::format("\n{}: {:.0f} visitors\n", text_of(segment, "segment", "all visitors"),
                     count_of(segment, "visitors"));
  for (const element stage : items_of(segment, "stages")) {
    out += fmt::format("  {:<28} {:>9.0f} visitors\n", text_of(stage, "stage"),
                       count_of(stage, "visitors"));
  }
  for (const element change : items_of(segment, "transitions")) {
    out +=
        fmt::format("  {:<28} {:>9.0f} times, {:.0f} visitors, median {}, 9 of 10 within {}\n",
                    text_of(change, "from") + " -> " + text_of(change, "to"),
                    count_of(change, "count"), count_of(change, "visitors"),
                    duration(count_of(change, "median_ms")), duration(count_of(change, "p90_ms")));
  }
  for (const element loss : items_of(segment, "losses")) {
    if (count_of(loss, "reached") == 0) continue;
    out += fmt::format(
        "  lost after {:<17} {:>9.0f} of {:.0f}, {:.0f} may still move on; {} a visitor "
        "who moved on, {} a lost one: {}\n",
        text_of(loss, "from"), count_of(loss, "lost"), count_of(loss, "reached"),
        count_of(loss, "waiting"), money_of(loss, "value_moved_on"), money_of(loss, "value_lost"),
        money_of(loss, "loss"));
  }
}

}  // namespace

tl::expected<std::string, std::string> journeys_text(std::string_view json) {
  simdjson::dom::parser parser;
  element answer;
  if (const auto error = parser.parse(json.data(), json.size(), true).get(answer)) {
    return tl::unexpected(std::string(simdjson::error_message(error)));
  }
  if (array segments; answer["segments"].get(segments) != simdjson::SUCCESS) {
    return tl::unexpected(std::string("no segments in the answer"));
  }
  std::string out = fmt::format("{}: journey {}, ruleset version {:.0f}", text_of(answer, "site"),
                                text_of(answer, "journey"), count_of(answer, "ruleset"));
  const std::string currency = text_of(answer, "currency", "");
  out += currency.empty() ? "\n" : ", money in " + currency + "\n";
  for (const element segment : items_of(answer, "segments")) append_segment(out, segment);
  out += '\n';
  if (element most; answer["costliest"].get(most) == simdjson::SUCCESS && !most.is_null()) {
    out +=
        fmt::format("costliest loss: {} after {}: {:.0f} visitors, {}\n", text_of(most, "segment"),
                    text_of(most, "from"), count_of(most, "lost"), money_of(most, "loss"));
  } else {
    out += "costliest loss: none yet\n";
  }
  return out;
}

}  // namespace heed::cli
