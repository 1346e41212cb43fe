// Whatever Session::restore accepts is a session like any other. The input is a snapshot, or, where
// its first byte is odd, the middle of one: site, unit and checksum are then made true.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

#include "heed/base/bytes.h"
#include "heed/base/hash.h"
#include "heed/runtime/session.h"
#include "support/rich_image.h"

namespace {

using namespace heed;

constexpr std::size_t head_size_bytes = 13;  // format, site, unit

void require(bool holds) {
  if (!holds) std::abort();
}

/// The head is that of a fresh session's own snapshot: of this format, site and visitor.
Array<std::byte> sealed(std::span<const std::byte> middle, const Ruleset& ruleset) {
  Array<std::byte> bytes;
  Session::create(ruleset, "visitor", TimeMs{}, Level::device, 1)->save(bytes);
  bytes.resize(head_size_bytes);
  bytes.insert(bytes.end(), middle.begin(), middle.end());
  const std::string_view body(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto checksum = static_cast<std::uint32_t>(xxh64(body, 0));
  bytes.resize(bytes.size() + sizeof(checksum));
  store_le(std::span(bytes), bytes.size() - sizeof(checksum), checksum);
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Ruleset ruleset = *Ruleset::open(test::rich_image().bytes());
  if (size == 0) return 0;
  const auto input = std::as_bytes(std::span(data, size)).subspan(1);
  Array<std::byte> snapshot(input.begin(), input.end());
  if (data[0] % 2 == 1) snapshot = sealed(input, ruleset);
  const TimeMs now{1'795'687'200'000};
  const auto restore = [&](std::span<const std::byte> bytes) {
    return Session::restore(ruleset, bytes, "visitor", now, Level::device, 1);
  };
  Result<Session> session = restore(snapshot);
  if (!session) return 0;
  Array<std::byte> saved;
  session->save(saved);
  const Result<Session> again = restore(saved);
  require(again.has_value() && *again == *session);
  Array<Decision> decisions;
  session->decide_all(now, decisions);
  for (const Decision& decision : decisions) session->expose(decision, now);
  require(session->observe(SignalId{test::Rich::view}, {}, "id", now).has_value());
  require(session->observe(SignalId{test::Rich::purchase}, {}, "id", now).has_value());
  require(session->refund(SignalId{test::Rich::purchase}, "id", now).has_value());
  Array<PendingRecord> records;
  session->drain(records);
  for (const PendingRecord& record : records) {
    require(outcome::read_record(record.bytes).has_value());
  }
  return 0;
}
