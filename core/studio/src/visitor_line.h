// One line of visitors.ndjson, read strictly, and the session that it describes
// (docs/formats/source.md, "Visitors").
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "heed/runtime/session.h"
#include "heed/studio/decide_lines.h"

namespace heed::compile {

inline constexpr std::size_t line_size_bytes_max = 1024 * 1024;

struct VisitorLine {
  struct Fact {
    AttributeId attribute;
    OwnedValue value;
  };
  struct Field {
    std::uint32_t field = 0;
    OwnedValue value;
  };
  struct Signal {
    SignalId signal;
    bool refund = false;  // of `signal`
    std::string id;
    TimeMs at;
    std::vector<Field> fields;
  };

  std::string visitor;
  TimeMs now;
  Level level = Level::device;
  std::uint64_t view = 0;
  std::vector<Fact> facts;
  std::vector<Signal> signals;               // in order of `at`
  std::optional<std::vector<SlotId>> slots;  // those asked for that are known; none: all
  std::vector<std::string> unknown;  // a sentence for each name that the ruleset does not know
};

[[nodiscard]] tl::expected<VisitorLine, LineError> read_visitor_line(const Ruleset& ruleset,
                                                                     std::string_view line);

/// Whether there is nothing to answer. A line that is too large is not blank: a reader may have cut
/// it before the first word.
[[nodiscard]] inline bool is_blank_line(std::string_view line) {
  return line.size() <= line_size_bytes_max &&
         line.find_first_not_of(" \t\r\n\f\v") == std::string_view::npos;
}

/// The session after all facts and signals of the line.
[[nodiscard]] tl::expected<Session, LineError> play_visitor_line(const Ruleset& ruleset,
                                                                 const VisitorLine& line);

}  // namespace heed::compile
