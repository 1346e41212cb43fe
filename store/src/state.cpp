// Opens the state, and folds rows of the log into it; state_records.cpp folds each record.
#include "state.h"

#include <algorithm>
#include <utility>

#include "state_sql.h"

namespace heed::store {
namespace {

constexpr std::int64_t skew_ms_max = 5 * 60'000;
constexpr std::int64_t age_ms_max = 30 * day_ms;
constexpr std::int64_t kept_ms = 35 * day_ms;  // longer than any record that is not too old

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
    d.exec(state_schema);
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
