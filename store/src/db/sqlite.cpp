#include "db/sqlite.h"

#include <sqlite3.h>

namespace heed::store::db {
namespace {

constexpr int busy_timeout_ms = 5000;

std::string pragmas(const OpenOptions& options) {
  std::string sql = "PRAGMA cache_size=-" + std::to_string(options.cache_size_kib) +
                    ";PRAGMA temp_store=MEMORY;PRAGMA trusted_schema=OFF;";
  if (options.access == Access::read_only) return sql + "PRAGMA query_only=ON;";
  sql += "PRAGMA journal_mode=WAL;";
  return sql + (options.sync == Sync::full ? "PRAGMA synchronous=FULL;"
                                           : "PRAGMA synchronous=NORMAL;"
                                             "PRAGMA wal_autocheckpoint=8000;");
}

}  // namespace

tl::expected<std::unique_ptr<Database>, std::string> Database::open(const std::string& path,
                                                                    const OpenOptions& options) {
  // A reader of a write-ahead database shares its index file, which it must be able to write.
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (options.access == Access::read_only ? 0 : SQLITE_OPEN_CREATE);
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags,
                                   options.vfs.empty() ? nullptr : options.vfs.c_str());
  std::unique_ptr<Database> database(new Database(handle));  // NOLINT: the constructor is private
  if (code != SQLITE_OK) {
    return tl::unexpected<std::string>(path + ": " +
                                       (handle ? sqlite3_errmsg(handle) : sqlite3_errstr(code)));
  }
  sqlite3_busy_timeout(handle, busy_timeout_ms);
  database->exec(pragmas(options).c_str());
  if (!database->ok()) return tl::unexpected<std::string>(path + ": " + database->error());
  return database;
}

Database::~Database() { sqlite3_close_v2(handle_); }

void Database::exec(const char* sql) {
  if (!ok()) return;
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) note_error(sql);
}

tl::expected<void, std::string> Database::commit() {
  exec("COMMIT");
  if (ok()) return {};
  std::string error = error_;
  rollback();
  return tl::unexpected<std::string>(std::move(error));
}

void Database::rollback() {
  // An I/O error may have rolled back already.
  if (sqlite3_get_autocommit(handle_) == 0) {
    sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
  error_.clear();
}

std::int64_t Database::change_count() const { return sqlite3_changes64(handle_); }

void Database::note_error(std::string_view doing) {
  if (!ok()) return;
  error_ = std::string(sqlite3_errmsg(handle_)) + " (" + std::string(doing.substr(0, 60)) + ")";
}

Statement::Statement(Database& database, const char* sql) : database_(database) {
  if (!database.ok()) return;
  if (sqlite3_prepare_v3(database.handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle_, nullptr) !=
      SQLITE_OK) {
    database.note_error(sql);
  }
}

Statement::~Statement() { sqlite3_finalize(handle_); }

void Statement::reset() { sqlite3_reset(handle_); }

bool Statement::row() {
  if (!database_.ok() || handle_ == nullptr) return false;
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_.note_error(sqlite3_sql(handle_));
  reset();
  return false;
}

void Statement::run() {
  while (row()) {
  }
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle_, column); }
double Statement::number(int column) const { return sqlite3_column_double(handle_, column); }

std::string_view Statement::text(int column) const {
  const unsigned char* data = sqlite3_column_text(handle_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
  return data == nullptr ? std::string_view{}
                         : std::string_view(reinterpret_cast<const char*>(data), size);
}

std::span<const std::byte> Statement::blob(int column) const {
  const void* data = sqlite3_column_blob(handle_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
  return {static_cast<const std::byte*>(data), data == nullptr ? 0 : size};
}

void Statement::bind_one(int index, std::int64_t value) {
  sqlite3_bind_int64(handle_, index, value);
}
void Statement::bind_one(int index, double value) { sqlite3_bind_double(handle_, index, value); }
void Statement::bind_one(int index, std::string_view value) {
  sqlite3_bind_text64(handle_, index, value.empty() ? "" : value.data(), value.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
}
void Statement::bind_one(int index, std::span<const std::byte> value) {
  sqlite3_bind_blob64(handle_, index, value.empty() ? "" : static_cast<const void*>(value.data()),
                      value.size(), SQLITE_STATIC);
}

}  // namespace heed::store::db
