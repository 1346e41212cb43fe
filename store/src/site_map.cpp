#include "site_map.h"

#include <simdjson.h>

namespace heed::store {
namespace {

namespace dom = simdjson::dom;

std::string text_or_empty(const dom::element& object, std::string_view key) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

/// An empty text may lie nowhere, which the parser must not be told.
constexpr const char* nothing = "nothing is in it; JSON is needed";

}  // namespace

tl::expected<SiteNames, std::string> read_site_names(std::string_view json) {
  dom::parser parser;
  dom::element root;
  if (json.empty()) return tl::unexpected<std::string>(nothing);
  if (const auto code = parser.parse(json.data(), json.size()).get(root)) {
    return tl::unexpected<std::string>(simdjson::error_message(code));
  }
  dom::object triggers;
  if (root["triggers"].get(triggers) != simdjson::SUCCESS) {
    return tl::unexpected<std::string>("$.triggers: an object is needed");
  }
  SiteNames names;
  for (const dom::key_value_pair& trigger : triggers) {
    names[std::string(trigger.key)] = {text_or_empty(trigger.value, "name"),
                                       text_or_empty(trigger.value, "owner")};
  }
  return names;
}

std::string problem_of_source(std::string_view json) {
  dom::parser parser;
  dom::element root;
  if (json.empty()) return nothing;
  if (const auto code = parser.parse(json.data(), json.size()).get(root)) {
    return simdjson::error_message(code);
  }
  dom::array files;
  if (root["files"].get(files) != simdjson::SUCCESS || files.size() == 0) {
    return "$.files: a list of files is needed";
  }
  for (const dom::element& file : files) {
    std::string_view text;
    if (file["name"].get(text) != simdjson::SUCCESS || text.empty() ||
        file["text"].get(text) != simdjson::SUCCESS) {
      return "$.files: each file needs a `name` and a `text`";
    }
  }
  return {};
}

}  // namespace heed::store
