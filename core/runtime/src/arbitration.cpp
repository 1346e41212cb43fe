#include "arbitration.h"

#include <algorithm>

#include "heed/base/hash.h"
#include "heed/runtime/draws.h"
#include "heed/runtime/program.h"
#include "values.h"

namespace heed {

using image::Column;

Decision Arbitration::decide(SlotId slot) {
  Decision decision;
  decision.slot = slot;
  if (slot.index >= ruleset_.slot_count()) return decision;
  decision.microsegment = evaluation_.microsegment();
  if (is_expired()) {
    decision.reason = Reason::expired;
    return decision;
  }
  const Rows triggers = ruleset_.triggers(slot);
  // Without values of their own the first of a priority is the best.
  const bool by_order = ruleset_.row_count(Column::trigger_value_cell) == 0;
  double best = 0;
  for (std::uint32_t row = triggers.begin; row < triggers.end; ++row) {
    const TriggerId trigger{row};
    const bool won = decision.trigger != none_id<TriggerTag>;
    if (won && (by_order || priority(trigger) < priority(decision.trigger))) break;
    if (!holds(trigger)) continue;
    if (const std::optional<Reason> reason = stopped(trigger)) {
      if (decision.reason == Reason::no_trigger) decision.reason = *reason;
      continue;
    }
    const double value = this->value(trigger, decision.microsegment);
    if (won && value <= best) continue;
    decision.trigger = trigger;
    best = value;
  }
  if (decision.trigger == none_id<TriggerTag>) return decision;
  const Draws draws = this->draws(decision.trigger);
  decision.options = draws.options;
  decision.part_count = draws.part_count;
  decision.held_out = draws.held_out;
  decision.probability = draws.probability;
  decision.reason = draws.reason;
  return decision;
}

std::optional<Suppression> Arbitration::suppressed(SlotId slot, TriggerId winner) {
  if (slot.index >= ruleset_.slot_count() || is_expired()) return std::nullopt;
  const Microsegment microsegment = evaluation_.microsegment();
  const bool any_won = winner != none_id<TriggerTag>;
  const double won = any_won ? value(winner, microsegment) : 0;
  std::optional<Suppression> found;
  double best = 0;
  const Rows triggers = ruleset_.triggers(slot);
  for (std::uint32_t row = triggers.begin; row < triggers.end; ++row) {
    const TriggerId trigger{row};
    if (any_won && priority(trigger) < priority(winner)) break;
    if (found && priority(trigger) < priority(found->trigger)) break;
    if (trigger == winner) continue;  // whose cap another slot's exposure may have filled since
    const std::optional<Suppression> capped = this->capped(trigger);
    if (!capped || stopped(trigger, Index::gate_any & ~Index::gate_cap) || !holds(trigger)) {
      continue;
    }
    const double value = this->value(trigger, microsegment);
    const bool loses = any_won && priority(trigger) == priority(winner) &&
                       (value < won || (value == won && winner < trigger));
    if (loses || (found && value <= best)) continue;
    found = capped;
    best = value;
  }
  return found;
}

bool Arbitration::holds(TriggerId trigger) {
  return evaluation_.condition(
      ruleset_.at<std::uint32_t>(Column::trigger_condition, trigger.index));
}

std::optional<Reason> Arbitration::stopped(TriggerId trigger, std::uint8_t gates) const {
  const auto has = [gates](std::uint8_t gate) { return (gates & gate) != 0; };
  if (has(Index::gate_cap) && capped(trigger)) return Reason::capped;
  if (has(Index::gate_message) && consent_missing(trigger)) return Reason::no_consent;
  if (has(Index::gate_schedule) && !scheduled(trigger)) return Reason::schedule;
  if (has(Index::gate_layer) && !in_layer(ruleset_, unit_, trigger)) return Reason::layer;
  return std::nullopt;
}

bool Arbitration::is_held_out_by_programme() const {
  const auto share = ruleset_.at<std::uint64_t>(Column::site_holdout, 0);
  return share != 0 && draw(unit_, ruleset_.programme_salt()) < share;
}

double Arbitration::value(TriggerId trigger, Microsegment microsegment) const {
  return value_of(ruleset_, trigger, microsegment);
}

std::size_t remembered_times(const Ruleset& ruleset, const image::CapColumns& columns,
                             std::size_t row) {
  const std::size_t last = ruleset.at<std::uint64_t>(columns.cool_down_ms, row) != 0 ? 1 : 0;
  return std::max({std::size_t{ruleset.at<std::uint16_t>(columns.times, row)},
                   std::size_t{ruleset.at<std::uint16_t>(columns.session, row)}, last});
}

std::size_t place_of(const Array<CapState>& caps, std::uint32_t row) {
  std::size_t place = 0;
  for (std::size_t end = caps.size(); place < end;) {
    const std::size_t middle = (place + end) / 2;
    if (caps[middle].row < row) {
      place = middle + 1;
    } else {
      end = middle;
    }
  }
  return place;
}

std::optional<Suppression> Arbitration::capped(TriggerId trigger) const {
  using outcome::CapOf;
  CapUse used = cap_use(trigger);
  if (used.full()) return Suppression{trigger, CapOf::trigger, *used.reached};
  used = campaign_cap_use(trigger);
  if (used.full()) return Suppression{trigger, CapOf::campaign, *used.reached};
  used = programme_cap_use();
  if (used.full()) return Suppression{trigger, CapOf::programme, *used.reached};
  return std::nullopt;
}

CapUse Arbitration::cap_use(TriggerId trigger) const {
  return use(state_.trigger_caps, trigger.index, image::trigger_cap);
}

CapUse Arbitration::campaign_cap_use(TriggerId trigger) const {
  const auto campaign = ruleset_.at<std::uint32_t>(Column::trigger_campaign, trigger.index);
  if (campaign == none_index) return {};
  return use(state_.campaign_caps, campaign, image::campaign_cap);
}

CapUse Arbitration::programme_cap_use() const {
  return use(state_.programme_caps, 0, image::site_cap);
}

CapUse Arbitration::use(const Array<CapState>& caps, std::uint32_t row,
                        const image::CapColumns& columns) const {
  CapUse used;
  used.times_max = ruleset_.at<std::uint16_t>(columns.times, row);
  used.per_ms = ruleset_.at<std::uint64_t>(columns.per_ms, row);
  used.session_max = ruleset_.at<std::uint16_t>(columns.session, row);
  used.cool_down_ms = ruleset_.at<std::uint64_t>(columns.cool_down_ms, row);
  if (!used.is_cap()) return used;
  const std::size_t place = place_of(caps, row);
  if (place < caps.size() && caps[place].row == row) find_limit(caps[place].times_ms, used);
  return used;
}

void Arbitration::find_limit(const Array<std::int64_t>& times_ms, CapUse& used) const {
  using outcome::CapLimit;
  const auto reach = [&](CapLimit limit, std::int64_t frees_ms) {
    if (!used.reached) used.reached = limit;
    used.frees.ms = std::max(used.frees.ms, frees_ms);
  };
  const auto per_ms = static_cast<std::int64_t>(used.per_ms);
  const auto cool_down_ms = static_cast<std::int64_t>(used.cool_down_ms);
  const std::int64_t session_until_ms = state_.clock_ms + limits::session_gap_ms;
  for (const std::int64_t at_ms : times_ms) {
    if (used.times_max != 0 && at_ms > now_.ms - per_ms) ++used.times;
    if (now_.ms < session_until_ms && at_ms >= state_.session_from_ms) ++used.session_times;
  }
  if (used.times_max != 0 && used.times >= used.times_max) {
    reach(CapLimit::times, times_ms[times_ms.size() - used.times_max] + per_ms);
  }
  if (used.session_max != 0 && used.session_times >= used.session_max) {
    reach(CapLimit::session, session_until_ms);
  }
  if (used.cool_down_ms != 0 && times_ms.back() > now_.ms - cool_down_ms) {
    reach(CapLimit::cool_down, times_ms.back() + cool_down_ms);
  }
}

bool Arbitration::consent_missing(TriggerId trigger) const {
  // A message reaches the visitor later and elsewhere: whom, nobody may remember at level none.
  using image::Channel;
  const auto channel = static_cast<Channel>(
      ruleset_.at<std::uint8_t>(Column::slot_channel, ruleset_.slot(trigger).index));
  return level_ == image::Level::none && (channel == Channel::email || channel == Channel::app);
}

bool Arbitration::scheduled(TriggerId trigger) const {
  return ruleset_.at<std::int64_t>(Column::trigger_from_ms, trigger.index) <= now_.ms &&
         now_.ms < ruleset_.at<std::int64_t>(Column::trigger_until_ms, trigger.index);
}

}  // namespace heed
