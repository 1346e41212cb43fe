// Where local times meet UTC: the host's knowledge of time zones, and two ways to have it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heed/runtime/value.h"

namespace heed::compile {

/// The one question to a host. Native builds answer it from TZif files (`TzifZones`), pages from
/// `Intl.DateTimeFormat`.
class TimeZones {
 public:
  virtual ~TimeZones() = default;
  /// Milliseconds that `zone` is east of UTC at `utc`; nothing where the zone is unknown.
  [[nodiscard]] virtual std::optional<std::int64_t> offset_ms(std::string_view zone,
                                                              TimeMs utc) const = 0;
};

/// Zones from TZif files (RFC 8536, versions 1 to 4, the footer's rule included).
class TzifZones final : public TimeZones {
 public:
  /// Gives the bytes of the zone's file, nothing where there is none. Called with a checked name:
  /// no empty, `.` or `..` component and no leading `/`, so that it can be joined to a folder.
  using Load = std::function<std::optional<std::vector<std::byte>>(std::string_view zone)>;

  explicit TzifZones(Load load);
  [[nodiscard]] std::optional<std::int64_t> offset_ms(std::string_view zone,
                                                      TimeMs utc) const override;

 private:
  struct Zone {
    std::vector<std::int64_t> transitions;  // seconds since 1970 UTC, ascending
    std::vector<std::int64_t> offsets;      // seconds east of UTC from each transition on
    std::int64_t first_offset = 0;          // before the first transition
    std::string rule;                       // POSIX TZ string for times after the last
  };
  [[nodiscard]] static std::optional<Zone> read(const std::vector<std::byte>& bytes);

  Load load_;
  mutable std::map<std::string, std::optional<Zone>, std::less<>> zones_;
};

/// The first instant whose local time in `zone` is `local_ms` or later, so that a time in a gap is
/// the gap's end and a time that occurs twice is the first.
///
/// @param zones     may be null: then only `UTC` and fixed offsets (`+05:30`) are known
/// @param local_ms  a wall clock reading as if it were UTC, in ms since 1970
[[nodiscard]] std::optional<TimeMs> to_utc(const TimeZones* zones, std::string_view zone,
                                           std::int64_t local_ms);

}  // namespace heed::compile
