// Names and owners of triggers, out of the map that the compiler writes beside a ruleset
// (docs/formats/heedmap.md). Pure; hostile input.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "heed/base/result.h"

namespace heed::store {

/// trigger -> name, owner
using SiteNames = std::map<std::string, std::pair<std::string, std::string>>;

/// The error is a sentence.
[[nodiscard]] tl::expected<SiteNames, std::string> read_site_names(std::string_view json);

/// What keeps `json` from being a source, `{"files":[{"name","text"}]}`; empty where nothing does.
[[nodiscard]] std::string problem_of_source(std::string_view json);

}  // namespace heed::store
