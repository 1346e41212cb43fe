#include "describe.h"

#include <array>
#include <cmath>
#include <string_view>

#include "heed/base/hash.h"
#include "heed/base/id.h"
#include "heed/runtime/draws.h"
#include "heed/studio/json_text.h"
#include "heed/studio/time_text.h"
#include "test_text.h"

namespace heed::compile {
namespace {

using image::Column;

constexpr std::array<std::string_view, 5> types = {"bool", "number", "string", "set", "time"};
constexpr std::array<std::string_view, 3> sources = {"request", "profile", "page"};
constexpr std::array<std::string_view, 4> levels = {"none", "session", "device", "account"};
constexpr std::array<std::string_view, image::feature_forms.size()> feature_kinds = {
    "count", "sum",  "mean",  "min",   "max",   "distinct", "top",
    "first", "last", "since", "score", "ratio", "sequence", "sequence"};
constexpr std::array<std::string_view, 4> channels = {"page", "email", "app", "popup"};
constexpr std::array<std::string_view, 2> refreshes = {"navigation", "live"};
constexpr std::array<std::string_view, 4> part_kinds = {"text", "image", "link", "offer"};
constexpr std::array<std::string_view, 2> policies = {"fixed", "split"};

/// `SEGMENT/STAGE` of a microsegment's number.
std::string cell_name(const Ruleset& ruleset, std::uint32_t cell) {
  const auto journey = ruleset.at<std::uint32_t>(Column::site_journey, 0);
  const std::uint32_t per_segment =
      ruleset.children(Column::journey_stage_count, journey).size() + 1;
  return microsegment_text(ruleset, {cell / per_segment, cell % per_segment});
}

class Describer {
 public:
  explicit Describer(const Ruleset& ruleset) : ruleset_(ruleset) {}

  std::vector<Described> describe() {
    site();
    each("attribute", Column::attribute_name, &Describer::attribute);
    each("signal", Column::signal_name, &Describer::signal);
    each("feature", Column::feature_name, &Describer::feature);
    each("segment", Column::segment_name, &Describer::segment);
    each("journey", Column::journey_name, &Describer::journey);
    each("metric", Column::metric_name, &Describer::metric);
    each("slot", Column::slot_name, &Describer::slot);
    each("asset", Column::asset_name, &Describer::asset);
    each("layer", Column::layer_name, &Describer::layer);
    each("campaign", Column::campaign_name, &Describer::campaign);
    each("trigger", Column::trigger_name, &Describer::trigger);
    return std::move(all_);
  }

 private:
  void each(const char* what, Column names, void (Describer::*describe_row)(std::uint32_t)) {
    for (std::uint32_t row = 0; row < ruleset_.row_count(names); ++row) {
      all_.push_back({what, std::string(ruleset_.text(names, row)), {}});
      (this->*describe_row)(row);
    }
  }

  void add(std::string key, std::string value) {
    if (!value.empty()) all_.back().properties.emplace_back(std::move(key), std::move(value));
  }
  template <class Words>
  void add_word(std::string key, const Words& words, Column column, std::uint32_t row) {
    add(std::move(key), std::string(words[ruleset_.at<std::uint8_t>(column, row)]));
  }

  [[nodiscard]] std::uint32_t id(Column column, std::uint32_t row) const {
    return ruleset_.at<std::uint32_t>(column, row);
  }
  [[nodiscard]] std::uint64_t wide(Column column, std::uint32_t row) const {
    return ruleset_.at<std::uint64_t>(column, row);
  }
  [[nodiscard]] std::string text(Column column, std::uint32_t row) const {
    return std::string(ruleset_.text(column, row));
  }
  [[nodiscard]] std::string text_or_none(Column column, std::uint32_t row) const {
    return id(column, row) == none_index ? std::string() : text(column, row);
  }
  [[nodiscard]] std::string name_of(Column column, std::uint32_t row, Column names) const {
    const std::uint32_t named = id(column, row);
    return named == none_index ? std::string() : text(names, named);
  }
  [[nodiscard]] std::string condition(Column column, std::uint32_t row) const {
    const std::uint32_t at = id(column, row);
    return at == none_index ? std::string() : condition_text(ruleset_, at);
  }
  [[nodiscard]] static std::string span(std::uint64_t ms) {
    return ms == 0 ? std::string() : duration_text(static_cast<std::int64_t>(ms));
  }
  [[nodiscard]] std::string cap(const image::CapColumns& columns, std::uint32_t row) const {
    std::string out;
    const auto also = [&out](const std::string& limit) {
      out += (out.empty() ? "" : ", ") + limit;
    };
    const auto times = ruleset_.at<std::uint16_t>(columns.times, row);
    const auto session = ruleset_.at<std::uint16_t>(columns.session, row);
    const std::uint64_t cool_down_ms = wide(columns.cool_down_ms, row);
    if (times != 0) also(std::to_string(times) + " per " + span(wide(columns.per_ms, row)));
    if (session != 0) also(std::to_string(session) + " per session");
    if (cool_down_ms != 0) also(span(cool_down_ms) + " apart");
    return out;
  }
  void values(Column cells, Column amounts, Rows rows) {
    for (std::uint32_t row = rows.begin; row < rows.end; ++row) {
      const std::uint32_t cell = id(cells, row);
      const std::string key = cell == none_index ? "value" : "value." + cell_name(ruleset_, cell);
      add(key, json_text(ruleset_.at<double>(amounts, row)));
    }
  }
  [[nodiscard]] std::string field(Column signal, Column column, std::uint32_t row) const {
    const std::uint32_t index = id(column, row);
    if (index == none_index) return {};
    const Rows fields = ruleset_.children(Column::signal_field_count, id(signal, row));
    return text(Column::field_name, fields.begin + index);
  }

  void site();
  void attribute(std::uint32_t row);
  void signal(std::uint32_t row);
  void feature(std::uint32_t row);
  void segment(std::uint32_t row) { add("when", condition(Column::segment_condition, row)); }
  void journey(std::uint32_t row);
  void metric(std::uint32_t row);
  void slot(std::uint32_t row);
  void asset(std::uint32_t row);
  void layer(std::uint32_t row);
  void campaign(std::uint32_t row) { add("cap", cap(image::campaign_cap, row)); }
  void trigger(std::uint32_t row);
  void schedule(std::uint32_t row);
  void part(std::uint32_t row, bool split);

  const Ruleset& ruleset_;
  std::vector<Described> all_;
};

void Describer::site() {
  all_.push_back({"site", std::string(ruleset_.site()), {}});
  add("currency", text(Column::site_currency, 0));
  add("time_zone", text(Column::site_time_zone, 0));
  if (wide(Column::site_holdout, 0) != 0) {
    add("holdout", share_text(wide(Column::site_holdout, 0)));
    add("holdout.salt", text(Column::site_holdout_salt, 0));
  }
  std::string list;
  for (std::uint32_t i = 0; i < ruleset_.row_count(Column::micro_segment); ++i) {
    list += (i > 0 ? ", " : "") + text(Column::segment_name, id(Column::micro_segment, i));
  }
  if (id(Column::site_journey, 0) != none_index) {
    add("microsegments",
        "[" + list + "] x " + name_of(Column::site_journey, 0, Column::journey_name));
  }
  values(Column::micro_value_cell, Column::micro_value_amount,
         {0, static_cast<std::uint32_t>(ruleset_.row_count(Column::micro_value_cell))});
  add("cap", cap(image::site_cap, 0));
  add("consent.cookie", text_or_none(Column::site_consent_cookie, 0));
  add_word("consent.default", levels, Column::site_consent_default, 0);
  add_word("consent.gpc", levels, Column::site_consent_gpc, 0);
  for (std::uint32_t row = 0; row < ruleset_.row_count(Column::grant_name); ++row) {
    add_word("consent.grants." + text(Column::grant_name, row), levels, Column::grant_level, row);
  }
}

void Describer::attribute(std::uint32_t row) {
  add_word("type", types, Column::attribute_type, row);
  add_word("source", sources, Column::attribute_source, row);
  const std::uint32_t fallback = id(Column::attribute_default, row);
  if (fallback == none_index) return;
  switch (ruleset_.type(AttributeId{row})) {
    case image::Type::boolean:
      return add("default", fallback == 1 ? "true" : "false");
    case image::Type::number:
      return add("default", json_text(ruleset_.at<double>(Column::number, fallback)));
    default:
      return add("default", json_text(ruleset_.string(fallback)));
  }
}

void Describer::signal(std::uint32_t row) {
  const Rows fields = ruleset_.children(Column::signal_field_count, row);
  for (std::uint32_t field = fields.begin; field < fields.end; ++field) {
    add_word(text(Column::field_name, field), types, Column::field_type, field);
  }
}

void Describer::feature(std::uint32_t row) {
  const auto kind =
      static_cast<image::FeatureKind>(ruleset_.at<std::uint8_t>(Column::feature_kind, row));
  const std::string word(feature_kinds[static_cast<std::size_t>(kind)]);
  if (kind == image::FeatureKind::ratio) {
    add(word, name_of(Column::feature_other, row, Column::feature_name));
    add("to", name_of(Column::feature_other_field, row, Column::feature_name));
    return;
  }
  const bool sequence = image::is_sequence(kind);
  add(word, name_of(Column::feature_signal, row, Column::signal_name));
  add(sequence ? "same" : "value", field(Column::feature_signal, Column::feature_field, row));
  add(sequence ? "within" : "window", span(wide(Column::feature_window_ms, row)));
  add("half_life", span(wide(Column::feature_half_life_ms, row)));
  add("where", condition(Column::feature_where, row));
  if (!sequence) return;
  const std::string other = kind == image::FeatureKind::followed ? "then" : "unless";
  add(other, name_of(Column::feature_other, row, Column::signal_name));
  add(other + ".same", field(Column::feature_other, Column::feature_other_field, row));
  add(other + "_where", condition(Column::feature_other_where, row));
}

void Describer::journey(std::uint32_t row) {
  const Rows stages = ruleset_.children(Column::journey_stage_count, row);
  std::string order;
  for (std::uint32_t stage = stages.begin; stage < stages.end; ++stage) {
    order += (stage > stages.begin ? ", " : "") + text(Column::stage_name, stage);
  }
  add("stages", order);
  for (std::uint32_t stage = stages.begin; stage < stages.end; ++stage) {
    const std::string name = "stage " + text(Column::stage_name, stage);
    add(name, condition(Column::stage_condition, stage));
    if (ruleset_.at<std::uint8_t>(Column::stage_sticky, stage) != 0) add(name + " sticky", "true");
  }
}

void Describer::metric(std::uint32_t row) {
  add("signal", name_of(Column::metric_signal, row, Column::signal_name));
  add("value", field(Column::metric_signal, Column::metric_value, row));
  if (ruleset_.at<std::uint8_t>(Column::metric_goal, row) != 0) add("goal", "true");
  const auto bounty = ruleset_.at<double>(Column::metric_bounty, row);
  if (bounty != 0) add("bounty", json_text(bounty));
  add("window", span(wide(Column::metric_window_ms, row)));
}

void Describer::slot(std::uint32_t row) {
  add_word("channel", channels, Column::slot_channel, row);
  add("fallback", text_or_none(Column::slot_fallback, row));
  add_word("refresh", refreshes, Column::slot_refresh, row);
}

void Describer::asset(std::uint32_t row) {
  add_word("kind", part_kinds, Column::asset_kind, row);
  const Rows props = ruleset_.children(Column::asset_prop_count, row);
  for (std::uint32_t prop = props.begin; prop < props.end; ++prop) {
    add(text(Column::prop_key, prop), json_text(ruleset_.text(Column::prop_value, prop)));
  }
}

void Describer::layer(std::uint32_t row) {
  const std::string salt(ruleset_.salt_name(LayerId{row}));
  if (salt != all_.back().name) add("salt", salt);
}

void Describer::trigger(std::uint32_t row) {
  add("slot", name_of(Column::trigger_slot, row, Column::slot_name));
  add("when", condition(Column::trigger_condition, row));
  const auto priority = ruleset_.at<std::int32_t>(Column::trigger_priority, row);
  if (priority != 0) add("priority", std::to_string(priority));
  if (id(Column::trigger_layer, row) != none_index) {
    add("layer", name_of(Column::trigger_layer, row, Column::layer_name) + " [" +
                     share_text(wide(Column::trigger_range_from, row)) + ", " +
                     share_text(wide(Column::trigger_range_until, row)) + "]");
  }
  schedule(row);
  const std::uint64_t holdout = wide(Column::trigger_holdout, row);
  if (holdout != 0) add("holdout", share_text(holdout));
  add("cap", cap(image::trigger_cap, row));
  values(Column::trigger_value_cell, Column::trigger_value_amount,
         ruleset_.children(Column::trigger_value_count, row));
  add("campaign", name_of(Column::trigger_campaign, row, Column::campaign_name));
  const std::string salt(ruleset_.salt_name(TriggerId{row}));
  if (salt != all_.back().name) add("salt", salt);
  add("template", text_or_none(Column::trigger_template, row));
  add_word("policy", policies, Column::trigger_policy, row);
  const bool split = ruleset_.at<std::uint8_t>(Column::trigger_policy, row) != 0;
  const Rows parts = ruleset_.part_rows(TriggerId{row});
  std::string order;
  for (std::uint32_t i = parts.begin; i < parts.end; ++i) {
    order += (i > parts.begin ? ", " : "") + text(Column::part_name, i);
  }
  if (parts.size() > 1) add("parts", order);
  for (std::uint32_t i = parts.begin; i < parts.end; ++i) part(i, split);
}

void Describer::schedule(std::uint32_t row) {
  const auto from = ruleset_.at<std::int64_t>(Column::trigger_from_ms, row);
  const auto until = ruleset_.at<std::int64_t>(Column::trigger_until_ms, row);
  if (from != image::always_from_ms) add("from", time_text(TimeMs{from}));
  if (until != image::always_until_ms) add("until", time_text(TimeMs{until}));
}

void Describer::part(std::uint32_t row, bool split) {
  const Rows options = ruleset_.option_rows(row);
  std::string list;
  std::uint64_t lower = 0;
  for (std::uint32_t option = options.begin; option < options.end; ++option) {
    const std::uint64_t upper = wide(Column::option_upper, option);
    list += (option > options.begin ? ", " : "") + text(Column::option_name, option);
    if (split) list += " " + share_text(upper - lower);
    lower = upper;
  }
  const std::string name = "parts." + text(Column::part_name, row);
  add(name, list);
  const auto kind = ruleset_.at<std::uint8_t>(Column::part_kind, row);
  if (kind != 0) add(name + ".kind", std::string(part_kinds[kind]));
}

}  // namespace

std::vector<Described> describe(const Ruleset& ruleset) { return Describer(ruleset).describe(); }

std::string share_text(std::uint64_t share) {
  const double parts = static_cast<double>(share) / static_cast<double>(share_one);
  return json_text(std::floor(parts * 1e6 + 0.5) / 1e6);
}

}  // namespace heed::compile
