// What is in a compiled ruleset (`heed inspect`).
#pragma once
#include <string>

#include "heed/runtime/ruleset.h"

namespace heed::compile {

[[nodiscard]] std::string inspect_text(const Ruleset& ruleset);

/// {"site","version","expires","size_bytes","hash","counts":{...},"things":[{"what","name",...}]}
[[nodiscard]] std::string inspect_json(const Ruleset& ruleset);

}  // namespace heed::compile
