// The tables of the state, and every statement over them. For the files that implement State.
#pragma once
#include <cstdint>

#include "db/sqlite.h"
#include "state.h"

namespace heed::store {

inline constexpr std::int64_t hour_ms = 60 * 60'000;
inline constexpr std::int64_t day_ms = 24 * hour_ms;

// Bumped whenever a table or the fold changes: an older file is folded again from the log.
inline constexpr std::int64_t state_version = 4;

inline constexpr const char* state_schema = R"(
CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE names(id INTEGER PRIMARY KEY, site INTEGER NOT NULL, kind INTEGER NOT NULL,
  parent INTEGER NOT NULL, name TEXT NOT NULL);
CREATE INDEX names_of_site ON names(site, kind);
CREATE TABLE marks(site INTEGER, device INTEGER, epoch INTEGER, spans BLOB NOT NULL,
  touched INTEGER NOT NULL, PRIMARY KEY(site, device, epoch)) WITHOUT ROWID;
CREATE TABLE views(site INTEGER, view INTEGER, slot INTEGER, day INTEGER NOT NULL,
  PRIMARY KEY(site, view, slot)) WITHOUT ROWID;
CREATE TABLE visitors(unit INTEGER, trigger INTEGER, arm INTEGER NOT NULL,
  microsegment INTEGER NOT NULL, PRIMARY KEY(unit, trigger)) WITHOUT ROWID;
CREATE TABLE seen(site INTEGER, unit INTEGER, layer INTEGER, at INTEGER, trigger INTEGER NOT NULL,
  PRIMARY KEY(site, unit, layer, at)) WITHOUT ROWID;
CREATE TABLE conversions(unit INTEGER, trigger INTEGER, metric INTEGER, count INTEGER NOT NULL,
  value REAL NOT NULL, PRIMARY KEY(unit, trigger, metric)) WITHOUT ROWID;
CREATE TABLE outcomes(unit INTEGER, metric INTEGER, id TEXT, state INTEGER NOT NULL,
  value REAL NOT NULL, triggers BLOB NOT NULL, PRIMARY KEY(unit, metric, id)) WITHOUT ROWID;
CREATE TABLE triggers(trigger INTEGER PRIMARY KEY, slot INTEGER NOT NULL);
CREATE TABLE arms(trigger INTEGER, arm INTEGER, microsegment INTEGER, exposures INTEGER NOT NULL,
  visitors INTEGER NOT NULL, PRIMARY KEY(trigger, arm, microsegment)) WITHOUT ROWID;
CREATE TABLE arm_metrics(trigger INTEGER, arm INTEGER, microsegment INTEGER, metric INTEGER,
  conversions INTEGER NOT NULL, sum REAL NOT NULL, sum_rest REAL NOT NULL,
  deviation_sq REAL NOT NULL, PRIMARY KEY(trigger, arm, microsegment, metric)) WITHOUT ROWID;
CREATE TABLE arm_hours(trigger INTEGER, arm INTEGER, hour INTEGER, visitors INTEGER NOT NULL,
  PRIMARY KEY(trigger, arm, hour)) WITHOUT ROWID;
CREATE TABLE suppressions(trigger INTEGER, cap INTEGER, reached INTEGER, count INTEGER NOT NULL,
  visitors INTEGER NOT NULL, PRIMARY KEY(trigger, cap, reached)) WITHOUT ROWID;
CREATE TABLE held_back(trigger INTEGER, unit INTEGER, PRIMARY KEY(trigger, unit)) WITHOUT ROWID;
CREATE TABLE tickets(site INTEGER, seed INTEGER, used INTEGER NOT NULL, touched INTEGER NOT NULL,
  PRIMARY KEY(site, seed)) WITHOUT ROWID;
CREATE TABLE ledgers(site INTEGER PRIMARY KEY, exposures INTEGER, outcomes INTEGER, refunds INTEGER,
  suppressed INTEGER, dropped_signal INTEGER, dropped_exposure INTEGER, dropped_driver INTEGER, dropped_goal INTEGER,
  repeated_views INTEGER, repeated_ids INTEGER, refunds_waiting INTEGER, too_old INTEGER,
  refused INTEGER, missing INTEGER, skewed INTEGER);
)";

struct State::Statements {
  explicit Statements(db::Database& d)
      : find_mark(d, "SELECT spans FROM marks WHERE site = ? AND device = ? AND epoch = ?"),
        put_mark(d,
                 "INSERT INTO marks(site, device, epoch, spans, touched) VALUES(?, ?, ?, ?, ?) "
                 "ON CONFLICT DO UPDATE SET spans = excluded.spans, touched = excluded.touched"),
        add_view(d,
                 "INSERT INTO views(site, view, slot, day) VALUES(?, ?, ?, ?) "
                 "ON CONFLICT DO NOTHING"),
        add_visitor(d,
                    "INSERT INTO visitors(unit, trigger, arm, microsegment) VALUES(?, ?, ?, ?) "
                    "ON CONFLICT DO NOTHING"),
        find_visitor(d, "SELECT arm, microsegment FROM visitors WHERE unit = ? AND trigger = ?"),
        find_conversions(d,
                         "SELECT metric, count, value FROM conversions "
                         "WHERE unit = ? AND trigger = ? ORDER BY metric"),
        find_conversion(d,
                        "SELECT count, value FROM conversions "
                        "WHERE unit = ? AND trigger = ? AND metric = ?"),
        put_conversion(d,
                       "INSERT INTO conversions(unit, trigger, metric, count, value) "
                       "VALUES(?, ?, ?, ?, ?) "
                       "ON CONFLICT DO UPDATE SET count = excluded.count, value = excluded.value"),
        find_outcome(d,
                     "SELECT state, value, triggers FROM outcomes "
                     "WHERE unit = ? AND metric = ? AND id = ?"),
        put_outcome(d,
                    "INSERT INTO outcomes(unit, metric, id, state, value, triggers) "
                    "VALUES(?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET state = excluded.state, "
                    "value = excluded.value, triggers = excluded.triggers"),
        put_trigger(d,
                    "INSERT INTO triggers(trigger, slot) VALUES(?, ?) "
                    "ON CONFLICT DO UPDATE SET slot = excluded.slot WHERE slot <> excluded.slot"),
        add_hour(d,
                 "INSERT INTO arm_hours(trigger, arm, hour, visitors) VALUES(?, ?, ?, 1) "
                 "ON CONFLICT DO UPDATE SET visitors = visitors + 1"),
        find_ticket(d, "SELECT used FROM tickets WHERE site = ? AND seed = ?"),
        use_ticket(d,
                   "INSERT INTO tickets(site, seed, used, touched) VALUES(?, ?, ?, ?) "
                   "ON CONFLICT DO UPDATE SET used = used + excluded.used, "
                   "touched = excluded.touched"),
        put_ledger(d,
                   "INSERT OR REPLACE INTO ledgers VALUES"
                   "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
        add_held_back(d, "INSERT OR IGNORE INTO held_back(trigger, unit) VALUES(?, ?)"),
        add_suppression(d,
                        "INSERT INTO suppressions(trigger, cap, reached, count, visitors) "
                        "VALUES(?, ?, ?, 1, ?) ON CONFLICT DO UPDATE SET count = count + 1, "
                        "visitors = visitors + excluded.visitors"),
        add_seen(d,
                 "INSERT INTO seen(site, unit, layer, at, trigger) VALUES(?, ?, ?, ?, ?) "
                 "ON CONFLICT DO UPDATE SET trigger = excluded.trigger"),
        find_seen(d,
                  "SELECT trigger, max(at) FROM seen WHERE site = ? AND unit = ? AND at <= ? "
                  "AND at > ? GROUP BY layer ORDER BY max(at), layer"),
        prune_seen(d, "DELETE FROM seen WHERE at < ?"),
        put_meta(d, "INSERT OR REPLACE INTO meta(name, value) VALUES(?, ?)"),
        prune_marks(d, "DELETE FROM marks WHERE touched < ?"),
        prune_views(d, "DELETE FROM views WHERE day < ?"),
        prune_hours(d, "DELETE FROM arm_hours WHERE hour < ?"),
        prune_tickets(d, "DELETE FROM tickets WHERE touched < ?") {}

  db::Statement find_mark, put_mark, add_view, add_visitor, find_visitor, find_conversions,
      find_conversion, put_conversion, find_outcome, put_outcome, put_trigger, add_hour,
      find_ticket, use_ticket, put_ledger, add_held_back, add_suppression, add_seen, find_seen,
      prune_seen, put_meta, prune_marks, prune_views, prune_hours, prune_tickets;
};

}  // namespace heed::store
