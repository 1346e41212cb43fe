// The winner of one slot, and winners of whom more is to be asked than their rows say.
#include "contest.h"

#include "heed/runtime/draws.h"

namespace heed {

using Word = Index::Word;

/// Who of the first's slot and priority is worth most; of equals the one that comes first.
///
/// @param term  one of the first's, who may win
TriggerId Contest::richest(std::uint32_t term, TriggerId first) {
  const Microsegment microsegment = matcher_.microsegment();
  const std::uint32_t end = index_.award(first.index).slot_end;
  TriggerId asked = first;
  TriggerId best = first;
  double most = arbitration_.value(first, microsegment);
  for (++term; term < end; ++term) {
    const TriggerId trigger{index_.trigger_of(term)};
    if (arbitration_.priority(trigger) != arbitration_.priority(first)) break;
    if (!is_loaded(term / 64)) load(term / 64);
    const bool holds = (words_[term / 64 - first_word_] >> term % 64 & 1U) != 0;
    if (!holds || trigger == asked) continue;
    asked = trigger;
    const double value = arbitration_.value(trigger, microsegment);
    if (value <= most || arbitration_.stopped(trigger, index_.award(trigger.index).gates)) continue;
    best = trigger;
    most = value;
  }
  return best;
}

/// @param term  one of the winner's trigger
/// @return  why the trigger is stopped, if it is; else the winner is made
std::optional<Reason> Contest::award_slowly(std::uint8_t gates, std::uint32_t term,
                                            Winner& winner) {
  if ((gates & Index::gate_any) != 0) {
    if (const auto reason = arbitration_.stopped(winner.trigger, gates)) return reason;
  }
  if ((gates & Index::gate_value) != 0) winner.trigger = richest(term, winner.trigger);
  const Draws draws = arbitration_.draws(winner.trigger);
  winner.probability = draws.probability;
  winner.options = draws.options;
  winner.part_count = draws.part_count;
  winner.held_out = draws.held_out;
  winner.reason = draws.reason;
  return std::nullopt;
}

Winner Contest::decide(SlotId slot) {
  Winner winner;
  const Rows terms = index_.slot_terms(slot);
  std::optional<Reason> first_reason;
  for (std::uint32_t term = terms.begin; term < terms.end;) {
    if (!is_loaded(term / 64)) load(term / 64);
    const Word word = words_[term / 64 - first_word_] & ~Word{0} << term % 64;
    if (word == 0) {
      term = (term / 64 + 1) * 64;
      continue;
    }
    term = term / 64 * 64 + static_cast<std::uint32_t>(__builtin_ctzll(word));
    if (term >= terms.end) break;
    winner.slot = slot;
    winner.trigger = TriggerId{index_.trigger_of(term)};
    const Index::Award& award = index_.award(winner.trigger.index);
    if ((award.gates | slow_) == 0) {
      draw_one(award, winner);
      return winner;
    }
    const auto reason = award_slowly(award.gates, term, winner);
    if (!reason) return winner;
    if (!first_reason) first_reason = reason;
    ++term;
  }
  winner = {};
  winner.slot = slot;
  winner.reason = first_reason.value_or(Reason::no_trigger);
  return winner;
}

}  // namespace heed
