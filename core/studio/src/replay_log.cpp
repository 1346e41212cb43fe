#include "heed/studio/replay_log.h"

#include <cmath>
#include <string_view>

#include "heed/base/limits.h"
#include "heed/runtime/decision.h"

namespace heed::replay {
namespace {

constexpr std::string_view magic = "HEEDLOG1";
constexpr std::size_t mask_size_bytes = 6;
constexpr std::uint64_t any = ~std::uint64_t{0};
/// Longer than any page lives.
constexpr std::uint64_t after_ms_max = std::uint64_t{1} << 40U;
constexpr std::uint64_t row_max = 0xffff'ffff;
constexpr std::uint8_t held_out_bit = 0x80;
/// A number that is one of these is written as a whole number, and only so.
constexpr double whole_max = 4'294'967'295.0;

bool is_whole(double number) {
  return number >= 0 && number <= whole_max && std::trunc(number) == number;
}

}  // namespace

void Value::serialize(Archive& ar) {
  ar(Within{kind, Kind::absent, Kind::whole});
  switch (kind) {
    case Kind::absent:
      return;
    case Kind::boolean:
      return ar(flag), void();
    case Kind::number:
      ar(number);
      if (ar.reads() && is_whole(number)) ar.refuse(ar.at());
      return;
    case Kind::text:
      return ar.fixed(&whole, mask_size_bytes, 0, mask_max);
    case Kind::set: {
      const std::size_t count =
          ar.count(members.size(), limits::set_member_count_max, mask_size_bytes);
      if (ar.reads()) members.resize(count);
      for (std::size_t i = 0; i < count; ++i) {
        ar.fixed(&members[i], mask_size_bytes, 0, mask_max);
        if (i > 0 && members[i] <= members[i - 1]) ar.refuse(ar.at());
      }
      return;
    }
    case Kind::time:
      return ar(Within{time_ms, -limits::time_ms_max, limits::time_ms_max}), void();
    case Kind::whole:
      return ar.varint(whole, row_max);
  }
}

void Given::serialize(Archive& ar) {
  ar.varint(row, row_max);
  ar(value);
}

void Made::serialize(Archive& ar) {
  ar.varint(slot, row_max);
  ar.varint(trigger, row_max);
  auto how = static_cast<std::uint8_t>(reason | (held_out ? held_out_bit : 0));
  ar(how);
  held_out = (how & held_out_bit) != 0;
  reason = how & static_cast<std::uint8_t>(~held_out_bit);
  if (reason > static_cast<std::uint8_t>(Reason::unverified)) ar.refuse(ar.at());
  if (trigger == 0) {
    if (held_out) ar.refuse(ar.at());
    return;
  }
  ar.varint(segment, row_max);
  ar.varint(stage, row_max);
  ar(List{options, limits::part_count_max, 1});
}

void Entry::serialize(Archive& ar) {
  ar(Within{kind, Kind::start, Kind::view});
  ar.varint(after_ms, after_ms_max);
  switch (kind) {
    case Kind::start: {
      ar(Within{level, std::uint8_t{0}, std::uint8_t{3}}, view);
      std::uint64_t size = snapshot.size();
      ar.varint(size, limits::snapshot_size_bytes_max);
      std::span<const std::byte> bytes = snapshot;
      ar.raw(bytes, static_cast<std::size_t>(size));
      if (ar.reads()) snapshot = Array<std::byte>(bytes.begin(), bytes.end());
      return;
    }
    case Kind::set:
      return ar(List{given, limits::attribute_count_max, 2}), void();
    case Kind::observe:
      ar.varint(signal, row_max);
      return ar(List{given, limits::field_count_max, 2}), void();
    case Kind::decide:
    case Kind::expose:
      return ar(made), void();
    case Kind::view:
      return ar(view), void();
  }
}

namespace {

void head(Archive& ar, Chunk& chunk, std::uint64_t& size) {
  std::span<const std::byte> mark = std::as_bytes(std::span(magic));
  ar.raw(mark, magic.size());
  const auto* const at = reinterpret_cast<const char*>(mark.data());
  if (std::string_view(at, mark.size()) != magic) ar.refuse(ar.at());
  ar(chunk.log);
  ar.varint(chunk.number, row_max);
  ar(chunk.ruleset, chunk.unit, Within{chunk.at_ms, std::int64_t{0}, limits::time_ms_max});
  ar.varint(size, any);
}

}  // namespace

tl::expected<std::vector<Chunk>, Fault> read(std::span<const std::byte> bytes) {
  // The code stands for whatever is present and wrong; only where it is counts here.
  Archive ar(bytes, ErrorCode::malformed_batch);
  std::vector<Chunk> chunks;
  while (ar.ok() && ar.remaining() > 0) {
    Chunk chunk;
    std::uint64_t size = 0;
    head(ar, chunk, size);
    if (ar.ok() && size > ar.remaining()) ar.refuse(ErrorCode::truncated, ar.at());
    const std::size_t end = ar.at() + static_cast<std::size_t>(size);
    while (ar.ok() && ar.at() < end) chunk.entries.emplace_back().serialize(ar);
    if (ar.ok() && ar.at() != end) ar.refuse(end);
    chunks.push_back(std::move(chunk));
  }
  if (ar.ok()) return chunks;
  const Error error = ar.error();
  return tl::unexpected(
      Fault{static_cast<std::size_t>(error.where), error.code == ErrorCode::truncated});
}

void append(const Chunk& chunk, Array<std::byte>& out) {
  // Writing changes nothing.
  auto& given = const_cast<Chunk&>(chunk);
  Array<std::byte> entries;
  Archive body(entries);
  for (Entry& entry : given.entries) entry.serialize(body);
  Archive ar(out);
  std::uint64_t size = entries.size();
  head(ar, given, size);
  out.insert(out.end(), entries.begin(), entries.end());
}

}  // namespace heed::replay
