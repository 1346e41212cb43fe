// Elements within their bounds, names, and the site.
#include <algorithm>
#include <cmath>

#include "heed/base/hash.h"
#include "heed/base/limits.h"
#include "proof_contents.h"
#include "scan.h"

#ifdef HEED_MUTANTS
heed::Check heed::check_left_out = heed::Check::count;
#endif

namespace heed {
namespace {

using image::Column;
using image::InputKind;
using image::Type;

/// Elements lie in [low, high]; where a table is named, `high` counts from its number of rows.
struct Bound {
  Column column;
  Column table;
  std::int8_t low;
  std::int64_t high;
};

constexpr Bound id(Column column, Column table) { return {column, table, 0, -1}; }
constexpr Bound id_or_none(Column column, Column table) { return {column, table, -1, -1}; }
constexpr Bound text(Column column) { return id(column, Column::string_length); }
constexpr Bound text_or_none(Column column) { return id_or_none(column, Column::string_length); }
constexpr Bound within(Column column, std::int8_t low, std::uint64_t high) {
  return {column, Column::count, low, static_cast<std::int64_t>(high)};
}
template <class E>
constexpr Bound one_of(Column column, E last) {
  return within(column, 0, static_cast<std::uint64_t>(last));
}
constexpr Bound flag(Column column) { return within(column, 0, 1); }
constexpr Bound share(Column column) { return within(column, 0, share_one); }
constexpr Bound span(Column column) { return within(column, 0, limits::time_ms_max); }

constexpr Bound bounds[] = {
    within(Column::string_length, 0, limits::text_size_bytes_max),
    text(Column::site_name),
    text(Column::site_currency),
    text(Column::site_time_zone),
    share(Column::site_holdout),
    text(Column::site_holdout_salt),
    id_or_none(Column::site_journey, Column::journey_name),
    text_or_none(Column::site_consent_cookie),
    one_of(Column::site_consent_default, image::Level::account),
    one_of(Column::site_consent_gpc, image::Level::account),
    within(Column::site_cap_times, 0, limits::cap_times_max),
    span(Column::site_cap_per_ms),
    within(Column::site_cap_session, 0, limits::cap_times_max),
    span(Column::site_cap_cool_down_ms),
    text(Column::grant_name),
    one_of(Column::grant_level, image::Level::account),
    text(Column::attribute_name),
    one_of(Column::attribute_type, Type::time),
    one_of(Column::attribute_source, image::Source::page),
    text(Column::signal_name),
    within(Column::signal_field_count, 0, limits::field_count_max),
    text(Column::field_name),
    one_of(Column::field_type, Type::time),
    text(Column::feature_name),
    one_of(Column::feature_kind, image::FeatureKind::missed),
    id_or_none(Column::feature_signal, Column::signal_name),
    span(Column::feature_window_ms),
    span(Column::feature_half_life_ms),
    id_or_none(Column::feature_where, Column::condition_term_count),
    id_or_none(Column::feature_other_where, Column::condition_term_count),
    text(Column::segment_name),
    id(Column::segment_condition, Column::condition_term_count),
    text(Column::journey_name),
    within(Column::journey_stage_count, 1, limits::stage_count_max),
    text(Column::stage_name),
    id(Column::stage_condition, Column::condition_term_count),
    flag(Column::stage_sticky),
    id(Column::micro_segment, Column::segment_name),
    text(Column::slot_name),
    one_of(Column::slot_channel, image::Channel::popup),
    text_or_none(Column::slot_fallback),
    one_of(Column::slot_refresh, image::Refresh::live),
    text(Column::asset_name),
    one_of(Column::asset_kind, image::PartKind::offer),
    text(Column::prop_key),
    text(Column::prop_value),
    text(Column::metric_name),
    id(Column::metric_signal, Column::signal_name),
    flag(Column::metric_goal),
    within(Column::metric_window_ms, 1, limits::time_ms_max),
    text(Column::layer_name),
    text_or_none(Column::layer_salt),
    text(Column::campaign_name),
    within(Column::campaign_cap_times, 0, limits::cap_times_max),
    span(Column::campaign_cap_per_ms),
    within(Column::campaign_cap_session, 0, limits::cap_times_max),
    span(Column::campaign_cap_cool_down_ms),
    one_of(Column::input_kind, InputKind::field),
    id_or_none(Column::predicate_input, Column::input_kind),
    within(Column::condition_term_count, 0, limits::term_count_max),
    within(Column::term_predicate_count, 0, limits::term_predicate_count_max),
    id(Column::reference, Column::predicate_op),
    text(Column::trigger_name),
    id(Column::trigger_slot, Column::slot_name),
    id(Column::trigger_condition, Column::condition_term_count),
    id_or_none(Column::trigger_layer, Column::layer_name),
    share(Column::trigger_range_until),
    share(Column::trigger_holdout),
    text_or_none(Column::trigger_salt),
    within(Column::trigger_cap_times, 0, limits::cap_times_max),
    span(Column::trigger_cap_per_ms),
    within(Column::trigger_cap_session, 0, limits::cap_times_max),
    span(Column::trigger_cap_cool_down_ms),
    id_or_none(Column::trigger_campaign, Column::campaign_name),
    one_of(Column::trigger_policy, image::Policy::split),
    text_or_none(Column::trigger_template),
    within(Column::trigger_hash, 0, 0),
    id(Column::trigger_content, Column::content_part_count),
    within(Column::content_part_count, 0, limits::part_count_max),
    text(Column::part_name),
    one_of(Column::part_kind, image::PartKind::offer),
    within(Column::part_option_count, 1, limits::option_count_max),
    text(Column::option_name),
    id_or_none(Column::option_asset, Column::asset_name),
    share(Column::option_upper),
};

/// Columns whose strings are names: 1 to limits::name_size_bytes_max bytes.
constexpr Column name_columns[] = {
    Column::site_name,      Column::site_consent_cookie, Column::grant_name,
    Column::attribute_name, Column::signal_name,         Column::field_name,
    Column::feature_name,   Column::segment_name,        Column::journey_name,
    Column::stage_name,     Column::slot_name,           Column::asset_name,
    Column::prop_key,       Column::metric_name,         Column::layer_name,
    Column::layer_salt,     Column::campaign_name,       Column::trigger_name,
    Column::trigger_salt,   Column::trigger_template,    Column::part_name,
    Column::option_name,
};

/// Columns in which no element stands twice; where lengths are named, none twice in one of their
/// rows.
struct Distinct {
  Column column;
  Column lengths = Column::count;
};
constexpr Distinct distinct_columns[] = {
    {Column::grant_name},
    {Column::attribute_name},
    {Column::signal_name},
    {Column::field_name, Column::signal_field_count},
    {Column::feature_name},
    {Column::segment_name},
    {Column::micro_segment},
    {Column::journey_name},
    {Column::stage_name, Column::journey_stage_count},
    {Column::slot_name},
    {Column::asset_name},
    {Column::prop_key, Column::asset_prop_count},
    {Column::metric_name},
    {Column::layer_name},
    {Column::campaign_name},
    {Column::trigger_name},
    {Column::part_name, Column::content_part_count},
    {Column::option_name, Column::part_option_count},
};

}  // namespace

bool Proof::elements_in_bounds() {
  std::size_t check = 0;
  for (const Bound& bound : bounds) {
    const Column column = bound.column;
    const std::int64_t high =
        bound.high + (bound.table == Column::count ? 0 : std::int64_t{count(bound.table)});
    const std::uint64_t low = static_cast<std::uint64_t>(std::int64_t{bound.low});
    // One more than the distance, so that a table without rows has room for none at most.
    const std::uint64_t room = static_cast<std::uint64_t>(high) - low + 1;
    if (is_wrong(Check::bound + check, !stored_within(column, low, room))) {
      const Elements all = elements(column);
      std::uint32_t row = 0;
      while (all[row] - low < room) ++row;
      return refuse(column, row);
    }
    ++check;
  }
  return true;
}

/// Whether each element is `low` plus less than `room`.
bool Proof::stored_within(Column column, std::uint64_t low, std::uint64_t room) const {
  const Ruleset::ColumnView& of = view(column);
  const std::uint32_t row_count = count_stored(column);
  const std::uint64_t first = of.base - low;
  const auto fits = [=](scan::Extent stored) {
    const std::uint64_t least = first + stored.least;
    const std::uint64_t most = first + stored.most;
    return least <= most && most < room;
  };
  if (row_count == 0 || fits({0, of.mask})) return true;
  const std::byte* const at = ruleset_.bytes_.data() + of.offset;
  if (of.width <= scan::width_max) {
    return scan::with_cell(of.width, false,
                           [&](auto cell) { return fits(scan::extent(cell, at, row_count)); });
  }
  const Elements all = elements(column);
  for (std::uint32_t row = 0; row < row_count; ++row) {
    if (all[row] - low >= room) return false;
  }
  return true;
}

/// Whether each of a column of ids is above the one before; `false` where that is not known.
bool Proof::ids_ascend(Column column) const {
  // Elements that are in bounds lie as what is stored of them lies.
  const Ruleset::ColumnView& of = view(column);
  const std::byte* const at = ruleset_.bytes_.data() + of.offset;
  return scan::with_cell<2>(of.width, of.row_count <= 1,
                            [&](auto cell) { return scan::ascends(cell, at, of.row_count); });
}

bool Proof::name_sizes() {
  // Sorted strings begin with the shortest: those that may be names follow each other.
  const auto first_above = [this](std::size_t size) {
    std::uint32_t low = 0;
    for (std::uint32_t high = ruleset_.string_count_sorted_; low < high;) {
      const std::uint32_t middle = (low + high) / 2;
      if (ruleset_.string(middle).size() > size) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  };
  const std::uint32_t first = first_above(0);
  const std::uint32_t end = first_above(limits::name_size_bytes_max);
  std::size_t check = 0;
  for (const Column column : name_columns) {
    if (stored_within(column, first, end - first)) {
      ++check;
      continue;
    }
    const auto fits = [this](std::uint32_t id, std::uint32_t /*row*/) {
      return ruleset_.string(id).size() - 1 < limits::name_size_bytes_max;
    };
    if (!each(Check::name + check, column, fits)) return false;
    ++check;
  }
  return true;
}

bool Proof::names_distinct() {
  std::size_t check = 0;
  for (const auto& [column, lengths] : distinct_columns) {
    if (lengths == Column::count) {
      if (!ids_ascend(column) &&
          !rows_distinct(Check::distinct + check, column, {0, count(column)})) {
        return false;
      }
    } else {
      for (std::uint32_t parent = 0; parent < count(lengths); ++parent) {
        const Rows rows = ruleset_.children(lengths, parent);
        if (!rows_distinct(Check::distinct + check, column, rows)) return false;
      }
    }
    ++check;
  }
  return true;
}

bool Proof::rows_distinct(Check check, Column column, Rows rows) {
  constexpr std::uint32_t few = 8;
  const auto id = ids(column);
  if (rows.size() <= few) {
    for (std::uint32_t row = rows.begin; row < rows.end; ++row) {
      for (std::uint32_t before = rows.begin; before < row; ++before) {
        if (is_wrong(check, id(before) == id(row))) return refuse(column, row);
      }
    }
    return true;
  }
  if (seen_.empty()) {
    seen_.resize(std::max<std::size_t>(count(Column::string_length), limits::segment_count_max));
  }
  ++seen_list_;
  for (std::uint32_t row = rows.begin; row < rows.end; ++row) {
    std::uint32_t& last = seen_[id(row)];
    if (is_wrong(check, last == seen_list_)) return refuse(column, row);
    last = seen_list_;
  }
  return true;
}

bool Proof::numbers() {
  for (std::uint32_t row = 0; row < count_stored(Column::number); ++row) {
    const auto number = at<double>(Column::number, row);
    if (is_wrong(Check::number, !std::isfinite(number) || (number == 0 && std::signbit(number)))) {
      return refuse(Column::number, row);
    }
  }
  return true;
}

bool Proof::site() {
  if (is_wrong(Check::site_hash, xxh64(ruleset_.site(), 0) != ruleset_.site_hash())) {
    return refuse(Error{ErrorCode::malformed_image, image::HeaderAt::site_hash});
  }
  for (const Column column :
       {Column::site_currency, Column::site_time_zone, Column::site_holdout_salt}) {
    const bool fits = ruleset_.text(column, 0).size() <= limits::name_size_bytes_max;
    if (is_wrong(Check::site_texts, !fits)) return refuse(column, 0);
  }
  return true;
}

#ifdef HEED_MUTANTS
std::size_t check_count(Check table) {
  return table == Check::bound  ? std::size(bounds)
         : table == Check::name ? std::size(name_columns)
                                : std::size(distinct_columns);
}
#endif

Result<void> prove_contents(Ruleset& ruleset) {
  Proof proof(ruleset);
  if (proof.contents()) return {};
  return fail(proof.error().code, proof.error().where);
}

}  // namespace heed
