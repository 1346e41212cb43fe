#include "writer.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <variant>

#include "heed/base/bytes.h"
#include "heed/runtime/abi.h"

namespace heed::abi {
namespace {

using Bytes = Array<std::byte>;

template <class T>
void put(Bytes& out, T value) {
  const std::size_t at = out.size();
  out.resize(at + sizeof(T));
  store_le(std::span(out).subspan(at), 0, value);
}

void put_text(Bytes& out, std::string_view text) {
  put(out, static_cast<std::uint32_t>(text.size()));
  const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void put_kind(Bytes& out, Kind kind) { put(out, static_cast<std::uint8_t>(kind)); }

void put_value(Bytes& out, const OwnedValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) {
    put_kind(out, Kind::boolean);
    put(out, static_cast<std::uint8_t>(*flag));
  } else if (const auto* number = std::get_if<double>(&value)) {
    put_kind(out, Kind::number);
    put(out, *number);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    put_kind(out, Kind::string);
    put_text(out, *text);
  } else if (const auto* members = std::get_if<Array<std::string>>(&value)) {
    put_kind(out, Kind::set);
    put(out, static_cast<std::uint32_t>(members->size()));
    for (const auto& member : *members) put_text(out, member);
  } else if (const auto* time = std::get_if<TimeMs>(&value)) {
    put_kind(out, Kind::time);
    put(out, static_cast<double>(time->ms));
  } else {
    put_kind(out, Kind::absent);
  }
}

// Shares and times are below 2^53, so that a double holds them: hosts read no 64-bit integers.
void put_bucket(Bytes& out, const Bucket& bucket) {
  put(out, static_cast<double>(bucket.from));
  put(out, static_cast<double>(bucket.until));
  put(out, bucket.drawn);
}

void put_cap(Bytes& out, const CapUse& cap) {
  put(out, static_cast<std::uint32_t>(cap.times));
  put(out, static_cast<std::uint32_t>(cap.times_max));
  put(out, static_cast<double>(cap.per_ms));
  put(out, static_cast<std::uint32_t>(cap.session_times));
  put(out, static_cast<std::uint32_t>(cap.session_max));
  put(out, static_cast<double>(cap.cool_down_ms));
  put(out, cap.reached ? static_cast<std::uint8_t>(*cap.reached) : std::uint8_t{0xff});
  put(out, static_cast<double>(cap.frees.ms));
}

void put_failures(Bytes& out, const Array<PredicateId>& failures) {
  put(out, static_cast<std::uint32_t>(failures.size()));
  for (const PredicateId predicate : failures) put(out, predicate.index);
}

void put_candidate(Bytes& out, const Candidate& candidate) {
  put(out, candidate.trigger.index);
  put(out, static_cast<std::uint32_t>(candidate.priority));
  put(out, candidate.value);
  put(out, static_cast<std::uint8_t>(candidate.outlook));
  put(out, static_cast<std::uint8_t>(candidate.stopped_by));
  put(out, static_cast<std::uint8_t>(candidate.consent_missing));
  put_cap(out, candidate.cap);
  put_cap(out, candidate.campaign_cap);
  put_cap(out, candidate.programme_cap);
  put(out, static_cast<double>(candidate.from.ms));
  put(out, static_cast<double>(candidate.until.ms));
  put(out, static_cast<std::uint8_t>(candidate.joins_layer));
  put_bucket(out, candidate.layer);
  put_bucket(out, candidate.holdout);
  put(out, static_cast<std::uint32_t>(candidate.parts.size()));
  for (const auto& part : candidate.parts) {
    put(out, part.option);
    put_bucket(out, part.bucket);
  }
  put_failures(out, candidate.failures);
}

}  // namespace

void write_decision(const Decision& decision, std::span<std::byte> to) {
  using At = DecisionAt;
  std::memset(to.data(), 0, At::size);
  const auto word = [&](std::size_t at, std::uint32_t value) {
    store_le(to.subspan(at), 0, value);
  };
  word(At::slot, decision.slot.index);
  word(At::trigger, decision.trigger.index);
  word(At::segment, decision.microsegment.segment);
  word(At::stage, decision.microsegment.stage);
  store_le(to.subspan(At::probability), 0, decision.probability);
  std::memcpy(to.data() + At::options, decision.options.data(), decision.options.size());
  to[At::part_count] = std::byte{decision.part_count};
  to[At::held_out] = static_cast<std::byte>(decision.held_out);
  to[At::reason] = static_cast<std::byte>(decision.reason);
}

void append_explanation(const Explanation& explanation, Bytes& out) {
  std::array<std::byte, DecisionAt::size> decision;
  write_decision(explanation.decision, decision);
  out.insert(out.end(), decision.begin(), decision.end());
  put_bucket(out, explanation.programme_holdout);
  put(out, explanation.suppressed.index);
  put(out, static_cast<std::uint32_t>(explanation.candidates.size()));
  for (const auto& candidate : explanation.candidates) put_candidate(out, candidate);
  put(out, static_cast<std::uint32_t>(explanation.inputs.size()));
  for (const auto& input : explanation.inputs) {
    put(out, input.input.index);
    put_value(out, input.value);
    put_failures(out, input.failures);
  }
}

void append_records(std::span<const PendingRecord> records, Bytes& out) {
  for (const auto& record : records) {
    put(out, static_cast<std::uint8_t>(record.priority));
    put(out, static_cast<std::uint32_t>(record.bytes.size()));
    out.insert(out.end(), record.bytes.begin(), record.bytes.end());
  }
}

}  // namespace heed::abi
