// The JSON Schema of the source, embedded (`heed schema`).
#pragma once
#include <string_view>

namespace heed::compile {

/// rulesets/schema/ruleset.schema.json: JSON Schema 2020-12.
[[nodiscard]] std::string_view ruleset_schema();

}  // namespace heed::compile
