// Who may win a slot: caps, values, order, schedules, layers, options.
#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "heed/base/hash.h"
#include "heed/base/sort.h"
#include "proof_contents.h"

namespace heed {
namespace {

using image::Column;

}  // namespace

bool Proof::caps() {
  for (const image::CapColumns& cap : {image::site_cap, image::campaign_cap, image::trigger_cap}) {
    const std::uint32_t row_count = std::max(count_stored(cap.times), count_stored(cap.per_ms));
    for (std::uint32_t row = 0; row < row_count; ++row) {
      const bool has_times = at<std::uint64_t>(cap.times, row) != 0;
      const bool has_span = at<std::uint64_t>(cap.per_ms, row) != 0;
      if (is_wrong(Check::cap, has_times != has_span)) return refuse(cap.per_ms, row);
    }
  }
  return true;
}

bool Proof::values() {
  const std::uint32_t journey = id_at(Column::site_journey, 0);
  const std::size_t cell_count =
      journey == none_index
          ? 0
          : image::cell_count(count(Column::micro_segment),
                              ruleset_.children(Column::journey_stage_count, journey).size());
  if (!cells(Column::micro_value_cell, {0, count(Column::micro_value_cell)}, cell_count) ||
      !amounts(Column::micro_value_amount) || !amounts(Column::trigger_value_amount)) {
    return false;
  }
  const std::uint32_t valued_count =
      count(Column::trigger_value_cell) == 0 ? 0 : count(Column::trigger_name);
  for (std::uint32_t row = 0; row < valued_count; ++row) {
    Rows own = ruleset_.children(Column::trigger_value_count, row);
    // The last may stand for every other cell.
    const bool has_rest = own.size() != 0 && at<std::uint64_t>(Column::trigger_value_cell,
                                                               own.end - 1) == ~std::uint64_t{0};
    if (has_rest) --own.end;
    if (!cells(Column::trigger_value_cell, own, cell_count)) return false;
  }
  return true;
}

/// They ascend, and are some.
bool Proof::cells(Column column, Rows rows, std::size_t cell_count) {
  std::uint64_t least = 0;
  for (std::uint32_t row = rows.begin; row < rows.end; ++row) {
    const auto cell = at<std::uint64_t>(column, row);
    if (is_wrong(Check::value_cell, cell >= cell_count) ||
        is_wrong(Check::value_order, cell < least)) {
      return refuse(column, row);
    }
    least = cell + 1;
  }
  return true;
}

bool Proof::amounts(Column column) {
  for (std::uint32_t row = 0; row < count_stored(column); ++row) {
    const auto amount = at<double>(column, row);
    if (is_wrong(Check::value_amount, !std::isfinite(amount))) return refuse(column, row);
  }
  return true;
}

bool Proof::trigger_order() {
  const std::uint32_t trigger_count = count(Column::trigger_name);
  Ruleset::Offsets& slot_ends = ruleset_.slot_ends_;
  // A trigger a slot.
  if (trigger_count == count(Column::slot_name) && ids_ascend(Column::trigger_slot)) return true;
  slot_ends.resize(count(Column::slot_name));
  const auto slots = ids(Column::trigger_slot);
  const auto priorities = elements(Column::trigger_priority);
  std::uint32_t slot_before = 0;
  for (std::uint32_t row = 0; row < trigger_count; ++row) {
    const std::uint32_t slot = slots(row);
    if (is_wrong(Check::trigger_order, slot < slot_before))
      return refuse(Column::trigger_slot, row);
    for (; slot_before < slot; ++slot_before) slot_ends[slot_before] = row;
    if (row == 0 || slots(row - 1) != slot) continue;
    const auto priority = static_cast<std::int32_t>(priorities[row]);
    const auto priority_before = static_cast<std::int32_t>(priorities[row - 1]);
    if (is_wrong(Check::trigger_order, priority > priority_before)) {
      return refuse(Column::trigger_priority, row);
    }
    if (is_wrong(Check::trigger_name_order,
                 priority == priority_before && ruleset_.text(Column::trigger_name, row) <
                                                    ruleset_.text(Column::trigger_name, row - 1))) {
      return refuse(Column::trigger_name, row);
    }
  }
  for (; slot_before < slot_ends.size(); ++slot_before) slot_ends[slot_before] = trigger_count;
  return true;
}

bool Proof::triggers() {
  const auto reads_state = [this](std::uint32_t condition, std::uint32_t /*row*/) {
    return condition_reads_[condition].signal == Reads::no_signal;
  };
  if (!all_plain_ && !each(Check::trigger_reads, Column::trigger_condition, reads_state)) {
    return false;
  }
  // Where nothing is stored in any of them, one row speaks for all.
  const auto stored = [this](std::initializer_list<Column> columns) {
    std::uint32_t row_count = 0;
    for (const Column column : columns) row_count = std::max(row_count, count_stored(column));
    return row_count;
  };
  for (std::uint32_t row = 0; row < stored({Column::trigger_from_ms, Column::trigger_until_ms});
       ++row) {
    if (is_wrong(Check::schedule, at<std::int64_t>(Column::trigger_from_ms, row) >
                                      at<std::int64_t>(Column::trigger_until_ms, row))) {
      return refuse(Column::trigger_until_ms, row);
    }
  }
  for (std::uint32_t row = 0; row < stored({Column::trigger_layer, Column::trigger_range_from,
                                            Column::trigger_range_until});
       ++row) {
    const auto from = at<std::uint64_t>(Column::trigger_range_from, row);
    const auto until = at<std::uint64_t>(Column::trigger_range_until, row);
    const bool layered = id_at(Column::trigger_layer, row) != none_index;
    if (is_wrong(Check::range_sides, from > until) ||
        is_wrong(Check::range_without_layer, !layered && from != 0)) {
      return refuse(Column::trigger_range_from, row);
    }
    if (is_wrong(Check::range_without_layer, !layered && until != share_one)) {
      return refuse(Column::trigger_range_until, row);
    }
  }
  return true;
}

bool Proof::options() {
  for (std::uint32_t part = 0; part < count(Column::part_name); ++part) {
    const Rows options = ruleset_.option_rows(part);
    const auto kind = at<std::uint8_t>(Column::part_kind, part);
    std::uint64_t lower = 0;
    for (std::uint32_t option = options.begin; option < options.end; ++option) {
      const std::uint32_t asset = id_at(Column::option_asset, option);
      if (is_wrong(Check::asset_kind,
                   asset != none_index && at<std::uint8_t>(Column::asset_kind, asset) != kind)) {
        return refuse(Column::option_asset, option);
      }
      const auto upper = at<std::uint64_t>(Column::option_upper, option);
      const bool last = option + 1 == options.end;
      if (is_wrong(Check::shares, upper < lower || (last && upper != share_one))) {
        return refuse(Column::option_upper, option);
      }
      lower = upper;
    }
  }
  return true;
}

bool Proof::layer_ranges() {
  const auto from = [this](std::uint32_t row) {
    return at<std::uint64_t>(Column::trigger_range_from, row);
  };
  const auto until = [this](std::uint32_t row) {
    return at<std::uint64_t>(Column::trigger_range_until, row);
  };
  const auto layer = [this](std::uint32_t row) { return id_at(Column::trigger_layer, row); };
  if (!is_stored(Column::trigger_layer) && count(Column::trigger_layer) > 0 &&
      layer(0) == none_index) {
    return true;
  }
  Array<std::uint32_t> rows;  // of triggers with a layer and room in it
  for (std::uint32_t row = 0; row < count(Column::trigger_name); ++row) {
    if (layer(row) != none_index && from(row) < until(row)) rows.push_back(row);
  }
  sort_ids(rows, [&](std::uint32_t a, std::uint32_t b) {
    if (layer(a) != layer(b)) return layer(a) < layer(b);
    return from(a) != from(b) ? from(a) < from(b) : a < b;
  });
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (is_wrong(Check::layer_ranges,
                 layer(rows[i]) == layer(rows[i - 1]) && from(rows[i]) < until(rows[i - 1]))) {
      return refuse(Column::trigger_range_from, rows[i]);
    }
  }
  return true;
}

}  // namespace heed
