// What each record does to the state: exposures, suppressions, outcomes and refunds.
#include <algorithm>
#include <cstring>
#include <variant>

#include "state.h"
#include "state_sql.h"

namespace heed::store {
namespace {

enum OutcomeState : std::int64_t { counted = 1, refund_waiting, refunded };

std::span<const std::byte> bytes_of(std::span<const std::int64_t> ids) {
  return std::as_bytes(ids);
}

std::vector<std::int64_t> ids_of(std::span<const std::byte> bytes) {
  std::vector<std::int64_t> ids(bytes.size() / sizeof(std::int64_t));
  if (!ids.empty()) std::memcpy(ids.data(), bytes.data(), ids.size() * sizeof(std::int64_t));
  return ids;
}

}  // namespace

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

}  // namespace heed::store
