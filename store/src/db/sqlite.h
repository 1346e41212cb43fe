// The one door to SQLite. Errors stick to the database: after the first, every call does nothing
// and gives nothing, so that a transaction is checked once, at its commit. A database and its
// statements belong to one thread at a time.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace heed::store::db {

enum class Access : std::uint8_t { read_only, read_write };
enum class Sync : std::uint8_t {
  full,   // a commit survives power loss
  normal  // the last commits may be lost, never torn: for what can be derived again
};

struct OpenOptions {
  Access access = Access::read_write;
  Sync sync = Sync::full;
  std::string vfs;                     // SQLite's name for the disk; empty: the system's
  std::int64_t cache_size_kib = 8192;  // pages kept in memory
};

class Database {
 public:
  /// Opens, creating where absent and writable, in write-ahead mode. The error is a sentence.
  [[nodiscard]] static tl::expected<std::unique_ptr<Database>, std::string> open(
      const std::string& path, const OpenOptions& options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Runs one or more statements without parameters.
  void exec(const char* sql);
  void begin() { exec("BEGIN IMMEDIATE"); }
  /// Commits unless something failed since `begin`; then rolls back. Clears the error.
  [[nodiscard]] tl::expected<void, std::string> commit();
  void rollback();

  /// Rows that the last INSERT, UPDATE or DELETE changed.
  [[nodiscard]] std::int64_t change_count() const;

  [[nodiscard]] bool ok() const { return error_.empty(); }
  [[nodiscard]] const std::string& error() const { return error_; }
  void clear_error() { error_.clear(); }

 private:
  friend class Statement;
  explicit Database(sqlite3* handle) : handle_(handle) {}
  void note_error(std::string_view doing);

  sqlite3* handle_;
  std::string error_;
};

/// A prepared statement: `bind(...)`, then `row()` until it is false, or `run()`.
class Statement {
 public:
  Statement(Database& database, const char* sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  /// Starts over with these parameters, 1, 2, ... Text and blobs are borrowed until the next call.
  template <class... Values>
  Statement& bind(const Values&... values) {
    reset();
    int index = 0;
    (bind_one(++index, values), ...);
    return *this;
  }
  /// True where a row is there to read; false at the end and after an error.
  [[nodiscard]] bool row();
  /// Runs to the end and starts over, which releases what the statement holds.
  void run();
  void reset();

  // The current row's columns, from 0. Borrowed until the next call.
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::uint64_t bits(int column) const {  // a 64-bit pattern stored as an integer
    return static_cast<std::uint64_t>(integer(column));
  }
  [[nodiscard]] double number(int column) const;
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] std::span<const std::byte> blob(int column) const;

 private:
  void bind_one(int index, std::int64_t value);
  void bind_one(int index, int value) { bind_one(index, std::int64_t{value}); }
  void bind_one(int index, bool value) { bind_one(index, std::int64_t{value ? 1 : 0}); }
  void bind_one(int index, std::uint64_t value) {
    bind_one(index, static_cast<std::int64_t>(value));
  }
  void bind_one(int index, double value);
  void bind_one(int index, std::string_view value);
  void bind_one(int index, const std::string& value) { bind_one(index, std::string_view(value)); }
  void bind_one(int index, const char* value) { bind_one(index, std::string_view(value)); }
  void bind_one(int index, std::span<const std::byte> value);
  void bind_one(int index, const std::vector<std::byte>& value) {
    bind_one(index, std::span<const std::byte>(value));
  }

  Database& database_;
  sqlite3_stmt* handle_ = nullptr;
};

}  // namespace heed::store::db
