// The visitor's module: plain exports over heed::Session, one ruleset and any number of sessions in
// an instance. Arguments and results travel in one buffer (heed/runtime/abi.h); a call answers a
// result from 0 up, or -1 - ErrorCode. What lies in the buffer is hostile: every call answers.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/base/bytes.h"
#include "heed/base/limits.h"
#include "heed/runtime/abi.h"
#include "heed/runtime/ruleset.h"
#include "heed/runtime/session.h"
#include "instance.h"
#include "reader.h"
#include "writer.h"

namespace heed {
namespace {

using abi::Reader;

// What one instance holds; the host makes as many instances as it wants.
Array<std::byte> buffer(abi::buffer_size_bytes_min);
Array<std::byte> answer_bytes;  // answers whose size is not known before
alignas(8) std::array<std::byte, abi::HeadAt::size> head;
std::optional<Ruleset> ruleset;
Array<std::optional<Session>> sessions;
std::optional<Index> rule_index;

}  // namespace

std::int32_t failed(ErrorCode code, std::uint64_t where) {
  store_le(std::span(head).subspan(abi::HeadAt::where), 0, where);
  return -1 - static_cast<std::int32_t>(code);
}

namespace {

std::int32_t failed(Error error) { return heed::failed(error.code, error.where); }

void put_address(std::span<std::byte> out, const void* address) {
  store_le(out, 0, static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(address)));
}
void put_head(std::size_t at, const void* address) {
  put_address(std::span(head).subspan(at), address);
}

/// Shows the host the buffer, which may have moved.
void show_buffer() {
  put_head(abi::HeadAt::buffer, buffer.data());
  const auto size = static_cast<std::uint32_t>(buffer.size());
  store_le(std::span(head).subspan(abi::HeadAt::buffer_size), 0, size);
}

}  // namespace

std::int32_t point_at(std::span<const std::byte> data) {
  put_head(abi::HeadAt::data, data.data());
  show_buffer();
  return static_cast<std::int32_t>(data.size());
}

std::span<std::byte> input_bytes(std::uint32_t size) {
  return std::span(buffer).first(std::min<std::size_t>(size, buffer.size()));
}

namespace {

Reader input(std::uint32_t size) { return Reader(input_bytes(size)); }

}  // namespace

Session* find(std::uint32_t session) {
  return session < sessions.size() && sessions[session] ? &*sessions[session] : nullptr;
}

TimeMs time_of(double ms) {
  const bool is_time = std::abs(ms) <= static_cast<double>(limits::time_ms_max);
  return TimeMs{is_time ? static_cast<std::int64_t>(ms) : 0};
}

std::int32_t build_index() {
  if (!ruleset) return failed(ErrorCode::not_a_ruleset);
  if (!rule_index) rule_index.emplace(*ruleset);
  for (auto& session : sessions) {
    if (session) session->use(&*rule_index);
  }
  return static_cast<std::int32_t>(rule_index->size_bytes());
}

void show_microsegment(Microsegment microsegment) {
  store_le(std::span(head).subspan(abi::HeadAt::segment), 0, microsegment.segment);
  store_le(std::span(head).subspan(abi::HeadAt::stage), 0, microsegment.stage);
}

namespace {

Level level_of(std::uint32_t level) {
  return level <= static_cast<std::uint32_t>(Level::account) ? static_cast<Level>(level)
                                                             : Level::none;
}

bool has_row(std::uint32_t column, std::uint32_t row) {
  return ruleset && column < image::column_count &&
         row < ruleset->row_count(static_cast<image::Column>(column));
}

std::int32_t keep(Session session) {
  const auto free = std::find(sessions.begin(), sessions.end(), std::nullopt);
  const auto at = free - sessions.begin();
  if (at == abi::session_count_max) return failed(ErrorCode::too_many);
  const auto unit = session.unit();
  session.use(rule_index ? &*rule_index : nullptr);
  if (free == sessions.end())
    sessions.emplace_back(std::move(session));
  else
    free->emplace(std::move(session));
  store_le(std::span(buffer), 0, unit);
  point_at(std::span(buffer).first(sizeof(unit)));
  return static_cast<std::int32_t>(at);
}

}  // namespace
}  // namespace heed

using namespace heed;  // NOLINT: exports are C names of this namespace's things

HEED_EXPORT std::uint32_t heed_abi() { return abi::number; }
HEED_EXPORT const std::byte* heed_head() {
  show_buffer();
  return head.data();
}

/// Makes room for `size` bytes of input.
HEED_EXPORT std::int32_t heed_reserve(std::uint32_t size) {
  if (size > abi::buffer_size_bytes_max) return failed(ErrorCode::too_large, size);
  if (size > buffer.size()) {
    buffer.clear();
    buffer.reserve(size + sizeof(std::uint64_t));  // room that `Ruleset::open` asks for
    buffer.resize_for_overwrite(size);
  }
  return point_at({});
}

/// The image in the buffer becomes this instance's ruleset; sessions of an earlier one end.
HEED_EXPORT std::int32_t heed_open(std::uint32_t size) {
  // The image stays where the host put it.
  buffer.resize_for_overwrite(std::min<std::size_t>(size, buffer.size()));
  Array<std::byte> image;
  image.swap(buffer);
  buffer.resize_for_overwrite(abi::buffer_size_bytes_min);
  show_buffer();
  auto opened = Ruleset::open(std::move(image));
  if (!opened) return failed(opened.error());
  sessions.clear();
  rule_index.reset();
  ruleset.emplace(std::move(*opened));
  const auto out = std::span(buffer).first(abi::OpenedAt::size);
  store_le(out.subspan(abi::OpenedAt::hash), 0, ruleset->hash());
  store_le(out.subspan(abi::OpenedAt::version), 0, ruleset->version());
  store_le(out.subspan(abi::OpenedAt::expires), 0, ruleset->expires().ms);
  return point_at(out);
}

/// How many rows a column has.
HEED_EXPORT std::int32_t heed_rows(std::uint32_t column) {
  if (!has_row(column, 0)) return 0;
  return static_cast<std::int32_t>(ruleset->row_count(static_cast<image::Column>(column)));
}

/// An element: an id, a kind or a length; none as -1.
HEED_EXPORT std::int32_t heed_cell(std::uint32_t column, std::uint32_t row) {
  if (!has_row(column, row)) return -1;
  return ruleset->at<std::int32_t>(static_cast<image::Column>(column), row);
}

/// The first child row of a row of a column of lengths; of one row beyond, where they end.
HEED_EXPORT std::int32_t heed_child(std::uint32_t column, std::uint32_t row) {
  const auto lengths = static_cast<image::Column>(column);
  if (row == 0 || !has_row(column, row - 1) ||
      image::length_index(lengths) == image::length_columns.size()) {
    return 0;
  }
  return static_cast<std::int32_t>(ruleset->children(lengths, row - 1).end);
}

/// A string of the ruleset.
HEED_EXPORT std::int32_t heed_string(std::uint32_t id) {
  if (!has_row(static_cast<std::uint32_t>(image::Column::string_length), id)) {
    return failed(ErrorCode::not_supported, id);
  }
  return point_at(std::as_bytes(std::span(ruleset->string(id))));
}

/// The row of a table with that name, a text in the buffer; none as -1.
HEED_EXPORT std::int32_t heed_find(std::uint32_t column, std::uint32_t size) {
  if (!has_row(column, 0)) return -1;
  const auto name = input(size).rest();
  const auto row = ruleset->find_row(static_cast<image::Column>(column),
                                     {reinterpret_cast<const char*>(name.data()), name.size()});
  return row ? static_cast<std::int32_t>(*row) : -1;
}

/// u64 view, text visitor, then a snapshot or nothing; answers a session, and its unit as u64.
HEED_EXPORT std::int32_t heed_session(std::uint32_t size, std::uint32_t level, double now) {
  if (!ruleset) return failed(ErrorCode::not_a_ruleset);
  auto in = input(size);
  const auto view = in.take<std::uint64_t>();
  const auto visitor = in.text();
  const auto snapshot = in.rest();
  if (!in.good()) return failed(ErrorCode::truncated, in.at());
  auto made =
      snapshot.empty()
          ? Session::create(*ruleset, visitor, time_of(now), level_of(level), view)
          : Session::restore(*ruleset, snapshot, visitor, time_of(now), level_of(level), view);
  return made ? keep(std::move(*made)) : failed(made.error());
}

HEED_EXPORT std::int32_t heed_end(std::uint32_t session) {
  if (find(session)) sessions[session].reset();
  return 0;
}

/// u32 signal, text id, then entries of u32 field and a value; answers an Observed.
HEED_EXPORT std::int32_t heed_observe(std::uint32_t session, std::uint32_t size, double now) {
  auto* const at = find(session);
  if (!at) return failed(ErrorCode::not_supported, session);
  auto in = input(size);
  const SignalId signal{in.take<std::uint32_t>()};
  const auto id = in.text();
  std::array<Array<std::string_view>, limits::field_count_max> members;
  Array<FieldValue> fields;
  while (in.good() && !in.done()) {
    if (fields.size() == limits::field_count_max) return failed(ErrorCode::too_many, in.at());
    const auto field = in.take<std::uint32_t>();
    const auto value = in.value(members[fields.size()]);
    fields.push_back({field, value});
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

/// Answers one DecisionAt a slot.
HEED_EXPORT std::int32_t heed_decide_all(std::uint32_t session, double now) {
  const auto* const at = find(session);
  if (!at) return failed(ErrorCode::not_supported, session);
  std::vector<Decision> decisions;
  at->decide_all(time_of(now), decisions);
  answer_bytes.resize(decisions.size() * abi::DecisionAt::size);
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    abi::write_decision(decisions[i], std::span(answer_bytes).subspan(i * abi::DecisionAt::size));
  }
  return point_at(answer_bytes);
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
  at->begin_view(load_le<std::uint64_t>(buffer, 0));
  return 0;
}

HEED_EXPORT std::int32_t heed_set_level(std::uint32_t session, std::uint32_t level, double now) {
  auto* const at = find(session);
  if (!at) return failed(ErrorCode::not_supported, session);
  at->set_level(level_of(level), time_of(now));
  store_le(std::span(buffer), 0, at->unit());
  return point_at(std::span(buffer).first(sizeof(std::uint64_t)));
}

/// Answers the snapshot; nothing where it cannot be made to fit `size_max` bytes.
HEED_EXPORT std::int32_t heed_save(std::uint32_t session, std::uint32_t size_max,
                                   std::uint32_t masks) {
  const auto* const at = find(session);
  if (!at) return failed(ErrorCode::not_supported, session);
  answer_bytes.clear();
  at->save(answer_bytes, size_max, masks != 0 ? Texts::masked : Texts::whole);
  return point_at(answer_bytes);
}

/// Answers the records.
HEED_EXPORT std::int32_t heed_drain(std::uint32_t session) {
  auto* const at = find(session);
  if (!at) return failed(ErrorCode::not_supported, session);
  Array<PendingRecord> records;
  at->drain(records);
  answer_bytes.clear();
  abi::append_records(records, answer_bytes);
  return point_at(answer_bytes);
}

/// Answers an explanation.
HEED_EXPORT std::int32_t heed_explain(std::uint32_t session, std::uint32_t slot, double now) {
  const auto* const at = find(session);
  if (!at || slot >= ruleset->slot_count()) return failed(ErrorCode::unknown_slot, slot);
  answer_bytes.clear();
  abi::append_explanation(*ruleset, at->explain(SlotId{slot}, time_of(now)), answer_bytes);
  return point_at(answer_bytes);
}
