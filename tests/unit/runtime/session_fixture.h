// Sessions over images made by hand, and shorthands to drive them.
#pragma once
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "heed/base/outcome.h"
#include "heed/runtime/draws.h"
#include "heed/runtime/session.h"
#include "support/rich_image.h"

namespace heed::test {

inline constexpr std::int64_t t0 = 1'795'687'200'000;  // 2026-11-26T10:00:00Z

inline TimeMs at(std::int64_t ms) { return TimeMs{t0 + ms}; }

inline Ruleset opened(const ImageBuilder& builder) {
  Result<Ruleset> ruleset = Ruleset::open(builder.build().bytes());
  EXPECT_TRUE(ruleset) << (ruleset ? "" : name(ruleset.error().code))
                       << (ruleset ? 0 : ruleset.error().where);
  return std::move(*ruleset);
}

inline Session session_of(const Ruleset& ruleset, std::string_view visitor = "u1",
                          Level level = Level::device, std::uint64_t view = 1) {
  return *Session::create(ruleset, visitor, TimeMs{t0}, level, view);
}

inline std::vector<outcome::Record> drained(Session& session) {
  Array<PendingRecord> pending;
  session.drain(pending);
  std::vector<outcome::Record> records;
  for (const PendingRecord& record : pending) {
    records.push_back(*outcome::read_record(record.bytes));
  }
  return records;
}

inline Array<std::byte> saved(const Session& session) {
  Array<std::byte> bytes;
  session.save(bytes);
  return bytes;
}

/// The values that a feature keeps; the one seen last is last.
inline std::vector<OwnedValue> values_of(const FeatureState& state) {
  std::vector<OwnedValue> values;
  WeighedValue weighed;
  for (std::size_t at = state.first_value(); state.next_value(at, weighed);) {
    values.push_back(own(weighed.value));
  }
  return values;
}

/// A visitor for whom `wanted` holds.
template <class Wanted>
std::string visitor_where(Wanted wanted) {
  for (int i = 0;; ++i) {
    const std::string visitor = "v" + std::to_string(i);
    if (wanted(visitor)) return visitor;
  }
}

}  // namespace heed::test
