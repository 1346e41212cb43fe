#include "paths.h"

#include <optional>

namespace heed::store {

Paths::Paths(db::Database& database)
    : before_(database,
              "SELECT microsegment FROM stays WHERE site = ? AND unit = ? AND at <= ? "
              "ORDER BY at DESC LIMIT 1"),
      after_(database,
             "SELECT at, microsegment FROM stays WHERE site = ? AND unit = ? AND at > ? "
             "ORDER BY at LIMIT 1"),
      put_(database,
           "INSERT INTO stays(site, unit, at, microsegment) VALUES(?, ?, ?, ?) "
           "ON CONFLICT DO UPDATE SET microsegment = excluded.microsegment"),
      remove_(database, "DELETE FROM stays WHERE site = ? AND unit = ? AND at = ?"),
      earn_(database,
            "INSERT INTO earned(site, unit, metric, value) VALUES(?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET value = value + excluded.value") {}

void Paths::see(SiteId site, std::uint64_t unit, std::int64_t at_ms, std::int64_t microsegment) {
  before_.bind(site, unit, at_ms);
  const bool stays = before_.row() && before_.integer(0) == microsegment;
  before_.reset();
  if (stays) return;
  after_.bind(site, unit, at_ms);
  std::optional<std::int64_t> later_ms;  // the same stay, which began earlier than was known
  if (after_.row() && after_.integer(1) == microsegment) later_ms = after_.integer(0);
  after_.reset();
  if (later_ms) remove_.bind(site, unit, *later_ms).run();
  put_.bind(site, unit, at_ms, microsegment).run();
}

void Paths::earn(SiteId site, std::uint64_t unit, std::int64_t metric, double value) {
  earn_.bind(site, unit, metric, value).run();
}

}  // namespace heed::store
