// What a visitor's state is made of: attributes, features, segments, journeys, metrics.
#include <cmath>

#include "heed/base/limits.h"
#include "proof_contents.h"

namespace heed {
namespace {

using image::Column;
using image::Type;

}  // namespace

bool Proof::attributes() {
  // Every row, also where all have the same default: their types differ.
  for (std::uint32_t row = 0; row < count(Column::attribute_name); ++row) {
    const auto value = at<std::uint64_t>(Column::attribute_default, row);
    if (value == ~std::uint64_t{0}) continue;
    const Type type = ruleset_.type(AttributeId{row});
    const std::uint64_t value_count = type == Type::boolean  ? 2
                                      : type == Type::number ? count(Column::number)
                                      : type == Type::string ? count(Column::string_length)
                                                             : 0;
    if (is_wrong(Check::attribute_default, value >= value_count)) {
      return refuse(Column::attribute_default, row);
    }
    const bool fits =
        type != Type::string ||
        ruleset_.text(Column::attribute_default, row).size() <= limits::string_size_bytes_max;
    if (is_wrong(Check::default_size, !fits)) return refuse(Column::attribute_default, row);
  }
  return true;
}

bool Proof::feature_fields() {
  using image::FeatureKind;
  for (std::uint32_t row = 0; row < count(Column::feature_name); ++row) {
    const auto kind = static_cast<FeatureKind>(at<std::uint8_t>(Column::feature_kind, row));
    const std::uint32_t signal = id_at(Column::feature_signal, row);
    if (is_wrong(Check::feature_signal, (signal == none_index) != (kind == FeatureKind::ratio))) {
      return refuse(Column::feature_signal, row);
    }
    if (!feature_field(Column::feature_field, row, signal, image::form_of(kind)) ||
        !feature_other(row, kind)) {
      return false;
    }
  }
  return true;
}

/// @param signal  whose field it is; none: there is no field
bool Proof::feature_field(Column column, std::uint32_t row, std::uint32_t signal,
                          const image::FeatureForm& form) {
  const auto field = at<std::uint64_t>(column, row);
  bool fits = !form.needs_field;
  if (field != ~std::uint64_t{0}) {
    const Rows fields =
        signal == none_index ? Rows{} : ruleset_.children(Column::signal_field_count, signal);
    fits = field < fields.size() &&
           form.takes(static_cast<Type>(at<std::uint8_t>(
               Column::field_type, fields.begin + static_cast<std::uint32_t>(field))));
  }
  return !is_wrong(Check::feature_field, !fits) || refuse(column, row);
}

bool Proof::feature_other(std::uint32_t row, image::FeatureKind kind) {
  using image::FeatureKind;
  constexpr image::FeatureForm no_field{};
  const auto other = at<std::uint64_t>(Column::feature_other, row);
  const bool pairs = image::is_sequence(kind) || kind == FeatureKind::ratio;
  const std::uint64_t other_count = !pairs                       ? 0
                                    : kind == FeatureKind::ratio ? count(Column::feature_name)
                                                                 : count(Column::signal_name);
  if (is_wrong(Check::feature_other, pairs ? other >= other_count : other != ~std::uint64_t{0})) {
    return refuse(Column::feature_other, row);
  }
  if (kind != FeatureKind::ratio) {
    const bool same = pairs && id_at(Column::feature_field, row) != none_index;
    return feature_field(Column::feature_other_field, row,
                         same ? static_cast<std::uint32_t>(other) : none_index,
                         same ? image::item_form : no_field);
  }
  const auto below = at<std::uint64_t>(Column::feature_other_field, row);
  if (is_wrong(Check::feature_other, below >= other_count)) {
    return refuse(Column::feature_other_field, row);
  }
  for (const Column column : {Column::feature_other, Column::feature_other_field}) {
    const auto part =
        static_cast<FeatureKind>(at<std::uint8_t>(Column::feature_kind, id_at(column, row)));
    if (is_wrong(Check::ratio_part, !image::adds_up(part))) return refuse(column, row);
  }
  return true;
}

bool Proof::features() {
  using image::FeatureKind;
  for (std::uint32_t row = 0; row < count(Column::feature_name); ++row) {
    const auto kind = static_cast<FeatureKind>(at<std::uint8_t>(Column::feature_kind, row));
    const image::FeatureForm& form = image::form_of(kind);
    const bool windowed = at<std::uint64_t>(Column::feature_window_ms, row) != 0;
    if (is_wrong(Check::window_kind, windowed && !form.may_window)) {
      return refuse(Column::feature_window_ms, row);
    }
    const bool decays = at<std::uint64_t>(Column::feature_half_life_ms, row) != 0;
    if (is_wrong(Check::half_life_kind, decays ? !form.may_decay : form.must_decay)) {
      return refuse(Column::feature_half_life_ms, row);
    }
    const auto other = image::is_sequence(kind) ? id_at(Column::feature_other, row) : none_index;
    if (!where(Column::feature_where, row, id_at(Column::feature_signal, row)) ||
        !where(Column::feature_other_where, row, other)) {
      return false;
    }
  }
  return true;
}

bool Proof::where(Column column, std::uint32_t row, std::uint32_t signal) {
  const std::uint32_t where = id_at(column, row);
  if (where == none_index) return true;
  const Reads reads = this->reads(where);
  const bool own = reads.signal == Reads::no_signal || reads.signal == signal;
  const bool fits = signal != none_index && own && !reads.state && !reads.fields_of_many;
  return !is_wrong(Check::feature_where, !fits) || refuse(column, row);
}

bool Proof::segments() {
  for (std::uint32_t row = 0; row < count(Column::segment_name); ++row) {
    if (is_wrong(Check::segment_name,
                 ruleset_.text(Column::segment_name, row) == image::other_segment)) {
      return refuse(Column::segment_name, row);
    }
    const Reads reads = this->reads(id_at(Column::segment_condition, row));
    if (is_wrong(Check::segment_reads, reads.signal != Reads::no_signal ||
                                           reads.segment_end > row || reads.journey_end > 0)) {
      return refuse(Column::segment_condition, row);
    }
  }
  return true;
}

bool Proof::stages() {
  for (std::uint32_t journey = 0; journey < count(Column::journey_name); ++journey) {
    const Rows stages = ruleset_.children(Column::journey_stage_count, journey);
    for (std::uint32_t row = stages.begin; row < stages.end; ++row) {
      if (is_wrong(Check::stage_name, ruleset_.text(Column::stage_name, row) == image::no_stage)) {
        return refuse(Column::stage_name, row);
      }
      const Reads reads = this->reads(id_at(Column::stage_condition, row));
      if (is_wrong(Check::stage_reads,
                   reads.signal != Reads::no_signal || reads.journey_end > journey)) {
        return refuse(Column::stage_condition, row);
      }
    }
  }
  return true;
}

bool Proof::metrics() {
  for (std::uint32_t row = 0; row < count(Column::metric_name); ++row) {
    const auto field = at<std::uint64_t>(Column::metric_value, row);
    const Rows fields =
        ruleset_.children(Column::signal_field_count, id_at(Column::metric_signal, row));
    const bool fits =
        field == ~std::uint64_t{0} ||
        (field < fields.size() &&
         at<std::uint8_t>(Column::field_type, fields.begin + static_cast<std::uint32_t>(field)) ==
             static_cast<std::uint8_t>(Type::number));
    if (is_wrong(Check::metric_value, !fits)) return refuse(Column::metric_value, row);
    const auto bounty = at<double>(Column::metric_bounty, row);
    if (is_wrong(Check::bounty, !std::isfinite(bounty) || std::signbit(bounty))) {
      return refuse(Column::metric_bounty, row);
    }
  }
  return true;
}

}  // namespace heed
