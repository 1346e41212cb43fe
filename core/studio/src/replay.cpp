// Plays a log's entries on real sessions. What the log cannot mean under this ruleset is a
// difference like any other: a log may be of anybody's making.
#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "heed/runtime/index.h"
#include "heed/runtime/session.h"
#include "heed/studio/decide_lines.h"
#include "heed/studio/json_text.h"
#include "heed/studio/replay_log.h"
#include "heed/studio/time_text.h"

namespace heed::replay {
namespace {

using image::Column;

/// The texts that a ruleset names, by their masks for one unit.
using Dictionary = std::unordered_map<std::uint64_t, std::string_view>;

Dictionary dictionary(const Ruleset& ruleset, std::uint64_t unit) {
  Dictionary texts;
  const auto count = static_cast<std::uint32_t>(ruleset.row_count(Column::string_length));
  for (std::uint32_t id = 0; id < count; ++id) {
    texts.emplace(mask(ruleset.string(id), unit), ruleset.string(id));
  }
  return texts;
}

std::string masked_text(const Dictionary& texts, std::uint64_t mask) {
  const auto found = texts.find(mask);
  return found == texts.end() ? mask_text(mask) : std::string(found->second);
}

std::uint64_t counted_from_one(std::uint32_t row) {
  return row == none_index ? 0 : std::uint64_t{row} + 1;
}

Made made_of(const Decision& decision) {
  Made made;
  made.slot = decision.slot.index;
  made.trigger = counted_from_one(decision.trigger.index);
  made.reason = static_cast<std::uint8_t>(decision.reason);
  made.held_out = decision.held_out;
  if (made.trigger == 0) return made;
  made.segment = counted_from_one(decision.microsegment.segment);
  made.stage = counted_from_one(decision.microsegment.stage);
  for (std::size_t part = 0; part < decision.part_count; ++part) {
    made.options.push_back(decision.options[part]);
  }
  return made;
}

/// The decision that a log means; nothing where this ruleset has no such rows.
std::optional<Decision> decision_of(const Ruleset& ruleset, const Made& made) {
  Decision decision;
  if (made.slot >= ruleset.slot_count() || made.trigger > ruleset.trigger_count()) return {};
  decision.slot = SlotId{static_cast<std::uint32_t>(made.slot)};
  decision.reason = static_cast<Reason>(made.reason);
  if (made.trigger == 0) return decision;
  decision.trigger = TriggerId{static_cast<std::uint32_t>(made.trigger - 1)};
  decision.held_out = made.held_out;
  decision.microsegment = {static_cast<std::uint32_t>(made.segment - 1),
                           static_cast<std::uint32_t>(made.stage - 1)};
  const std::size_t parts = made.held_out ? 0 : ruleset.part_count(decision.trigger);
  if (made.options.size() != parts) return {};
  decision.part_count = static_cast<std::uint8_t>(parts);
  for (std::size_t part = 0; part < parts; ++part) {
    decision.options[part] = made.options[part];
    if (made.options[part] >= ruleset.option_count(decision.trigger, part)) return {};
  }
  return decision;
}

std::string described(const Ruleset& ruleset, const Made& made) {
  const auto decision = decision_of(ruleset, made);
  if (!decision) return "a decision that this ruleset has not";
  const std::string reason = " (" + std::string(name(decision->reason)) + ")";
  if (made.trigger == 0) return "nobody" + reason;
  const std::string variant =
      made.held_out ? "held out" : compile::variant_name(ruleset, *decision);
  return std::string(ruleset.name(decision->trigger)) + " " + variant + " in " +
         compile::microsegment_name(ruleset, decision->microsegment) + reason;
}

/// One page's log on its way through.
class Player {
 public:
  Player(const Ruleset& ruleset, const Index& index, Replayed& out)
      : ruleset_(ruleset), index_(index), out_(out) {}

  void play(const Chunk& chunk);

 private:
  void step(const Chunk& chunk, const Entry& entry);
  void start(const Chunk& chunk, const Entry& entry);
  void set(const Entry& entry);
  void observe(const Entry& entry);
  void decide(const Entry& entry);
  void expose(const Entry& entry);
  void differs(std::string what, std::string logged, std::string replayed);
  [[nodiscard]] heed::Value value_of(const Value& value);

  const Ruleset& ruleset_;
  const Index& index_;
  Replayed& out_;
  Dictionary texts_;
  std::optional<Session> session_;
  const Chunk* chunk_ = nullptr;
  std::size_t entry_ = 0;
  TimeMs now_;
  // What `value_of` borrows.
  std::string text_;
  std::vector<std::string> members_;
  std::vector<std::string_view> views_;
};

void Player::play(const Chunk& chunk) {
  if (chunk_ == nullptr || chunk_->unit != chunk.unit) texts_ = dictionary(ruleset_, chunk.unit);
  chunk_ = &chunk;
  now_ = TimeMs{chunk.at_ms};
  entry_ = 0;
  for (const Entry& entry : chunk.entries) {
    ++entry_;
    now_.ms += static_cast<std::int64_t>(entry.after_ms);
    step(chunk, entry);
  }
}

void Player::step(const Chunk& chunk, const Entry& entry) {
  if (entry.kind == Entry::Kind::start) return start(chunk, entry);
  if (!session_) return differs("log", "an entry", "no session to play it on");
  switch (entry.kind) {
    case Entry::Kind::start:
      return;
    case Entry::Kind::set:
      return set(entry);
    case Entry::Kind::observe:
      return observe(entry);
    case Entry::Kind::decide:
      return decide(entry);
    case Entry::Kind::expose:
      return expose(entry);
    case Entry::Kind::view:
      return session_->begin_view(entry.view);
  }
}

void Player::start(const Chunk& chunk, const Entry& entry) {
  session_.reset();
  auto session = Session::resume(ruleset_, entry.snapshot, chunk.unit, now_,
                                 static_cast<Level>(entry.level), entry.view);
  if (!session) {
    return differs("snapshot", "a session", std::string(name(session.error().code)));
  }
  session_.emplace(std::move(*session));
  session_->use(&index_);
}

heed::Value Player::value_of(const Value& value) {
  switch (value.kind) {
    case Value::Kind::absent:
      break;
    case Value::Kind::boolean:
      return value.flag;
    case Value::Kind::number:
      return value.number;
    case Value::Kind::whole:
      return static_cast<double>(value.whole);
    case Value::Kind::time:
      return TimeMs{value.time_ms};
    case Value::Kind::text:
      text_ = masked_text(texts_, value.whole);
      return std::string_view(text_);
    case Value::Kind::set:
      members_.clear();
      for (const std::uint64_t member : value.members) {
        members_.push_back(masked_text(texts_, member));
      }
      views_.assign(members_.begin(), members_.end());
      return Members(views_);
  }
  return Absent{};
}

void Player::set(const Entry& entry) {
  for (const Given& given : entry.given) {
    const AttributeId id{static_cast<std::uint32_t>(given.row)};
    const auto done = session_->set(id, value_of(given.value), now_);
    if (!done) differs("set", "an attribute", std::string(name(done.error().code)));
  }
}

void Player::observe(const Entry& entry) {
  ++out_.signals;
  // Texts are borrowed until the call: each field needs its own.
  std::vector<OwnedValue> values;
  values.reserve(entry.given.size());
  for (const Given& given : entry.given) values.push_back(own(value_of(given.value)));
  std::vector<std::vector<std::string_view>> sets(values.size());
  std::vector<FieldValue> fields;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto row = static_cast<std::uint32_t>(entry.given[i].row);
    heed::Value value = Absent{};
    if (const auto* flag = std::get_if<bool>(&values[i])) value = *flag;
    if (const auto* number = std::get_if<double>(&values[i])) value = *number;
    if (const auto* time = std::get_if<TimeMs>(&values[i])) value = *time;
    if (const auto* text = std::get_if<std::string>(&values[i])) value = std::string_view(*text);
    if (const auto* members = std::get_if<Array<std::string>>(&values[i])) {
      sets[i].assign(members->begin(), members->end());
      value = Members(sets[i]);
    }
    fields.push_back({row, value});
  }
  const SignalId id{static_cast<std::uint32_t>(entry.signal)};
  const auto done = session_->observe(id, fields, "", now_);
  if (!done) differs("observe", "a signal", std::string(name(done.error().code)));
}

void Player::decide(const Entry& entry) {
  ++out_.decisions;
  const SlotId slot{static_cast<std::uint32_t>(entry.made.slot)};
  const Made again = made_of(session_->decide(slot, now_));
  if (again == entry.made) return;
  const bool known = entry.made.slot < ruleset_.slot_count();
  differs(known ? std::string(ruleset_.name(slot)) : "slot " + std::to_string(entry.made.slot),
          described(ruleset_, entry.made), described(ruleset_, again));
}

void Player::expose(const Entry& entry) {
  ++out_.exposures;
  const auto decision = decision_of(ruleset_, entry.made);
  if (!decision) return differs("expose", described(ruleset_, entry.made), "no such rows");
  if (session_->expose(*decision, now_) == Exposed::counted) return;
  differs(std::string(ruleset_.name(decision->slot)), "counted as seen", "not counted");
}

void Player::differs(std::string what, std::string logged, std::string replayed) {
  out_.differences.push_back({chunk_->log, chunk_->number, entry_, now_, std::move(what),
                              std::move(logged), std::move(replayed)});
}

}  // namespace

Replayed play(const Ruleset& ruleset, std::vector<Chunk> chunks) {
  Replayed out;
  const Index index(ruleset);
  std::map<std::uint64_t, std::vector<Chunk>> logs;
  for (Chunk& chunk : chunks) {
    if (chunk.ruleset != ruleset.hash()) {
      ++out.other_rulesets;
    } else {
      logs[chunk.log].push_back(std::move(chunk));
    }
  }
  for (auto& [log, own] : logs) {
    std::stable_sort(own.begin(), own.end(),
                     [](const Chunk& a, const Chunk& b) { return a.number < b.number; });
    // What was sent twice was recorded once.
    own.erase(std::unique(own.begin(), own.end()), own.end());
    ++out.logs;
    Player player(ruleset, index, out);
    for (std::size_t i = 0; i < own.size(); ++i) {
      if (own[i].number != i) {
        out.after_gaps += own.size() - i;
        break;
      }
      ++out.chunks;
      player.play(own[i]);
    }
  }
  return out;
}

namespace {

std::string hex16(std::uint64_t value) {
  std::string text(16, '0');
  for (std::size_t i = 16; i-- > 0; value >>= 4U) text[i] = "0123456789abcdef"[value & 15U];
  return text;
}

/// `3 signals`, `1 signal`.
std::string counted(std::size_t count, std::string_view thing) {
  return std::to_string(count) + " " + std::string(thing) + (count == 1 ? "" : "s");
}

void append_count(std::string& out, std::string_view key, std::uint64_t count) {
  out += '"' + std::string(key) + "\":" + std::to_string(count) + ',';
}

void append_text(std::string& out, std::string_view key, std::string_view text) {
  out += '"' + std::string(key) + "\":" + compile::json_text(text) + ',';
}

}  // namespace

std::string text(const Replayed& replayed) {
  std::string out;
  for (const Difference& it : replayed.differences) {
    out += compile::time_text(it.at) + " log " + hex16(it.log) + " chunk " +
           std::to_string(it.chunk) + " entry " + std::to_string(it.entry) + ": " + it.what +
           "\n  logged   " + it.logged + "\n  replayed " + it.replayed + "\n";
  }
  out += counted(replayed.decisions, "decision") + ", " + counted(replayed.signals, "signal") +
         " and " + counted(replayed.exposures, "exposure") + " of " +
         counted(replayed.logs, "page log") + " played again: " +
         (replayed.differences.empty() ? "no difference"
                                       : counted(replayed.differences.size(), "difference")) +
         "\n";
  if (replayed.other_rulesets > 0) {
    out += counted(replayed.other_rulesets, "chunk") + " of another ruleset left out\n";
  }
  if (replayed.after_gaps > 0) {
    out += counted(replayed.after_gaps, "chunk") + " after a missing one left out\n";
  }
  return out;
}

std::string json(const Replayed& replayed) {
  std::string out = "{";
  append_count(out, "logs", replayed.logs);
  append_count(out, "chunks", replayed.chunks);
  append_count(out, "signals", replayed.signals);
  append_count(out, "decisions", replayed.decisions);
  append_count(out, "exposures", replayed.exposures);
  append_count(out, "other_rulesets", replayed.other_rulesets);
  append_count(out, "after_gaps", replayed.after_gaps);
  out += "\"differences\":[";
  for (const Difference& it : replayed.differences) {
    if (&it != replayed.differences.data()) out += ',';
    out += '{';
    append_text(out, "log", hex16(it.log));
    append_count(out, "chunk", it.chunk);
    append_count(out, "entry", it.entry);
    append_text(out, "at", compile::time_text(it.at));
    append_text(out, "what", it.what);
    append_text(out, "logged", it.logged);
    append_text(out, "replayed", it.replayed);
    out.back() = '}';
  }
  return out + "]}";
}

}  // namespace heed::replay
