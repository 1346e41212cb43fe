#include "snapshot.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "heed/base/hash.h"
#include "keys.h"

namespace heed::snapshot {
namespace {

using image::Column;
using image::FeatureKind;

template <class T>
void sort_by_key(std::vector<T>& rows) {
  std::sort(rows.begin(), rows.end(), [](const T& a, const T& b) { return a.key < b.key; });
  // Features that are defined alike have gathered alike: one stands for all.
  const auto same = [](const T& a, const T& b) { return a.key == b.key; };
  rows.erase(std::unique(rows.begin(), rows.end(), same), rows.end());
}

bool below(Key a, Key b) { return a.hash < b.hash; }

std::optional<Kept> kept(const OwnedValue& value) {
  Kept out;
  if (const auto* flag = std::get_if<bool>(&value)) {
    out.kind = Kept::Kind::boolean;
    out.flag = *flag;
  } else if (const auto* number = std::get_if<double>(&value)) {
    out.kind = Kept::Kind::number;
    out.number = *number;
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    out.kind = Kept::Kind::string;
    out.text = *text;
  } else if (const auto* members = std::get_if<std::vector<std::string>>(&value)) {
    out.kind = Kept::Kind::set;
    for (const std::string& member : *members) out.members.push_back({member});
  } else if (const auto* time = std::get_if<TimeMs>(&value)) {
    out.kind = Kept::Kind::time;
    out.time_ms = time->ms;
  } else {
    return std::nullopt;
  }
  return out;
}

/// State to snapshot.
class Writer {
 public:
  Writer(const Ruleset& ruleset, const State& state) : ruleset_(ruleset), state_(state) {}

  Snapshot write(std::uint64_t unit) {
    out_.site = static_cast<std::uint32_t>(ruleset_.site_hash());
    out_.unit = unit;
    out_.view = state_.view;
    find_latest();
    write_attributes();
    write_features();
    write_journeys();
    for (const CapState& cap : state_.trigger_caps) {
      write_cap(trigger_key(ruleset_, TriggerId{cap.row}), cap, out_.trigger_caps);
    }
    for (const CapState& cap : state_.campaign_caps) {
      write_cap(campaign_key(ruleset_, CampaignId{cap.row}), cap, out_.campaign_caps);
    }
    sort_by_key(out_.trigger_caps);
    sort_by_key(out_.campaign_caps);
    for (const std::uint32_t slot : state_.exposed_slots) {
      out_.exposed_slots.push_back({slot_key(ruleset_, SlotId{slot})});
    }
    std::sort(out_.exposed_slots.begin(), out_.exposed_slots.end(), below);
    write_exposures();
    return std::move(out_);
  }

 private:
  void find_latest() {
    const auto see = [this](std::int64_t at_ms) {
      out_.latest_ms = std::max(out_.latest_ms, at_ms);
    };
    for (const FeatureState& feature : state_.features) {
      if (feature.seen) see(feature.at_ms);
      if (!feature.entries.empty()) see(feature.entries.back().at_ms);
    }
    for (const CapState& cap : state_.trigger_caps) see(cap.times_ms.back());
    for (const CapState& cap : state_.campaign_caps) see(cap.times_ms.back());
    for (const LayerExposure& exposure : state_.exposures) see(exposure.at_ms);
  }
  [[nodiscard]] Age age(std::int64_t at_ms) const {
    return {static_cast<std::uint64_t>(out_.latest_ms - at_ms)};
  }
  std::uint64_t text(const std::string& value) {
    const auto is_same = [&](const Text& other) { return other.text == value; };
    const auto found = std::find_if(out_.texts.begin(), out_.texts.end(), is_same);
    const auto position = static_cast<std::uint64_t>(found - out_.texts.begin());
    if (found == out_.texts.end()) out_.texts.push_back({value});
    return position;
  }
  static IdKey id_key(std::uint64_t key) {
    return {static_cast<std::uint32_t>(key), static_cast<std::uint16_t>(key >> 32U)};
  }

  void write_attributes() {
    for (std::uint32_t row = 0; row < state_.attributes.size(); ++row) {
      if (is_profile_fact(ruleset_, AttributeId{row})) continue;
      if (std::optional<Kept> value = kept(state_.attributes[row])) {
        out_.attributes.push_back({attribute_key(ruleset_, AttributeId{row}), std::move(*value)});
      }
    }
    sort_by_key(out_.attributes);
  }

  void write_features() {
    for (std::uint32_t row = 0; row < state_.features.size(); ++row) {
      const FeatureState& state = state_.features[row];
      if (state == FeatureState{}) continue;
      Feature feature;
      feature.key = feature_key(ruleset_, FeatureId{row});
      feature.kind = kind_of(ruleset_, FeatureId{row});
      feature.total = state.count;
      for (const WindowEntry& entry : state.entries) {
        feature.window.push_back({age(entry.at_ms), entry.count});
      }
      if (state.seen) feature.age = age(state.at_ms);
      feature.score = state.score;
      feature.last = kept(state.last).value_or(Kept{});
      out_.features.push_back(std::move(feature));
    }
    sort_by_key(out_.features);
  }

  void write_journeys() {
    for (std::uint32_t row = 0; row < state_.entered.size(); ++row) {
      if (state_.entered[row] == 0) continue;
      const Rows stages = ruleset_.children(Column::journey_stage_count, row);
      Journey journey{journey_key(ruleset_, JourneyId{row}), {}};
      for (std::uint32_t stage = 0; stage < stages.size(); ++stage) {
        if ((state_.entered[row] >> stage & 1U) == 0) continue;
        journey.stages.push_back({stage_key(ruleset_, stages.begin + stage)});
      }
      std::sort(journey.stages.begin(), journey.stages.end(), below);
      out_.journeys.push_back(std::move(journey));
    }
    sort_by_key(out_.journeys);
  }

  void write_cap(std::uint32_t key, const CapState& state, std::vector<Cap>& out) {
    Cap cap{key, {}};
    for (const std::int64_t at_ms : state.times_ms) cap.exposures.push_back(age(at_ms));
    out.push_back(std::move(cap));
  }

  Credit credit(const outcome::Credit& earned) {
    Credit out;
    out.view = earned.view;
    out.slot = text(earned.slot);
    out.trigger = text(earned.trigger);
    out.variant = text(earned.variant);
    out.microsegment = text(earned.microsegment);
    out.held_out = earned.held_out;
    return out;
  }

  void write_exposures() {
    for (const LayerExposure& exposure : state_.exposures) {
      out_.exposures.push_back({exposure.layer, age(exposure.at_ms), credit(exposure.credit)});
    }
    for (const std::uint64_t key : state_.seen_ids) out_.seen_ids.push_back(id_key(key));
    for (const KeptOutcome& kept_outcome : state_.outcomes) {
      Outcome out{id_key(kept_outcome.key), text(kept_outcome.metric), kept_outcome.value, {}};
      for (const outcome::Credit& earned : kept_outcome.credits) {
        out.credits.push_back(credit(earned));
      }
      out_.outcomes.push_back(std::move(out));
    }
  }

 private:
  const Ruleset& ruleset_;
  const State& state_;
  Snapshot out_;
};

}  // namespace

Feature::Kind kind_of(const Ruleset& ruleset, FeatureId feature) {
  using Kind = Feature::Kind;
  switch (static_cast<FeatureKind>(ruleset.at<std::uint8_t>(Column::feature_kind, feature.index))) {
    case FeatureKind::count:
      break;
    case FeatureKind::since:
      return Kind::since;
    case FeatureKind::last:
      return Kind::last;
    case FeatureKind::score:
      return Kind::score;
  }
  const bool windowed = ruleset.at<std::uint64_t>(Column::feature_window_ms, feature.index) != 0;
  return windowed ? Kind::window : Kind::total;
}

Snapshot snapshot_of(const Ruleset& ruleset, const State& state, std::uint64_t unit) {
  return Writer(ruleset, state).write(unit);
}

}  // namespace heed::snapshot
