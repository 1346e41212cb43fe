// Exports over one visitor's heed::Session: what it observes, exposes, saves and sends.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "heed/base/bytes.h"
#include "heed/base/limits.h"
#include "instance.h"
#include "reader.h"
#include "writer.h"

using namespace heed;  // NOLINT: exports are C names of this namespace's things

namespace {

abi::Reader input(std::uint32_t size) { return abi::Reader(input_bytes(size)); }

Level level_of(std::uint32_t level) {
  return level <= static_cast<std::uint32_t>(Level::account) ? static_cast<Level>(level)
                                                             : Level::none;
}

std::int32_t keep(Session session) {
  auto& sessions = instance.sessions;
  const auto free = std::find(sessions.begin(), sessions.end(), std::nullopt);
  const auto at = free - sessions.begin();
  if (at == abi::session_count_max) return failed(ErrorCode::too_many);
  const auto unit = session.unit();
  session.use(instance.index ? &*instance.index : nullptr);
  if (free == sessions.end())
    sessions.emplace_back(std::move(session));
  else
    free->emplace(std::move(session));
  store_le(std::span(instance.buffer), 0, unit);
  point_at(std::span(instance.buffer).first(sizeof(unit)));
  return static_cast<std::int32_t>(at);
}

}  // namespace

/// u64 view, text visitor, then a snapshot or nothing; answers a session, and its unit as u64.
HEED_EXPORT std::int32_t heed_session(std::uint32_t size, std::uint32_t level, double now) {
  if (!instance.ruleset) return failed(ErrorCode::not_a_ruleset);
  auto in = input(size);
  const auto view = in.take<std::uint64_t>();
  const auto visitor = in.text();
  const auto snapshot = in.rest();
  if (!in.good()) return failed(ErrorCode::truncated, in.at());
  auto made = snapshot.empty()
                  ? Session::create(*instance.ruleset, visitor, time_of(now), level_of(level), view)
                  : Session::restore(*instance.ruleset, snapshot, visitor, time_of(now),
                                     level_of(level), view);
  return made ? keep(std::move(*made)) : failed(made.error());
}

HEED_EXPORT std::int32_t heed_end(std::uint32_t session) {
  if (find(session)) instance.sessions[session].reset();
  return 0;
}

/// u32 signal, text id, then entries; answers an Observed.
HEED_EXPORT std::int32_t heed_observe(std::uint32_t session, std::uint32_t size, double now) {
  auto* const at = find(session);
  if (!at) return failed(ErrorCode::not_supported, session);
  auto in = input(size);
  const SignalId signal{in.take<std::uint32_t>()};
  const auto id = in.text();
  std::array<Array<std::string_view>, limits::field_count_max> members;
  Array<FieldValue> fields;
  abi::Entry entry;
  while (in.good() && !in.done()) {
    if (fields.size() == limits::field_count_max) return failed(ErrorCode::too_many, in.at());
    in.entry(*instance.ruleset, members[fields.size()], entry);
    fields.push_back({entry.id, entry.value});
  }
  if (!in.good()) return failed(ErrorCode::truncated, in.at());
  const auto done = at->observe(signal, fields, id, time_of(now));
  return done ? static_cast<std::int32_t>(*done) : failed(done.error());
}

/// u32 signal, text id; answers an Observed.
HEED_EXPORT std::int32_t heed_refund(std::uint32_t session, std::uint32_t size, double now) {
  auto* const at = find(session);
  if (!at) return failed(ErrorCode::not_supported, session);
  auto in = input(size);
  const SignalId signal{in.take<std::uint32_t>()};
  const auto id = in.text();
  if (!in.good()) return failed(ErrorCode::truncated, in.at());
  const auto done = at->refund(signal, id, time_of(now));
  return done ? static_cast<std::int32_t>(*done) : failed(done.error());
}

/// A DecisionAt; answers an Exposed.
HEED_EXPORT std::int32_t heed_expose(std::uint32_t session, std::uint32_t size, double now) {
  auto* const at = find(session);
  if (!at) return failed(ErrorCode::not_supported, session);
  const auto decision = abi::read_decision(input(size).rest());
  if (!decision) return failed(decision.error());
  return static_cast<std::int32_t>(at->expose(*decision, time_of(now)));
}

/// u64 view.
HEED_EXPORT std::int32_t heed_begin_view(std::uint32_t session) {
  auto* const at = find(session);
  if (!at) return failed(ErrorCode::not_supported, session);
  at->begin_view(load_le<std::uint64_t>(instance.buffer, 0));
  return 0;
}

HEED_EXPORT std::int32_t heed_set_level(std::uint32_t session, std::uint32_t level, double now) {
  auto* const at = find(session);
  if (!at) return failed(ErrorCode::not_supported, session);
  at->set_level(level_of(level), time_of(now));
  store_le(std::span(instance.buffer), 0, at->unit());
  return point_at(std::span(instance.buffer).first(sizeof(std::uint64_t)));
}

/// Answers the snapshot; nothing where it cannot be made to fit `size_max` bytes.
HEED_EXPORT std::int32_t heed_save(std::uint32_t session, std::uint32_t size_max,
                                   std::uint32_t masks) {
  const auto* const at = find(session);
  if (!at) return failed(ErrorCode::not_supported, session);
  instance.answer.clear();
  at->save(instance.answer, size_max, masks != 0 ? Texts::masked : Texts::whole);
  return point_at(instance.answer);
}

/// Answers the records.
HEED_EXPORT std::int32_t heed_drain(std::uint32_t session) {
  auto* const at = find(session);
  if (!at) return failed(ErrorCode::not_supported, session);
  Array<PendingRecord> records;
  at->drain(records);
  instance.answer.clear();
  abi::append_records(records, instance.answer);
  return point_at(instance.answer);
}

/// Answers an explanation.
HEED_EXPORT std::int32_t heed_explain(std::uint32_t session, std::uint32_t slot, double now) {
  const auto* const at = find(session);
  if (!at || slot >= instance.ruleset->slot_count()) return failed(ErrorCode::unknown_slot, slot);
  instance.answer.clear();
  abi::append_explanation(at->explain(SlotId{slot}, time_of(now)), instance.answer);
  return point_at(instance.answer);
}
