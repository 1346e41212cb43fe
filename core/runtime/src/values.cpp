#include "values.h"

#include <algorithm>

namespace heed {
namespace {

using image::Column;

/// The row of a cell among those of ascending cells; a last row of none stands for every other.
/// @return  rows.end where there is none
std::uint32_t find_cell(const Ruleset& ruleset, Column cells, Rows rows, std::uint32_t cell) {
  for (std::uint32_t row = rows.begin; row < rows.end; ++row) {
    const auto known = ruleset.at<std::uint32_t>(cells, row);
    if (known == cell || known == none_index) return row;
  }
  return rows.end;
}

std::uint32_t cell_of(const Ruleset& ruleset, Microsegment microsegment) {
  const auto journey = ruleset.at<std::uint32_t>(Column::site_journey, 0);
  if (journey == none_index) return none_index;
  const auto segment_count = static_cast<std::uint32_t>(ruleset.row_count(Column::micro_segment));
  const std::uint32_t stage_count = ruleset.children(Column::journey_stage_count, journey).size();
  return std::min(microsegment.segment, segment_count) * (stage_count + 1) +
         std::min(microsegment.stage, stage_count);
}

}  // namespace

double value_of(const Ruleset& ruleset, TriggerId trigger, Microsegment microsegment) {
  const std::uint32_t cell = cell_of(ruleset, microsegment);
  const Rows own = ruleset.children(Column::trigger_value_count, trigger.index);
  std::uint32_t row = find_cell(ruleset, Column::trigger_value_cell, own, cell);
  if (row != own.end) return ruleset.at<double>(Column::trigger_value_amount, row);
  const Rows all{0, static_cast<std::uint32_t>(ruleset.row_count(Column::micro_value_cell))};
  row = find_cell(ruleset, Column::micro_value_cell, all, cell);
  return row != all.end ? ruleset.at<double>(Column::micro_value_amount, row) : 0;
}

}  // namespace heed
