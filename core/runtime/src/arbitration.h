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

/// A trigger that a cap alone keeps from winning: whose, and which of its limits.
struct Suppression {
  TriggerId trigger;
  outcome::CapOf cap;
  outcome::CapLimit limit;
};

/// How many times of exposure a cap needs to know; 0: there is no cap.
[[nodiscard]] std::size_t remembered_times(const Ruleset& ruleset, const image::CapColumns& columns,
                                           std::size_t row);

/// Where a cap of ascending rows is, or would be.
[[nodiscard]] std::size_t place_of(const Array<CapState>& caps, std::uint32_t row);

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
  /// Who would have won `slot` instead of `winner`, or where nobody did, were there no caps.
  [[nodiscard]] std::optional<Suppression> suppressed(SlotId slot, TriggerId winner);
  [[nodiscard]] std::int32_t priority(TriggerId trigger) const {
    return ruleset_.at<std::int32_t>(image::Column::trigger_priority, trigger.index);
  }
  /// What a trigger is worth in a microsegment.
  [[nodiscard]] double value(TriggerId trigger, Microsegment microsegment) const;
  [[nodiscard]] Draws draws(TriggerId trigger) const { return recheck(ruleset_, unit_, trigger); }
  [[nodiscard]] bool is_held_out_by_programme() const;
  [[nodiscard]] Microsegment microsegment() { return evaluation_.microsegment(); }
  [[nodiscard]] bool is_expired() const { return now_ >= ruleset_.expires(); }

 private:
  [[nodiscard]] bool holds(TriggerId trigger);
  [[nodiscard]] CapUse cap_use(TriggerId trigger) const;
  [[nodiscard]] CapUse campaign_cap_use(TriggerId trigger) const;
  [[nodiscard]] CapUse programme_cap_use() const;
  [[nodiscard]] CapUse use(const Array<CapState>& caps, std::uint32_t row,
                           const image::CapColumns& columns) const;
  void find_limit(const Array<std::int64_t>& times_ms, CapUse& used) const;
  /// The first cap that is full, and its limit.
  [[nodiscard]] std::optional<Suppression> capped(TriggerId trigger) const;
  [[nodiscard]] bool consent_missing(TriggerId trigger) const;
  [[nodiscard]] bool scheduled(TriggerId trigger) const;
  [[nodiscard]] Candidate candidate(TriggerId trigger, TriggerId winner);
  [[nodiscard]] Array<PredicateId> failures(std::uint32_t condition);
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
