#include "log.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace heed::store {
namespace {

constexpr std::int64_t log_version = 3;
constexpr int replay_rows_per_commit = 2000;

enum RowKind : std::int64_t { batch_row = 1, prune_row = 2 };

constexpr const char* schema = R"(
CREATE TABLE sites(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE log(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, site INTEGER NOT NULL,
  received INTEGER NOT NULL, ticket INTEGER NOT NULL, refused BLOB NOT NULL,
  attribution BLOB NOT NULL, batch BLOB NOT NULL);
CREATE TABLE traffic(site INTEGER PRIMARY KEY, batches INTEGER NOT NULL, repeated INTEGER NOT NULL);
CREATE TABLE rulesets(site INTEGER, version INTEGER, hash INTEGER NOT NULL, bytes BLOB NOT NULL,
  PRIMARY KEY(site, version));
CREATE TABLE maps(site INTEGER, version INTEGER, json TEXT NOT NULL, PRIMARY KEY(site, version));
CREATE TABLE sources(site INTEGER, version INTEGER, json TEXT NOT NULL, PRIMARY KEY(site, version));
CREATE TABLE keyrings(site INTEGER PRIMARY KEY, json TEXT NOT NULL);
CREATE TABLE audit(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, site INTEGER NOT NULL,
  who TEXT NOT NULL, action TEXT NOT NULL, version INTEGER NOT NULL, hash INTEGER NOT NULL);
)";

std::int64_t single(db::Database& database, const char* sql) {
  db::Statement statement(database, sql);
  return statement.row() ? statement.integer(0) : 0;
}

tl::expected<void, std::string> prepare(db::Database& database, Log::Check check) {
  const std::int64_t version = single(database, "PRAGMA user_version");
  if (version == 0) {
    database.begin();
    database.exec(schema);
    database.exec(("PRAGMA user_version=" + std::to_string(log_version)).c_str());
    return database.commit();
  }
  if (version != log_version) {
    return tl::unexpected<std::string>("made by another version of heed");
  }
  if (check == Log::Check::none) return {};
  db::Statement proof(database, "PRAGMA quick_check(1)");
  if (proof.row() && proof.text(0) == "ok") return {};
  return tl::unexpected<std::string>("damaged: restore it from a copy");
}

// The first row of a statement that is bound, as `read` makes of it.
template <class Read>
auto first_row(db::Statement& statement, Read read) -> std::optional<decltype(read())> {
  if (!statement.row()) return std::nullopt;
  auto value = read();
  statement.reset();
  return value;
}

StoredRuleset stored_ruleset(const db::Statement& row) {
  const auto bytes = row.blob(2);
  return {row.bits(0), row.bits(1), {bytes.begin(), bytes.end()}};
}

}  // namespace

struct Log::Statements {
  explicit Statements(db::Database& d)
      : add_site(d, "INSERT INTO sites(id, name) VALUES(?, ?)"),
        append(d,
               "INSERT INTO log(id, kind, site, received, ticket, refused, attribution, batch) "
               "VALUES(?, ?, ?, ?, ?, ?, ?, ?)"),
        replay(d,
               "SELECT id, kind, site, received, ticket, refused, attribution, batch FROM log "
               "WHERE id > ? ORDER BY id LIMIT ?"),
        put_traffic(d, "INSERT OR REPLACE INTO traffic(site, batches, repeated) VALUES(?, ?, ?)"),
        newest(d,
               "SELECT version, hash, bytes FROM rulesets WHERE site = ? "
               "ORDER BY version DESC LIMIT 1"),
        put_ruleset(d, "INSERT INTO rulesets(site, version, hash, bytes) VALUES(?, ?, ?, ?)"),
        put_map(d, "INSERT OR REPLACE INTO maps(site, version, json) VALUES(?, ?, ?)"),
        put_source(d, "INSERT OR REPLACE INTO sources(site, version, json) VALUES(?, ?, ?)"),
        put_keyring(d, "INSERT OR REPLACE INTO keyrings(site, json) VALUES(?, ?)"),
        audit(d,
              "INSERT INTO audit(at, site, who, action, version, hash) "
              "VALUES(?, ?, ?, ?, ?, ?)") {}

  db::Statement add_site, append, replay, put_traffic, newest, put_ruleset, put_map, put_source,
      put_keyring, audit;
};

Log::Log(std::unique_ptr<db::Database> database)
    : database_(std::move(database)), sql_(std::make_unique<Statements>(*database_)) {
  load();
}

Log::~Log() = default;

tl::expected<std::unique_ptr<Log>, std::string> Log::open(const std::string& path,
                                                          const std::string& vfs, Check check) {
  auto database = db::Database::open(path, {.sync = db::Sync::full, .vfs = vfs});
  if (!database) return tl::unexpected<std::string>(database.error());
  if (const auto ready = prepare(**database, check); !ready) {
    return tl::unexpected<std::string>(path + ": " + ready.error());
  }
  std::unique_ptr<Log> log(new Log(std::move(*database)));  // NOLINT: the constructor is private
  if (!log->database_->ok()) {
    return tl::unexpected<std::string>(path + ": " + log->database_->error());
  }
  return log;
}

void Log::load() {
  sites_.clear();
  traffic_.clear();
  dirty_traffic_.clear();
  db::Statement sites(*database_, "SELECT id, name FROM sites");
  while (sites.row()) sites_.emplace(sites.text(1), sites.integer(0));
  db::Statement traffic(*database_, "SELECT site, batches, repeated FROM traffic");
  while (traffic.row()) traffic_[traffic.integer(0)] = {traffic.bits(1), traffic.bits(2)};
  last_id_ = single(*database_, "SELECT max(id) FROM log");
}

void Log::begin() {
  if (!database_->ok()) rollback();  // what could not be loaded again after an error
  database_->begin();
}

tl::expected<void, std::string> Log::commit() {
  for (const SiteId site : std::exchange(dirty_traffic_, {})) {
    sql_->put_traffic.bind(site, traffic_[site].batches, traffic_[site].repeated).run();
  }
  auto committed = database_->commit();
  if (!committed) load();
  return committed;
}

void Log::rollback() {
  database_->rollback();
  load();
}

SiteId Log::site_id(std::string_view site) {
  if (const auto found = find_site(site)) return *found;
  const SiteId id = static_cast<SiteId>(sites_.size()) + 1;
  sql_->add_site.bind(id, site).run();
  sites_.emplace(site, id);
  return id;
}

std::optional<SiteId> Log::find_site(std::string_view site) const {
  const auto found = sites_.find(site);
  return found == sites_.end() ? std::nullopt : std::optional(found->second);
}

void Log::append(LogBatch& row) {
  row.id = ++last_id_;
  sql_->append
      .bind(row.id, static_cast<std::int64_t>(batch_row), row.site, row.received_ms,
            row.ticket_seed, row.refused, std::as_bytes(std::span(row.attribution)), row.bytes)
      .run();
}

std::int64_t Log::append_prune(std::int64_t now_ms) {
  ++last_id_;
  const std::span<const std::byte> none;
  sql_->append.bind(last_id_, static_cast<std::int64_t>(prune_row), 0, now_ms, 0, none, none, none)
      .run();
  return last_id_;
}

std::int64_t Log::last_prune_ms() {
  return single(*database_, "SELECT max(received) FROM log WHERE kind = 2");
}

void Log::count_traffic(SiteId site, std::uint64_t repeated) {
  Traffic& traffic = traffic_[site];
  ++traffic.batches;
  traffic.repeated += repeated;
  dirty_traffic_.insert(site);
}

tl::expected<void, std::string> Log::replay_into(State& state) {
  for (bool more = true; more;) {
    more = false;
    state.begin();
    db::Statement& rows = sql_->replay;
    rows.bind(state.applied_id(), replay_rows_per_commit);
    while (rows.row()) {
      more = true;
      if (rows.integer(1) == prune_row) {
        state.prune(rows.integer(0), rows.integer(3));
        continue;
      }
      auto batch = outcome::read_batch(rows.blob(7));
      if (!batch) {
        const std::string id = std::to_string(rows.integer(0));
        rows.reset();
        state.rollback();
        return tl::unexpected<std::string>("log row " + id + " is damaged");
      }
      LogBatch row{.id = rows.integer(0),
                   .site = rows.integer(2),
                   .received_ms = rows.integer(3),
                   .batch = std::move(*batch),
                   .bytes = {},
                   .ticket_seed = rows.bits(4),
                   .refused = {},
                   .attribution = {}};
      row.refused.assign(rows.blob(5).begin(), rows.blob(5).end());
      const auto attribution = rows.blob(6);
      row.attribution.resize(attribution.size() / sizeof(std::uint64_t));
      if (!row.attribution.empty()) {
        std::memcpy(row.attribution.data(), attribution.data(),
                    row.attribution.size() * sizeof(std::uint64_t));
      }
      state.apply(row);
    }
    if (!database_->ok()) {
      state.rollback();
      std::string error = database_->error();
      database_->clear_error();
      return tl::unexpected<std::string>(std::move(error));
    }
    if (const auto committed = state.commit(); !committed) return committed;
  }
  return {};
}

std::optional<StoredRuleset> Log::newest(SiteId site) {
  db::Statement& s = sql_->newest.bind(site);
  return first_row(s, [&s] { return stored_ruleset(s); });
}

void Log::put_ruleset(SiteId site, const StoredRuleset& ruleset, const Audit& audit) {
  sql_->put_ruleset.bind(site, ruleset.version, ruleset.hash, ruleset.bytes).run();
  put_audit(site, audit);
}

void Log::put_map(SiteId site, std::uint64_t version, std::string_view json, const Audit& audit) {
  sql_->put_map.bind(site, version, json).run();
  put_audit(site, audit);
}

void Log::put_source(SiteId site, std::uint64_t version, std::string_view json,
                     const Audit& audit) {
  sql_->put_source.bind(site, version, json).run();
  put_audit(site, audit);
}

void Log::put_keyring(SiteId site, std::string_view json, const Audit& audit) {
  sql_->put_keyring.bind(site, json).run();
  put_audit(site, audit);
}

void Log::put_audit(SiteId site, const Audit& audit) {
  sql_->audit.bind(audit.at_ms, site, audit.who, audit.action, audit.version, audit.hash).run();
}

struct LogReader::Statements {
  explicit Statements(db::Database& d)
      : site(d, "SELECT id FROM sites WHERE name = ?"),
        sites(d, "SELECT name FROM sites ORDER BY name"),
        traffic(d, "SELECT batches, repeated FROM traffic WHERE site = ?"),
        ruleset(d,
                "SELECT version, hash, bytes FROM rulesets WHERE site = ?1 AND version = "
                "CASE WHEN ?2 = 0 THEN (SELECT max(version) FROM rulesets WHERE site = ?1) "
                "ELSE ?2 END"),
        newest(d,
               "SELECT version, hash, bytes FROM rulesets WHERE site = ? "
               "ORDER BY version DESC LIMIT ?"),
        map(d, "SELECT json FROM maps WHERE site = ? ORDER BY version DESC LIMIT 1"),
        source(d, "SELECT json FROM sources WHERE site = ? AND version = ?"),
        history(d,
                "SELECT r.version, r.hash, length(r.bytes), a.at, a.who, EXISTS("
                "SELECT 1 FROM sources s WHERE s.site = r.site AND s.version = r.version) "
                "FROM rulesets r JOIN audit a ON a.site = r.site AND a.version = r.version "
                "AND a.action = 'publish' WHERE r.site = ? ORDER BY r.version DESC LIMIT ?"),
        keyring(d, "SELECT json FROM keyrings WHERE site = ?") {}

  db::Statement site, sites, traffic, ruleset, newest, map, source, history, keyring;
};

LogReader::LogReader(std::unique_ptr<db::Database> database)
    : database_(std::move(database)), sql_(std::make_unique<Statements>(*database_)) {}

LogReader::~LogReader() = default;

tl::expected<std::unique_ptr<LogReader>, std::string> LogReader::open(const std::string& path,
                                                                      const std::string& vfs) {
  auto database = db::Database::open(path, {.access = db::Access::read_only, .vfs = vfs});
  if (!database) return tl::unexpected<std::string>(database.error());
  std::unique_ptr<LogReader> reader(
      new LogReader(std::move(*database)));  // NOLINT: the constructor is private
  if (!reader->database_->ok()) {
    return tl::unexpected<std::string>(path + ": " + reader->database_->error());
  }
  return reader;
}

std::optional<SiteId> LogReader::find_site(std::string_view site) {
  db::Statement& s = sql_->site.bind(site);
  return first_row(s, [&s] { return s.integer(0); });
}

std::vector<std::string> LogReader::sites() {
  std::vector<std::string> names;
  sql_->sites.bind();
  while (sql_->sites.row()) names.emplace_back(sql_->sites.text(0));
  return names;
}

Traffic LogReader::traffic(SiteId site) {
  db::Statement& s = sql_->traffic.bind(site);
  return first_row(s, [&s] { return Traffic{s.bits(0), s.bits(1)}; }).value_or(Traffic{});
}

std::optional<StoredRuleset> LogReader::ruleset(SiteId site, std::uint64_t version) {
  db::Statement& s = sql_->ruleset.bind(site, version);
  return first_row(s, [&s] { return stored_ruleset(s); });
}

std::vector<StoredRuleset> LogReader::newest_rulesets(SiteId site, std::size_t count) {
  std::vector<StoredRuleset> rulesets;
  db::Statement& s = sql_->newest.bind(site, std::uint64_t{count});
  while (s.row()) rulesets.push_back(stored_ruleset(s));
  return rulesets;
}

std::optional<std::string> LogReader::map(SiteId site) {
  db::Statement& s = sql_->map.bind(site);
  return first_row(s, [&s] { return std::string(s.text(0)); });
}

std::optional<std::string> LogReader::source(SiteId site, std::uint64_t version) {
  db::Statement& s = sql_->source.bind(site, version);
  return first_row(s, [&s] { return std::string(s.text(0)); });
}

std::vector<PastVersion> LogReader::history(SiteId site, std::size_t count) {
  std::vector<PastVersion> versions;
  db::Statement& s = sql_->history.bind(site, std::uint64_t{count});
  while (s.row()) {
    versions.push_back(
        {s.bits(0), s.bits(1), s.bits(2), s.integer(3), std::string(s.text(4)), s.integer(5) != 0});
  }
  return versions;
}

std::optional<std::string> LogReader::keyring(SiteId site) {
  db::Statement& s = sql_->keyring.bind(site);
  return first_row(s, [&s] { return std::string(s.text(0)); });
}

bool LogReader::take_ok() {
  const bool ok = database_->ok();
  database_->clear_error();
  return ok;
}

}  // namespace heed::store
