// What a session remembers of its visitor: everything that decides, and nothing else. Values.
#pragma once
#include <cstdint>
#include <string>

#include "heed/base/array.h"
#include "heed/base/outcome.h"
#include "heed/runtime/value.h"

namespace heed {

/// Signals that a window counts. `at_ms` is the latest one's time.
struct WindowEntry {
  std::int64_t at_ms = 0;
  std::uint64_t count = 0;

  friend bool operator==(const WindowEntry&, const WindowEntry&) = default;
};

/// What one feature has gathered; each kind uses its own fields.
struct FeatureState {
  std::uint64_t count = 0;     // count over the whole session
  Array<WindowEntry> entries;  // count in a window: oldest first
  std::int64_t at_ms = 0;      // since, score: the last signal's time, where `seen`
  bool seen = false;
  double score = 0;  // at `at_ms`
  OwnedValue last;

  friend bool operator==(const FeatureState&, const FeatureState&) = default;
};

/// When a capped trigger or campaign was exposed, oldest first; at most as many as the cap counts.
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
  Array<OwnedValue> attributes;    // by attribute
  Array<FeatureState> features;    // by feature
  Array<std::uint32_t> entered;    // by journey: a bit a sticky stage
  Array<CapState> trigger_caps;    // ascending rows
  Array<CapState> campaign_caps;   // ascending rows
  Array<LayerExposure> exposures;  // oldest first, each layer once
  std::uint64_t view = 0;
  Array<std::uint32_t> exposed_slots;  // in this view, ascending
  Array<std::uint64_t> seen_ids;       // keys of (signal, id), oldest first
  Array<KeptOutcome> outcomes;         // oldest first

  friend bool operator==(const State&, const State&) = default;
};

}  // namespace heed
