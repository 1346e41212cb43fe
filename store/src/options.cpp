#include "heed/store/options.h"

#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include <simdjson.h>

namespace heed::store {
namespace {

namespace dom = simdjson::dom;

tl::unexpected<Refusal> bad(std::string_view where, std::string_view needed) {
  return refuse(400, "bad_config", std::string(where) + ": " + std::string(needed),
                std::string(where));
}

Answer<std::string> read_text(std::string_view key, const dom::element& value) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS || text.empty()) return bad(key, "a text is needed");
  return std::string(text);
}

Answer<std::vector<std::string>> read_list(std::string_view key, const dom::element& value) {
  dom::array array;
  if (value.get(array) != simdjson::SUCCESS) return bad(key, "a list of texts is needed");
  std::vector<std::string> list;
  for (const dom::element& element : array) {
    auto text = read_text(key, element);
    if (!text) return tl::unexpected<Refusal>(text.error());
    list.push_back(*std::move(text));
  }
  return list;
}

// The texts among the options, by their name in a file and in the environment.
struct TextOption {
  const char* key;
  const char* variable;
  void (*set)(ServeOptions&, std::string);
};

constexpr std::array<TextOption, 6> text_options = {{
    {"dir", "HEED_DIR", [](ServeOptions& o, std::string v) { o.folder = std::move(v); }},
    {"host", "HEED_HOST", [](ServeOptions& o, std::string v) { o.host = std::move(v); }},
    {"ingest_key", "HEED_INGEST_KEY",
     [](ServeOptions& o, std::string v) { o.ingest_key = std::move(v); }},
    {"read_key", "HEED_READ_KEY",
     [](ServeOptions& o, std::string v) { o.read_key = std::move(v); }},
    {"publish_key", "HEED_PUBLISH_KEY",
     [](ServeOptions& o, std::string v) { o.publish_key = std::move(v); }},
    {"ticket_key", "HEED_TICKET_KEY",
     [](ServeOptions& o, std::string v) { o.ticket_key = std::move(v); }},
}};

struct ListOption {
  const char* key;
  const char* variable;
  std::vector<std::string> ServeOptions::*list;
};

constexpr std::array<ListOption, 2> list_options = {{
    {"keyrings", "HEED_KEYRING", &ServeOptions::keyring_files},
    {"allow_origins", "HEED_ALLOW_ORIGIN", &ServeOptions::allow_origins},
}};

Answer<void> set_member(ServeOptions& options, std::string_view key, const dom::element& value) {
  for (const TextOption& option : text_options) {
    if (key != option.key) continue;
    auto text = read_text(key, value);
    if (!text) return tl::unexpected<Refusal>(text.error());
    option.set(options, *std::move(text));
    return {};
  }
  for (const ListOption& option : list_options) {
    if (key != option.key) continue;
    auto list = read_list(key, value);
    if (!list) return tl::unexpected<Refusal>(list.error());
    options.*option.list = *std::move(list);
    return {};
  }
  if (key != "port") return bad(key, "is not a known key");
  std::uint64_t port = 0;
  if (value.get(port) != simdjson::SUCCESS || port > std::numeric_limits<std::uint16_t>::max()) {
    return bad(key, "a number from 0 to 65535 is needed");
  }
  options.port = static_cast<std::uint16_t>(port);
  return {};
}

std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    if (end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

}  // namespace

Answer<void> apply_config(ServeOptions& options, std::string_view json) {
  dom::parser parser;
  dom::object object;
  if (const auto code = parser.parse(json.data(), json.size()).get(object)) {
    return bad("$", simdjson::error_message(code));
  }
  for (const dom::key_value_pair& member : object) {
    if (auto set = set_member(options, member.key, member.value); !set) return set;
  }
  return {};
}

Answer<void> apply_environment(ServeOptions& options,
                               const std::function<const char*(const char*)>& get) {
  for (const TextOption& option : text_options) {
    if (const char* value = get(option.variable)) option.set(options, value);
  }
  for (const ListOption& option : list_options) {
    if (const char* value = get(option.variable)) options.*option.list = split_at_commas(value);
  }
  if (const char* value = get("HEED_PORT")) {
    const std::string_view text(value);
    const auto end = std::from_chars(text.data(), text.data() + text.size(), options.port);
    if (end.ec != std::errc{} || end.ptr != text.data() + text.size()) {
      return bad("HEED_PORT", "a number from 0 to 65535 is needed");
    }
  }
  return {};
}

}  // namespace heed::store
