// Who sees something else with another ruleset: recorded visitors, decided twice
// (docs/formats/diff.md).
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "heed/runtime/decision.h"
#include "heed/runtime/ruleset.h"
#include "heed/studio/decide_lines.h"

namespace heed::compile {

/// Decides each recorded visitor with both rulesets and counts, by slot, who sees something else.
class DiffLog {
 public:
  /// @param before  borrowed, as `after`; both outlive this
  DiffLog(const Ruleset& before, const Ruleset& after);

  /// Takes one line of visitors.ndjson as `heed decide` reads it.
  ///
  /// @return  why the line does not count; nothing where it does, or is blank
  std::optional<LineError> feed(std::string_view line);

  /// Names in the log that neither ruleset knows, one sentence each, once each; emptied by the
  /// call.
  [[nodiscard]] std::vector<std::string> take_warnings();

  [[nodiscard]] std::uint64_t line() const { return line_; }  // lines fed, blank ones too
  [[nodiscard]] std::uint64_t visitor_count() const { return visitor_count_; }
  [[nodiscard]] std::uint64_t refused_count() const { return refused_count_; }

  /// Lines for people; slots and triggers where nothing changes are named in one line.
  [[nodiscard]] std::string text() const;
  /// {"visitors","refused","changed","share","slots":[...],"triggers":[...]}
  [[nodiscard]] std::string json() const;

 private:
  enum class Parts : std::uint8_t { unnamed, named };  // in a text: `x`, `arm=x`

  /// What a visitor sees in a slot; an empty trigger is the slot's fallback.
  struct Shown {
    std::string trigger;
    std::vector<std::pair<std::string, std::string>> options;  // part, option; in part order
    std::string fallback;                                      // its name, where it is seen

    [[nodiscard]] std::string text(Parts parts = Parts::unnamed) const;
    [[nodiscard]] std::string json() const;
    friend bool operator==(const Shown&, const Shown&) = default;
    friend bool operator<(const Shown& a, const Shown& b) {
      return std::tie(a.trigger, a.options, a.fallback) <
             std::tie(b.trigger, b.options, b.fallback);
    }
  };
  struct Example {
    std::string visitor;
    std::uint64_t line = 0;
  };
  struct Move {
    std::uint64_t visitor_count = 0;
    std::vector<std::string> content;  // options of the same name that say something else
    bool looks_same = false;           // another trigger, but the very same content
    std::vector<Example> examples;
  };
  using Moves = std::map<std::pair<Shown, Shown>, Move>;
  struct Fallback {
    std::string name;     // empty: the page's own
    std::string content;  // of an asset of this name
    friend bool operator==(const Fallback&, const Fallback&) = default;
  };
  struct Slot {
    std::string name;
    std::array<std::optional<SlotId>, 2> ids;  // before, after
    std::array<Fallback, 2> fallbacks;
    std::uint64_t visitor_count = 0;
    std::uint64_t changed_count = 0;
    Moves moves;
  };
  struct Reach {  // visitors whom the trigger decides for, held-out ones too
    std::string trigger;
    std::uint64_t before = 0;
    std::uint64_t after = 0;
    std::uint64_t gains = 0;
    std::uint64_t loses = 0;
  };
  struct Side {
    const Ruleset* ruleset = nullptr;
    std::vector<std::size_t> slots;           // row: index into `slots_`
    std::vector<std::size_t> reaches;         // trigger row: index into `reaches_`
    std::vector<std::string> asset_contents;  // asset row: everything it says
    Array<Decision> decisions;                // of the line at hand, by slot row
  };
  struct Asked {  // by the line at hand
    std::string visitor;
    std::set<std::size_t> slots;  // indexes into `slots_`
  };

  [[nodiscard]] std::optional<LineError> decide(std::string_view line, Asked& asked);
  void warn(const std::vector<std::string>& before, const std::vector<std::string>& after);
  [[nodiscard]] bool count(Slot& slot, const std::string& visitor);
  void count_reach(const Decision& before, const Decision& after);
  [[nodiscard]] static Decision decision_of(const Side& side, std::optional<SlotId> slot);
  [[nodiscard]] Shown shown_by(std::size_t side, const Slot& slot, const Decision& decision) const;
  [[nodiscard]] static std::string content_of(const Side& side, const Decision& decision,
                                              std::size_t part);
  /// By part name, what each part says; of a fallback under no name.
  [[nodiscard]] std::map<std::string, std::string> contents_of(std::size_t side, const Slot& slot,
                                                               const Decision& decision) const;
  [[nodiscard]] static std::vector<const Moves::value_type*> most_first(const Slot& slot);
  [[nodiscard]] std::string slot_text(const Slot& slot) const;
  [[nodiscard]] std::string triggers_text() const;
  [[nodiscard]] static std::string slot_json(const Slot& slot);

  std::array<Side, 2> sides_;  // before, after
  std::uint64_t line_ = 0;
  std::uint64_t visitor_count_ = 0;
  std::uint64_t refused_count_ = 0;
  std::uint64_t changed_count_ = 0;
  std::vector<Slot> slots_;     // by name
  std::vector<Reach> reaches_;  // by name
  std::set<std::string> known_warnings_;
  std::vector<std::string> warnings_;
};

}  // namespace heed::compile
