// Names as small numbers, so that the tables of a busy site hold integers. Kept in memory whole;
// the writer's thread alone uses it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "db/sqlite.h"

namespace heed::store {

using SiteId = std::int64_t;

enum class NameKind : std::uint8_t { trigger = 1, variant, slot, metric, microsegment };

class Names {
 public:
  /// Whoever may send outcomes may invent names; this many a site, and no more.
  static constexpr std::size_t site_name_count_max = 262'144;

  explicit Names(db::Database& database);
  /// What is committed; forgets all else.
  void load();

  /// The number of a name, given now where it is new: from 1, in order of arrival.
  ///
  /// @param parent  a variant's trigger; else 0
  /// @return nothing where the site has no room for another name
  [[nodiscard]] std::optional<std::int64_t> id(SiteId site, NameKind kind, std::int64_t parent,
                                               std::string_view text);

 private:
  db::Database& database_;
  db::Statement insert_;
  std::unordered_map<std::string, std::int64_t> ids_;  // by site, kind, parent and text packed
  std::unordered_map<SiteId, std::size_t> counts_;
  std::string key_;  // reused, so that a known name allocates nothing
  std::int64_t last_id_ = 0;
};

}  // namespace heed::store
