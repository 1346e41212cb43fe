// One visitor's session: attributes, signals, features, caps, exposures, attribution, and the
// records to send. Given everything: no clock, no randomness, no storage. One thread at a time.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "heed/base/limits.h"
#include "heed/base/result.h"
#include "heed/runtime/decision.h"
#include "heed/runtime/explain.h"
#include "heed/runtime/index.h"
#include "heed/runtime/matcher.h"
#include "heed/runtime/pending.h"
#include "heed/runtime/ruleset.h"
#include "heed/runtime/state.h"
#include "heed/runtime/value.h"

namespace heed {

using Level = image::Level;

enum class Observed : std::uint8_t { counted, repeated };
enum class Exposed : std::uint8_t { counted, repeated, not_measured };
/// How a snapshot says texts that the ruleset does not name: as they are, or by masks.
enum class Texts : std::uint8_t { whole, masked };

class Session {
 public:
  /// @param ruleset  borrowed; outlives the session
  /// @param visitor  UTF-8, 1 to limits::visitor_size_bytes_max bytes
  /// @param view     the page view's id; the unit of every draw while `level` is none
  /// @errors  bad_visitor
  [[nodiscard]] static Result<Session> create(const Ruleset& ruleset, std::string_view visitor,
                                              TimeMs now, Level level, std::uint64_t view);

  /// An `Absent` value clears the attribute.
  ///
  /// @param string  where the value is a string of the ruleset that an attribute may have: its id,
  ///                with which it is sooner found
  /// @errors  unknown_attribute, wrong_type, not_finite, not_utf8, too_many, too_large, no_consent
  /// (a
  ///          profile fact while the level is none); `where` is the attribute
  [[nodiscard]] Result<void> set(AttributeId attribute, const Value& value, TimeMs now,
                                 std::uint32_t string = none_index);

  /// Counts a signal: features, sticky stages, metrics (an outcome credits the last exposure of
  /// each layer inside the metric's window).
  ///
  /// @param fields  each declared field at most once; `Absent` is as if it were not there
  /// @param id      empty, or the signal's id: it counts once (Observed::repeated changes nothing)
  /// @errors  unknown_signal, unknown_field, wrong_type, not_finite, not_utf8, too_many (also: a
  /// field
  ///          twice), too_large, bad_id; `where` is the position in `fields`; nothing has changed
  [[nodiscard]] Result<Observed> observe(SignalId signal, std::span<const FieldValue> fields,
                                         std::string_view id, TimeMs now);

  /// Takes back the outcomes that the signal with this id made, once; also of a signal that this
  /// session has not seen (the store settles it; the value is 0 then). Features keep what they
  /// counted.
  ///
  /// @errors  unknown_signal, bad_id (also where it is empty)
  [[nodiscard]] Result<Observed> refund(SignalId signal, std::string_view id, TimeMs now);

  /// Pure given state and `now`. A slot that the ruleset does not have gets `no_trigger`.
  [[nodiscard]] Decision decide(SlotId slot, TimeMs now) const;
  /// As `decide`, in two parts: without a trigger where nobody has won.
  Microsegment winner(SlotId slot, TimeMs now, Winner& out) const;
  /// One decision for every slot, in slot order, slots without a winner included.
  void decide_all(TimeMs now, Array<Decision>& out) const;

  /// The slots that a trigger has won, in slot order, and the microsegment that all of them share;
  /// `out` is replaced. The same decisions as those of `decide_all` that name a trigger.
  Microsegment winners(TimeMs now, Array<Winner>& out) const;

  /// Decides by the rows of an index from here on; nullptr: by a scan again. Decisions are the
  /// same.
  ///
  /// @param index  of the same ruleset; borrowed, outlives the session
  void use(const Index* index);

  /// Why `decide` says what it says.
  [[nodiscard]] Explanation explain(SlotId slot, TimeMs now) const;

  /// Counts that `decision` was seen: caps, attribution, a record. Repeats of (view, slot) change
  /// nothing. Not measured, and nothing changes: while the level is none, and where the draws are
  /// not those of this unit (decided under another level: decide again). What a cap held back is a
  /// record of its own; a decision without a trigger counts for that alone.
  Exposed expose(const Decision& decision, TimeMs now);

  /// A new page view: exposures of the same slots count again. While the level is none, signals of
  /// the view before are forgotten.
  void begin_view(std::uint64_t view);
  /// Lowering to none forgets what signals and exposures left, profile facts and waiting records.
  /// Raising from none keeps what this view observed and changes the unit: decide again before
  /// exposing.
  void set_level(Level level, TimeMs now);
  [[nodiscard]] Level level() const;
  [[nodiscard]] std::uint64_t unit() const;

  /// The canonical snapshot (docs/formats/snapshot.md); empty while the level is none. Records wait
  /// for `drain`, not here, and profile facts never travel. restore(save(s)) == s for all else.
  ///
  /// @param size_bytes_max  what is over it is shed: kept outcomes and signal ids, oldest first;
  ///                        where that is not enough, `out` is left empty
  /// @param texts           masked: for a log that keeps no free text (docs/formats/replay_log.md)
  void save(Array<std::byte>& out, std::size_t size_bytes_max = limits::snapshot_size_bytes_max,
            Texts texts = Texts::whole) const;
  /// Never half-read. Nothing (an empty snapshot), or a level of none, gives a fresh session. Times
  /// after `now` (a clock that was wrong) become `now`.
  ///
  /// @errors  too_large, truncated, not_utf8, malformed_snapshot, wrong_site, wrong_visitor,
  ///          bad_visitor; `where` is a byte offset
  [[nodiscard]] static Result<Session> restore(const Ruleset& ruleset,
                                               std::span<const std::byte> snapshot,
                                               std::string_view visitor, TimeMs now, Level level,
                                               std::uint64_t view);

  /// The session of a visitor of whom only the unit is known: what a log goes on from.
  ///
  /// @errors  those of `restore`
  [[nodiscard]] static Result<Session> resume(const Ruleset& ruleset,
                                              std::span<const std::byte> snapshot,
                                              std::uint64_t unit, TimeMs now, Level level,
                                              std::uint64_t view);

  /// Moves the records out, in order. Records pile up to limits::pending_record_count_max; then
  /// the least worth is shed and becomes `dropped`.
  void drain(Array<PendingRecord>& out);

  [[nodiscard]] const State& state() const { return state_; }
  /// Equal where everything that decides is equal; records on their way out do not.
  friend bool operator==(const Session& a, const Session& b) {
    return a.visitor_unit_ == b.visitor_unit_ && a.level_ == b.level_ && a.state_ == b.state_;
  }

 private:
  Session(const Ruleset& ruleset, std::uint64_t visitor_unit, Level level, std::uint64_t view);

  void enter_stages(TimeMs now);
  /// Feeds a signal to features.
  void feed(SignalId signal, std::span<const FieldValue> fields, TimeMs now);
  /// Feeds a signal of heed's own (docs/formats/features.md), where the ruleset has it.
  void feed_own(std::string_view name, std::span<const FieldValue> fields, TimeMs now);
  void feed_outcome(const outcome::Outcome& record, TimeMs now);
  /// Something happens now: what happened later, by a clock that was wrong, happened now.
  void move_clock(TimeMs now);
  [[nodiscard]] bool is_own(const Decision& decision) const;
  void count_cap(Array<CapState>& caps, std::uint32_t row, const image::CapColumns& columns,
                 TimeMs now);
  /// Once a (view, slot): a record of who would have won, were there no caps.
  Exposed note_suppressed(const Decision& decision, TimeMs now);
  void credit_next(const Decision& decision, TimeMs now);
  [[nodiscard]] std::uint64_t id_key(SignalId signal, std::string_view id) const;
  [[nodiscard]] bool remember_id(std::uint64_t key);
  void count_metrics(SignalId signal, std::span<const FieldValue> fields, std::string_view id,
                     TimeMs now);
  [[nodiscard]] outcome::Outcome outcome_of(MetricId metric, std::string_view id, TimeMs now) const;
  [[nodiscard]] outcome::Class class_of(MetricId metric) const;
  void forget_signals();
  void refund_metric(MetricId metric, std::uint64_t key, std::string_view id, TimeMs now);

  const Ruleset* ruleset_;
  std::uint64_t visitor_unit_;
  Level level_;
  bool has_sticky_stages_;
  State state_;
  Pending pending_;
  mutable Matcher matcher_;  // what `state_` means in the index: decisions are pure, it is a memory
};

}  // namespace heed
