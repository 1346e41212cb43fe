#include "arbitration.h"

#include <algorithm>

#include "heed/base/hash.h"
#include "heed/runtime/draws.h"
#include "heed/runtime/program.h"

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
  for (std::uint32_t row = triggers.begin; row < triggers.end; ++row) {
    const TriggerId trigger{row};
    if (!holds(trigger)) continue;
    if (const std::optional<Reason> reason = stopped(trigger)) {
      if (decision.reason == Reason::no_trigger) decision.reason = *reason;
      continue;
    }
    const Draws draws = this->draws(trigger);
    decision.trigger = trigger;
    decision.options = draws.options;
    decision.part_count = draws.part_count;
    decision.held_out = draws.held_out;
    decision.probability = draws.probability;
    decision.reason = draws.reason;
    return decision;
  }
  return decision;
}

bool Arbitration::holds(TriggerId trigger) {
  return evaluation_.condition(
      ruleset_.at<std::uint32_t>(Column::trigger_condition, trigger.index));
}

std::optional<Reason> Arbitration::stopped(TriggerId trigger, std::uint8_t gates) const {
  const auto has = [gates](std::uint8_t gate) { return (gates & gate) != 0; };
  if (has(Index::gate_cap) && (cap_use(trigger).full() || campaign_cap_use(trigger).full())) {
    return Reason::capped;
  }
  if (has(Index::gate_message) && consent_missing(trigger)) return Reason::no_consent;
  if (has(Index::gate_schedule) && !scheduled(trigger)) return Reason::schedule;
  if (has(Index::gate_layer) && !in_layer(ruleset_, unit_, trigger)) return Reason::layer;
  return std::nullopt;
}

bool Arbitration::is_held_out_by_programme() const {
  const auto share = ruleset_.at<std::uint64_t>(Column::site_holdout, 0);
  return share != 0 && draw(unit_, ruleset_.programme_salt()) < share;
}

CapUse Arbitration::cap_use(TriggerId trigger) const {
  return use(state_.trigger_caps, trigger.index,
             ruleset_.at<std::uint16_t>(Column::trigger_cap_times, trigger.index),
             ruleset_.at<std::uint64_t>(Column::trigger_cap_per_ms, trigger.index));
}

CapUse Arbitration::campaign_cap_use(TriggerId trigger) const {
  const auto campaign = ruleset_.at<std::uint32_t>(Column::trigger_campaign, trigger.index);
  if (campaign == none_index) return {};
  return use(state_.campaign_caps, campaign,
             ruleset_.at<std::uint16_t>(Column::campaign_cap_times, campaign),
             ruleset_.at<std::uint64_t>(Column::campaign_cap_per_ms, campaign));
}

CapUse Arbitration::use(const Array<CapState>& caps, std::uint32_t row, std::uint16_t times_max,
                        std::uint64_t per_ms) const {
  CapUse used{0, times_max, per_ms};
  const auto below = [](const CapState& cap, std::uint32_t value) { return cap.row < value; };
  const auto found = std::lower_bound(caps.begin(), caps.end(), row, below);
  if (times_max == 0 || found == caps.end() || found->row != row) return used;
  for (const std::int64_t at_ms : found->times_ms) {
    if (at_ms > now_.ms - static_cast<std::int64_t>(per_ms)) ++used.times;
  }
  return used;
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
