#include "state.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <variant>

namespace heed::store {
namespace {

constexpr std::int64_t minute_ms = 60'000;
constexpr std::int64_t hour_ms = 60 * minute_ms;
constexpr std::int64_t day_ms = 24 * hour_ms;
constexpr std::int64_t skew_ms_max = 5 * minute_ms;
constexpr std::int64_t age_ms_max = 30 * day_ms;
constexpr std::int64_t kept_ms = 35 * day_ms;  // longer than any record that is not too old

enum OutcomeState : std::int64_t { counted = 1, refund_waiting, refunded };

// Bumped whenever a table or the fold changes: an older file is folded again from the log.
constexpr std::int64_t state_version = 4;

constexpr const char* schema = R"(
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

std::span<const std::byte> bytes_of(std::span<const std::int64_t> ids) {
  return std::as_bytes(ids);
}

std::vector<std::int64_t> ids_of(std::span<const std::byte> bytes) {
  std::vector<std::int64_t> ids(bytes.size() / sizeof(std::int64_t));
  if (!ids.empty()) std::memcpy(ids.data(), bytes.data(), ids.size() * sizeof(std::int64_t));
  return ids;
}

bool is_skewed(const LogBatch& row) {
  const std::int64_t off_ms = row.received_ms - row.batch.head.sent_ms;
  return off_ms > skew_ms_max || off_ms < -skew_ms_max;
}

std::int64_t user_version(db::Database& database) {
  db::Statement pragma(database, "PRAGMA user_version");
  return pragma.row() ? pragma.integer(0) : 0;
}

}  // namespace

std::int64_t corrected_at_ms(const LogBatch& row, const outcome::Record& record) {
  const std::int64_t shift_ms =
      is_skewed(row) ? row.received_ms - row.batch.head.sent_ms : std::int64_t{0};
  return std::min(outcome::at_ms(record) + shift_ms, row.received_ms);
}

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

State::State(std::unique_ptr<db::Database> database)
    : database_(std::move(database)),
      sql_(std::make_unique<Statements>(*database_)),
      names_(*database_),
      arms_(*database_),
      paths_(*database_) {
  load();
}

State::~State() = default;

tl::expected<std::unique_ptr<State>, std::string> State::open(const std::string& path,
                                                              const std::string& vfs) {
  auto database = db::Database::open(
      path, {.sync = db::Sync::normal, .vfs = vfs, .cache_size_kib = 128 * 1024});
  if (!database) return tl::unexpected<std::string>(database.error());
  db::Database& d = **database;
  const std::int64_t version = user_version(d);
  if (version == 0) {
    d.begin();
    d.exec(schema);
    d.exec(Paths::schema);
    d.exec(("PRAGMA user_version=" + std::to_string(state_version)).c_str());
    if (const auto made = d.commit(); !made) return tl::unexpected<std::string>(made.error());
  } else if (version != state_version) {
    return tl::unexpected<std::string>(path + ": made by another version of heed");
  }
  std::unique_ptr<State> state(new State(std::move(*database)));  // NOLINT: private constructor
  if (!state->database_->ok()) {
    return tl::unexpected<std::string>(path + ": " + state->database_->error());
  }
  return state;
}

void State::load() {
  names_.load();
  arms_.load();
  ledgers_.clear();
  dirty_ledgers_.clear();
  db::Statement rows(*database_, "SELECT * FROM ledgers");
  while (rows.row()) {
    Ledger& l = ledgers_[rows.integer(0)];
    int column = 0;
    for (std::uint64_t* field :
         {&l.exposures, &l.outcomes, &l.refunds, &l.suppressed, &l.dropped[0], &l.dropped[1],
          &l.dropped[2], &l.dropped[3], &l.repeated_views, &l.repeated_ids, &l.refunds_waiting,
          &l.too_old, &l.refused, &l.missing, &l.skewed}) {
      *field = rows.bits(++column);
    }
  }
  db::Statement applied(*database_, "SELECT value FROM meta WHERE name = 'applied'");
  applied_id_ = applied.row() ? applied.integer(0) : 0;
}

void State::begin() {
  if (!database_->ok()) rollback();  // what could not be loaded again after an error
  database_->begin();
}

tl::expected<void, std::string> State::commit() {
  arms_.flush();
  for (const SiteId site : std::exchange(dirty_ledgers_, {})) {
    const Ledger& l = ledgers_[site];
    sql_->put_ledger
        .bind(site, l.exposures, l.outcomes, l.refunds, l.suppressed, l.dropped[0], l.dropped[1],
              l.dropped[2], l.dropped[3], l.repeated_views, l.repeated_ids, l.refunds_waiting,
              l.too_old, l.refused, l.missing, l.skewed)
        .run();
  }
  sql_->put_meta.bind("applied", applied_id_).run();
  auto committed = database_->commit();
  if (!committed) load();
  return committed;
}

void State::rollback() {
  database_->rollback();
  load();
}

Ledger& State::ledger(SiteId site) {
  dirty_ledgers_.insert(site);
  return ledgers_[site];
}

Spans State::seen(SiteId site, std::uint64_t device, std::uint64_t epoch) {
  sql_->find_mark.bind(site, device, epoch);
  Spans spans;
  if (sql_->find_mark.row()) spans = Spans(sql_->find_mark.blob(0));
  sql_->find_mark.reset();
  return spans;
}

std::uint64_t State::ticket_use(SiteId site, std::uint64_t seed) {
  sql_->find_ticket.bind(site, seed);
  const std::uint64_t used = sql_->find_ticket.row() ? sql_->find_ticket.bits(0) : 0;
  sql_->find_ticket.reset();
  return used;
}

std::vector<Run> State::mark_seen(const LogBatch& row, Applied& applied) {
  const outcome::BatchHead& head = row.batch.head;
  Spans spans = seen(row.site, head.device, head.epoch);
  const std::uint64_t missing_before = spans.missing();
  const auto runs = spans.add(head.first, row.batch.records.size());
  applied.mark = spans.mark();
  if (!runs) return {};
  ledger(row.site).missing += spans.missing() - missing_before;  // wraps where gaps close
  sql_->put_mark.bind(row.site, head.device, head.epoch, spans.bytes(), row.received_ms).run();
  return *runs;
}

Applied State::apply(const LogBatch& row) {
  Applied applied;
  const std::vector<Run> runs = mark_seen(row, applied);
  Ledger& sums = ledger(row.site);
  const std::uint64_t repeated_ids_before = sums.repeated_ids;
  if (is_skewed(row)) ++sums.skewed;
  applied.repeated = row.batch.records.size();
  for (const Run& run : runs) {
    for (std::uint64_t sequence = run.from; sequence < run.until; ++sequence) {
      const auto index = static_cast<std::size_t>(sequence - row.batch.head.first);
      const outcome::Record& record = row.batch.records[index];
      const std::int64_t at_ms = corrected_at_ms(row, record);
      const std::uint64_t attribution =
          index < row.attribution.size() ? row.attribution[index] : std::uint64_t{0};
      --applied.repeated;
      if (at_ms < row.received_ms - age_ms_max) {
        ++applied.too_old;
      } else if ((index < row.refused.size() && row.refused[index] != std::byte{0}) ||
                 !apply_record(record, {row.site, at_ms, attribution, sums})) {
        ++applied.refused;
      } else {
        ++applied.accepted;
      }
    }
  }
  sums.too_old += applied.too_old;
  sums.refused += applied.refused;
  applied.repeated_ids = sums.repeated_ids - repeated_ids_before;
  if (row.ticket_seed != 0) {
    sql_->use_ticket.bind(row.site, row.ticket_seed, applied.accepted, row.received_ms).run();
  }
  applied_id_ = row.id;
  return applied;
}

bool State::apply_record(const outcome::Record& record, const Scope& scope) {
  if (const auto* exposure = std::get_if<outcome::Exposure>(&record)) {
    return apply_exposure(*exposure, scope);
  }
  if (const auto* outcome = std::get_if<outcome::Outcome>(&record)) {
    return apply_outcome(*outcome, scope);
  }
  if (const auto* refund = std::get_if<outcome::Refund>(&record)) {
    return apply_refund(refund->outcome, scope);
  }
  if (const auto* suppressed = std::get_if<outcome::Suppressed>(&record)) {
    return apply_suppressed(*suppressed, scope);
  }
  if (const auto* dropped = std::get_if<outcome::Dropped>(&record)) {
    ++scope.ledger.dropped[static_cast<std::size_t>(dropped->what) - 1];
  }
  return true;
}

bool State::apply_exposure(const outcome::Exposure& exposure, const Scope& scope) {
  const auto slot = names_.id(scope.site, NameKind::slot, 0, exposure.slot);
  if (!slot) return false;
  std::int64_t trigger = 0;
  std::int64_t arm = held_out_arm;
  if (!exposure.trigger.empty()) {
    const auto named = names_.id(scope.site, NameKind::trigger, 0, exposure.trigger);
    if (!named) return false;
    trigger = *named;
    if (!exposure.held_out) {
      const auto variant = names_.id(scope.site, NameKind::variant, trigger, exposure.variant);
      if (!variant) return false;
      arm = *variant;
    }
  }
  const auto microsegment = microsegment_id(exposure.microsegment, scope.site);
  if (!microsegment) return false;
  ++scope.ledger.exposures;
  sql_->add_view.bind(scope.site, exposure.view, *slot, scope.at_ms / day_ms).run();
  if (database_->change_count() == 0) {
    ++scope.ledger.repeated_views;
    return true;
  }
  paths_.see(scope.site, exposure.unit, scope.at_ms, *microsegment);
  if (trigger == 0) return true;
  sql_->put_trigger.bind(trigger, *slot).run();
  if (scope.attribution != 0) {
    sql_->add_seen.bind(scope.site, exposure.unit, scope.attribution, scope.at_ms, trigger).run();
  }
  const ArmCell cell{trigger, arm, *microsegment};
  arms_.add_exposure(cell);
  count_visitor(exposure.unit, cell, scope.at_ms);
  return true;
}

bool State::apply_suppressed(const outcome::Suppressed& suppressed, const Scope& scope) {
  const auto slot = names_.id(scope.site, NameKind::slot, 0, suppressed.slot);
  const auto trigger = names_.id(scope.site, NameKind::trigger, 0, suppressed.trigger);
  const auto microsegment = microsegment_id(suppressed.microsegment, scope.site);
  if (!slot || !trigger || !microsegment) return false;
  ++scope.ledger.suppressed;
  // The key is one of its own: an exposure has the slot's number, a suppression its negative.
  sql_->add_view.bind(scope.site, suppressed.view, -*slot, scope.at_ms / day_ms).run();
  if (database_->change_count() == 0) {
    ++scope.ledger.repeated_views;
    return true;
  }
  paths_.see(scope.site, suppressed.unit, scope.at_ms, *microsegment);
  sql_->put_trigger.bind(*trigger, *slot).run();
  sql_->add_held_back.bind(*trigger, suppressed.unit).run();
  const auto is_new = static_cast<std::int64_t>(database_->change_count());
  sql_->add_suppression
      .bind(*trigger, static_cast<std::int64_t>(suppressed.cap),
            static_cast<std::int64_t>(suppressed.limit), is_new)
      .run();
  return true;
}

std::optional<std::int64_t> State::microsegment_id(std::string_view text, SiteId site) {
  return names_.id(site, NameKind::microsegment, 0, text);
}

void State::count_visitor(std::uint64_t unit, const ArmCell& cell, std::int64_t at_ms) {
  sql_->add_visitor.bind(unit, cell.trigger, cell.arm, cell.microsegment).run();
  if (database_->change_count() == 0) return;
  arms_.add_visitor(cell);
  sql_->add_hour.bind(cell.trigger, cell.arm, at_ms / hour_ms).run();
  // Outcomes that came before their exposure have waited for it.
  sql_->find_conversions.bind(unit, cell.trigger);
  while (sql_->find_conversions.row()) {
    if (sql_->find_conversions.integer(1) == 0) continue;
    arms_.converted(cell, sql_->find_conversions.integer(0)).add(sql_->find_conversions.number(2));
  }
}

bool State::apply_outcome(const outcome::Outcome& outcome, const Scope& scope) {
  const auto metric = names_.id(scope.site, NameKind::metric, 0, outcome.metric);
  if (!metric) return false;
  std::vector<std::int64_t> triggers;
  for (const outcome::Credit& credit : outcome.credits) {
    const auto trigger = names_.id(scope.site, NameKind::trigger, 0, credit.trigger);
    if (!trigger) return false;
    // Two layers may credit one trigger: the visitor converted once all the same.
    if (std::find(triggers.begin(), triggers.end(), *trigger) == triggers.end()) {
      triggers.push_back(*trigger);
    }
  }
  const auto microsegment = microsegment_id(outcome.microsegment, scope.site);
  if (!microsegment) return false;
  if (outcome.credits.empty()) triggers = credited_here(outcome.unit, scope);
  ++scope.ledger.outcomes;
  bool refund_came = false;
  double refund_value = 0;
  if (!outcome.id.empty()) {
    sql_->find_outcome.bind(outcome.unit, *metric, outcome.id);
    if (sql_->find_outcome.row()) {
      refund_came = sql_->find_outcome.integer(0) == refund_waiting;
      refund_value = sql_->find_outcome.number(1);
      sql_->find_outcome.reset();
      if (!refund_came) {
        ++scope.ledger.repeated_ids;
        return true;
      }
      --scope.ledger.refunds_waiting;
    }
    sql_->put_outcome
        .bind(outcome.unit, *metric, outcome.id,
              static_cast<std::int64_t>(refund_came ? refunded : counted), outcome.value,
              bytes_of(triggers))
        .run();
  }
  paths_.see(scope.site, outcome.unit, scope.at_ms, *microsegment);
  paths_.earn(scope.site, outcome.unit, *metric, outcome.value);
  for (const std::int64_t trigger : triggers) {
    convert(outcome.unit, trigger, *metric, {1, outcome.value});
  }
  if (refund_came) {
    take_back(scope.site, outcome.unit, *metric, outcome.value, refund_value, triggers);
  }
  return true;
}

std::vector<std::int64_t> State::credited_here(std::uint64_t unit, const Scope& scope) {
  std::vector<std::int64_t> triggers;
  if (scope.attribution == 0) return triggers;
  const auto window_ms = static_cast<std::int64_t>(scope.attribution);
  db::Statement& row = sql_->find_seen.bind(scope.site, unit, scope.at_ms, scope.at_ms - window_ms);
  while (row.row()) {
    const std::int64_t trigger = row.integer(0);
    // Two layers may credit one trigger: the visitor converted once all the same.
    if (std::find(triggers.begin(), triggers.end(), trigger) == triggers.end()) {
      triggers.push_back(trigger);
    }
  }
  row.reset();
  return triggers;
}

bool State::apply_refund(const outcome::Outcome& refund, const Scope& scope) {
  if (refund.id.empty() || refund.value < 0) return false;
  const auto metric = names_.id(scope.site, NameKind::metric, 0, refund.metric);
  const auto microsegment = microsegment_id(refund.microsegment, scope.site);
  if (!metric || !microsegment) return false;
  ++scope.ledger.refunds;
  paths_.see(scope.site, refund.unit, scope.at_ms, *microsegment);
  sql_->find_outcome.bind(refund.unit, *metric, refund.id);
  if (!sql_->find_outcome.row()) {
    ++scope.ledger.refunds_waiting;
    sql_->put_outcome
        .bind(refund.unit, *metric, refund.id, static_cast<std::int64_t>(refund_waiting),
              refund.value, std::span<const std::byte>{})
        .run();
    return true;
  }
  const bool first = sql_->find_outcome.integer(0) == counted;
  const double counted_value = sql_->find_outcome.number(1);
  const std::vector<std::int64_t> triggers = ids_of(sql_->find_outcome.blob(2));
  sql_->find_outcome.reset();
  if (!first) {
    ++scope.ledger.repeated_ids;
    return true;
  }
  sql_->put_outcome
      .bind(refund.unit, *metric, refund.id, static_cast<std::int64_t>(refunded), counted_value,
            bytes_of(triggers))
      .run();
  take_back(scope.site, refund.unit, *metric, counted_value, refund.value, triggers);
  return true;
}

void State::take_back(SiteId site, std::uint64_t unit, std::int64_t metric, double counted_value,
                      double refund_value, std::span<const std::int64_t> triggers) {
  const bool whole = refund_value == 0 || refund_value >= counted_value;
  const Change change = whole ? Change{-1, -counted_value} : Change{0, -refund_value};
  paths_.earn(site, unit, metric, change.value);
  for (const std::int64_t trigger : triggers) convert(unit, trigger, metric, change);
}

void State::convert(std::uint64_t unit, std::int64_t trigger, std::int64_t metric,
                    const Change& change) {
  Change before;
  sql_->find_conversion.bind(unit, trigger, metric);
  if (sql_->find_conversion.row()) {
    before = {sql_->find_conversion.integer(0), sql_->find_conversion.number(1)};
  }
  sql_->find_conversion.reset();
  Change after{before.count + change.count, before.value + change.value};
  if (after.count == 0) after.value = 0;  // rounding must not leave a cent behind
  sql_->put_conversion.bind(unit, trigger, metric, after.count, after.value).run();

  sql_->find_visitor.bind(unit, trigger);
  if (!sql_->find_visitor.row()) return;  // waits for the exposure
  measure::Moments& converted = arms_.converted(
      {trigger, sql_->find_visitor.integer(0), sql_->find_visitor.integer(1)}, metric);
  sql_->find_visitor.reset();
  if (before.count == 0) {
    converted.add(after.value);
  } else if (after.count == 0) {
    converted.remove(before.value);
  } else {
    converted.replace(before.value, after.value);
  }
}

void State::prune(std::int64_t id, std::int64_t now_ms) {
  const std::int64_t before_ms = now_ms - kept_ms;
  sql_->prune_marks.bind(before_ms).run();
  sql_->prune_views.bind(before_ms / day_ms).run();
  sql_->prune_hours.bind(before_ms / hour_ms).run();
  sql_->prune_tickets.bind(before_ms).run();
  sql_->prune_seen.bind(before_ms).run();
  applied_id_ = id;
}

}  // namespace heed::store
