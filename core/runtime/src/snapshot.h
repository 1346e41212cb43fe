// The bytes of a session's memory (docs/formats/snapshot.md): what is written, field by field.
// Hashes stand for names, so that a snapshot outlives its ruleset's version.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "heed/base/archive.h"
#include "heed/base/limits.h"
#include "heed/base/outcome.h"
#include "heed/runtime/ruleset.h"
#include "heed/runtime/state.h"

namespace heed::snapshot {

inline constexpr std::uint8_t version = 1;
inline constexpr std::uint64_t any = ~std::uint64_t{0};
inline constexpr std::uint64_t age_max = limits::time_ms_max;
inline constexpr std::size_t text_count_max = 1024;
// A variant is the longest of the listed texts, and longer than a member of a set may be.
inline constexpr std::size_t text_size_bytes_max = outcome::variant_size_bytes_max;

struct Text {
  std::string text;

  template <class Archive>
  void serialize(Archive& ar) {
    ar(heed::Text{text, text_size_bytes_max});
  }
};

/// A time, as milliseconds before the snapshot's latest.
struct Age {
  std::uint64_t ms = 0;

  template <class Archive>
  void serialize(Archive& ar) {
    ar(Varint{ms, age_max});
  }
};

struct Key {
  std::uint32_t hash = 0;

  template <class Archive>
  void serialize(Archive& ar) {
    ar(hash);
  }
};

/// 48 bits: the key of (signal, id).
struct IdKey {
  std::uint32_t low = 0;
  std::uint16_t high = 0;

  template <class Archive>
  void serialize(Archive& ar) {
    ar(low, high);
  }
};

struct Kept {
  enum class Kind : std::uint8_t { boolean = 1, number, string, set, time };

  Kind kind = Kind::boolean;
  bool flag = false;
  double number = 0;
  std::string text;
  std::vector<Text> members;  // ascending
  std::int64_t time_ms = 0;

  template <class Archive>
  void serialize(Archive& ar) {
    ar(Choice{kind, Kind::boolean, Kind::time});
    switch (kind) {
      case Kind::boolean:
        ar(flag);
        break;
      case Kind::number:
        ar(number);
        break;
      case Kind::string:
        ar(heed::Text{text, limits::string_size_bytes_max});
        break;
      case Kind::set:
        ar(List{members, limits::set_member_count_max, 1});
        break;
      case Kind::time:
        ar(time_ms);
        break;
    }
  }
};

struct Attribute {
  std::uint32_t key = 0;
  Kept value;

  template <class Archive>
  void serialize(Archive& ar) {
    ar(key, value);
  }
};

struct Entry {
  Age age;
  std::uint64_t count = 1;

  template <class Archive>
  void serialize(Archive& ar) {
    ar(age, Varint{count, any});
  }
};

struct Feature {
  enum class Kind : std::uint8_t { total = 1, window, since, last, score };

  std::uint32_t key = 0;
  Kind kind = Kind::total;
  std::uint64_t total = 0;
  std::vector<Entry> window;  // oldest first
  Age age;
  Kept last;
  double score = 0;

  template <class Archive>
  void serialize(Archive& ar) {
    ar(key, Choice{kind, Kind::total, Kind::score});
    switch (kind) {
      case Kind::total:
        ar(Varint{total, any});
        break;
      case Kind::window:
        ar(List{window, limits::window_entry_count_max, 2});
        break;
      case Kind::since:
        ar(age);
        break;
      case Kind::last:
        ar(last);
        break;
      case Kind::score:
        ar(age, score);
        break;
    }
  }
};

/// The sticky stages that were entered.
struct Journey {
  std::uint32_t key = 0;
  std::vector<Key> stages;  // ascending

  template <class Archive>
  void serialize(Archive& ar) {
    ar(key, List{stages, limits::stage_count_max, 4});
  }
};

struct Cap {
  std::uint32_t key = 0;
  std::vector<Age> exposures;  // oldest first

  template <class Archive>
  void serialize(Archive& ar) {
    ar(key, List{exposures, limits::cap_times_max, 1});
  }
};

/// Texts are positions in the snapshot's list.
struct Credit {
  std::uint64_t view = 0;
  std::uint64_t slot = 0;
  std::uint64_t trigger = 0;
  std::uint64_t variant = 0;
  std::uint64_t microsegment = 0;
  bool held_out = false;

  template <class Archive>
  void serialize(Archive& ar) {
    ar(view, Varint{slot, text_count_max}, Varint{trigger, text_count_max},
       Varint{variant, text_count_max}, Varint{microsegment, text_count_max}, held_out);
  }
};

struct Exposure {
  std::uint32_t layer = 0;
  Age age;
  Credit credit;

  template <class Archive>
  void serialize(Archive& ar) {
    ar(layer, age, credit);
  }
};

struct Outcome {
  IdKey key;
  std::uint64_t metric = 0;
  double value = 0;
  std::vector<Credit> credits;

  template <class Archive>
  void serialize(Archive& ar) {
    ar(key, Varint{metric, text_count_max}, value, List{credits, outcome::credit_count_max, 13});
  }
};

/// Followed by u32, the low half of XXH64 (seed 0) of all bytes before it.
struct Snapshot {
  std::uint8_t format = version;
  std::uint32_t site = 0;  // low half of the site's hash
  std::uint64_t unit = 0;
  std::int64_t latest_ms = 0;         // the latest time in it; 0 without any
  std::vector<Text> texts;            // in the order of their first use
  std::vector<Attribute> attributes;  // ascending keys, as all that follow
  std::vector<Feature> features;
  std::vector<Journey> journeys;
  std::vector<Cap> trigger_caps;
  std::vector<Cap> campaign_caps;
  std::uint64_t view = 0;
  std::vector<Key> exposed_slots;
  std::vector<Exposure> exposures;  // oldest first
  std::vector<IdKey> seen_ids;      // oldest first
  std::vector<Outcome> outcomes;    // oldest first

  template <class Archive>
  void serialize(Archive& ar) {
    ar(Within{format, version, version}, site, unit,
       Within{latest_ms, std::int64_t{0}, limits::time_ms_max}, List{texts, text_count_max, 1},
       List{attributes, limits::attribute_count_max, 6},
       List{features, limits::feature_count_max, 6}, List{journeys, limits::journey_count_max, 9},
       List{trigger_caps, limits::trigger_count_max, 6},
       List{campaign_caps, limits::trigger_count_max, 6}, view,
       List{exposed_slots, limits::slot_count_max, 4},
       List{exposures, outcome::credit_count_max, 18}, List{seen_ids, limits::seen_id_count_max, 6},
       List{outcomes, limits::outcome_count_max, 16});
  }
};

[[nodiscard]] Feature::Kind kind_of(const Ruleset& ruleset, FeatureId feature);

/// All of `state` but profile facts.
[[nodiscard]] Snapshot snapshot_of(const Ruleset& ruleset, const State& state, std::uint64_t unit);

/// Adds to a fresh `state` what the ruleset still defines as the snapshot's did; the rest is left
/// out. Times after `now` become `now`.
///
/// @return  false where the snapshot is not one that `snapshot_of` could have made
[[nodiscard]] bool read_into(const Ruleset& ruleset, const Snapshot& snapshot, TimeMs now,
                             State& state);

}  // namespace heed::snapshot
