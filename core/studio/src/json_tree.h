// A JSON text as a tree that remembers where everything was. The one door to simdjson.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace heed::compile {

inline constexpr std::size_t json_depth_max = 64;
inline constexpr std::size_t json_size_bytes_max = 64U * 1024 * 1024;

enum class JsonKind : std::uint8_t { null, boolean, number, string, array, object };

/// "an object", "a string": for sentences.
[[nodiscard]] std::string_view with_article(JsonKind kind);

struct JsonNode {
  JsonKind kind = JsonKind::null;
  bool boolean = false;
  double number = 0;
  std::string text;          // a string's, decoded
  std::string key;           // where the parent is an object
  std::uint32_t key_at = 0;  // byte of the key's opening quote
  std::uint32_t at = 0;      // byte where the value starts
  std::uint32_t file = 0;    // index of the source file
  const JsonNode* parent = nullptr;
  std::vector<JsonNode> children;

  /// The member of this name; null where there is none. Of two, the first.
  [[nodiscard]] const JsonNode* find(std::string_view name) const;
};

struct JsonError {
  std::string code;  // malformed, not_utf8, lone_surrogate, not_finite, too_large, too_deep
  std::string message;
  std::size_t at = 0;
};

/// Reads one strict JSON text (RFC 8259). Refuses what its readers could disagree on: lone
/// surrogates, numbers beyond a double, invalid UTF-8, a byte order mark.
[[nodiscard]] tl::expected<JsonNode, JsonError> parse_json(std::string_view text);

/// Sets `parent` and `file` below `root`, which must not move afterwards.
void link(JsonNode& root, std::uint32_t file);

/// Calls `visit` for each member whose key its object has had before.
void for_each_duplicate(const JsonNode& node, const std::function<void(const JsonNode&)>& visit);

/// Where, in the text, byte `index` of a decoded string comes from.
///
/// @param at  the string's opening quote
[[nodiscard]] std::size_t raw_offset(std::string_view text, std::size_t at, std::size_t index);

/// The double that a JSON number denotes, correctly rounded; nothing where it is none or not
/// finite.
[[nodiscard]] std::optional<double> parse_json_number(std::string_view text);

}  // namespace heed::compile
