#include "map_view.h"

#include <cstdio>
#include <utility>

#include "heed/base/bytes.h"
#include "heed/base/id.h"

namespace heed::compile {
namespace {

// A number that counts rows; of anything else, none.
std::uint32_t index_of(const JsonNode* node) {
  const bool is_index = node != nullptr && node->kind == JsonKind::number && node->number >= 0 &&
                        node->number < none_index;
  return is_index ? static_cast<std::uint32_t>(node->number) : none_index;
}

}  // namespace

MapView::MapView(std::string_view map) {
  auto root = map.empty() ? tl::expected<JsonNode, JsonError>() : parse_json(map);
  if (root) root_ = std::move(*root);
  triggers_ = section("triggers");
  segments_ = section("segments");
  journeys_ = section("journeys");
  features_ = section("features");
  layers_ = section("layers");
  campaigns_ = section("campaigns");
  assets_ = section("assets");
  const JsonNode* tests = root_.find("tests");
  if (tests == nullptr) return;
  for (const JsonNode& entry : tests->children) {
    MapTest& test = tests_.emplace_back();
    test.predicate = index_of(entry.find("predicate"));
    const JsonNode* text = entry.find("test");
    if (text != nullptr) test.text = text->text;
  }
}

MapView::Section MapView::section(std::string_view name) const {
  Section section;
  const JsonNode* node = root_.find(name);
  if (node == nullptr || node->kind != JsonKind::object) return section;
  for (const JsonNode& member : node->children) section.emplace(member.key, &member);
  return section;
}

std::string MapView::text(const Section& section, std::string_view name, std::string_view key) {
  const auto found = section.find(name);
  const JsonNode* node = found == section.end() ? nullptr : found->second;
  if (node != nullptr && !key.empty()) node = node->find(key);
  return node == nullptr ? std::string() : node->text;
}

bool MapView::fits(const Ruleset& ruleset) const {
  const auto hash = ruleset.body_hash();
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  const JsonNode* body = root_.find("body");
  return body != nullptr && body->text == text;
}

std::string MapView::trigger(std::string_view name, std::string_view key) const {
  return text(triggers_, name, key);
}

std::string MapView::segment(std::string_view name) const { return text(segments_, name, "when"); }

std::string MapView::stage(std::string_view journey, std::string_view stage) const {
  return text(journeys_, journey, stage);
}

MapTests MapView::tests(const Section& section, std::string_view name) const {
  MapTests terms;
  const auto found = section.find(name);
  const JsonNode* node = found == section.end() ? nullptr : found->second->find("tests");
  if (node == nullptr) return terms;
  for (const JsonNode& term : node->children) {
    std::vector<MapTest>& tests = terms.emplace_back();
    for (const JsonNode& position : term.children) {
      const std::uint32_t at = index_of(&position);
      if (at < tests_.size()) tests.push_back(tests_[at]);
    }
  }
  return terms;
}

MapTests MapView::trigger_tests(std::string_view name) const { return tests(triggers_, name); }

MapTests MapView::segment_tests(std::string_view name) const { return tests(segments_, name); }

std::string MapView::of(std::string_view what, std::string_view name, std::string_view key) const {
  return text(what == "layer" ? layers_ : what == "campaign" ? campaigns_ : assets_, name, key);
}

std::string MapView::feature(std::string_view name, std::string_view key) const {
  return text(features_, name, key);
}

}  // namespace heed::compile
