#include <algorithm>
#include <utility>

#include "keys.h"
#include "snapshot.h"

namespace heed::snapshot {
namespace {

using image::Column;
using image::Type;

template <class T, class Below>
bool ascends(const std::vector<T>& rows, Below below) {
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (!below(rows[i - 1], rows[i])) return false;
  }
  return true;
}
template <class T>
bool keys_ascend(const std::vector<T>& rows) {
  return ascends(rows, [](const T& a, const T& b) { return a.key < b.key; });
}
bool hashes_ascend(const std::vector<Key>& keys) {
  return ascends(keys, [](Key a, Key b) { return a.hash < b.hash; });
}

template <class T>
const T* find_key(const std::vector<T>& rows, std::uint32_t key) {
  const auto below = [](const T& row, std::uint32_t value) { return row.key < value; };
  const auto found = std::lower_bound(rows.begin(), rows.end(), key, below);
  return found != rows.end() && found->key == key ? &*found : nullptr;
}
bool has_key(const std::vector<Key>& keys, std::uint32_t hash) {
  return std::any_of(keys.begin(), keys.end(), [hash](Key key) { return key.hash == hash; });
}

Type type_of(Kept::Kind kind) { return static_cast<Type>(static_cast<std::uint8_t>(kind) - 1); }
static_assert(static_cast<int>(Kept::Kind::time) - 1 == static_cast<int>(Type::time));

OwnedValue value_of(const Kept& kept) {
  switch (kept.kind) {
    case Kept::Kind::boolean:
      return kept.flag;
    case Kept::Kind::number:
      return kept.number;
    case Kept::Kind::string:
      return kept.text;
    case Kept::Kind::time:
      return TimeMs{kept.time_ms};
    case Kept::Kind::set:
      break;
  }
  std::vector<std::string> members;
  for (const Text& member : kept.members) members.push_back(member.text);
  return members;
}

class Reader {
 public:
  Reader(const Ruleset& ruleset, const Snapshot& snapshot, TimeMs now, State& state)
      : ruleset_(ruleset), in_(snapshot), now_(now), state_(state) {}

  bool read() {
    return is_canonical() && read_attributes() && read_features() && read_journeys() &&
           read_trigger_caps() && read_campaign_caps() && read_slots() && read_exposures() &&
           read_outcomes();
  }

 private:
  [[nodiscard]] bool is_canonical() const {
    return keys_ascend(in_.attributes) && keys_ascend(in_.features) && keys_ascend(in_.journeys) &&
           keys_ascend(in_.trigger_caps) && keys_ascend(in_.campaign_caps) &&
           hashes_ascend(in_.exposed_slots);
  }

  /// False where the time would lie before 1970.
  bool time(Age age, std::int64_t& at_ms) const {
    if (age.ms > static_cast<std::uint64_t>(in_.latest_ms)) return false;
    at_ms = std::min(in_.latest_ms - static_cast<std::int64_t>(age.ms), now_.ms);
    return true;
  }
  static bool may_stand(const Kept& kept, Type type) {
    const bool in_range =
        kept.time_ms >= -limits::time_ms_max && kept.time_ms <= limits::time_ms_max;
    const auto in_order = [](const Text& a, const Text& b) { return a.text < b.text; };
    const auto fits = [](const Text& member) {
      return member.text.size() <= limits::string_size_bytes_max;
    };
    return type_of(kept.kind) == type && in_range && ascends(kept.members, in_order) &&
           std::all_of(kept.members.begin(), kept.members.end(), fits);
  }

  bool read_attributes() {
    for (std::uint32_t row = 0; row < state_.attributes.size(); ++row) {
      const AttributeId id{row};
      const Attribute* attribute = find_key(in_.attributes, attribute_key(ruleset_, id));
      // A snapshot is a visitor's to write: what others vouch for is never read from it.
      if (attribute == nullptr || is_profile_fact(ruleset_, id)) continue;
      if (!may_stand(attribute->value, ruleset_.type(id))) return false;
      state_.attributes[row] = value_of(attribute->value);
    }
    return true;
  }

  bool read_features() {
    for (std::uint32_t row = 0; row < state_.features.size(); ++row) {
      const Feature* feature = find_key(in_.features, feature_key(ruleset_, FeatureId{row}));
      if (feature == nullptr) continue;
      if (feature->kind != kind_of(ruleset_, FeatureId{row})) return false;
      if (!read_feature(*feature, row, state_.features[row])) return false;
    }
    return true;
  }

  bool read_feature(const Feature& feature, std::uint32_t row, FeatureState& state) {
    switch (feature.kind) {
      case Feature::Kind::total:
        state.count = feature.total;
        return feature.total != 0;
      case Feature::Kind::window:
        return !feature.window.empty() && read_window(feature.window, state.entries);
      case Feature::Kind::score:
        state.score = feature.score;
        [[fallthrough]];
      case Feature::Kind::since:
        state.seen = true;
        return time(feature.age, state.at_ms);
      case Feature::Kind::last:
        break;
    }
    const auto signal = ruleset_.at<std::uint32_t>(Column::feature_signal, row);
    const auto field = ruleset_.children(Column::signal_field_count, signal).begin +
                       ruleset_.at<std::uint32_t>(Column::feature_field, row);
    state.last = value_of(feature.last);
    return may_stand(feature.last,
                     static_cast<Type>(ruleset_.at<std::uint8_t>(Column::field_type, field)));
  }

  bool read_window(const std::vector<Entry>& window, std::vector<WindowEntry>& entries) const {
    constexpr std::uint64_t count_max = std::uint64_t{1} << 53U;  // sums stay exact as doubles
    for (const Entry& entry : window) {
      std::int64_t at_ms = 0;
      if (entry.count == 0 || entry.count > count_max || !time(entry.age, at_ms)) return false;
      if (!entries.empty() && entries.back().at_ms > at_ms) return false;
      entries.push_back({at_ms, entry.count});
    }
    return true;
  }

  bool read_journeys() {
    for (std::uint32_t row = 0; row < state_.entered.size(); ++row) {
      const Journey* journey = find_key(in_.journeys, journey_key(ruleset_, JourneyId{row}));
      if (journey == nullptr) continue;
      if (journey->stages.empty() || !hashes_ascend(journey->stages)) return false;
      const Rows stages = ruleset_.children(Column::journey_stage_count, row);
      for (std::uint32_t stage = 0; stage < stages.size(); ++stage) {
        const std::uint32_t at = stages.begin + stage;
        const bool sticky = ruleset_.at<std::uint8_t>(Column::stage_sticky, at) != 0;
        if (sticky && has_key(journey->stages, stage_key(ruleset_, at))) {
          state_.entered[row] |= std::uint32_t{1} << stage;
        }
      }
    }
    return true;
  }

  bool read_cap(const Cap* cap, std::uint32_t row, std::size_t times_max,
                std::vector<CapState>& caps) const {
    if (cap == nullptr || times_max == 0) return true;
    if (cap->exposures.empty()) return false;
    CapState state{row, {}};
    for (const Age age : cap->exposures) {
      std::int64_t at_ms = 0;
      if (!time(age, at_ms)) return false;
      if (!state.times_ms.empty() && state.times_ms.back() > at_ms) return false;
      state.times_ms.push_back(at_ms);
    }
    const std::size_t extra = state.times_ms.size() - std::min(state.times_ms.size(), times_max);
    state.times_ms.erase(state.times_ms.begin(),
                         state.times_ms.begin() + static_cast<std::ptrdiff_t>(extra));
    caps.push_back(std::move(state));
    return true;
  }
  bool read_trigger_caps() {
    if (in_.trigger_caps.empty()) return true;  // spares the hashes of every trigger
    for (std::uint32_t row = 0; row < ruleset_.trigger_count(); ++row) {
      const auto times_max = ruleset_.at<std::uint16_t>(Column::trigger_cap_times, row);
      if (times_max == 0) continue;
      const Cap* cap = find_key(in_.trigger_caps, trigger_key(ruleset_, TriggerId{row}));
      if (!read_cap(cap, row, times_max, state_.trigger_caps)) return false;
    }
    return true;
  }
  bool read_campaign_caps() {
    for (std::uint32_t row = 0; row < ruleset_.row_count(Column::campaign_name); ++row) {
      const auto times_max = ruleset_.at<std::uint16_t>(Column::campaign_cap_times, row);
      const Cap* cap = find_key(in_.campaign_caps, campaign_key(ruleset_, CampaignId{row}));
      if (!read_cap(cap, row, times_max, state_.campaign_caps)) return false;
    }
    return true;
  }

  bool read_slots() {
    if (in_.view != state_.view || in_.exposed_slots.empty()) return true;
    for (std::uint32_t slot = 0; slot < ruleset_.slot_count(); ++slot) {
      if (has_key(in_.exposed_slots, slot_key(ruleset_, SlotId{slot}))) {
        state_.exposed_slots.push_back(slot);
      }
    }
    return true;
  }

  /// Texts come in the order of their first use, so that equal states give equal bytes.
  bool text(std::uint64_t position, std::size_t size_bytes_max, std::string& out) {
    if (position >= in_.texts.size() || position > text_used_count_) return false;
    if (position == text_used_count_) ++text_used_count_;
    out = in_.texts[static_cast<std::size_t>(position)].text;
    return out.size() <= size_bytes_max;
  }
  bool credit(const Credit& credit, outcome::Credit& out) {
    out.view = credit.view;
    out.held_out = credit.held_out;
    return text(credit.slot, limits::name_size_bytes_max, out.slot) &&
           text(credit.trigger, limits::name_size_bytes_max, out.trigger) &&
           text(credit.variant, outcome::variant_size_bytes_max, out.variant) &&
           text(credit.microsegment, outcome::microsegment_size_bytes_max, out.microsegment);
  }
  bool read_exposures() {
    for (const Exposure& exposure : in_.exposures) {
      LayerExposure state{exposure.layer, 0, {}};
      if (!time(exposure.age, state.at_ms) || !credit(exposure.credit, state.credit)) return false;
      for (const LayerExposure& other : state_.exposures) {
        if (other.layer == state.layer) return false;
      }
      state_.exposures.push_back(std::move(state));
    }
    return true;
  }

  static std::uint64_t id_key(IdKey key) { return std::uint64_t{key.high} << 32U | key.low; }
  bool read_outcomes() {
    for (const IdKey key : in_.seen_ids) state_.seen_ids.push_back(id_key(key));
    for (const Outcome& kept_outcome : in_.outcomes) {
      KeptOutcome state{id_key(kept_outcome.key), {}, kept_outcome.value, {}};
      if (!text(kept_outcome.metric, limits::name_size_bytes_max, state.metric)) return false;
      for (const Credit& earned : kept_outcome.credits) {
        if (!credit(earned, state.credits.emplace_back())) return false;
      }
      state_.outcomes.push_back(std::move(state));
    }
    return text_used_count_ == in_.texts.size();
  }

  const Ruleset& ruleset_;
  const Snapshot& in_;
  TimeMs now_;
  State& state_;
  std::uint64_t text_used_count_ = 0;
};

}  // namespace

bool read_into(const Ruleset& ruleset, const Snapshot& snapshot, TimeMs now, State& state) {
  return Reader(ruleset, snapshot, now, state).read();
}

}  // namespace heed::snapshot
