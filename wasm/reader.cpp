#include "reader.h"

#include <cmath>
#include <cstring>
#include <utility>

#include "heed/runtime/abi.h"

namespace heed::abi {

bool Reader::has(std::size_t size_bytes) {
  good_ = good_ && size_bytes <= bytes_.size() - at_;
  return good_;
}

std::string_view Reader::text() {
  const auto size = take<std::uint32_t>();
  if (!has(size)) return {};
  const auto* start = reinterpret_cast<const char*>(bytes_.data() + at_);
  at_ += size;
  return {start, size};
}

std::span<const std::byte> Reader::rest() {
  const auto left = bytes_.subspan(at_);
  at_ = bytes_.size();
  return left;
}

Value Reader::set(Array<std::string_view>& members) {
  const auto count = take<std::uint32_t>();
  members.clear();
  for (std::uint32_t i = 0; good_ && i < count; ++i) members.push_back(text());
  return Members(members);
}

Value Reader::value(Array<std::string_view>& members) {
  switch (Kind{take<std::uint8_t>()}) {
    case Kind::absent:
      return Absent{};
    case Kind::boolean:
      return take<std::uint8_t>() != 0;
    case Kind::number:
      return take<double>();
    case Kind::string:
      return text();
    case Kind::set:
      return set(members);
    case Kind::time: {
      const auto ms = take<double>();
      good_ = good_ && std::abs(ms) <= static_cast<double>(limits::time_ms_max);
      return good_ ? Value(TimeMs{static_cast<std::int64_t>(ms)}) : Value(Absent{});
    }
  }
  good_ = false;
  return Absent{};
}

Result<Decision> read_decision(std::span<const std::byte> bytes) {
  using At = DecisionAt;
  if (bytes.size() < At::size) return fail(ErrorCode::truncated, bytes.size());
  const auto word = [&](std::size_t at) { return load_le<std::uint32_t>(bytes.subspan(at), 0); };
  const auto byte = [&](std::size_t at) { return load_le<std::uint8_t>(bytes, at); };
  if (byte(At::reason) > static_cast<std::uint8_t>(Reason::unverified)) {
    return fail(ErrorCode::wrong_type, At::reason);
  }
  Decision decision;
  decision.slot = SlotId{word(At::slot)};
  decision.trigger = TriggerId{word(At::trigger)};
  decision.microsegment = {word(At::segment), word(At::stage)};
  decision.probability = load_le<double>(bytes.subspan(At::probability), 0);
  std::memcpy(decision.options.data(), bytes.data() + At::options, decision.options.size());
  decision.part_count = byte(At::part_count);
  decision.held_out = byte(At::held_out) != 0;
  decision.reason = Reason{byte(At::reason)};
  return decision;
}

}  // namespace heed::abi
