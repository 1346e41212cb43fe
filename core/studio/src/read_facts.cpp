#include <string>
#include <utility>

#include "heed/base/calendar.h"
#include "heed/base/limits.h"
#include "read_sections.h"

namespace heed::compile {
namespace {

constexpr std::int64_t metric_window_ms_default = 7 * day_ms;

std::optional<image::Type> read_type(Reader& reader, const JsonNode& node) {
  const auto word = reader.word(node, {"bool", "number", "string", "set", "time"});
  if (!word) return {};
  return static_cast<image::Type>(*word);
}

std::optional<Literal> read_default(Reader& reader, const JsonNode& node, image::Type type) {
  switch (type) {
    case image::Type::boolean:
      if (const auto value = reader.boolean(node)) return Literal(*value);
      return {};
    case image::Type::number:
      if (const auto value = reader.number(node)) return Literal(*value);
      return {};
    case image::Type::string:
      if (auto value = reader.text(node, limits::string_size_bytes_max, true)) {
        return Literal(std::move(*value));
      }
      return {};
    default:
      reader.report().error_at_key(
          node, {"not_supported", "a set or a time cannot have a `default`; ask `has(...)`", {}});
      return {};
  }
}

void read_fields(Reader& reader, const JsonNode& node, SignalDef& signal) {
  for (const JsonNode* field : reader.members(node)) {
    if (!reader.identifier(*field, "field")) continue;
    FieldDef def;
    def.name = field->key;
    def.type = read_type(reader, *field).value_or(image::Type::string);
    signal.fields.push_back(std::move(def));
  }
  if (signal.fields.size() > limits::field_count_max) {
    reader.report().error(node, {"too_many", "a signal may have at most 16 fields", {}});
  }
}

// Which field a feature or a metric takes its value from.
std::uint32_t read_field(Reader& reader, const JsonNode& node, const SignalDef& signal) {
  const std::uint32_t field = reader.reference(node, "field", index_names(signal.fields));
  return field;
}

constexpr std::pair<std::string_view, image::FeatureKind> feature_kinds[] = {
    {"count", image::FeatureKind::count},
    {"since", image::FeatureKind::since},
    {"last", image::FeatureKind::last},
    {"score", image::FeatureKind::score}};

const JsonNode* find_kind(Reader& reader, const JsonNode& node, FeatureDef& feature) {
  const JsonNode* found = nullptr;
  for (const auto& [key, kind] : feature_kinds) {
    const JsonNode* member = node.find(key);
    if (member == nullptr) continue;
    if (found != nullptr) {
      reader.report().error_at_key(*member, {"contradiction",
                                             "a feature is one thing; it has `" + found->key +
                                                 "` and `" + std::string(key) + "`",
                                             {}});
    } else {
      found = member;
      feature.kind = kind;
    }
  }
  if (found == nullptr) {
    reader.report().error(node,
                          {"missing_key",
                           "a feature needs `count`, `since`, `last` or `score` and the name of a "
                           "signal, as in {\"count\": \"product_view\", \"window\": \"30m\"}",
                           {}});
  }
  return found;
}

void refuse_key(Reader& reader, const JsonNode& node, const std::string& kind) {
  reader.report().error_at_key(
      node,
      {"contradiction", "`" + node.key + "` means nothing beside `" + kind + "`; remove it", {}});
}

void read_feature_value(Reader& reader, const JsonNode& node, const std::string& kind,
                        FeatureDef& feature, const SignalDef& signal) {
  const bool last = feature.kind == image::FeatureKind::last;
  const JsonNode* value = node.find("value");
  if (value == nullptr) {
    if (last) {
      reader.report().error(node, {"missing_key",
                                   "`last` needs `value`, the field to remember, as in {\"last\": "
                                   "\"product_view\", \"value\": \"category\"}",
                                   {}});
    }
    return;
  }
  if (!last && feature.kind != image::FeatureKind::score) return refuse_key(reader, *value, kind);
  feature.field = read_field(reader, *value, signal);
  if (feature.field == none_index) return;
  const image::Type type = signal.fields[feature.field].type;
  if (last && type == image::Type::set) {
    reader.report().error(*value, {"not_supported", "`last` cannot remember a set", {}});
  } else if (!last && type != image::Type::number) {
    reader.report().error(*value, {"wrong_type", "a score's `value` must be a number field", {}});
  }
}

void read_feature(Reader& reader, const JsonNode& node, Model& model, const NameIndex& signals) {
  FeatureDef feature;
  feature.name = node.key;
  feature.node = &node;
  reader.identifier(node, "feature");
  if (!reader.object(node,
                     {"count", "since", "last", "score", "window", "half_life", "where", "value"},
                     {"sum", "mean", "min", "max", "top", "distinct", "sequence", "within"})) {
    return;
  }
  const JsonNode* kind = find_kind(reader, node, feature);
  if (kind == nullptr) return;
  const std::uint32_t signal = reader.reference(*kind, "signal", signals);
  if (signal != none_index) {
    feature.signal = signal;
    model.signals[signal].used = true;
    read_feature_value(reader, node, kind->key, feature, model.signals[signal]);
  }
  if (const JsonNode* window = node.find("window")) {
    if (feature.kind != image::FeatureKind::count) {
      refuse_key(reader, *window, kind->key);
    } else {
      feature.window_ms = reader.duration(*window).value_or(0);
    }
  }
  const JsonNode* half_life = node.find("half_life");
  if (half_life != nullptr && feature.kind != image::FeatureKind::score) {
    refuse_key(reader, *half_life, kind->key);
  } else if (half_life != nullptr) {
    feature.half_life_ms = reader.duration(*half_life).value_or(1);
  } else if (feature.kind == image::FeatureKind::score) {
    reader.report().error(
        node,
        {"missing_key", "`score` needs `half_life`, the time in which it falls to a half", {}});
  }
  if (const JsonNode* where = node.find("where")) feature.where = reader.condition(*where);
  model.features.push_back(std::move(feature));
}

// What a metric counts.
void read_counted(Reader& reader, const JsonNode& node, Model& model, const NameIndex& signals,
                  MetricDef& metric) {
  const JsonNode* signal = node.find("signal");
  if (signal == nullptr) {
    reader.report().error(node, {"missing_key", "a metric needs the `signal` that it counts", {}});
    return;
  }
  metric.signal = reader.reference(*signal, "signal", signals);
  if (metric.signal == none_index) return;
  SignalDef& counted = model.signals[metric.signal];
  counted.used = true;
  const JsonNode* value = node.find("value");
  if (value == nullptr) return;
  metric.value = read_field(reader, *value, counted);
  if (metric.value != none_index && counted.fields[metric.value].type != image::Type::number) {
    reader.report().error(*value, {"wrong_type", "a metric's `value` must be a number field", {}});
  }
}

// What it is worth, and for how long an exposure may be credited.
void read_worth(Reader& reader, const JsonNode& node, MetricDef& metric) {
  if (const JsonNode* goal = node.find("goal")) {
    metric.goal = reader.boolean(*goal).value_or(false);
  }
  if (const JsonNode* bounty = node.find("bounty")) {
    metric.bounty = reader.number(*bounty).value_or(0);
    if (metric.bounty < 0) {
      reader.report().error(*bounty, {"out_of_range", "a `bounty` may not be negative", {}});
    }
  }
  if (const JsonNode* window = node.find("window")) {
    metric.window_ms = reader.duration(*window).value_or(metric.window_ms);
  }
}

}  // namespace

void read_attributes(Reader& reader, Model& model) {
  for (const JsonNode* node : reader.entries("attributes", limits::attribute_count_max)) {
    AttributeDef attribute;
    attribute.name = node->key;
    attribute.node = node;
    reader.identifier(*node, "attribute");
    if (reader.object(*node, {"type", "source", "default"})) {
      if (const JsonNode* type = node->find("type")) {
        attribute.type = read_type(reader, *type).value_or(attribute.type);
      } else {
        reader.report().error(
            *node,
            {"missing_key", "an attribute needs a `type`: bool, number, string, set or time", {}});
      }
      if (const JsonNode* source = node->find("source")) {
        const auto word = reader.word(*source, {"request", "profile", "page"});
        attribute.source = static_cast<image::Source>(word.value_or(0));
      }
      if (const JsonNode* fallback = node->find("default")) {
        attribute.fallback = read_default(reader, *fallback, attribute.type);
      }
    }
    model.attributes.push_back(std::move(attribute));
  }
}

void read_signals(Reader& reader, Model& model) {
  for (const JsonNode* node : reader.entries("signals", limits::signal_count_max)) {
    SignalDef signal;
    signal.name = node->key;
    signal.node = node;
    reader.label(*node, "signal");
    if (signal.name == "refund" || signal.name.rfind("heed_", 0) == 0) {
      reader.report().error_at_key(*node, {"bad_name",
                                           "`" + signal.name +
                                               "` is a signal of heed itself; choose another "
                                               "name",
                                           {}});
    }
    read_fields(reader, *node, signal);
    model.signals.push_back(std::move(signal));
  }
}

void read_features(Reader& reader, Model& model) {
  const NameIndex signals = index_names(model.signals);
  const NameIndex attributes = index_names(model.attributes);
  for (const JsonNode* node : reader.entries("features", limits::feature_count_max)) {
    if (attributes.rows.contains(node->key)) {
      reader.report().error_at_key(
          *node, {"duplicate_name",
                  "`" + node->key + "` is an attribute too; conditions could not tell them apart",
                  {}});
    }
    read_feature(reader, *node, model, signals);
  }
}

void read_metrics(Reader& reader, Model& model) {
  const NameIndex signals = index_names(model.signals);
  for (const JsonNode* node : reader.entries("metrics", limits::metric_count_max)) {
    MetricDef metric;
    metric.name = node->key;
    metric.node = node;
    metric.window_ms = metric_window_ms_default;
    reader.label(*node, "metric");
    if (reader.object(*node, {"signal", "value", "goal", "bounty", "window"})) {
      read_counted(reader, *node, model, signals, metric);
      read_worth(reader, *node, metric);
    }
    model.metrics.push_back(std::move(metric));
  }
}

}  // namespace heed::compile
