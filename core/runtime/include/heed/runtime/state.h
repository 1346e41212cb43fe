// What a session remembers of its visitor: everything that decides, and nothing else. Values.
#pragma once
#include <cstdint>
#include <string>

#include "heed/base/array.h"
#include "heed/base/outcome.h"
#include "heed/runtime/attributes.h"
#include "heed/runtime/feature_state.h"

namespace heed {

/// When what a cap counts was exposed, oldest first; at most as many as the cap needs to know.
struct CapState {
  std::uint32_t row = 0;
  Array<std::int64_t> times_ms;

  friend bool operator==(const CapState&, const CapState&) = default;
};

/// The last exposure in a layer: whom the next outcome credits.
struct LayerExposure {
  std::uint32_t layer = 0;  // hash of the layer's name, or of a slot's that has none
  std::int64_t at_ms = 0;
  outcome::Credit credit;

  friend bool operator==(const LayerExposure&, const LayerExposure&) = default;
};

/// An outcome with an id, kept so that a refund can take it back.
struct KeptOutcome {
  std::uint64_t key = 0;  // of (signal, id)
  std::string metric;
  double value = 0;
  Array<outcome::Credit> credits;

  friend bool operator==(const KeptOutcome&, const KeptOutcome&) = default;
};

struct State {
  std::int64_t clock_ms = 0;         // when something happened last; no time here is after it
  Attributes attributes;             // by attribute
  Array<FeatureState> features;      // by feature
  Array<std::uint32_t> entered;      // by journey: a bit a sticky stage
  Array<CapState> trigger_caps;      // ascending rows
  Array<CapState> campaign_caps;     // ascending rows
  Array<CapState> programme_caps;    // at most one
  std::int64_t session_from_ms = 0;  // when the visitor came back after limits::session_gap_ms
  Array<LayerExposure> exposures;    // oldest first, each layer once
  std::uint64_t view = 0;
  Array<std::uint32_t> exposed_slots;     // in this view, ascending
  Array<std::uint32_t> suppressed_slots;  // in this view, ascending
  Array<std::uint64_t> seen_ids;          // keys of (signal, id), oldest first
  Array<KeptOutcome> outcomes;            // oldest first

  friend bool operator==(const State&, const State&) = default;
};

}  // namespace heed
