// Strong ids: an index into one table, which never mixes with an index into another.
// Values only; safe to share between threads.
#pragma once
#include <compare>
#include <cstdint>

namespace heed {

template <class Tag>
struct Id {
  std::uint32_t index = 0;

  friend constexpr bool operator==(Id, Id) = default;
  friend constexpr auto operator<=>(Id, Id) = default;
};

/// Stands for "no row" in every stored index and in every optional id.
inline constexpr std::uint32_t none_index = 0xffff'ffffU;

/// The id that names no row.
template <class Tag>
inline constexpr Id<Tag> none_id{none_index};

using AttributeId = Id<struct AttributeTag>;
using SignalId = Id<struct SignalTag>;
using FeatureId = Id<struct FeatureTag>;
using SegmentId = Id<struct SegmentTag>;
using JourneyId = Id<struct JourneyTag>;
using SlotId = Id<struct SlotTag>;
using AssetId = Id<struct AssetTag>;
using MetricId = Id<struct MetricTag>;
using LayerId = Id<struct LayerTag>;
using CampaignId = Id<struct CampaignTag>;
using TriggerId = Id<struct TriggerTag>;
using StringId = Id<struct StringTag>;
using InputId = Id<struct InputTag>;
using PredicateId = Id<struct PredicateTag>;
using ConditionId = Id<struct ConditionTag>;
using ProgramId = Id<struct ProgramTag>;

}  // namespace heed
