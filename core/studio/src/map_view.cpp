#include "map_view.h"

#include <utility>

namespace heed::compile {

MapView::MapView(std::string_view map) {
  auto root = map.empty() ? tl::expected<JsonNode, JsonError>() : parse_json(map);
  if (root) root_ = std::move(*root);
}

std::string MapView::find(std::string_view section, std::string_view name,
                          std::string_view key) const {
  const JsonNode* at = root_.find(section);
  if (at != nullptr) at = at->find(name);
  if (at != nullptr) at = at->find(key);
  return at == nullptr ? std::string() : at->text;
}

std::string MapView::trigger(std::string_view name, std::string_view key) const {
  return find("triggers", name, key);
}

std::string MapView::segment(std::string_view name) const { return find("segments", name, "when"); }

}  // namespace heed::compile
