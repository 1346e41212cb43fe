// A session's memory as bytes (docs/formats/snapshot.md): saved whole or shortened, restored whole
// or not at all.
#include <algorithm>
#include <utility>

#include "heed/base/archive.h"
#include "heed/base/bytes.h"
#include "heed/base/hash.h"
#include "heed/runtime/session.h"
#include "snapshot_walk.h"

namespace heed {
namespace {

constexpr std::uint8_t format = 3;
constexpr std::size_t checksum_size_bytes = sizeof(std::uint32_t);

std::uint32_t checksum(std::span<const std::byte> bytes) {
  return static_cast<std::uint32_t>(
      xxh64({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, 0));
}

}  // namespace

void SnapshotWalk::all(std::uint64_t unit) {
  std::uint8_t version = format;
  const auto own_site = static_cast<std::uint32_t>(ruleset_.site_hash());
  std::uint32_t site = own_site;
  std::uint64_t owner = unit;
  std::uint64_t view = state_.view;
  latest_ms_ = state_.clock_ms;
  ar_(Within{version, format, format}, site, owner,
      Within{latest_ms_, std::int64_t{0}, limits::time_ms_max});
  if (site != own_site) ar_.refuse(ErrorCode::wrong_site, 1);
  if (owner != unit) ar_.refuse(ErrorCode::wrong_visitor, 5);
  if (reads_) state_.clock_ms = std::min(latest_ms_, now_.ms);
  list(Part::attribute, limits::attribute_count_max, 6);
  list(Part::feature, limits::feature_count_max, 6);
  list(Part::journey, limits::journey_count_max, 9);
  list(Part::trigger_cap, limits::trigger_count_max, 6);
  list(Part::campaign_cap, limits::trigger_count_max, 6);
  list(Part::programme_cap, 1, 6);
  time(state_.session_from_ms);
  ar_(view);
  same_view_ = view == state_.view;
  list(Part::slot, limits::slot_count_max, 4);
  list(Part::suppressed_slot, limits::slot_count_max, 4);
  exposures();
  ids();
  outcomes();
}

void Session::save(Array<std::byte>& out, std::size_t size_bytes_max, Texts texts) const {
  out.clear();
  if (level_ == Level::none) return;
  std::size_t outcome_count = 0;
  std::size_t id_count = 0;
  for (;;) {
    Archive archive(out);
    // Writing changes nothing.
    SnapshotWalk walk(archive, *ruleset_, const_cast<State&>(state_), TimeMs{});
    walk.shed(outcome_count, id_count);
    if (texts == Texts::masked) walk.mask(unit());
    walk.all(unit());
    std::uint32_t sum = checksum(out);
    archive(sum);
    if (out.size() <= size_bytes_max) return;
    // The store knows every id too: what is forgotten here is settled there.
    const std::size_t id_left = state_.seen_ids.size() - id_count;
    if (outcome_count < state_.outcomes.size()) {
      ++outcome_count;
    } else if (id_left != 0) {
      id_count += std::min((out.size() - size_bytes_max) / snapshot_id_size_bytes + 1, id_left);
    } else {
      break;
    }
    out.clear();
  }
  out.clear();
}

Result<Session> Session::restore(const Ruleset& ruleset, std::span<const std::byte> snapshot,
                                 std::string_view visitor, TimeMs now, Level level,
                                 std::uint64_t view) {
  Result<Session> session = create(ruleset, visitor, now, level, view);
  if (!session) return session;
  return resume(ruleset, snapshot, session->visitor_unit_, now, level, view);
}

Result<Session> Session::resume(const Ruleset& ruleset, std::span<const std::byte> snapshot,
                                std::uint64_t unit, TimeMs now, Level level, std::uint64_t view) {
  Session session(ruleset, unit, level, view);
  if (snapshot.empty() || level == Level::none) return session;
  if (snapshot.size() > limits::snapshot_size_bytes_max) {
    return fail(ErrorCode::too_large, limits::snapshot_size_bytes_max);
  }
  if (snapshot.size() < checksum_size_bytes) return fail(ErrorCode::truncated, snapshot.size());
  const auto body = snapshot.first(snapshot.size() - checksum_size_bytes);
  if (load_le<std::uint32_t>(snapshot.subspan(body.size()), 0) != checksum(body)) {
    return fail(ErrorCode::malformed_snapshot, body.size());
  }
  Archive archive(body, ErrorCode::malformed_snapshot);
  const TimeMs latest{std::clamp<std::int64_t>(now.ms, 0, limits::time_ms_max)};
  SnapshotWalk(archive, ruleset, session.state_, latest).all(session.unit());
  archive.finish();
  if (!archive.ok()) return fail(archive.error().code, archive.error().where);
  return session;
}

}  // namespace heed
