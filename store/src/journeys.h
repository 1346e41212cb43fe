// Journeys: how visitors move through the stages, and where value is lost
// (docs/formats/journeys.md). A pure fold over each visitor's stays.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report.h"

namespace heed::store {

/// A run of one visitor's records in one microsegment.
struct Stay {
  std::int64_t at_ms = 0;  // its first record
  std::string segment;
  std::size_t stage = 0;  // index in the journey's stages
};

struct Transition {
  std::uint64_t count = 0;
  std::uint64_t visitors = 0;
  std::vector<double> times_ms;  // one a change
};

/// What became of the visitors of a stage.
struct StageFate {
  std::uint64_t reached = 0;
  std::uint64_t moved_on = 0;
  std::uint64_t waiting = 0;
  double value_moved_on = 0;  // sums
  double value_lost = 0;

  [[nodiscard]] std::uint64_t lost() const { return reached - moved_on - waiting; }
  /// Absent where nobody moved on or nobody is lost.
  [[nodiscard]] std::optional<double> loss() const;
};

struct SegmentJourney {
  std::uint64_t visitors = 0;
  std::vector<StageFate> stages;
  std::map<std::pair<std::size_t, std::size_t>, Transition> transitions;  // by from and to
};

class Journeys {
 public:
  /// @param window_ms  who entered a stage less than this ago may still move on
  Journeys(std::size_t stage_count, std::int64_t now_ms, std::int64_t window_ms)
      : stage_count_(stage_count), now_ms_(now_ms), window_ms_(window_ms) {}

  /// One visitor, once.
  ///
  /// @param stays  in order of time, not empty
  /// @param value  all that the visitor has brought
  void add(std::span<const Stay> stays, double value);

  /// All visitors together under "", then each segment by name.
  [[nodiscard]] const std::map<std::string, SegmentJourney>& segments() const { return segments_; }

 private:
  SegmentJourney& segment(const std::string& name);
  void add_fates(const std::string& name, std::span<const Stay> stays, double value);
  void add_transitions(std::span<const Stay> stays);

  std::size_t stage_count_;
  std::int64_t now_ms_;
  std::int64_t window_ms_;
  std::map<std::string, SegmentJourney> segments_;
};

/// Reads the state whole.
///
/// @param facts  with a journey
/// @return  nothing after a storage error
[[nodiscard]] std::optional<std::string> journeys_json(StateReader& reader, SiteId site,
                                                       const SiteFacts& facts, std::int64_t now_ms);

}  // namespace heed::store
