// What changes between two rulesets: in the rules, and for recorded visitors.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "heed/runtime/ruleset.h"
#include "heed/studio/decide_lines.h"

namespace heed::compile {

/// Lines that say what was added, removed and changed; empty where nothing was.
[[nodiscard]] std::string diff_text(const Ruleset& before, std::string_view map_before,
                                    const Ruleset& after, std::string_view map_after);

/// {"changed":bool,"changes":[{"what","name","change","property","before","after"}]}: `change` is
/// added, removed (then there is no property) or changed
[[nodiscard]] std::string diff_json(const Ruleset& before, std::string_view map_before,
                                    const Ruleset& after, std::string_view map_after);

/// Decides each recorded visitor with both rulesets and counts, by slot, whose decision changes.
class DiffLog {
 public:
  /// @param before  borrowed, as `after`; both outlive this
  DiffLog(const Ruleset& before, const Ruleset& after);

  /// Takes one line of visitors.ndjson as `heed decide` reads it.
  void feed(std::string_view line);

  [[nodiscard]] std::string text() const;
  /// {"visitors","refused","slots":[{"slot","changed","share","moves":[...]}]}, a move being
  /// {"before","after","visitors"}
  [[nodiscard]] std::string json() const;

 private:
  struct Slot {
    std::uint64_t changed = 0;
    std::map<std::pair<std::string, std::string>, std::uint64_t> moves;  // before, after: visitors
  };
  const Ruleset* before_;
  const Ruleset* after_;
  std::uint64_t visitor_count_ = 0;
  std::uint64_t refused_count_ = 0;
  std::map<std::string, Slot> slots_;
};

}  // namespace heed::compile
