#include "image_writer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "columns.h"
#include "heed/base/bytes.h"
#include "heed/base/hash.h"
#include "heed/base/result.h"

namespace heed::compile {
namespace {

using image::Column;
using image::HeaderAt;

struct PooledOption {
  std::uint32_t name = 0;
  std::uint32_t asset = 0;
  std::uint64_t upper = 0;

  friend auto operator<=>(const PooledOption&, const PooledOption&) = default;
};
struct PooledPart {
  std::uint32_t name = 0;
  image::PartKind kind = image::PartKind::text;
  std::vector<PooledOption> options;

  friend bool operator<(const PooledPart& a, const PooledPart& b) {
    return std::tie(a.name, a.kind, a.options) < std::tie(b.name, b.kind, b.options);
  }
};
using PooledContent = std::vector<PooledPart>;

// Walks the model twice: once to fill the pools, once, when ids are settled, to write.
class ImageWriter {
 public:
  explicit ImageWriter(const Model& model) : model_(model), pools_(model.variables) {}

  WrittenImage write() {
    tables();
    pools_.settle();
    settled_ = true;
    columns_ = {};
    pool_columns();
    tables();
    content_columns();
    const SiteDef& site = model_.site;
    std::vector<std::byte> image = columns_.image(xxh64(site.name, 0));
    store_le(std::span(image), HeaderAt::version, site.version);
    store_le(std::span(image), HeaderAt::expires_ms, site.expires_ms);
    return {std::move(image), std::move(pools_)};
  }

 private:
  void text(Column column, std::string_view value) { columns_.push_id(column, string_id(value)); }
  void text_or_none(Column column, const std::optional<std::string>& value) {
    if (value) {
      text(column, *value);
    } else {
      columns_.push_id(column, none_index);
    }
  }
  void salt(Column column, const std::string& salt, const std::string& name) {
    text_or_none(column, salt == name ? std::nullopt : std::optional(salt));
  }
  std::uint32_t string_id(std::string_view value) {
    if (!settled_) pools_.add(value);
    return settled_ ? pools_.id(value) : 0;
  }
  void condition(Column column, const Terms& terms) {
    if (!settled_) pools_.add(terms);
    columns_.push_id(column, settled_ ? pools_.id(terms) : 0);
  }
  void where(Column column, const std::optional<ConditionDef>& where) {
    if (where && !is_always(where->terms)) {
      condition(column, where->terms);
    } else {
      columns_.push_id(column, none_index);
    }
  }
  void cap(const image::CapColumns& columns, const Cap& cap) {
    columns_.push(columns.times, cap.times);
    columns_.push(columns.per_ms, static_cast<std::uint64_t>(cap.per_ms));
    columns_.push(columns.session, cap.session);
    columns_.push(columns.cool_down_ms, static_cast<std::uint64_t>(cap.cool_down_ms));
  }
  void values(Column cells, Column amounts, const CellValues& values) {
    for (const auto& [cell, amount] : values) {  // none is the last
      columns_.push_id(cells, cell);
      columns_.push(amounts, amount);
    }
  }

  void tables() {
    site();
    facts();
    groups();
    creative();
    measures();
    for (const TriggerDef& trigger : model_.triggers) this->trigger(trigger);
  }

  void pool_columns();
  void site();
  void facts();
  void attribute_default(const AttributeDef& attribute);
  void features();
  void groups();
  void creative();
  void measures();
  void trigger(const TriggerDef& trigger);
  [[nodiscard]] PooledPart part(const PartDef& part, image::Policy policy);
  void content_columns();

  const Model& model_;
  Pools pools_;
  Columns columns_;
  Pool<PooledContent> contents_;  // in order of first use
  bool settled_ = false;
};

void ImageWriter::pool_columns() {
  StringColumns strings(columns_);
  for (const std::string_view text : pools_.strings()) strings.add(text);
  for (const double number : pools_.numbers()) columns_.push(Column::number, number);
  for (const InputKey& input : pools_.inputs()) {
    columns_.push_enum(Column::input_kind, input.kind);
    columns_.push_id(Column::input_row, input.row);
  }
  for (const PooledPredicate& predicate : pools_.predicates()) {
    columns_.push_id(Column::predicate_input, predicate.input);
    columns_.push(Column::predicate_op, predicate.op);
    columns_.push_count(Column::predicate_operand_count, predicate.operands.size());
    for (const std::uint32_t operand : predicate.operands) columns_.push(Column::operand, operand);
  }
  for (const auto& program : pools_.programs()) {
    columns_.push_count(Column::program_size, program.size());
    columns_.push_bytes(Column::program_bytes, program);
  }
  for (const PooledCondition& condition : pools_.conditions()) {
    columns_.push_count(Column::condition_term_count, condition.size());
    for (const auto& term : condition) {
      columns_.push_count(Column::term_predicate_count, term.size());
      for (const std::uint32_t predicate : term) columns_.push(Column::reference, predicate);
    }
  }
}

void ImageWriter::site() {
  const SiteDef& site = model_.site;
  text(Column::site_name, site.name);
  text(Column::site_currency, site.currency);
  text(Column::site_time_zone, site.time_zone);
  columns_.push(Column::site_holdout, site.holdout);
  text(Column::site_holdout_salt, site.holdout_salt);
  columns_.push_id(Column::site_journey, site.journey);
  text_or_none(Column::site_consent_cookie, model_.consent.cookie);
  columns_.push_enum(Column::site_consent_default, model_.consent.fallback);
  columns_.push_enum(Column::site_consent_gpc, model_.consent.gpc);
  cap(image::site_cap, site.cap);
  for (const auto& [name, level] : model_.consent.grants) {
    text(Column::grant_name, name);
    columns_.push_enum(Column::grant_level, level);
  }
}

void ImageWriter::attribute_default(const AttributeDef& attribute) {
  if (!attribute.fallback) {
    columns_.push_id(Column::attribute_default, none_index);
  } else if (const auto* flag = std::get_if<bool>(&*attribute.fallback)) {
    columns_.push_id(Column::attribute_default, *flag ? 1 : 0);
  } else if (const auto* number = std::get_if<double>(&*attribute.fallback)) {
    if (!settled_) pools_.add(*number);
    columns_.push_id(Column::attribute_default, settled_ ? pools_.id(*number) : 0);
  } else {
    text(Column::attribute_default, std::get<std::string>(*attribute.fallback));
  }
}

void ImageWriter::facts() {
  for (const AttributeDef& attribute : model_.attributes) {
    text(Column::attribute_name, attribute.name);
    columns_.push_enum(Column::attribute_type, attribute.type);
    columns_.push_enum(Column::attribute_source, attribute.source);
    attribute_default(attribute);
  }
  for (const SignalDef& signal : model_.signals) {
    text(Column::signal_name, signal.name);
    columns_.push_count(Column::signal_field_count, signal.fields.size());
    for (const FieldDef& field : signal.fields) {
      text(Column::field_name, field.name);
      columns_.push_enum(Column::field_type, field.type);
    }
  }
  features();
}

void ImageWriter::features() {
  for (const FeatureDef& feature : model_.features) {
    text(Column::feature_name, feature.name);
    columns_.push_enum(Column::feature_kind, feature.kind);
    columns_.push_id(Column::feature_signal, feature.signal);
    columns_.push_id(Column::feature_field, feature.field);
    columns_.push(Column::feature_window_ms, static_cast<std::uint64_t>(feature.window_ms));
    columns_.push(Column::feature_half_life_ms, static_cast<std::uint64_t>(feature.half_life_ms));
    where(Column::feature_where, feature.where);
    columns_.push_id(Column::feature_other, feature.other);
    columns_.push_id(Column::feature_other_field, feature.other_field);
    where(Column::feature_other_where, feature.other_where);
  }
}

void ImageWriter::groups() {
  for (const SegmentDef& segment : model_.segments) {
    text(Column::segment_name, segment.name);
    condition(Column::segment_condition, segment.condition.terms);
  }
  for (const JourneyDef& journey : model_.journeys) {
    text(Column::journey_name, journey.name);
    columns_.push_count(Column::journey_stage_count, journey.stages.size());
    for (const StageDef& stage : journey.stages) {
      text(Column::stage_name, stage.name);
      condition(Column::stage_condition, stage.condition.terms);
      columns_.push_enum(Column::stage_sticky, stage.sticky);
    }
  }
  for (const std::uint32_t segment : model_.site.micro_segments) {
    columns_.push_id(Column::micro_segment, segment);
  }
  values(Column::micro_value_cell, Column::micro_value_amount, model_.site.values);
}

void ImageWriter::creative() {
  for (const SlotDef& slot : model_.slots) {
    text(Column::slot_name, slot.name);
    columns_.push_enum(Column::slot_channel, slot.channel);
    text_or_none(Column::slot_fallback, slot.fallback);
    columns_.push_enum(Column::slot_refresh, slot.refresh);
  }
  for (const AssetDef& asset : model_.assets) {
    text(Column::asset_name, asset.name);
    columns_.push_enum(Column::asset_kind, asset.kind);
    columns_.push_count(Column::asset_prop_count, asset.props.size());
    for (const auto& [key, value] : asset.props) {
      text(Column::prop_key, key);
      text(Column::prop_value, value);
    }
  }
}

void ImageWriter::measures() {
  for (const MetricDef& metric : model_.metrics) {
    text(Column::metric_name, metric.name);
    columns_.push_id(Column::metric_signal, metric.signal);
    columns_.push_id(Column::metric_value, metric.value);
    columns_.push_enum(Column::metric_goal, metric.goal);
    columns_.push(Column::metric_bounty, metric.bounty);
    columns_.push(Column::metric_window_ms, static_cast<std::uint64_t>(metric.window_ms));
  }
  for (const LayerDef& layer : model_.layers) {
    text(Column::layer_name, layer.name);
    salt(Column::layer_salt, layer.salt, layer.name);
  }
  for (const CampaignDef& campaign : model_.campaigns) {
    text(Column::campaign_name, campaign.name);
    cap(image::campaign_cap, campaign.cap);
  }
}

void ImageWriter::trigger(const TriggerDef& trigger) {
  text(Column::trigger_name, trigger.name);
  columns_.push_id(Column::trigger_slot, trigger.slot);
  columns_.push(Column::trigger_priority, trigger.priority);
  condition(Column::trigger_condition, trigger.condition.terms);
  columns_.push_id(Column::trigger_layer, trigger.layer);
  columns_.push(Column::trigger_range_from, trigger.range.from);
  columns_.push(Column::trigger_range_until, trigger.range.until);
  columns_.push(Column::trigger_from_ms, trigger.from_ms);
  columns_.push(Column::trigger_until_ms, trigger.until_ms);
  columns_.push(Column::trigger_holdout, trigger.holdout);
  salt(Column::trigger_salt, trigger.salt, trigger.name);
  cap(image::trigger_cap, trigger.cap);
  columns_.push_count(Column::trigger_value_count, trigger.values.size());
  values(Column::trigger_value_cell, Column::trigger_value_amount, trigger.values);
  columns_.push_id(Column::trigger_campaign, trigger.campaign);
  columns_.push_enum(Column::trigger_policy, trigger.policy);
  if (trigger.template_name.empty()) {
    columns_.push_id(Column::trigger_template, none_index);
  } else {
    text(Column::trigger_template, trigger.template_name);
  }
  columns_.push(Column::trigger_hash, std::uint8_t{0});
  PooledContent content;
  for (const PartDef& part : trigger.parts) content.push_back(this->part(part, trigger.policy));
  columns_.push_id(Column::trigger_content, settled_ ? contents_.intern(content) : 0);
}

// @source  design, "Exact definitions", Shares
PooledPart ImageWriter::part(const PartDef& part, image::Policy policy) {
  PooledPart made{string_id(part.name), part.kind, {}};
  double total = 0;
  for (const OptionDef& option : part.options) total += option.share;
  double sum = 0;
  for (std::size_t i = 0; i < part.options.size(); ++i) {
    const OptionDef& option = part.options[i];
    sum += option.share;
    std::uint64_t upper = share_one;  // fixed: the first option takes all
    if (policy == image::Policy::split && i + 1 < part.options.size()) {
      upper = static_cast<std::uint64_t>(
          std::floor(static_cast<double>(share_one) * (sum / total) + 0.5));
    }
    made.options.push_back({string_id(option.name), option.asset, upper});
  }
  return made;
}

void ImageWriter::content_columns() {
  for (const PooledContent& content : contents_.values()) {
    columns_.push_count(Column::content_part_count, content.size());
    for (const PooledPart& part : content) {
      columns_.push_id(Column::part_name, part.name);
      columns_.push_enum(Column::part_kind, part.kind);
      columns_.push_count(Column::part_option_count, part.options.size());
      for (const PooledOption& option : part.options) {
        columns_.push_id(Column::option_name, option.name);
        columns_.push_id(Column::option_asset, option.asset);
        columns_.push(Column::option_upper, option.upper);
      }
    }
  }
}

}  // namespace

WrittenImage write_image(const Model& model) { return ImageWriter(model).write(); }

}  // namespace heed::compile
