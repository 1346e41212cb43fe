// Reads X.heedmap back: the words that people gave to triggers, segments, stages and features.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "heed/runtime/ruleset.h"
#include "json_tree.h"

namespace heed::compile {

/// A test in its author's words.
struct MapTest {
  std::uint32_t predicate = 0;
  std::string_view text;  // borrowed from the view
};
/// By alternative of a condition, its tests; both in the order in which they are written.
using MapTests = std::vector<std::vector<MapTest>>;

class MapView {
 public:
  /// @param map  X.heedmap, or empty; what cannot be read is as if it were empty
  explicit MapView(std::string_view map);
  MapView(const MapView&) = delete;
  MapView& operator=(const MapView&) = delete;

  /// Whether the map was written with this ruleset; an empty one fits none.
  [[nodiscard]] bool fits(const Ruleset& ruleset) const;
  // Empty where the map does not say.
  /// A trigger's `when`, `name`, `owner`, ...
  [[nodiscard]] std::string trigger(std::string_view name, std::string_view key) const;
  [[nodiscard]] std::string segment(std::string_view name) const;
  [[nodiscard]] std::string stage(std::string_view journey, std::string_view stage) const;
  [[nodiscard]] MapTests trigger_tests(std::string_view name) const;
  [[nodiscard]] MapTests segment_tests(std::string_view name) const;
  /// What only people read of a layer (`owner`, `reserved`), a campaign (`owner`) or an asset
  /// (`tags`, `version`).
  ///
  /// @param what  `layer`, `campaign` or `asset`
  [[nodiscard]] std::string of(std::string_view what, std::string_view name,
                               std::string_view key) const;
  /// A feature's `where`, `then_where` or `unless_where`.
  [[nodiscard]] std::string feature(std::string_view name, std::string_view key) const;

 private:
  using Section = std::map<std::string_view, const JsonNode*>;

  [[nodiscard]] Section section(std::string_view name) const;
  [[nodiscard]] static std::string text(const Section& section, std::string_view name,
                                        std::string_view key);

  [[nodiscard]] MapTests tests(const Section& section, std::string_view name) const;

  JsonNode root_;
  std::vector<MapTest> tests_;  // of all conditions
  // Borrowed from `root_`; by name, for there may be 131,072 triggers.
  Section triggers_;
  Section segments_;
  Section journeys_;
  Section features_;
  Section layers_;
  Section campaigns_;
  Section assets_;
};

}  // namespace heed::compile
