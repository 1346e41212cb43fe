#include "snapshot.h"

#include <algorithm>
#include <utility>

#include "heed/base/bytes.h"
#include "heed/base/hash.h"
#include "heed/runtime/session.h"

namespace heed {
namespace {

constexpr std::size_t checksum_size_bytes = sizeof(std::uint32_t);

std::uint32_t checksum(std::span<const std::byte> bytes) {
  return static_cast<std::uint32_t>(
      xxh64({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, 0));
}

void write(const snapshot::Snapshot& snapshot, std::vector<std::byte>& out) {
  out.clear();
  CanonicalWriter writer(out);
  writer(snapshot);
  writer.put(checksum(out));
}

Result<snapshot::Snapshot> read(std::span<const std::byte> bytes) {
  if (bytes.size() > limits::snapshot_size_bytes_max) {
    return fail(ErrorCode::too_large, limits::snapshot_size_bytes_max);
  }
  if (bytes.size() < checksum_size_bytes) return fail(ErrorCode::truncated, bytes.size());
  const std::span<const std::byte> body = bytes.first(bytes.size() - checksum_size_bytes);
  if (load_le<std::uint32_t>(bytes.subspan(body.size()), 0) != checksum(body)) {
    return fail(ErrorCode::malformed_snapshot, body.size());
  }
  SpanReader reader(body, ErrorCode::malformed_snapshot);
  snapshot::Snapshot snapshot;
  reader(snapshot);
  reader.finish();
  if (!reader.ok()) return fail(reader.error().code, reader.error().where);
  return snapshot;
}

}  // namespace

void Session::save(std::vector<std::byte>& out, std::size_t size_bytes_max) const {
  out.clear();
  if (level_ == Level::none) return;
  write(snapshot::snapshot_of(*ruleset_, state_, unit()), out);
  if (out.size() <= size_bytes_max) return;
  // The store knows every id too: what is forgotten here is settled there.
  State state = state_;
  while (out.size() > size_bytes_max && !(state.outcomes.empty() && state.seen_ids.empty())) {
    if (!state.outcomes.empty()) {
      state.outcomes.erase(state.outcomes.begin());
    } else {
      const std::size_t excess_ids = (out.size() - size_bytes_max) / 6 + 1;
      const std::size_t count = std::min(excess_ids, state.seen_ids.size());
      state.seen_ids.erase(state.seen_ids.begin(),
                           state.seen_ids.begin() + static_cast<std::ptrdiff_t>(count));
    }
    write(snapshot::snapshot_of(*ruleset_, state, unit()), out);
  }
  if (out.size() > size_bytes_max) out.clear();
}

Result<Session> Session::restore(const Ruleset& ruleset, std::span<const std::byte> snapshot,
                                 std::string_view visitor, TimeMs now, Level level,
                                 std::uint64_t view) {
  Result<Session> session = create(ruleset, visitor, now, level, view);
  if (!session || snapshot.empty() || level == Level::none) return session;
  HEED_TRY(content, read(snapshot));
  if (content.site != static_cast<std::uint32_t>(ruleset.site_hash())) {
    return fail(ErrorCode::wrong_site, 1);
  }
  if (content.unit != session->unit()) return fail(ErrorCode::wrong_visitor, 5);
  const TimeMs latest{std::clamp<std::int64_t>(now.ms, 0, limits::time_ms_max)};
  if (!snapshot::read_into(ruleset, content, latest, session->state_)) {
    return fail(ErrorCode::malformed_snapshot, 0);
  }
  return session;
}

}  // namespace heed
