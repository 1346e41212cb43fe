// Why a slot shows what it shows, as ids and values; the studio makes text of it. Values.
#pragma once
#include <cstdint>
#include <vector>

#include "heed/base/id.h"
#include "heed/runtime/decision.h"
#include "heed/runtime/value.h"

namespace heed {

/// What became of a candidate.
enum class Outlook : std::uint8_t {
  unmet,     // its condition does not hold
  stopped,   // its condition holds; `Candidate::stopped_by` says what is in the way
  eligible,  // nothing is in the way, but an earlier one won
  won,
};

/// An input's value at the time; for a journey the stage's name, for a time its milliseconds.
struct InputValue {
  InputId input;
  OwnedValue value;
};

/// The first predicate of a term that does not hold.
struct Failure {
  PredicateId predicate;
  InputId input = none_id<struct InputTag>;  // none where the predicate is computed
};

/// A share and where the visitor falls: inside iff from <= drawn < until, all out of 2^32.
struct Bucket {
  std::uint64_t from = 0;
  std::uint64_t until = 0;
  std::uint32_t drawn = 0;

  [[nodiscard]] constexpr bool inside() const { return from <= drawn && drawn < until; }
};

/// Exposures inside the cap's span, and how many it allows (0: no cap).
struct CapUse {
  std::uint16_t times = 0;
  std::uint16_t times_max = 0;
  std::uint64_t per_ms = 0;

  [[nodiscard]] constexpr bool full() const { return times_max != 0 && times >= times_max; }
};

struct Candidate {
  TriggerId trigger;
  Outlook outlook = Outlook::unmet;
  Reason stopped_by =
      Reason::no_trigger;         // where stopped: the first of cap, consent, schedule, layer
  std::vector<Failure> failures;  // where unmet: one a term
  CapUse cap;
  CapUse campaign_cap;
  bool consent_missing = false;
  TimeMs from;
  TimeMs until;
  Bucket layer;               // everyone, drawn 0, where it joins no layer
  Bucket holdout;             // inside: held out
  std::vector<Bucket> parts;  // the option drawn in each part, as if not held out; fixed: everyone
};

struct Explanation {
  Decision decision;                  // exactly what `decide` answers
  Bucket programme_holdout;           // inside: held out
  std::vector<Candidate> candidates;  // the slot's triggers in static order
  std::vector<InputValue> inputs;     // every input that these read, ascending
};

}  // namespace heed
