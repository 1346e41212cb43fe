#include "image_writer.h"

#include <array>
#include <cmath>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>

#include "heed/base/bytes.h"
#include "heed/base/hash.h"
#include "heed/base/result.h"
#include "pools.h"

namespace heed::compile {
namespace {

using image::Column;
using image::HeaderAt;

class Columns {
 public:
  // Appends one element, whose width is the column's.
  template <class T>
  void push(Column column, T value) {
    HEED_ASSERT(sizeof(T) == image::element_size_bytes(column));
    auto& bytes = bytes_[static_cast<std::size_t>(column)];
    bytes.resize(bytes.size() + sizeof(T));
    store_le(std::span(bytes), bytes.size() - sizeof(T), value);
  }

  void push_id(Column column, std::size_t id) { push(column, static_cast<std::uint32_t>(id)); }

  template <class E>
  void push_enum(Column column, E value) {
    push(column, static_cast<std::uint8_t>(value));
  }

  void push_count(Column column, std::size_t count) {
    if (image::element_size_bytes(column) == 1) {
      push(column, static_cast<std::uint8_t>(count));
    } else {
      push(column, static_cast<std::uint16_t>(count));
    }
  }

  void push_bytes(Column column, std::span<const std::byte> added) {
    auto& bytes = bytes_[static_cast<std::size_t>(column)];
    bytes.insert(bytes.end(), added.begin(), added.end());
  }

  [[nodiscard]] std::vector<std::byte> image(std::uint64_t site_hash) const;

 private:
  std::array<std::vector<std::byte>, image::column_count> bytes_;
};

std::vector<std::byte> Columns::image(std::uint64_t site_hash) const {
  std::vector<std::byte> out(image::header_size_bytes + image::column_count * 8);
  for (std::size_t i = 0; i < image::column_count; ++i) {
    const std::uint64_t count = bytes_[i].size() / image::element_sizes_bytes[i];
    store_le(std::span(out), image::header_size_bytes + i * 8, count);
    const std::size_t start =
        (out.size() + image::alignment_bytes - 1) / image::alignment_bytes * image::alignment_bytes;
    out.resize(start);
    out.insert(out.end(), bytes_[i].begin(), bytes_[i].end());
  }
  const std::span<std::byte> bytes(out);
  std::memcpy(out.data() + HeaderAt::magic, image::magic.data(), image::magic.size());
  store_le(bytes, HeaderAt::abi, image::abi);
  store_le(bytes, HeaderAt::column_count, static_cast<std::uint32_t>(image::column_count));
  store_le(bytes, HeaderAt::size_bytes, static_cast<std::uint64_t>(out.size()));
  store_le(bytes, HeaderAt::site_hash, site_hash);
  const std::string_view body(reinterpret_cast<const char*>(out.data()) + image::header_size_bytes,
                              out.size() - image::header_size_bytes);
  store_le(bytes, HeaderAt::body_hash, xxh64(body, 0));
  return out;
}

// Walks the model twice: once to fill the pools, once, when ids are settled, to write.
class ImageWriter {
 public:
  explicit ImageWriter(const Model& model) : model_(model), pools_(model.variables) {}

  std::vector<std::byte> write() {
    tables();
    pools_.settle();
    settled_ = true;
    columns_ = {};
    pool_columns();
    tables();
    const SiteDef& site = model_.site;
    std::vector<std::byte> image = columns_.image(xxh64(site.name, 0));
    store_le(std::span(image), HeaderAt::version, site.version);
    store_le(std::span(image), HeaderAt::expires_ms, site.expires_ms);
    return image;
  }

 private:
  void text(Column column, std::string_view value) {
    if (!settled_) pools_.add(value);
    columns_.push_id(column, settled_ ? pools_.id(value) : 0);
  }
  void text_or_none(Column column, const std::optional<std::string>& value) {
    if (value) {
      text(column, *value);
    } else {
      columns_.push_id(column, none_index);
    }
  }
  void condition(Column column, const Terms& terms) {
    if (!settled_) pools_.add(terms);
    columns_.push_id(column, settled_ ? pools_.id(terms) : 0);
  }
  void cap(Column times, Column per, const Cap& cap) {
    columns_.push(times, cap.times);
    columns_.push(per, static_cast<std::uint64_t>(cap.per_ms));
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
  void part(const PartDef& part, image::Policy policy);

  const Model& model_;
  Pools pools_;
  Columns columns_;
  bool settled_ = false;
};

void ImageWriter::pool_columns() {
  for (const auto& [text, id] : pools_.strings()) {
    columns_.push_count(Column::string_length, text.size());
    columns_.push_bytes(Column::string_bytes, std::as_bytes(std::span(text)));
  }
  for (const auto& [number, id] : pools_.numbers()) columns_.push(Column::number, number);
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
    if (feature.where && !is_always(feature.where->terms)) {
      condition(Column::feature_where, feature.where->terms);
    } else {
      columns_.push_id(Column::feature_where, none_index);
    }
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
    text(Column::layer_salt, layer.salt);
  }
  for (const CampaignDef& campaign : model_.campaigns) {
    text(Column::campaign_name, campaign.name);
    cap(Column::campaign_cap_times, Column::campaign_cap_per_ms, campaign.cap);
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
  text(Column::trigger_salt, trigger.salt);
  cap(Column::trigger_cap_times, Column::trigger_cap_per_ms, trigger.cap);
  columns_.push_id(Column::trigger_campaign, trigger.campaign);
  columns_.push_enum(Column::trigger_policy, trigger.policy);
  if (trigger.template_name.empty()) {
    columns_.push_id(Column::trigger_template, none_index);
  } else {
    text(Column::trigger_template, trigger.template_name);
  }
  columns_.push(Column::trigger_hash, std::uint8_t{0});
  columns_.push_count(Column::trigger_part_count, trigger.parts.size());
  for (const PartDef& part : trigger.parts) this->part(part, trigger.policy);
}

// @source  design, "Exact definitions", Shares
void ImageWriter::part(const PartDef& part, image::Policy policy) {
  text(Column::part_name, part.name);
  columns_.push_enum(Column::part_kind, part.kind);
  columns_.push_count(Column::part_option_count, part.options.size());
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
    text(Column::option_name, option.name);
    columns_.push_id(Column::option_asset, option.asset);
    columns_.push(Column::option_upper, upper);
  }
}

}  // namespace

std::vector<std::byte> write_image(const Model& model) { return ImageWriter(model).write(); }

}  // namespace heed::compile
