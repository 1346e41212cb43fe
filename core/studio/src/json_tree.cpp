#include "json_tree.h"

#include <simdjson.h>

#include <cmath>
#include <unordered_set>
#include <utility>

#include "json_fault.h"

namespace heed::compile {
namespace {

namespace ondemand = simdjson::ondemand;

// The one call whose form differs between the versions that we build with (3.0 and 3.9).
template <class Field>
auto unescaped_key(Field& field) {
  if constexpr (requires { field.unescaped_key(); }) {
    return field.unescaped_key();
  } else {
    return field.unescaped_key(false);
  }
}

// Builds the tree; false where simdjson refuses or our own limits do.
class TreeBuilder {
 public:
  TreeBuilder(const char* start, std::size_t shift) : start_(start), shift_(shift) {}

  bool build(ondemand::value value, JsonNode& node, std::size_t depth) {
    if (depth >= json_depth_max) return false;
    const std::string_view token = value.raw_json_token();
    node.at = offset(token.data());
    ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) return false;
    switch (type) {
      case ondemand::json_type::object:
        return build_object(value, node, depth);
      case ondemand::json_type::array:
        return build_array(value, node, depth);
      case ondemand::json_type::string:
        return build_string(value, node);
      case ondemand::json_type::number:
        return build_number(value, node);
      case ondemand::json_type::boolean:
        node.kind = JsonKind::boolean;
        return value.get_bool().get(node.boolean) == simdjson::SUCCESS;
      default:
        // Version 3.0 tells a null by its first letters; the whole token decides here.
        node.kind = JsonKind::null;
        return token.substr(0, token.find_last_not_of(" \t\r\n") + 1) == "null";
    }
  }

  [[nodiscard]] std::optional<std::size_t> not_finite_at() const { return not_finite_at_; }

 private:
  [[nodiscard]] std::uint32_t offset(const char* at) const {
    return static_cast<std::uint32_t>(static_cast<std::size_t>(at - start_) - shift_);
  }

  static bool build_string(ondemand::value& value, JsonNode& node) {
    node.kind = JsonKind::string;
    std::string_view text;
    if (value.get_string().get(text) != simdjson::SUCCESS) return false;
    node.text = text;
    return true;
  }

  bool build_number(ondemand::value& value, JsonNode& node) {
    node.kind = JsonKind::number;
    const bool read = value.get_double().get(node.number) == simdjson::SUCCESS;
    if (read && std::isfinite(node.number)) {
      node.number += 0.0;  // -0 is 0
      return true;
    }
    not_finite_at_ = node.at;
    return false;
  }

  bool build_array(ondemand::value& value, JsonNode& node, std::size_t depth) {
    node.kind = JsonKind::array;
    ondemand::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS) return false;
    for (auto item : array) {
      if (item.error() != simdjson::SUCCESS) return false;
      node.children.emplace_back();
      if (!build(item.value_unsafe(), node.children.back(), depth + 1)) return false;
    }
    return true;
  }

  bool build_object(ondemand::value& value, JsonNode& node, std::size_t depth) {
    node.kind = JsonKind::object;
    ondemand::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) return false;
    for (auto member : object) {
      if (member.error() != simdjson::SUCCESS) return false;
      ondemand::field field = member.value_unsafe();
      JsonNode& child = node.children.emplace_back();
      child.key_at = offset(field.key().raw()) - 1;
      std::string_view key;
      if (unescaped_key(field).get(key) != simdjson::SUCCESS) return false;
      child.key = key;
      if (!build(field.value(), child, depth + 1)) return false;
    }
    return true;
  }

  const char* start_;
  std::size_t shift_;
  std::optional<std::size_t> not_finite_at_;
};

// `shift` bytes of `text` at its start are ours.
tl::expected<JsonNode, JsonError> build_tree(std::string_view text, std::size_t shift) {
  ondemand::parser parser;
  const simdjson::padded_string padded(text);
  ondemand::document document;
  JsonError error{"malformed", "this is not JSON", 0};
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS) return tl::unexpected(error);
  ondemand::value value;
  if (document.get_value().get(value) != simdjson::SUCCESS) return tl::unexpected(error);
  TreeBuilder builder(padded.data(), shift);
  JsonNode root;
  const bool built = builder.build(value, root, 0);
  // No token is left where simdjson has no location to give.
  if (built && document.current_location().error() == simdjson::OUT_OF_BOUNDS) return root;
  if (builder.not_finite_at()) {
    error = {"not_finite",
             "this number is too large for a double; the largest is about 1.8e308; "
             "write a smaller one",
             *builder.not_finite_at()};
  }
  return tl::unexpected(error);
}

bool starts_container(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
}

}  // namespace

std::string_view with_article(JsonKind kind) {
  switch (kind) {
    case JsonKind::null:
      return "null";
    case JsonKind::boolean:
      return "true or false";
    case JsonKind::number:
      return "a number";
    case JsonKind::string:
      return "a string";
    case JsonKind::array:
      return "an array";
    case JsonKind::object:
      return "an object";
  }
  return "a value";
}

const JsonNode* JsonNode::find(std::string_view name) const {
  for (const JsonNode& child : children) {
    if (child.key == name) return &child;
  }
  return nullptr;
}

tl::expected<JsonNode, JsonError> parse_json(std::string_view text) {
  if (text.size() > json_size_bytes_max) {
    return tl::unexpected(JsonError{"too_large", "the text is over 64 MiB", 0});
  }
  if (text.substr(0, 3) == "\xef\xbb\xbf") {
    return tl::unexpected(
        JsonError{"malformed", "the text starts with a byte order mark; save it without", 0});
  }
  if (!simdjson::validate_utf8(text.data(), text.size())) {
    return tl::unexpected(JsonError{"not_utf8", "the text is not UTF-8; save it as UTF-8", 0});
  }
  if (const auto at = find_lone_surrogate(text)) {
    return tl::unexpected(JsonError{"lone_surrogate",
                                    "this \\u escape is half of a character; the other half is "
                                    "missing: write the character itself",
                                    *at});
  }
  // simdjson hands out a root that is no container by other calls; inside brackets it is a value
  // like any.
  auto tree =
      starts_container(text) ? build_tree(text, 0) : build_tree("[" + std::string(text) + "]", 1);
  if (!starts_container(text) && tree) {
    if (tree->children.size() == 1) {
      JsonNode only = std::move(tree->children.front());
      return only;
    }
    tree = tl::unexpected(JsonError{"malformed", "this is not JSON", 0});
  }
  // simdjson finds `1.` not finite, too: what is no JSON is told first.
  if (!tree) {
    if (auto fault = find_json_fault(text)) return tl::unexpected(std::move(*fault));
  }
  return tree;
}

void link(JsonNode& root, std::uint32_t file) {
  root.file = file;
  for (JsonNode& child : root.children) {
    child.parent = &root;
    link(child, file);
  }
}

void for_each_duplicate(const JsonNode& node, const std::function<void(const JsonNode&)>& visit) {
  std::unordered_set<std::string_view> keys;
  for (const JsonNode& child : node.children) {
    if (node.kind == JsonKind::object && !keys.insert(child.key).second) visit(child);
    for_each_duplicate(child, visit);
  }
}

std::size_t raw_offset(std::string_view text, std::size_t at, std::size_t index) {
  std::size_t raw = at + 1;
  for (std::size_t decoded = 0; decoded < index && raw < text.size();) {
    const auto unit = text.substr(raw, 2) == "\\u" ? hex4(text, raw + 2) : std::nullopt;
    if (unit) {
      const bool is_pair = *unit >= 0xd800 && *unit <= 0xdbff;
      decoded += is_pair ? 4 : *unit < 0x80 ? 1 : *unit < 0x800 ? 2 : 3;
      raw += is_pair ? 12 : 6;
    } else {
      raw += text[raw] == '\\' ? 2 : 1;
      ++decoded;
    }
  }
  return raw;
}

std::optional<double> parse_json_number(std::string_view text) {
  const auto node = parse_json(text);
  if (!node || node->kind != JsonKind::number) return {};
  return node->number;
}

}  // namespace heed::compile
