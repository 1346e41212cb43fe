// Records and batches: what a device sends and the store keeps (docs/formats/outcomes.md). The
// fields are described here and nowhere else; archive.h says how each kind of field is written.
// Values; safe to share between threads once made.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "heed/base/archive.h"
#include "heed/base/array.h"
#include "heed/base/hash.h"
#include "heed/base/limits.h"
#include "heed/base/result.h"

namespace heed::outcome {

inline constexpr std::size_t variant_size_bytes_max =
    limits::part_count_max * (limits::name_size_bytes_max + 1);
inline constexpr std::size_t microsegment_size_bytes_max = 2 * limits::name_size_bytes_max + 1;
inline constexpr std::size_t ticket_size_bytes_max = 1024;
inline constexpr std::size_t credit_count_max = 8;
/// Positions in the list of reasons (docs/formats/outcomes.md).
inline constexpr std::uint8_t reason_max = 12;
/// Sequence numbers stay below this, so that a signed 64-bit column holds them.
inline constexpr std::uint64_t sequence_max = std::uint64_t{1} << 62U;

/// What a record is worth when room is short: the least is shed first.
enum class Class : std::uint8_t { signal = 1, exposure, driver, goal };

/// The class's spelling in every output.
[[nodiscard]] std::string_view name(Class value);

struct PartOption {
  std::string part;
  std::string option;

  void serialize(Archive& ar) {
    ar(Text{part, limits::name_size_bytes_max}, Text{option, limits::name_size_bytes_max});
  }
  friend bool operator==(const PartOption&, const PartOption&) = default;
};

/// A decision was seen. `held_out` ones show the fallback and carry no options.
struct Exposure {
  std::int64_t at_ms = 0;
  std::uint64_t ruleset = 0;  // version
  std::uint64_t unit = 0;     // XXH64(visitor, XXH64(site, 0))
  std::uint64_t view = 0;
  std::string slot;
  std::string trigger;
  std::string variant;
  Array<PartOption> options;        // in part order
  std::uint64_t width = share_one;  // probability * 2^32
  std::string microsegment;
  std::uint8_t reason = 0;
  bool held_out = false;

  void serialize(Archive& ar) {
    ar(Within{at_ms, std::int64_t{0}, limits::time_ms_max}, ruleset, unit, view,
       Text{slot, limits::name_size_bytes_max}, Text{trigger, limits::name_size_bytes_max},
       Text{variant, variant_size_bytes_max}, List{options, limits::part_count_max, 2},
       Within{width, std::uint64_t{0}, share_one}, Text{microsegment, microsegment_size_bytes_max},
       Within{reason, std::uint8_t{0}, reason_max}, held_out);
  }
  friend bool operator==(const Exposure&, const Exposure&) = default;
};

/// The exposure that an outcome credits.
struct Credit {
  std::uint64_t view = 0;
  std::string slot;
  std::string trigger;
  std::string variant;
  std::string microsegment;
  bool held_out = false;

  void serialize(Archive& ar) {
    ar(view, Text{slot, limits::name_size_bytes_max}, Text{trigger, limits::name_size_bytes_max},
       Text{variant, variant_size_bytes_max}, Text{microsegment, microsegment_size_bytes_max},
       held_out);
  }
  friend bool operator==(const Credit&, const Credit&) = default;
};

/// A metric counted. At most one credit a layer.
struct Outcome {
  std::int64_t at_ms = 0;
  std::uint64_t ruleset = 0;
  std::uint64_t unit = 0;
  std::string metric;
  double value = 0;          // in the metric's unit; finite
  std::string id;            // the signal's; empty: no repeat can be told
  std::string microsegment;  // where the visitor stood once the signal was observed
  Array<Credit> credits;

  void serialize(Archive& ar) {
    ar(Within{at_ms, std::int64_t{0}, limits::time_ms_max}, ruleset, unit,
       Text{metric, limits::name_size_bytes_max}, value, Text{id, limits::signal_id_size_bytes_max},
       Text{microsegment, microsegment_size_bytes_max}, List{credits, credit_count_max, 13});
  }
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// Takes back the outcome with the same unit, metric and id, once. `outcome.value` is the amount
/// taken back; 0 stands for all of it.
struct Refund {
  Outcome outcome;

  void serialize(Archive& ar) { ar(outcome); }
  friend bool operator==(const Refund&, const Refund&) = default;
};

/// Stands in the place of a record that was shed, so that loss is counted.
struct Dropped {
  std::int64_t at_ms = 0;
  Class what = Class::signal;

  void serialize(Archive& ar) {
    ar(Within{at_ms, std::int64_t{0}, limits::time_ms_max},
       Within{what, Class::signal, Class::goal});
  }
  friend bool operator==(const Dropped&, const Dropped&) = default;
};

/// Whose cap was full.
enum class CapOf : std::uint8_t { trigger, campaign, programme };
/// Which of a cap's limits was reached.
enum class CapLimit : std::uint8_t { times, session, cool_down };

/// The spellings in every output.
[[nodiscard]] std::string_view name(CapOf value);
[[nodiscard]] std::string_view name(CapLimit value);

/// A slot was seen, and a cap alone kept `trigger` from winning it. At most one a view and slot.
struct Suppressed {
  std::int64_t at_ms = 0;
  std::uint64_t ruleset = 0;  // version
  std::uint64_t unit = 0;
  std::uint64_t view = 0;
  std::string slot;
  std::string trigger;
  std::string microsegment;
  CapOf cap = CapOf::trigger;
  CapLimit limit = CapLimit::times;

  void serialize(Archive& ar) {
    ar(Within{at_ms, std::int64_t{0}, limits::time_ms_max}, ruleset, unit, view,
       Text{slot, limits::name_size_bytes_max}, Text{trigger, limits::name_size_bytes_max},
       Text{microsegment, microsegment_size_bytes_max},
       Within{cap, CapOf::trigger, CapOf::programme},
       Within{limit, CapLimit::times, CapLimit::cool_down});
  }
  friend bool operator==(const Suppressed&, const Suppressed&) = default;
};

/// The type byte is the alternative's index + 1.
using Record = std::variant<Exposure, Outcome, Refund, Dropped, Suppressed>;

[[nodiscard]] std::int64_t at_ms(const Record& record);
/// Whose record it is; nothing for `dropped`.
[[nodiscard]] std::optional<std::uint64_t> unit(const Record& record);

/// Whose records a batch carries, and which.
struct BatchHead {
  std::uint64_t device = 0;
  std::uint64_t epoch = 0;
  std::uint64_t first = 1;   // sequence number of the first record
  std::int64_t sent_ms = 0;  // the sender's clock
  std::string ticket;        // empty where the store demands none

  void serialize(Archive& ar) {
    ar(device, epoch, Within{first, std::uint64_t{1}, sequence_max},
       Within{sent_ms, std::int64_t{0}, limits::time_ms_max}, Text{ticket, ticket_size_bytes_max});
  }
  friend bool operator==(const BatchHead&, const BatchHead&) = default;
};

struct Batch {
  BatchHead head;
  std::vector<Record> records;  // sequence numbers head.first, head.first + 1, ...

  friend bool operator==(const Batch&, const Batch&) = default;
};

/// Appends the record's canonical bytes: the type byte and the body, without a frame. One function
/// a kind, so that a device links the writers it uses.
void append(const Exposure& record, Array<std::byte>& out);
void append(const Outcome& record, Array<std::byte>& out);
void append(const Refund& record, Array<std::byte>& out);
void append(const Dropped& record, Array<std::byte>& out);
void append(const Suppressed& record, Array<std::byte>& out);
void append(const Record& record, Array<std::byte>& out);

/// Bytes that a record of `record_size_bytes` takes inside a batch, frame included.
[[nodiscard]] std::size_t framed_size_bytes(std::size_t record_size_bytes);

/// Appends a batch of records that are already bytes: what a ledger sends.
void append_batch(const BatchHead& head, std::span<const std::span<const std::byte>> records,
                  Array<std::byte>& out);
/// The same, from records.
[[nodiscard]] std::vector<std::byte> write_batch(const Batch& batch);

/// True where `bytes` begin like the binary form.
[[nodiscard]] bool is_binary_batch(std::span<const std::byte> bytes);

/// @errors  truncated, not_utf8, malformed_batch; `where` is the byte offset. Reads nothing in
/// part.
[[nodiscard]] Result<Record> read_record(std::span<const std::byte> bytes);
/// @errors  too_large beyond limits::batch_size_bytes_max, and those of `read_record`
[[nodiscard]] Result<Batch> read_batch(std::span<const std::byte> bytes);

}  // namespace heed::outcome
