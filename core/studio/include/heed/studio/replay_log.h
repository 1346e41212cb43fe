// A recorded session: the log that a page keeps (docs/formats/replay_log.md), read, and played
// again decision by decision. Values; pure.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "heed/base/archive.h"
#include "heed/runtime/mask.h"
#include "heed/runtime/ruleset.h"

namespace heed::replay {

/// A value without free text: strings are masks.
struct Value {
  enum class Kind : std::uint8_t { absent, boolean, number, text, set, time, whole };

  Kind kind = Kind::absent;
  bool flag = false;
  double number = 0;
  std::uint64_t whole = 0;  // of a text its mask
  Array<std::uint64_t> members;
  std::int64_t time_ms = 0;

  void serialize(Archive& ar);
  friend bool operator==(const Value&, const Value&) = default;
};

/// A value and whose it is: an attribute's row, or a field's place in its signal.
struct Given {
  std::uint64_t row = 0;
  Value value;

  void serialize(Archive& ar);
  friend bool operator==(const Given&, const Given&) = default;
};

/// A decision as it was made. Rows are those of the ruleset that made it, counted from 1 where 0
/// stands for none.
struct Made {
  std::uint64_t slot = 0;
  std::uint64_t trigger = 0;
  std::uint8_t reason = 0;
  bool held_out = false;
  std::uint64_t segment = 0;
  std::uint64_t stage = 0;
  Array<std::uint8_t> options;

  void serialize(Archive& ar);
  friend bool operator==(const Made&, const Made&) = default;
};

struct Entry {
  enum class Kind : std::uint8_t { start = 1, set, observe, decide, expose, view };

  Kind kind = Kind::start;
  std::uint64_t after_ms = 0;  // since the entry before
  std::uint8_t level = 0;
  std::uint64_t view = 0;
  Array<std::byte> snapshot;
  std::uint64_t signal = 0;
  Array<Given> given;
  Made made;

  void serialize(Archive& ar);
  friend bool operator==(const Entry&, const Entry&) = default;
};

/// One piece of a page's log, as it left the page.
struct Chunk {
  std::uint64_t log = 0;      // random, one a page view and tab
  std::uint64_t number = 0;   // of the log's chunks, from 0
  std::uint64_t ruleset = 0;  // hash
  std::uint64_t unit = 0;
  std::int64_t at_ms = 0;
  std::vector<Entry> entries;

  friend bool operator==(const Chunk&, const Chunk&) = default;
};

/// Where bytes stop being a log.
struct Fault {
  std::size_t where = 0;  // byte
  bool truncated = false;
};

/// Chunks one after the other, in any order. Reads nothing in part, and canonical bytes only.
[[nodiscard]] tl::expected<std::vector<Chunk>, Fault> read(std::span<const std::byte> bytes);
void append(const Chunk& chunk, Array<std::byte>& out);

/// A decision that the ruleset does not make again.
struct Difference {
  std::uint64_t log = 0;
  std::uint64_t chunk = 0;
  std::size_t entry = 0;  // from 1 within the chunk
  TimeMs at;
  std::string what;    // the slot
  std::string logged;  // as `heed decide` writes decisions, without a probability
  std::string replayed;
};

struct Replayed {
  std::size_t chunks = 0;
  std::size_t logs = 0;
  std::size_t signals = 0;
  std::size_t decisions = 0;
  std::size_t exposures = 0;
  std::size_t other_rulesets = 0;  // chunks that another ruleset made
  std::size_t after_gaps = 0;      // chunks that follow one that is not there
  std::vector<Difference> differences;
};

/// Plays every log again. What does not fit the ruleset (a row that it has not) is a difference.
[[nodiscard]] Replayed play(const Ruleset& ruleset, std::vector<Chunk> chunks);

[[nodiscard]] std::string json(const Replayed& replayed);
[[nodiscard]] std::string text(const Replayed& replayed);

}  // namespace heed::replay
