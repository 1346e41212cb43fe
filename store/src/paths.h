// Where each visitor stood and what came of it: the microsegments in order of time, and the value
// of all outcomes. What journeys are reported from (docs/formats/journeys.md). Part of the state.
#pragma once
#include <cstdint>

#include "db/sqlite.h"
#include "names.h"

namespace heed::store {

class Paths {
 public:
  static constexpr const char* schema = R"(
CREATE TABLE stays(site INTEGER, unit INTEGER, at INTEGER, microsegment INTEGER NOT NULL,
  PRIMARY KEY(site, unit, at)) WITHOUT ROWID;
CREATE TABLE earned(site INTEGER, unit INTEGER, metric INTEGER, value REAL NOT NULL,
  PRIMARY KEY(site, unit, metric)) WITHOUT ROWID;
)";

  explicit Paths(db::Database& database);

  /// The visitor was seen in `microsegment`: a new row where that is a change.
  ///
  /// A sighting that comes late is placed by its time; the stay that it falls into is not taken up
  /// again after it.
  void see(SiteId site, std::uint64_t unit, std::int64_t at_ms, std::int64_t microsegment);
  /// Adds to what the visitor has brought; negative for a refund.
  void earn(SiteId site, std::uint64_t unit, std::int64_t metric, double value);

 private:
  db::Statement before_, after_, put_, remove_, earn_;
};

}  // namespace heed::store
