// A random source, compiled, beside the oracle for it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "generator.h"
#include "heed/runtime/ruleset.h"
#include "heed/studio/compile.h"
#include "reference.h"

namespace heed::reference {

/// The machine's time zones, for the compiler.
[[nodiscard]] const compile::TimeZones& machine_zones();

struct Pair {
  RandomSource source;
  std::string json;
  Reference oracle;
  std::vector<std::byte> image;
  Ruleset ruleset;
  /// The source as it was before triggers that the compiler says can never show were taken out.
  Reference oracle_before;
  std::vector<std::string> never_shown;
};

/// @return  nothing where the compiler refuses the source for any other reason; `refused` says why
[[nodiscard]] std::optional<Pair> random_pair(Random& random, std::string& refused);

}  // namespace heed::reference
