// `heed decide` as a class: a visitor's line in, its decisions' line out. The command and
// `wasm/decide.mjs` are loops around it, so that both give the same bytes.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "heed/runtime/decision.h"
#include "heed/runtime/index.h"
#include "heed/runtime/ruleset.h"

namespace heed::compile {

/// Why a line was refused; `code` is snake_case.
struct LineError {
  std::string code;
  std::string message;
  std::size_t column = 0;  // from 1, in bytes; 0: the line as a whole

  /// With the column, for whoever knows the line.
  [[nodiscard]] std::string text() const {
    return column == 0 ? message : "column " + std::to_string(column) + ": " + message;
  }
};

/// The decision as every output shows it (design: "Commands"): keys in order, no spaces.
void append_decision(std::string& out, const Ruleset& ruleset, const Decision& decision);

/// `parents/consider`, or `all`.
[[nodiscard]] std::string microsegment_name(const Ruleset& ruleset, Microsegment microsegment);

/// The chosen options' names joined with `+`; empty without a trigger or when held out.
[[nodiscard]] std::string variant_name(const Ruleset& ruleset, const Decision& decision);

class DecideLines {
 public:
  enum class Outcome : std::uint8_t { blank, decided, refused };

  /// @param ruleset  borrowed; outlives this
  /// @param index    of the ruleset, borrowed; nullptr: each line is decided by a scan
  explicit DecideLines(const Ruleset& ruleset, const Index* index = nullptr);

  /// Takes one line, without its line break (a trailing CR is dropped), and appends to `out` the
  /// answer and a line break; nothing for a blank line.
  Outcome feed(std::string_view line, std::string& out);

  /// Names that the ruleset does not know, one sentence each, once each; emptied by the call.
  [[nodiscard]] std::vector<std::string> take_warnings();

  [[nodiscard]] bool any_refused() const { return any_refused_; }

 private:
  Outcome refuse(const LineError& error, std::string& out);

  const Ruleset* ruleset_;
  const Index* index_;
  std::uint64_t line_ = 0;
  bool any_refused_ = false;
  std::set<std::string> known_warnings_;
  std::vector<std::string> warnings_;
};

}  // namespace heed::compile
