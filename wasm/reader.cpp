#include "reader.h"

#include <cmath>
#include <cstring>
#include <utility>

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

Reader::Head Reader::head() {
  static_assert(EntryAt::kind == 4 && EntryAt::number == 8 && EntryAt::size == 16);
  if (!has(EntryAt::size)) return {};
  const auto bytes = bytes_.subspan(at_);
  at_ += EntryAt::size;
  return {load_le<std::uint32_t>(bytes, 0), static_cast<Kind>(load_le<std::uint32_t>(bytes, 1)),
          load_le<double>(bytes, 1)};
}

std::string_view Reader::text_of(const Head& head, const Ruleset& ruleset, std::uint32_t& string) {
  string = none_index;
  if (head.kind == Kind::string) return text();
  const auto count = static_cast<double>(ruleset.row_count(image::Column::string_length));
  good_ = good_ && head.kind == Kind::named && head.number >= 0 && head.number < count;
  if (!good_) return {};
  string = static_cast<std::uint32_t>(head.number);
  const std::string_view text = ruleset.string(string);
  good_ = text.size() <= limits::string_size_bytes_max;
  return text;
}

void Reader::entry(const Ruleset& ruleset, Array<std::string_view>& members, Entry& out) {
  const Head first = head();
  out.id = first.id;
  out.string = none_index;
  if (first.kind == Kind::number) {
    out.value = first.number;
  } else if (first.kind == Kind::boolean) {
    out.value = first.number != 0;
  } else if (first.kind == Kind::time) {
    good_ = good_ && std::abs(first.number) <= static_cast<double>(limits::time_ms_max);
    out.value = TimeMs{good_ ? static_cast<std::int64_t>(first.number) : 0};
  } else if (first.kind == Kind::set) {
    members.clear();
    for (double i = 0; good_ && i < first.number; ++i) {
      members.push_back(text_of(head(), ruleset, out.string));
    }
    out.string = none_index;
    out.value = Members(members);
  } else if (first.kind == Kind::absent) {
    out.value = Absent{};
  } else {
    out.value = text_of(first, ruleset, out.string);
  }
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
