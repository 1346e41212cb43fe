#include <optional>
#include <string>
#include <utility>

#include "condition/lower.h"
#include "heed/base/calendar.h"
#include "read_sections.h"
#include "time_reader.h"

namespace heed::compile {
namespace {

Type type_of(image::Type type) {
  switch (type) {
    case image::Type::boolean:
      return Type::boolean;
    case image::Type::number:
      return Type::number;
    case image::Type::string:
      return Type::string;
    case image::Type::set:
      return Type::set;
    case image::Type::time:
      return Type::time;
  }
  return Type::invalid;
}

Input attribute_input(const AttributeDef& attribute, std::uint32_t row) {
  Input input;
  input.kind = image::InputKind::attribute;
  input.row = row;
  input.type = type_of(attribute.type);
  input.may_be_absent = !attribute.fallback;
  input.name = attribute.name;
  return input;
}

Input feature_input(const Model& model, std::uint32_t row) {
  const FeatureDef& feature = model.features[row];
  Input input;
  input.kind = image::InputKind::feature;
  input.row = row;
  input.name = feature.name;
  const auto& form = image::form_of(feature.kind);
  const bool has_field = feature.field != none_index;
  input.may_be_absent = true;
  switch (feature.kind) {
    case image::FeatureKind::count:
    case image::FeatureKind::distinct:
      input.low = 0;
      [[fallthrough]];
    case image::FeatureKind::sum:
      input.type = Type::number;
      input.may_be_absent = false;
      break;
    case image::FeatureKind::score:
      input.type = Type::number;
      input.may_be_absent = false;
      if (!has_field) input.low = 0;  // a weight may be negative
      break;
    case image::FeatureKind::followed:
    case image::FeatureKind::missed:
      input.type = Type::boolean;
      input.may_be_absent = false;
      break;
    case image::FeatureKind::since:
      input.type = Type::duration;
      break;
    default:
      input.type = Type::number;
      if (form.gives_field && has_field) {
        input.type = type_of(model.signals[feature.signal].fields[feature.field].type);
      }
  }
  return input;
}

// A named zone's clock is compiled in for these years: fixed ones, so that equal sources give equal
// bytes whenever they are built.
constexpr std::int64_t clock_from_ms = to_days({2015, 1, 1}) * day_ms;
constexpr std::int64_t clock_until_ms = to_days({2050, 1, 1}) * day_ms;

/// @param zones  knows the zone
Clock named_clock(const TimeZones& zones, const std::string& zone) {
  const auto offset = [&](std::int64_t ms) {
    return zones.offset_ms(zone, TimeMs{ms}).value_or(0);
  };
  Clock clock;
  clock.zone = zone;
  clock.until_ms = clock_until_ms;
  clock.changes.push_back({clock_from_ms, offset(clock_from_ms)});
  // No zone changes its clocks twice in a week.
  for (std::int64_t at = clock_from_ms; at < clock_until_ms; at += week_ms) {
    const std::int64_t next = offset(at + week_ms);
    if (next == clock.changes.back().offset_ms) continue;
    std::int64_t low = at;
    std::int64_t high = at + week_ms;
    while (high - low > 1) {
      const std::int64_t middle = low + (high - low) / 2;
      (offset(middle) == next ? high : low) = middle;
    }
    clock.changes.push_back({high, next});
  }
  return clock;
}

class Resolver {
 public:
  Resolver(Reader& reader, Model& model) : reader_(reader), model_(model) {}

  void resolve() {
    for (FeatureDef& feature : model_.features) {
      if (feature.where && feature.signal != none_index) {
        resolve(*feature.where, field_names(feature.signal));
      }
      if (feature.other_where && feature.other != none_index) {
        resolve(*feature.other_where, field_names(feature.other));
      }
    }
    Names names = state_names();
    names.allow_stages = false;
    for (SegmentDef& segment : model_.segments) resolve(segment.condition, names);
    names.allow_stages = true;
    for (JourneyDef& journey : model_.journeys) {
      for (StageDef& stage : journey.stages) resolve(stage.condition, names);
    }
    for (TriggerDef& trigger : model_.triggers) resolve(trigger.condition, names);
  }

 private:
  [[nodiscard]] Names state_names() const {
    Names names;
    names.clock = clock_;
    for (std::uint32_t row = 0; row < model_.attributes.size(); ++row) {
      names.inputs.emplace(model_.attributes[row].name,
                           attribute_input(model_.attributes[row], row));
    }
    for (std::uint32_t row = 0; row < model_.features.size(); ++row) {
      names.inputs.emplace(model_.features[row].name, feature_input(model_, row));
    }
    for (std::uint32_t row = 0; row < model_.segments.size(); ++row) {
      Input input;
      input.kind = image::InputKind::segment;
      input.row = row;
      input.type = Type::boolean;
      input.name = "segment." + model_.segments[row].name;
      names.segments.emplace(model_.segments[row].name, std::move(input));
    }
    for (std::uint32_t row = 0; row < model_.journeys.size(); ++row) {
      Input input;
      input.kind = image::InputKind::journey;
      input.row = row;
      input.type = Type::string;
      input.name = "stage." + model_.journeys[row].name;
      for (const StageDef& stage : model_.journeys[row].stages) input.stages.push_back(stage.name);
      input.stages.emplace_back(image::no_stage);
      names.journeys.emplace(model_.journeys[row].name, std::move(input));
    }
    return names;
  }

  [[nodiscard]] Names field_names(std::uint32_t signal) const {
    Names names;
    names.clock = clock_;
    names.allow_now = false;
    names.allow_stages = false;
    names.input_word = "field";
    std::uint32_t row = 0;
    for (std::uint32_t before = 0; before < signal; ++before) {
      row += static_cast<std::uint32_t>(model_.signals[before].fields.size());
    }
    for (const FieldDef& field : model_.signals[signal].fields) {
      Input input;
      input.kind = image::InputKind::field;
      input.row = row++;
      input.type = type_of(field.type);
      input.may_be_absent = true;
      input.name = field.name;
      names.inputs.emplace(field.name, std::move(input));
    }
    return names;
  }

  void resolve(ConditionDef& condition, const Names& names) {
    if (!condition.syntax) return;
    std::vector<Fault> faults;
    const Typed typed = type_condition(*condition.syntax, names, faults);
    if (faults.empty()) condition.terms = lower_condition(typed, model_.variables, faults);
    for (Fault& fault : faults) {
      reader_.report().error_inside(*condition.node, fault.at, std::move(fault.finding));
    }
    for (Fault& fault : find_shut_out(typed, condition.text)) {
      reader_.report().warning_inside(*condition.node, fault.at, std::move(fault.finding));
    }
    condition.syntax.reset();
  }

  const Clock& site_clock() {
    if (known_clock_) return *known_clock_;
    const std::string& zone = model_.site.time_zone;
    known_clock_ = Clock{zone, 0, {}, 0};
    if (const auto fixed = parse_fixed_offset(zone)) {
      known_clock_->offset_ms = *fixed;
    } else if (reader_.options().zones != nullptr) {
      known_clock_ = named_clock(*reader_.options().zones, zone);
    }
    return *known_clock_;
  }

  Reader& reader_;
  Model& model_;
  std::optional<Clock> known_clock_;
  std::function<const Clock&()> clock_ = [this]() -> const Clock& { return site_clock(); };
};

}  // namespace

void resolve_conditions(Reader& reader, Model& model) { Resolver(reader, model).resolve(); }

}  // namespace heed::compile
