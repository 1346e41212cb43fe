// Uses heed as a stranger would: an image that is none must be refused with an error.
#include <array>
#include <cstddef>
#include <cstdio>

#include "heed/runtime/ruleset.h"

int main() {
  const std::array<std::byte, 3> nonsense{};
  const auto ruleset = heed::Ruleset::open(nonsense);
  std::puts(ruleset ? "three zero bytes were taken for a ruleset" : "refused, as it should be");
  return ruleset ? 1 : 0;
}
