// JSON text -> what the reference knows: sources and lines, as written. Throws on what it does not
// understand; whether a source is right is the compiler's business.
#include <simdjson.h>

#include <algorithm>
#include <stdexcept>

#include "number_text.h"
#include "reference.h"
#include "time.h"

namespace heed::reference {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

/// The object under `key`; an empty list of fields where there is none.
std::vector<std::pair<std::string, element>> fields_of(const element& parent,
                                                       std::string_view key) {
  std::vector<std::pair<std::string, element>> fields;
  object found;
  if (parent[key].get(found) != simdjson::SUCCESS) return fields;
  for (const auto field : found) {
    if (field.key != "note" && field.key != "$schema") {
      fields.emplace_back(std::string(field.key), field.value);
    }
  }
  return fields;
}

std::string text_of(const element& parent, std::string_view key, const std::string& otherwise) {
  std::string_view text;
  return parent[key].get(text) == simdjson::SUCCESS ? std::string(text) : otherwise;
}

double number_of(const element& parent, std::string_view key, double otherwise) {
  double number = 0;
  return parent[key].get(number) == simdjson::SUCCESS ? number : otherwise;
}

double duration_of(const element& parent, std::string_view key) {
  const std::string text = text_of(parent, key, "");
  return text.empty() ? 0 : parse_duration(text);
}

Cap cap_of(const element& parent) {
  element cap;
  if (parent["cap"].get(cap) != simdjson::SUCCESS) return {};
  return {static_cast<std::uint32_t>(number_of(cap, "times", 0)), duration_of(cap, "per"),
          static_cast<std::uint32_t>(number_of(cap, "session", 0)), duration_of(cap, "cool_down")};
}

Amounts amounts_of(const element& parent) {
  Amounts amounts;
  double number = 0;
  if (parent["value"].get(number) == simdjson::SUCCESS) return {{"", number}};
  for (const auto& [key, amount] : fields_of(parent, "value")) amounts[key] = double(amount);
  return amounts;
}

Value value_of(const element& json, const std::string& type) {
  if (type == "bool") return bool(json);
  if (type == "number") return double(json) == 0 ? 0.0 : double(json);
  if (type == "string") return std::string(std::string_view(json));
  if (type == "time") return Time{static_cast<double>(parse_time(std::string_view(json)))};
  Set members;
  for (const element member : array(json)) members.insert(std::string(std::string_view(member)));
  return members;
}

Feature feature_of(const std::string& name, const element& json) {
  Feature feature;
  feature.name = name;
  for (const char* kind : {"count", "sum", "mean", "min", "max", "distinct", "top", "first", "last",
                           "since", "score", "ratio", "sequence"}) {
    const std::string signal = text_of(json, kind, "");
    if (signal.empty()) continue;
    feature.kind = kind;
    feature.signal = signal;
  }
  if (feature.kind.empty()) throw std::runtime_error("reference: unknown kind of feature " + name);
  feature.field = text_of(json, "value", "");
  feature.window = duration_of(json, "window");
  feature.half_life = duration_of(json, "half_life");
  const std::string where = text_of(json, "where", "");
  if (!where.empty()) feature.where = parse_expression(where);
  if (feature.kind == "ratio") feature.other = text_of(json, "to", "");
  if (feature.kind != "sequence") return feature;
  feature.window = duration_of(json, "within");
  const std::string then = text_of(json, "then", "");
  const std::string word = then.empty() ? "unless" : "then";
  feature.kind = then.empty() ? "missed" : "followed";
  feature.other = text_of(json, word.c_str(), "");
  feature.field = feature.other_field = text_of(json, "same", "");
  array pair;
  if (json["same"].get(pair) == simdjson::SUCCESS) {
    feature.field = std::string_view(pair.at(0));
    feature.other_field = std::string_view(pair.at(1));
  }
  const std::string other_where = text_of(json, (word + "_where").c_str(), "");
  if (!other_where.empty()) feature.other_where = parse_expression(other_where);
  return feature;
}

std::vector<Stage> stages_of(const element& json) {
  std::vector<Stage> stages;
  for (const element stage : array(json)) {
    bool sticky = false;
    if (stage["sticky"].get(sticky) != simdjson::SUCCESS) sticky = false;
    stages.push_back(
        {text_of(stage, "stage", ""), parse_expression(text_of(stage, "when", "")), sticky});
  }
  return stages;
}

std::vector<Part> parts_of(const element& trigger) {
  std::vector<Part> parts;
  for (const auto& [name, options] : fields_of(trigger, "parts")) {
    Part part{name, {}, {}};
    for (const element option : array(options)) {
      part.options.emplace_back(std::string_view(option));
    }
    part.shares.assign(part.options.size(), 1.0);  // even
    element split;
    if (trigger["policy"]["split"][name].get(split) == simdjson::SUCCESS) {
      for (std::size_t i = 0; i < part.options.size(); ++i) {
        part.shares[i] = number_of(split, part.options[i], 0);
      }
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

Trigger trigger_of(const std::string& name, const element& json, const std::string& zone) {
  Trigger trigger;
  trigger.name = name;
  trigger.slot = text_of(json, "slot", "");
  trigger.salt = text_of(json, "salt", name);
  trigger.priority = number_of(json, "priority", 0);
  const std::string when = text_of(json, "when", "");
  if (!when.empty()) trigger.when = parse_expression(when);
  element layer;
  if (json["layer"].get(layer) == simdjson::SUCCESS) {
    trigger.layer = text_of(layer, "name", "");
    array range;
    if (layer["range"].get(range) == simdjson::SUCCESS) {
      trigger.range_from = double(range.at(0));
      trigger.range_until = double(range.at(1));
    }
  }
  element schedule;
  if (json["schedule"].get(schedule) == simdjson::SUCCESS) {
    const std::string from = text_of(schedule, "from", "");
    const std::string until = text_of(schedule, "until", "");
    if (!from.empty()) trigger.from = parse_moment(from, zone);
    if (!until.empty()) trigger.until = parse_moment(until, zone);
  }
  trigger.holdout = number_of(json, "holdout", 0);
  trigger.cap = cap_of(json);
  trigger.values = amounts_of(json);
  trigger.campaign = text_of(json, "campaign", "");
  element split;
  trigger.split = json["policy"]["split"].get(split) == simdjson::SUCCESS;
  trigger.parts = parts_of(json);
  return trigger;
}

}  // namespace

Reference::Reference(std::string_view source) {
  simdjson::dom::parser parser;
  const element root = parser.parse(source.data(), source.size(), true);
  site_ = text_of(root, "site", "");
  expires_ = parse_time(text_of(root, "expires", ""));
  const std::string zone = text_of(root, "time_zone", "UTC");
  time_zone_ = zone;
  element holdout;
  if (root["holdout"].get(holdout) == simdjson::SUCCESS) {
    programme_holdout_ = number_of(holdout, "share", 0);
    programme_salt_ = text_of(holdout, "salt", "");
  }
  for (const auto& [name, json] : fields_of(root, "attributes")) {
    attribute_types_[name] = text_of(json, "type", "");
    attribute_sources_[name] = text_of(json, "source", "request");
    element otherwise;
    if (json["default"].get(otherwise) != simdjson::SUCCESS) continue;
    defaults_[name] = value_of(otherwise, attribute_types_[name]);
  }
  for (const auto& [name, json] : fields_of(root, "signals")) {
    signal_types_[name];
    for (const auto& [field, type] : fields_of(root["signals"], name)) {
      signal_types_[name][field] = std::string(std::string_view(type));
    }
  }
  signal_types_["heed_exposure"] = {{"slot", "string"},     {"trigger", "string"},
                                    {"variant", "string"},  {"microsegment", "string"},
                                    {"campaign", "string"}, {"held_out", "bool"}};
  auto& outcome = signal_types_["heed_outcome"] = signal_types_["heed_exposure"];
  outcome.insert({{"metric", "string"}, {"value", "number"}});
  for (const auto& [name, json] : fields_of(root, "features")) {
    features_[name] = feature_of(name, json);
  }
  for (const auto& [name, json] : fields_of(root, "segments")) {
    segments_[name] = parse_expression(std::string_view(json));
  }
  for (const auto& [name, json] : fields_of(root, "journeys")) journeys_[name] = stages_of(json);
  for (const auto& [name, json] : fields_of(root, "slots")) {
    slots_.push_back(name);
    channels_[name] = text_of(json, "channel", "page");
  }
  for (const auto& [name, json] : fields_of(root, "layers")) {
    layer_salts_[name] = text_of(json, "salt", name);
  }
  for (const auto& [name, json] : fields_of(root, "campaigns")) {
    campaign_caps_[name] = cap_of(json);
  }
  for (const auto& [name, json] : fields_of(root, "triggers")) {
    triggers_.push_back(trigger_of(name, json, zone));
  }
  programme_cap_ = cap_of(root);
  read_microsegments(source);
}

void Reference::read_microsegments(std::string_view source) {
  simdjson::dom::parser parser;
  const element root = parser.parse(source.data(), source.size(), true);
  element micro;
  if (root["microsegments"].get(micro) != simdjson::SUCCESS) return;
  micro_segments_.emplace();
  array list;
  if (micro["segments"].get(list) == simdjson::SUCCESS) {
    for (const element name : list) micro_segments_->emplace_back(std::string_view(name));
  }
  micro_values_ = amounts_of(micro);
  const std::string journey = text_of(micro, "journey", "");
  if (!journey.empty()) micro_journey_ = journey;
}

Visitor Reference::read_line(std::string_view line) const {
  simdjson::dom::parser parser;
  const element root = parser.parse(line.data(), line.size(), true);
  Visitor visitor;
  visitor.id = text_of(root, "visitor", "");
  visitor.now = parse_time(text_of(root, "now", ""));
  visitor.consent = text_of(root, "consent", visitor.consent);
  visitor.view = text_of(root, "view", visitor.view);
  for (const auto& [name, json] : fields_of(root, "attributes")) {
    const auto type = attribute_types_.find(name);
    if (type == attribute_types_.end()) continue;
    visitor.attribute_order.emplace_back(name, value_of(json, type->second));
  }
  array list;
  if (root["signals"].get(list) == simdjson::SUCCESS) {
    for (const element json : list) {
      Signal signal;
      signal.name = text_of(json, "name", "");
      signal.at = parse_time(text_of(json, "at", ""));
      signal.id = text_of(json, "id", "");
      if (signal.name == "refund") visitor.signals.push_back(signal);  // changes no decision
      const auto types = signal_types_.find(signal.name);
      if (types == signal_types_.end()) continue;
      for (const auto& [field, value] : fields_of(json, "fields")) {
        signal.fields[field] = value_of(value, types->second.at(field));
      }
      visitor.signals.push_back(std::move(signal));
    }
  }
  std::stable_sort(visitor.signals.begin(), visitor.signals.end(),
                   [](const Signal& a, const Signal& b) { return a.at < b.at; });
  // Attributes are known before the first signal comes.
  visitor.began = visitor.signals.empty() ? visitor.now : visitor.signals.front().at;
  if (root["slots"].get(list) == simdjson::SUCCESS) {
    visitor.slots.emplace();
    for (const element slot : list) {
      const std::string name(std::string_view{slot});
      if (std::find(slots_.begin(), slots_.end(), name) != slots_.end()) {
        visitor.slots->push_back(name);
      }
    }
  }
  return visitor;
}

}  // namespace heed::reference
