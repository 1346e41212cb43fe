// Records on their way out, in order, bounded: when room is short the least worth goes first and
// leaves `dropped` in its place, so that loss is counted.
#pragma once
#include <cstddef>
#include <cstdint>

#include "heed/base/array.h"
#include "heed/base/outcome.h"

namespace heed {

/// A record to send and how much it is worth keeping when room is short.
struct PendingRecord {
  outcome::Class priority;  // signal < exposure < driver < goal
  Array<std::byte> bytes;   // docs/formats/outcomes.md, record
};

class Pending {
 public:
  /// Beyond limits::pending_record_count_max records, sheds the oldest of the lowest class.
  void push(outcome::Class priority, std::int64_t at_ms, Array<std::byte> bytes);
  /// Appends all records, `dropped` ones in the place of what was shed, and forgets them.
  void drain(Array<PendingRecord>& out);
  void clear();

 private:
  struct Entry {
    PendingRecord record;             // no bytes: shed
    std::int64_t at_ms = 0;           // of the record, or of the last that was shed here
    std::uint64_t dropped_count = 0;  // neighbours of one class that were shed share an entry
  };

  void shed();

  Array<Entry> entries_;
  std::size_t kept_count_ = 0;
};

}  // namespace heed
