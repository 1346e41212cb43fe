// Reads X.heedmap back: the words that people gave to triggers and segments.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "json_tree.h"

namespace heed::compile {

class MapView {
 public:
  /// @param map  X.heedmap, or empty; what cannot be read is as if it were empty
  explicit MapView(std::string_view map);

  /// A trigger's `when`, `name`, `owner`, ...; empty where the map does not say.
  [[nodiscard]] std::string trigger(std::string_view name, std::string_view key) const;
  [[nodiscard]] std::string segment(std::string_view name) const;

 private:
  [[nodiscard]] std::string find(std::string_view section, std::string_view name,
                                 std::string_view key) const;

  JsonNode root_;
};

}  // namespace heed::compile
