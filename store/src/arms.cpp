#include "arms.h"

#include <utility>

namespace heed::store {

template <class Row>
Row& Arms::Table<Row>::change(const Key& key) {
  const auto entry = rows.try_emplace(key).first;
  if (!entry->second.dirty) {
    entry->second.dirty = true;
    dirty.push_back(&*entry);
  }
  return entry->second.row;
}

template <class Row>
void Arms::Table<Row>::clear() {
  rows.clear();
  dirty.clear();
}

Arms::Arms(db::Database& database)
    : database_(database),
      put_count_(database,
                 "INSERT INTO arms(trigger, arm, microsegment, exposures, visitors) "
                 "VALUES(?, ?, ?, ?, ?) "
                 "ON CONFLICT DO UPDATE SET exposures = excluded.exposures, "
                 "visitors = excluded.visitors"),
      put_converted_(
          database,
          "INSERT INTO arm_metrics(trigger, arm, microsegment, metric, conversions, sum, sum_rest, "
          "deviation_sq) VALUES(?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
          "conversions = excluded.conversions, sum = excluded.sum, sum_rest = excluded.sum_rest, "
          "deviation_sq = excluded.deviation_sq") {}

void Arms::load() {
  counts_.clear();
  converted_.clear();
  db::Statement counts(database_,
                       "SELECT trigger, arm, microsegment, exposures, visitors FROM arms");
  while (counts.row()) {
    counts_.rows[{{counts.integer(0), counts.integer(1), counts.integer(2)}, 0}] = {
        {counts.bits(3), counts.bits(4)}};
  }
  db::Statement rows(database_,
                     "SELECT trigger, arm, microsegment, metric, conversions, sum, sum_rest, "
                     "deviation_sq FROM arm_metrics");
  while (rows.row()) {
    converted_.rows[{{rows.integer(0), rows.integer(1), rows.integer(2)}, rows.integer(3)}] = {
        {rows.bits(4), rows.number(5), rows.number(6), rows.number(7)}};
  }
}

void Arms::flush() {
  for (auto* entry : std::exchange(counts_.dirty, {})) {
    auto& [key, kept] = *entry;
    kept.dirty = false;
    const ArmCell& cell = key.cell;
    put_count_
        .bind(cell.trigger, cell.arm, cell.microsegment, kept.row.exposures, kept.row.visitors)
        .run();
  }
  for (auto* entry : std::exchange(converted_.dirty, {})) {
    auto& [key, kept] = *entry;
    kept.dirty = false;
    const measure::Moments& m = kept.row;
    put_converted_
        .bind(key.cell.trigger, key.cell.arm, key.cell.microsegment, key.metric, m.count, m.sum,
              m.sum_rest, m.deviation_sq)
        .run();
  }
}

void Arms::add_exposure(const ArmCell& cell) { ++counts_.change({cell, 0}).exposures; }

void Arms::add_visitor(const ArmCell& cell) { ++counts_.change({cell, 0}).visitors; }

measure::Moments& Arms::converted(const ArmCell& cell, std::int64_t metric) {
  return converted_.change({cell, metric});
}

}  // namespace heed::store
