#include "reader.h"

#include <array>
#include <cmath>
#include <cstring>
#include <utility>

#include "heed/runtime/abi.h"

namespace heed::abi {
namespace {

/// Rows of the option counts that belong to earlier triggers' parts.
std::size_t first_part(std::span<const std::byte> part_counts, std::uint32_t trigger) {
  std::size_t first = 0;
  for (std::uint32_t i = 0; i < trigger; ++i) first += load_le<std::uint8_t>(part_counts, i);
  return first;
}

bool options_exist(const Ruleset& ruleset, const Decision& decision) {
  if (decision.held_out) return decision.part_count == 0;
  const auto part_counts = ruleset.column(image::Column::trigger_part_count);
  const auto option_counts = ruleset.column(image::Column::part_option_count);
  if (decision.part_count != load_le<std::uint8_t>(part_counts, decision.trigger.index)) return false;
  const std::size_t first = first_part(part_counts, decision.trigger.index);
  for (std::size_t part = 0; part < decision.part_count; ++part) {
    if (decision.options[part] >= load_le<std::uint8_t>(option_counts, first + part)) return false;
  }
  return true;
}

/// A position in a list of `count`, its end (the rest) or none.
bool is_place(std::uint32_t place, std::size_t count) { return place == none_index || place <= count; }

bool microsegment_exists(const Ruleset& ruleset, Microsegment at) {
  // Stages of other journeys are too many rather than too few: the name is looked up with bounds.
  return is_place(at.segment, ruleset.row_count(image::Column::micro_segment)) &&
         is_place(at.stage, ruleset.row_count(image::Column::stage_name));
}

}  // namespace

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

Value Reader::set(std::vector<std::string_view>& members) {
  const auto count = take<std::uint32_t>();
  members.clear();
  if (count > limits::set_member_count_max) good_ = false;
  for (std::uint32_t i = 0; good_ && i < count; ++i) members.push_back(text());
  return Members(members);
}

Value Reader::value(std::vector<std::string_view>& members) {
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

Result<Decision> read_decision(const Ruleset& ruleset, std::span<const std::byte> bytes) {
  using At = DecisionAt;
  if (bytes.size() < At::size) return fail(ErrorCode::truncated, bytes.size());
  const auto word = [&](std::size_t at) { return load_le<std::uint32_t>(bytes.subspan(at), 0); };
  const auto byte = [&](std::size_t at) { return load_le<std::uint8_t>(bytes, at); };
  Decision decision;
  decision.slot = SlotId{word(At::slot)};
  decision.trigger = TriggerId{word(At::trigger)};
  decision.microsegment = {word(At::segment), word(At::stage)};
  decision.probability = load_le<double>(bytes.subspan(At::probability), 0);
  std::memcpy(decision.options.data(), bytes.data() + At::options, decision.options.size());
  decision.part_count = byte(At::part_count);
  decision.held_out = byte(At::held_out) != 0;
  if (decision.slot.index >= ruleset.slot_count()) return fail(ErrorCode::unknown_slot, At::slot);
  const std::uint32_t trigger = decision.trigger.index;
  const auto slots = ruleset.column(image::Column::trigger_slot);
  if (trigger >= ruleset.trigger_count() ||
      load_le<std::uint32_t>(slots, trigger) != decision.slot.index) {
    return fail(ErrorCode::wrong_type, At::trigger);
  }
  if (!options_exist(ruleset, decision)) return fail(ErrorCode::wrong_type, At::options);
  if (!microsegment_exists(ruleset, decision.microsegment)) return fail(ErrorCode::wrong_type, At::segment);
  if (!(decision.probability >= 0 && decision.probability <= 1)) return fail(ErrorCode::not_finite, At::probability);
  if (byte(At::reason) > static_cast<std::uint8_t>(Reason::unverified)) return fail(ErrorCode::wrong_type, At::reason);
  decision.reason = Reason{byte(At::reason)};
  return decision;
}

void write_decision(const Decision& decision, std::span<std::byte> to) {
  using At = DecisionAt;
  std::memset(to.data(), 0, At::size);
  const auto word = [&](std::size_t at, std::uint32_t value) { store_le(to.subspan(at), 0, value); };
  word(At::slot, decision.slot.index);
  word(At::trigger, decision.trigger.index);
  word(At::segment, decision.microsegment.segment);
  word(At::stage, decision.microsegment.stage);
  store_le(to, At::probability, decision.probability);
  std::memcpy(to.data() + At::options, decision.options.data(), decision.options.size());
  to[At::part_count] = std::byte{decision.part_count};
  to[At::held_out] = std::byte{decision.held_out};
  to[At::reason] = static_cast<std::byte>(decision.reason);
}

}  // namespace heed::abi
