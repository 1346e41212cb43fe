// What a thing is called by when the ruleset's version does not matter: 32-bit hashes of names and
// definitions. A snapshot of another version finds by them what still means the same.
#pragma once
#include <cstdint>

#include "heed/runtime/ruleset.h"

namespace heed {

/// Of name, type and source: a fact that moved from page to profile is another fact.
[[nodiscard]] std::uint32_t attribute_key(const Ruleset& ruleset, AttributeId attribute);
/// Of everything that decides what a feature gathers, its name excepted.
[[nodiscard]] std::uint32_t feature_key(const Ruleset& ruleset, FeatureId feature);
[[nodiscard]] std::uint32_t journey_key(const Ruleset& ruleset, JourneyId journey);
/// @param row  a row of stage_*
[[nodiscard]] std::uint32_t stage_key(const Ruleset& ruleset, std::uint32_t row);
[[nodiscard]] std::uint32_t slot_key(const Ruleset& ruleset, SlotId slot);
[[nodiscard]] std::uint32_t trigger_key(const Ruleset& ruleset, TriggerId trigger);
[[nodiscard]] std::uint32_t campaign_key(const Ruleset& ruleset, CampaignId campaign);
/// Of everything that the site shows together.
[[nodiscard]] std::uint32_t programme_key(const Ruleset& ruleset);
/// The layer in which a trigger's exposures earn credit; a slot without one is its own.
[[nodiscard]] std::uint32_t layer_key(const Ruleset& ruleset, TriggerId trigger);

[[nodiscard]] bool is_profile_fact(const Ruleset& ruleset, AttributeId attribute);

}  // namespace heed
