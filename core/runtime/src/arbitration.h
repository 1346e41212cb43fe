// Who wins a slot (docs/formats/ruleset.md, "Arbitration"). Lives for one call to decide.
#pragma once
#include <cstdint>
#include <optional>

#include "evaluation.h"
#include "heed/runtime/draws.h"
#include "heed/runtime/explain.h"
#include "heed/runtime/index.h"
#include "heed/runtime/ruleset.h"
#include "heed/runtime/state.h"

namespace heed {

class Arbitration {
 public:
  /// All borrowed; they outlive this.
  Arbitration(const Ruleset& ruleset, const State& state, image::Level level, std::uint64_t unit,
              TimeMs now)
      : ruleset_(ruleset),
        state_(state),
        level_(level),
        unit_(unit),
        now_(now),
        evaluation_(ruleset, state, now) {}

  [[nodiscard]] Decision decide(SlotId slot);
  [[nodiscard]] Explanation explain(SlotId slot);

  /// Why a trigger whose condition holds may not win; nothing where it may.
  ///
  /// @param gates  of its award in an index: what may stop it at all
  [[nodiscard]] std::optional<Reason> stopped(TriggerId trigger,
                                              std::uint8_t gates = Index::gate_any) const;
  [[nodiscard]] Draws draws(TriggerId trigger) const { return recheck(ruleset_, unit_, trigger); }
  [[nodiscard]] bool is_held_out_by_programme() const;
  [[nodiscard]] Microsegment microsegment() { return evaluation_.microsegment(); }
  [[nodiscard]] bool is_expired() const { return now_ >= ruleset_.expires(); }

 private:
  [[nodiscard]] bool holds(TriggerId trigger);
  [[nodiscard]] CapUse cap_use(TriggerId trigger) const;
  [[nodiscard]] CapUse campaign_cap_use(TriggerId trigger) const;
  [[nodiscard]] CapUse use(const Array<CapState>& caps, std::uint32_t row, std::uint16_t times_max,
                           std::uint64_t per_ms) const;
  [[nodiscard]] bool consent_missing(TriggerId trigger) const;
  [[nodiscard]] bool scheduled(TriggerId trigger) const;
  [[nodiscard]] Candidate candidate(TriggerId trigger, TriggerId winner);
  [[nodiscard]] Array<Failure> failures(TriggerId trigger);
  void add_draws(Candidate& candidate) const;
  void add_inputs(Explanation& explanation);

  const Ruleset& ruleset_;
  const State& state_;
  image::Level level_;
  std::uint64_t unit_;
  TimeMs now_;
  Evaluation evaluation_;
};

}  // namespace heed
