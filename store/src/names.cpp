#include "names.h"

#include <cstring>

namespace heed::store {
namespace {

void pack(std::string& key, SiteId site, std::int64_t kind, std::int64_t parent,
          std::string_view text) {
  const std::int64_t head[] = {site, kind, parent};
  key.assign(reinterpret_cast<const char*>(head), sizeof head);
  key.append(text);
}

}  // namespace

Names::Names(db::Database& database)
    : database_(database),
      insert_(database, "INSERT INTO names(id, site, kind, parent, name) VALUES(?, ?, ?, ?, ?)") {}

void Names::load() {
  ids_.clear();
  counts_.clear();
  last_id_ = 0;
  db::Statement rows(database_, "SELECT id, site, kind, parent, name FROM names ORDER BY id");
  while (rows.row()) {
    last_id_ = rows.integer(0);
    pack(key_, rows.integer(1), rows.integer(2), rows.integer(3), rows.text(4));
    ids_.emplace(key_, last_id_);
    ++counts_[rows.integer(1)];
  }
}

std::optional<std::int64_t> Names::id(SiteId site, NameKind kind, std::int64_t parent,
                                      std::string_view text) {
  pack(key_, site, static_cast<std::int64_t>(kind), parent, text);
  if (const auto found = ids_.find(key_); found != ids_.end()) return found->second;
  std::size_t& count = counts_[site];
  if (count >= site_name_count_max) return std::nullopt;
  ++count;
  ++last_id_;
  ids_.emplace(key_, last_id_);
  insert_.bind(last_id_, site, static_cast<std::int64_t>(kind), parent, text).run();
  return last_id_;
}

}  // namespace heed::store
