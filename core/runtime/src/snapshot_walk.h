// One walk through a session's memory in the order of the snapshot's format
// (docs/formats/snapshot.md), in either direction, so that what is read is what is written. Hashes
// stand for names: a snapshot outlives its ruleset's version. Lives for one save or restore.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "heed/base/archive.h"
#include "heed/base/array.h"
#include "heed/runtime/image.h"
#include "heed/runtime/ruleset.h"
#include "heed/runtime/state.h"

namespace heed {

inline constexpr std::size_t snapshot_id_size_bytes = 6;

/// What a list of keyed elements holds.
enum class SnapshotPart : std::uint8_t {
  attribute,
  feature,
  journey,
  stage,
  trigger_cap,
  campaign_cap,
  programme_cap,
  slot,
  suppressed_slot,
};

class SnapshotWalk {
 public:
  SnapshotWalk(Archive& archive, const Ruleset& ruleset, State& state, TimeMs now)
      : ar_(archive), reads_(archive.reads()), ruleset_(ruleset), state_(state), now_(now) {}

  /// Writing leaves out so many of the oldest.
  void shed(std::size_t outcome_count, std::size_t id_count) {
    outcome_first_ = outcome_count;
    id_first_ = id_count;
  }
  /// Writing masks the texts that the ruleset does not name.
  void mask(std::uint64_t unit) {
    masks_ = true;
    unit_ = unit;
  }
  void all(std::uint64_t unit);

 private:
  using Part = SnapshotPart;

  [[nodiscard]] std::size_t row_count(Part part) const;
  [[nodiscard]] std::uint32_t row_at(Part part, std::size_t index) const;
  [[nodiscard]] bool belongs(Part part, std::uint32_t row) const;
  [[nodiscard]] std::uint32_t key(Part part, std::uint32_t row) const;
  [[nodiscard]] Array<std::uint64_t> rows_by_key(Part part) const;
  std::size_t list(Part part, std::size_t count_max, std::size_t element_size_bytes_min);
  void element(Part part, std::uint32_t row);

  void expect(bool holds) {
    if (!holds) ar_.refuse(ar_.at());
  }
  [[nodiscard]] bool more(std::size_t done, std::size_t count) const {
    return done < count && ar_.ok();
  }
  void time(std::int64_t& at_ms);
  void attribute(std::uint32_t row);
  void value(Value& value, unsigned type);
  void members(Value& value);
  [[nodiscard]] Value mask_value(const Value& value);
  void feature(std::uint32_t row);
  std::size_t entries(FeatureState& state, std::uint8_t members, std::size_t count_max);
  std::size_t values(FeatureState& state, std::uint8_t members, std::size_t count_max,
                     unsigned type);
  [[nodiscard]] unsigned field_type(std::uint32_t feature) const;
  [[nodiscard]] Array<std::uint32_t>& slots(Part part) const {
    return part == Part::slot ? state_.exposed_slots : state_.suppressed_slots;
  }
  void cap(Array<CapState>& caps, std::uint32_t row, const image::CapColumns& columns);
  void shared(std::string& text, std::size_t size_bytes_max);
  void credit(outcome::Credit& credit);
  void exposures();
  void ids();
  void outcomes();

  Archive& ar_;
  const bool reads_;
  const Ruleset& ruleset_;
  State& state_;
  const TimeMs now_;
  std::int64_t latest_ms_ = 0;          // the clock
  std::uint32_t journey_ = none_index;  // whose stages are walked
  bool same_view_ = true;
  Array<std::string_view> texts_;  // in the order of their first use
  bool masks_ = false;
  std::uint64_t unit_ = 0;  // of the masks
  // The value that is walked, where it lies nowhere else.
  std::string masked_;
  Array<char> packed_;
  Array<std::string_view> members_;
  std::size_t outcome_first_ = 0;
  std::size_t id_first_ = 0;
};

}  // namespace heed
