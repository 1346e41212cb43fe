// Random rulesets and visitors for them: small vocabularies, so that conditions often hold, and
// values at the edges of what rules name.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "random.h"

namespace heed::reference {

/// The names that a random source declares, for conditions and for visitors.
struct Vocabulary {
  struct Name {
    std::string name;
    std::string type;  // bool, number, string, set, time, duration
  };
  std::vector<Name> attributes;
  std::vector<Name> features;
  std::vector<std::pair<std::string, std::vector<Name>>> signals;
  std::vector<std::string> segments;
  std::vector<std::pair<std::string, std::vector<std::string>>> journeys;  // name, stages
  std::vector<std::string> slots;
  std::vector<std::string> windows;  // of features and caps, as written
  std::vector<std::string> crowds;   // sets of which rules name more members than an index has bits
};

struct RandomSource {
  std::string head;                                           // JSON up to the triggers
  std::vector<std::pair<std::string, std::string>> triggers;  // name, JSON
  Vocabulary vocabulary;

  [[nodiscard]] std::string json() const;
  /// The same without those triggers.
  [[nodiscard]] RandomSource without(const std::vector<std::string>& names) const;
};

[[nodiscard]] RandomSource random_source(Random& random);

/// A line of `heed decide` that is well formed for the source.
[[nodiscard]] std::string random_line(Random& random, const Vocabulary& vocabulary);

/// All moments lie around this one: 2026-11-20T10:00:00Z.
inline constexpr std::int64_t base_ms = 1'795'168'800'000;

}  // namespace heed::reference
