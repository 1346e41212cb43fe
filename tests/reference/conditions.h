// Random conditions over a vocabulary. Typed: what is generated always compiles, whether or not it
// is known when it is asked.
#pragma once
#include <string>
#include <vector>

#include "generator.h"
#include "random.h"

namespace heed::reference {

/// @param names  variables in scope; segments and journeys come from `vocabulary`
/// @param depth  levels of &&, ||, ! and ?: at most
[[nodiscard]] std::string random_condition(Random& random,
                                           const std::vector<Vocabulary::Name>& names,
                                           const Vocabulary& vocabulary, int depth);

/// The strings and numbers that rules name and visitors have.
[[nodiscard]] const std::vector<std::string>& texts();
[[nodiscard]] const std::vector<std::string>& numbers();

}  // namespace heed::reference
