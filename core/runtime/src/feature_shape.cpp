#include "feature_shape.h"

namespace heed {
namespace {

using image::Column;
using image::FeatureKind;
using Has = FeatureMembers;

/// By kind; what adds up all that is remembered has one entry without a time.
constexpr FeatureShape shapes[] = {
    {Has::times | Has::counts, limits::window_entry_count_max},                 // count
    {Has::times | Has::numbers, limits::window_entry_count_max},                // sum
    {Has::times | Has::counts | Has::numbers, limits::window_entry_count_max},  // mean
    {Has::times | Has::numbers, limits::window_entry_count_max},                // min
    {Has::times | Has::numbers, limits::window_entry_count_max},                // max
    {Has::times | Has::hashes | Has::level},                                    // distinct
    {Has::times | Has::values | Has::weights, 1},                               // top
    {Has::values, 0, 1},                                                        // first
    {Has::values, 0, 1},                                                        // last
    {Has::times, 1},                                                            // since
    {Has::times | Has::numbers, 1},                                             // score
    {},                                                                         // ratio
    {Has::times | Has::hashes | Has::level, limits::sequence_item_count_max, 0, 1},
    {Has::times | Has::hashes, limits::sequence_item_count_max},  // missed
};

}  // namespace

FeatureShape shape_of(const Ruleset& ruleset, std::uint32_t feature) {
  const auto kind =
      static_cast<FeatureKind>(ruleset.at<std::uint8_t>(Column::feature_kind, feature));
  FeatureShape shape = shapes[static_cast<std::size_t>(kind)];
  if (image::adds_up(kind) && ruleset.at<std::uint64_t>(Column::feature_window_ms, feature) == 0) {
    shape.members &= static_cast<std::uint8_t>(~Has::times);
    if (kind != FeatureKind::distinct) shape.entry_count_max = 1;
  }
  return shape;
}

}  // namespace heed
