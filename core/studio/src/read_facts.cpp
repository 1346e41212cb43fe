#include <algorithm>
#include <array>
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

/// Signals that heed itself observes; a feature names one without declaring it.
/// @source  docs/formats/features.md, "Heed's own signals"
const std::vector<SignalDef>& own_signals() {
  using image::Type;
  static const std::vector<SignalDef> signals = {
      {image::exposure_signal,
       nullptr,
       {{"slot", Type::string},
        {"trigger", Type::string},
        {"variant", Type::string},
        {"campaign", Type::string},
        {"microsegment", Type::string},
        {"held_out", Type::boolean}},
       true},
      {image::outcome_signal,
       nullptr,
       {{"metric", Type::string},
        {"value", Type::number},
        {"slot", Type::string},
        {"trigger", Type::string},
        {"variant", Type::string},
        {"microsegment", Type::string},
        {"held_out", Type::boolean}},
       true},
  };
  return signals;
}

constexpr std::array<std::string_view, 12> feature_words = {"count", "sum",      "mean",  "min",
                                                            "max",   "distinct", "top",   "first",
                                                            "last",  "since",    "score", "ratio"};
constexpr std::string_view sequence_word = "sequence";

class FeatureReader {
 public:
  FeatureReader(Reader& reader, Model& model) : reader_(reader), model_(model) {}

  void read(const JsonNode& node);
  /// Ratios name features, which are all known now.
  void read_ratios();

 private:
  const JsonNode* find_kind(const JsonNode& node);
  std::uint32_t signal(const JsonNode& node);
  void value(const JsonNode& node);
  void field_type(const JsonNode& node, std::string_view key, std::uint32_t field,
                  std::uint32_t signal, const image::FeatureForm& form);
  void spans(const JsonNode& node);
  void second(const JsonNode& node);
  void same(const JsonNode& node);
  void only_with(const JsonNode& node, std::string_view key, bool allowed);
  std::uint32_t ratio_part(const JsonNode& node);
  void error(const JsonNode& node, const char* code, std::string message) {
    reader_.report().error(node, {code, std::move(message), {}});
  }

  Reader& reader_;
  Model& model_;
  FeatureDef feature_;
  std::string word_;
  NameIndex features_;
};

const JsonNode* FeatureReader::find_kind(const JsonNode& node) {
  const JsonNode* found = nullptr;
  const auto look = [&](std::string_view word, image::FeatureKind kind) {
    const JsonNode* member = node.find(word);
    if (member == nullptr) return;
    if (found != nullptr) {
      reader_.report().error_at_key(*member, {"contradiction",
                                              "a feature is one thing; it has `" + found->key +
                                                  "` and `" + std::string(word) + "`",
                                              {}});
      return;
    }
    found = member;
    word_ = word;
    feature_.kind = kind;
  };
  for (std::size_t i = 0; i < feature_words.size(); ++i) {
    look(feature_words[i], static_cast<image::FeatureKind>(i));
  }
  look(sequence_word,
       node.find("then") != nullptr ? image::FeatureKind::followed : image::FeatureKind::missed);
  if (found == nullptr) {
    std::string words;
    for (const std::string_view word : feature_words) words += "`" + std::string(word) + "`, ";
    error(node, "missing_key",
          "a feature needs one of " + words +
              "`sequence` and the name of a signal, as in {\"count\": \"product_view\", "
              "\"window\": \"30m\"}");
  }
  return found;
}

std::uint32_t FeatureReader::signal(const JsonNode& node) {
  const std::uint32_t row = reader_.reference(node, "signal", index_names(model_.signals));
  if (row != none_index) model_.signals[row].used = true;
  return row;
}

void FeatureReader::only_with(const JsonNode& node, std::string_view key, bool allowed) {
  const JsonNode* member = node.find(key);
  if (member == nullptr || allowed) return;
  reader_.report().error_at_key(
      *member, {"contradiction",
                "`" + member->key + "` means nothing beside `" + word_ + "`; remove it",
                {}});
}

void FeatureReader::field_type(const JsonNode& node, std::string_view key, std::uint32_t field,
                               std::uint32_t signal, const image::FeatureForm& form) {
  constexpr std::array<std::string_view, 5> types = {"bool", "number", "string", "set", "time"};
  if (field == none_index) return;
  if (form.takes(model_.signals[signal].fields[field].type)) return;
  std::string fitting;
  for (std::size_t type = 0; type < types.size(); ++type) {
    if (!form.takes(static_cast<image::Type>(type))) continue;
    fitting += (fitting.empty() ? "" : " or ") + std::string(types[type]);
  }
  error(node, "wrong_type",
        "the `" + std::string(key) + "` of `" + word_ + "` must be a field of type " + fitting);
}

void FeatureReader::value(const JsonNode& node) {
  const image::FeatureForm& form = image::form_of(feature_.kind);
  const bool allowed = form.field_types != 0 && !image::is_sequence(feature_.kind);
  only_with(node, "value", allowed);
  const JsonNode* value = node.find("value");
  if (!allowed || feature_.signal == none_index) return;
  if (value == nullptr) {
    if (form.needs_field) {
      error(node, "missing_key",
            "`" + word_ + "` needs `value`, the field that it is of, as in {\"" + word_ + "\": \"" +
                model_.signals[feature_.signal].name + "\", \"value\": \"...\"}");
    }
    return;
  }
  feature_.field = read_field(reader_, *value, model_.signals[feature_.signal]);
  field_type(*value, "value", feature_.field, feature_.signal, form);
}

void FeatureReader::spans(const JsonNode& node) {
  const image::FeatureForm& form = image::form_of(feature_.kind);
  const bool sequence = image::is_sequence(feature_.kind);
  only_with(node, "window", form.may_window && !sequence);
  only_with(node, "within", sequence);
  only_with(node, "half_life", form.may_decay);
  const JsonNode* window = node.find(sequence ? "within" : "window");
  if (window != nullptr && form.may_window) {
    feature_.window_ms = reader_.duration(*window).value_or(0);
  }
  const JsonNode* half_life = node.find("half_life");
  if (half_life != nullptr && form.may_decay) {
    feature_.half_life_ms = reader_.duration(*half_life).value_or(1);
  } else if (form.must_decay) {
    error(node, "missing_key",
          "`" + word_ + "` needs `half_life`, the time in which it falls to a half");
  }
}

void FeatureReader::second(const JsonNode& node) {
  const bool sequence = image::is_sequence(feature_.kind);
  const bool followed = feature_.kind == image::FeatureKind::followed;
  only_with(node, "then", sequence);
  only_with(node, "unless", sequence);
  only_with(node, "then_where", followed);
  only_with(node, "unless_where", sequence && !followed);
  only_with(node, "same", sequence);
  if (!sequence) return;
  const JsonNode* other = node.find(followed ? "then" : "unless");
  if (other == nullptr) {
    return error(node, "missing_key",
                 "`sequence` needs `then` or `unless`, the signal that came or did not come, as in "
                 "{\"sequence\": \"product_view\", \"unless\": \"purchase\", \"within\": \"24h\"}");
  }
  if (followed && node.find("unless") != nullptr) {
    return error(*node.find("unless"), "contradiction",
                 "a sequence has `then` or `unless`, not both; make two features of it");
  }
  feature_.other = signal(*other);
  if (const JsonNode* where = node.find(followed ? "then_where" : "unless_where")) {
    feature_.other_where = reader_.condition(*where);
  }
  if (feature_.signal != none_index && feature_.other != none_index) same(node);
}

// One field of both signals, or a list of one each.
void FeatureReader::same(const JsonNode& node) {
  const JsonNode* same = node.find("same");
  if (same == nullptr) return;
  const JsonNode* first = same;
  const JsonNode* second = same;
  if (same->kind == JsonKind::array) {
    const auto items = reader_.items(*same);
    if (items.size() != 2) {
      return error(*same, "out_of_range",
                   "`same` is one field of both signals, or a list of two, one of each");
    }
    first = items[0];
    second = items[1];
  }
  feature_.field = read_field(reader_, *first, model_.signals[feature_.signal]);
  feature_.other_field = read_field(reader_, *second, model_.signals[feature_.other]);
  field_type(*first, "same", feature_.field, feature_.signal, image::form_of(feature_.kind));
  field_type(*second, "same", feature_.other_field, feature_.other, image::item_form);
}

void FeatureReader::read(const JsonNode& node) {
  feature_ = {};
  feature_.name = node.key;
  feature_.node = &node;
  reader_.identifier(node, "feature");
  if (!reader_.object(node,
                      {"count",    "sum",    "mean",   "min",        "max",          "distinct",
                       "top",      "first",  "last",   "since",      "score",        "ratio",
                       "sequence", "window", "within", "half_life",  "where",        "value",
                       "to",       "then",   "unless", "then_where", "unless_where", "same"})) {
    return;
  }
  const JsonNode* kind = find_kind(node);
  if (kind == nullptr) return;
  const bool ratio = feature_.kind == image::FeatureKind::ratio;
  if (!ratio) feature_.signal = signal(*kind);
  value(node);
  spans(node);
  second(node);
  only_with(node, "to", ratio);
  only_with(node, "where", !ratio);
  const JsonNode* where = node.find("where");
  if (where != nullptr && !ratio) feature_.where = reader_.condition(*where);
  if (ratio && node.find("to") == nullptr) {
    error(node, "missing_key",
          "`ratio` needs `to`, the feature to divide by, as in {\"ratio\": \"buys_7d\", \"to\": "
          "\"views_7d\"}");
    return;
  }
  model_.features.push_back(std::move(feature_));
}

std::uint32_t FeatureReader::ratio_part(const JsonNode& node) {
  const std::uint32_t row = reader_.reference(node, "feature", features_);
  if (row == none_index || image::adds_up(model_.features[row].kind)) return row;
  error(node, "wrong_type",
        "a ratio is of features that add up: count, sum, mean, min, max, distinct; `" + node.text +
            "` is none of them");
  return row;
}

void FeatureReader::read_ratios() {
  features_ = index_names(model_.features);
  for (FeatureDef& feature : model_.features) {
    if (feature.kind != image::FeatureKind::ratio) continue;
    feature.other = ratio_part(*feature.node->find("ratio"));
    feature.other_field = ratio_part(*feature.node->find("to"));
  }
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
  if (counted.node == nullptr) {
    reader.report().error(*signal,
                          {"not_supported", "a metric cannot count heed's own signals", {}});
  }
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

// Those of heed's own signals that a feature names become signals like others.
void add_own_signals(const std::vector<const JsonNode*>& features, Model& model) {
  for (const SignalDef& signal : own_signals()) {
    const auto names_it = [&](const JsonNode* feature) {
      const auto& members = feature->children;
      return feature->kind == JsonKind::object &&
             std::any_of(members.begin(), members.end(), [&](const JsonNode& member) {
               return member.kind == JsonKind::string && member.text == signal.name;
             });
    };
    if (std::any_of(features.begin(), features.end(), names_it)) model.signals.push_back(signal);
  }
}

void read_features(Reader& reader, Model& model) {
  const NameIndex attributes = index_names(model.attributes);
  const auto features = reader.entries("features", limits::feature_count_max);
  add_own_signals(features, model);
  FeatureReader feature_reader(reader, model);
  for (const JsonNode* node : features) {
    if (attributes.rows.contains(node->key)) {
      reader.report().error_at_key(
          *node, {"duplicate_name",
                  "`" + node->key + "` is an attribute too; conditions could not tell them apart",
                  {}});
    }
    feature_reader.read(*node);
  }
  feature_reader.read_ratios();
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
