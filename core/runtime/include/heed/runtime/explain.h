// Why a slot shows what it shows, as ids and values; the studio makes text of it. Values.
#pragma once
#include <cstdint>
#include <optional>

#include "heed/base/array.h"
#include "heed/base/id.h"
#include "heed/base/outcome.h"
#include "heed/runtime/decision.h"
#include "heed/runtime/value.h"

namespace heed {

/// What became of a candidate.
enum class Outlook : std::uint8_t {
  unmet,     // its condition does not hold
  stopped,   // its condition holds; `Candidate::stopped_by` says what is in the way
  eligible,  // nothing is in the way, but another one won
  won,
};

/// An input's value at the time; for a journey the stage's name, for a time its milliseconds.
struct InputValue {
  InputId input;
  OwnedValue value;
  Array<PredicateId> failures;  // of a segment: what does not hold of its condition
};

/// A share and where the visitor falls: inside iff from <= drawn < until, all out of 2^32.
struct Bucket {
  std::uint64_t from = 0;
  std::uint64_t until = 0;
  std::uint32_t drawn = 0;

  [[nodiscard]] constexpr bool inside() const { return from <= drawn && drawn < until; }
};

/// What a cap allows, and what of it is used. A limit of 0 is none.
struct CapUse {
  std::uint16_t times = 0;  // exposures with at > now - per
  std::uint16_t times_max = 0;
  std::uint64_t per_ms = 0;
  std::uint16_t session_times = 0;  // exposures in this session
  std::uint16_t session_max = 0;
  std::uint64_t cool_down_ms = 0;
  std::optional<outcome::CapLimit> reached;  // the first that is
  TimeMs frees;  // where one is reached: when it lets through again, if nothing happens until then

  [[nodiscard]] constexpr bool is_cap() const {
    return times_max != 0 || session_max != 0 || cool_down_ms != 0;
  }
  [[nodiscard]] constexpr bool full() const { return reached.has_value(); }
};

/// The option that a part draws, and the share that the draw fell into.
struct PartDraw {
  std::uint8_t option = 0;  // position in the part
  Bucket bucket;
};

struct Candidate {
  TriggerId trigger;
  std::int32_t priority = 0;
  Outlook outlook = Outlook::unmet;
  Reason stopped_by =
      Reason::no_trigger;  // where stopped: the first of cap, consent, schedule, layer
  // Where unmet: what does not hold of its condition, term by term as compiled; some may repeat.
  Array<PredicateId> failures;
  double value = 0;  // of the visitor's microsegment
  CapUse cap;
  CapUse campaign_cap;
  CapUse programme_cap;
  bool consent_missing = false;
  TimeMs from;
  TimeMs until;
  bool joins_layer = false;
  Bucket layer;           // where it joins one
  Bucket holdout;         // inside: held out; until 0: it has none
  Array<PartDraw> parts;  // as if not held out; fixed: everyone, drawn 0
};

struct Explanation {
  Decision decision;                           // exactly what `decide` answers
  Bucket programme_holdout;                    // inside: held out; until 0: there is none
  TriggerId suppressed = none_id<TriggerTag>;  // who would have won, were there no caps
  Array<Candidate> candidates;                 // the slot's triggers in static order
  Array<InputValue> inputs;  // every input that these and their segments read, ascending
};

}  // namespace heed
