// What a page asks its session for most: attributes set, slots decided.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "arbitration.h"
#include "contest.h"
#include "evaluation.h"
#include "heed/runtime/session.h"
#include "keys.h"

namespace heed {
namespace {

using image::Column;

Winner winner_of(const Decision& made) {
  return {made.slot,       made.trigger,  made.probability, made.options,
          made.part_count, made.held_out, made.reason};
}

}  // namespace

Result<void> Session::set(AttributeId attribute, const Value& value, TimeMs now,
                          std::uint32_t string) {
  if (attribute.index >= state_.attributes.size()) {
    return fail(ErrorCode::unknown_attribute, attribute.index);
  }
  const image::Type type = ruleset_->type(attribute);
  const bool is_known = string != none_index && type == image::Type::string;
  if (!is_known) {
    Result<void> checked = check_value(value, type, attribute.index);
    if (!checked) return checked;
  }
  if (level_ == Level::none && is_profile_fact(*ruleset_, attribute)) {
    return fail(ErrorCode::no_consent, attribute.index);
  }
  if (state_.attributes.set(attribute.index, value)) {
    matcher_.attribute_changed(*ruleset_, state_, attribute.index, string);
  }
  enter_stages(in_range(now));
  return {};
}

void Session::use(const Index* index) { matcher_.use(index); }

Microsegment Session::winner(SlotId slot, TimeMs now, Winner& out) const {
  now = in_range(now);
  Arbitration arbitration(*ruleset_, state_, level_, unit(), now);
  if (matcher_.index() == nullptr || slot.index >= ruleset_->slot_count()) {
    const Decision made = arbitration.decide(slot);
    out = winner_of(made);
    return made.microsegment;
  }
  matcher_.refresh(*ruleset_, state_, now);
  if (arbitration.is_expired()) {
    out = {};
    out.slot = slot;
    out.reason = Reason::expired;
  } else {
    out = Contest(matcher_, arbitration, unit()).decide(slot);
  }
  return matcher_.microsegment();
}

Microsegment Session::winners(TimeMs now, Array<Winner>& out) const {
  now = in_range(now);
  Arbitration arbitration(*ruleset_, state_, level_, unit(), now);
  if (matcher_.index() != nullptr) {
    matcher_.refresh(*ruleset_, state_, now);
    if (arbitration.is_expired()) {
      out.clear();
    } else {
      Contest(matcher_, arbitration, unit()).decide_all(out, nullptr);
    }
    return matcher_.microsegment();
  }
  out.clear();
  for (std::uint32_t slot = 0; slot < ruleset_->slot_count(); ++slot) {
    const Decision made = arbitration.decide(SlotId{slot});
    if (made.trigger != none_id<TriggerTag>) out.push_back(winner_of(made));
  }
  return arbitration.microsegment();
}

void Session::enter_stages(TimeMs now) {
  if (!has_sticky_stages_) return;
  // A stage that is entered holds at that time, so that nothing which reads stages changes then:
  // in what order they are entered makes no difference.
  const bool has_index = matcher_.index() != nullptr;
  Evaluation evaluation(*ruleset_, state_, now);
  if (has_index) matcher_.refresh(*ruleset_, state_, now);
  for (std::uint32_t journey = 0; journey < state_.entered.size(); ++journey) {
    const Rows stages = ruleset_->children(Column::journey_stage_count, journey);
    for (std::uint32_t row = stages.begin; row < stages.end; ++row) {
      const std::uint32_t bit = std::uint32_t{1} << (row - stages.begin);
      if (ruleset_->at<std::uint8_t>(Column::stage_sticky, row) == 0) continue;
      if ((state_.entered[journey] & bit) != 0) continue;
      const auto condition = ruleset_->at<std::uint32_t>(Column::stage_condition, row);
      if (has_index ? matcher_.stage_holds(row) : evaluation.condition(condition)) {
        state_.entered[journey] |= bit;
      }
    }
  }
}

}  // namespace heed
