#include <algorithm>
#include <string>
#include <utility>

#include "heed/base/limits.h"
#include "heed/studio/json_text.h"
#include "link.h"
#include "read_sections.h"

namespace heed::compile {
namespace {

using image::PartKind;

std::optional<PartKind> read_kind(Reader& reader, const JsonNode& node) {
  const auto word = reader.word(node, {"text", "image", "link", "offer"});
  if (!word) return {};
  return static_cast<PartKind>(*word);
}

// What a kind of asset says: which keys it must have, and may have.
struct Shape {
  std::vector<std::string_view> needed;
  std::vector<std::string_view> known;
};

Shape shape_of(PartKind kind) {
  switch (kind) {
    case PartKind::text:
      return {{"text"}, {"kind", "tags", "version", "text"}};
    case PartKind::image:
      return {{"src", "alt"},
              {"kind", "tags", "version", "src", "srcset", "alt", "width", "height"}};
    case PartKind::link:
      return {{"href"}, {"kind", "tags", "version", "href", "text"}};
    case PartKind::offer:
      return {{"text"}, {"kind", "tags", "version", "text", "percent", "cost"}};
  }
  return {};
}

void refuse_link(Reader& reader, const JsonNode& node) {
  reader.report().error(node, {"unsafe_link",
                               "`" + node.key +
                                   "` must be an http or https address, or a relative one "
                                   "such as `/sale`; it may not hold white space or another scheme",
                               {}});
}

// The text of one property; nothing where it is wrong, or left out.
std::optional<std::string> read_prop(Reader& reader, const JsonNode& node) {
  const std::string& key = node.key;
  if (key == "percent" || key == "cost" || key == "width" || key == "height") {
    const auto value = reader.number(node);
    if (!value) return {};
    const double low = key == "width" || key == "height" ? 1 : 0;
    const double high = key == "percent" ? 100 : 1e9;
    if (*value < low || *value > high) {
      reader.report().error(
          node, {"out_of_range",
                 "`" + key + "` must be from " + json_text(low) + " to " + json_text(high),
                 {}});
      return {};
    }
    return json_text(*value);
  }
  const bool may_be_empty = key == "text" || key == "alt";
  auto text = reader.text(node, limits::text_size_bytes_max, may_be_empty);
  if (!text) return {};
  const bool unsafe = key == "srcset" ? !is_safe_srcset(*text)
                                      : (key == "src" || key == "href") && !is_safe_link(*text);
  if (unsafe) {
    refuse_link(reader, node);
    return {};
  }
  return text;
}

void read_asset(Reader& reader, const JsonNode& node, AssetDef& asset) {
  if (node.kind != JsonKind::object) {
    (void)reader.object(node, {});
    return;
  }
  const JsonNode* kind = node.find("kind");
  if (kind == nullptr) {
    reader.report().error(
        node, {"missing_key", "an asset needs a `kind`: text, image, link or offer", {}});
    return;
  }
  const auto read = read_kind(reader, *kind);
  if (!read) return;
  asset.kind = *read;
  const Shape shape = shape_of(asset.kind);
  if (!reader.object(node, shape.known)) return;
  for (const std::string_view needed : shape.needed) {
    if (node.find(needed) != nullptr) continue;
    reader.report().error(node,
                          {"missing_key",
                           "an asset of this kind needs `" + std::string(needed) + "`" +
                               (needed == "alt" ? ", what a reader hears instead; \"\" where the "
                                                  "image only decorates"
                                                : ""),
                           {}});
  }
  for (const std::string_view key :
       {"text", "src", "srcset", "alt", "width", "height", "href", "percent", "cost"}) {
    const JsonNode* prop = node.find(key);
    const bool known = std::find(shape.known.begin(), shape.known.end(), key) != shape.known.end();
    if (prop == nullptr || !known) continue;
    if (auto value = read_prop(reader, *prop)) asset.props.emplace_back(key, std::move(*value));
  }
  if (const JsonNode* tags = node.find("tags")) {
    for (const JsonNode* tag : reader.items(*tags)) {
      const auto text = reader.text(*tag, limits::name_size_bytes_max);
      asset.tags += (asset.tags.empty() ? "" : ", ") + text.value_or("");
    }
  }
  const JsonNode* version = node.find("version");
  if (version == nullptr) return;
  asset.version = version->kind == JsonKind::number ? json_text(version->number) : version->text;
}

}  // namespace

void read_assets(Reader& reader, Model& model) {
  for (const JsonNode* node : reader.entries("assets", limits::trigger_count_max)) {
    AssetDef asset;
    asset.name = node->key;
    asset.node = node;
    reader.label(*node, "asset");
    read_asset(reader, *node, asset);
    model.assets.push_back(std::move(asset));
  }
}

void read_templates(Reader& reader, Model& model) {
  for (const JsonNode* node : reader.entries("templates", limits::trigger_count_max)) {
    TemplateDef made;
    made.name = node->key;
    made.node = node;
    reader.label(*node, "template");
    if (reader.object(*node, {"version", "parts"})) {
      if (const JsonNode* version = node->find("version"))
        (void)reader.integer(*version, 1, 1 << 30);
      if (const JsonNode* parts = node->find("parts")) {
        for (const JsonNode* part : reader.members(*parts)) {
          reader.label(*part, "part", "/");
          made.parts.emplace_back(part->key, read_kind(reader, *part).value_or(PartKind::text));
        }
        if (parts->kind == JsonKind::object &&
            (made.parts.empty() || made.parts.size() > limits::part_count_max)) {
          reader.report().error(*parts, {"out_of_range", "a template has 1 to 8 parts", {}});
        }
      } else {
        reader.report().error(
            *node, {"missing_key", "a template needs `parts`, as in {\"title\": \"text\"}", {}});
      }
    }
    model.templates.push_back(std::move(made));
  }
}

void read_slots(Reader& reader, Model& model) {
  for (const JsonNode* node : reader.entries("slots", limits::slot_count_max)) {
    SlotDef slot;
    slot.name = node->key;
    slot.node = node;
    reader.label(*node, "slot");
    if (reader.object(*node, {"channel", "fallback", "refresh"})) {
      if (const JsonNode* channel = node->find("channel")) {
        const auto word = reader.word(*channel, {"page", "email", "app", "popup"});
        slot.channel = static_cast<image::Channel>(word.value_or(0));
      }
      if (const JsonNode* fallback = node->find("fallback")) {
        slot.fallback = reader.text(*fallback, limits::name_size_bytes_max);
      }
      if (const JsonNode* refresh = node->find("refresh")) {
        const auto word = reader.word(*refresh, {"navigation", "live"});
        slot.refresh = static_cast<image::Refresh>(word.value_or(0));
      }
    }
    model.slots.push_back(std::move(slot));
  }
}

}  // namespace heed::compile
