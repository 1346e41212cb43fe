// One visitor's session: attributes, signals, features, caps, exposures, attribution, and the
// records to send. Given everything: no clock, no randomness, no storage. One thread at a time.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "heed/base/outcome.h"
#include "heed/base/result.h"
#include "heed/runtime/decision.h"
#include "heed/runtime/ruleset.h"
#include "heed/runtime/value.h"

namespace heed {

using Level = image::Level;

/// A record to send and how much it is worth keeping when room is short.
struct PendingRecord {
  outcome::Class priority;       // signal < exposure < driver < goal
  std::vector<std::byte> bytes;  // docs/formats/outcomes.md, record
};

enum class Observed : std::uint8_t { counted, repeated };
enum class Exposed : std::uint8_t { counted, repeated, not_measured };

class Session {
 public:
  /// @param ruleset  borrowed; outlives the session
  /// @param visitor  UTF-8, 1 to limits::visitor_size_bytes_max bytes (else `create` fails)
  /// @param view     the page view's id; the unit of every draw while `level` is none
  [[nodiscard]] static Result<Session> create(const Ruleset& ruleset, std::string_view visitor,
                                              TimeMs now, Level level, std::uint64_t view);

  /// @errors  unknown_attribute, wrong_type, not_finite, too_many, too_large, no_consent (a profile
  ///          fact while the level is none); an `Absent` value clears the attribute
  [[nodiscard]] Result<void> set(AttributeId attribute, const Value& value, TimeMs now);

  /// Counts a signal: features, sticky stages, metrics (an outcome credits the last exposure of
  /// each layer inside the metric's window).
  ///
  /// @param id  empty, or the signal's id: it counts once (Observed::repeated changes nothing)
  [[nodiscard]] Result<Observed> observe(SignalId signal, std::span<const FieldValue> fields,
                                         std::string_view id, TimeMs now);

  /// Takes back the outcomes that the signal with this id made, once; also of a signal that this
  /// session has not seen (the store settles it).
  [[nodiscard]] Result<Observed> refund(SignalId signal, std::string_view id, TimeMs now);

  /// Pure given state and `now`.
  [[nodiscard]] Decision decide(SlotId slot, TimeMs now) const;
  /// One decision for every slot, in slot order, slots without a winner included.
  void decide_all(TimeMs now, std::vector<Decision>& out) const;

  /// Counts that `decision` was seen: caps, attribution, a record. Repeats of (view, slot) and
  /// decisions without a trigger change nothing.
  Exposed expose(const Decision& decision, TimeMs now);

  /// A new page view: exposures of the same slots count again.
  void begin_view(std::uint64_t view);
  /// Lowering forgets what the new level does not allow to keep.
  void set_level(Level level, TimeMs now);
  [[nodiscard]] Level level() const;
  [[nodiscard]] std::uint64_t unit() const;

  /// The canonical snapshot (docs/formats/snapshot.md); empty while the level is none.
  /// restore(save(s)) == s for everything that decides.
  void save(std::vector<std::byte>& out) const;
  /// @errors  malformed_snapshot, wrong_site, wrong_visitor; never half-read
  [[nodiscard]] static Result<Session> restore(const Ruleset& ruleset,
                                               std::span<const std::byte> snapshot,
                                               std::string_view visitor, TimeMs now, Level level,
                                               std::uint64_t view);

  /// Moves the records out, in order. Records pile up to limits::pending_record_count_max; then
  /// the least worth is shed and becomes `dropped`.
  void drain(std::vector<PendingRecord>& out);
};

}  // namespace heed
