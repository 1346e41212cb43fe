// Counts of each trigger's arms by microsegment: few rows, changed by every record, so they live in
// memory and the changed ones are written once a transaction. The writer's thread alone uses it.
#pragma once
#include <compare>
#include <cstdint>
#include <map>
#include <vector>

#include "db/sqlite.h"
#include "heed/measure/moments.h"

namespace heed::store {

/// An arm is its variant's name id; this one is the arm of held-out visitors.
inline constexpr std::int64_t held_out_arm = 0;

/// Visitors of one trigger who were first exposed in one arm and one microsegment.
struct ArmCell {
  std::int64_t trigger = 0;
  std::int64_t arm = held_out_arm;
  std::int64_t microsegment = 0;  // a name's id
  friend auto operator<=>(const ArmCell&, const ArmCell&) = default;
};

class Arms {
 public:
  explicit Arms(db::Database& database);
  /// What is committed; forgets all else.
  void load();
  /// Writes what changed since the last flush.
  void flush();

  void add_exposure(const ArmCell& cell);
  void add_visitor(const ArmCell& cell);
  /// The values of those who converted, one a visitor; to change.
  [[nodiscard]] measure::Moments& converted(const ArmCell& cell, std::int64_t metric);

 private:
  struct Key {
    ArmCell cell;
    std::int64_t metric;  // 0 where the row counts the arm itself
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  template <class Row>
  struct Kept {
    Row row;
    bool dirty = false;
  };
  struct Count {
    std::uint64_t exposures = 0;
    std::uint64_t visitors = 0;
  };
  template <class Row>
  class Table {
   public:
    Row& change(const Key& key);
    void clear();
    std::map<Key, Kept<Row>> rows;
    std::vector<std::pair<const Key, Kept<Row>>*> dirty;
  };

  db::Database& database_;
  db::Statement put_count_;
  db::Statement put_converted_;
  Table<Count> counts_;
  Table<measure::Moments> converted_;
};

}  // namespace heed::store
