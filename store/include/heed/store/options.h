// What `heed serve` can be told: by flags (the command line's business), by a JSON file, by the
// environment. Flags override the environment, which overrides the file.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heed/store/answer.h"

namespace heed::store {

struct ServeOptions {
  std::string folder = {};         // --dir
  std::string host = "127.0.0.1";  // an address
  std::uint16_t port = 8787;       // 0: any that is free

  // Who may do what, as `Authorization: Bearer KEY`. A role without a key is open to all who can
  // reach the store, which then must be this machine alone. The publish key also reads.
  std::optional<std::string> ingest_key = {};
  std::optional<std::string> read_key = {};
  std::optional<std::string> publish_key = {};

  std::optional<std::string> ticket_key = {};   // set: every batch needs a ticket of the edge's
  std::vector<std::string> keyring_files = {};  // whose signatures count; each names its site
  std::vector<std::string> allow_origins = {};  // for browsers of other origins; "*": all

  std::size_t thread_count = 2;             // that serve connections
  std::size_t connection_count_max = 1024;  // more are turned away
  std::int64_t idle_ms_max = 60'000;        // between requests
  std::int64_t request_ms_max = 10'000;     // for a head, and for a body
  std::int64_t event_ms_max = 10'000;       // for a listener to read one event
};

/// Adds what a configuration file says: {"dir","host","port","ingest_key","read_key",
/// "publish_key","ticket_key","keyrings":[...],"allow_origins":[...]}, each optional.
///
/// @errors  400 bad_config; `where` is the key
[[nodiscard]] Answer<void> apply_config(ServeOptions& options, std::string_view json);

/// Adds HEED_DIR, HEED_HOST, HEED_PORT, HEED_INGEST_KEY, HEED_READ_KEY, HEED_PUBLISH_KEY,
/// HEED_TICKET_KEY, HEED_KEYRING and HEED_ALLOW_ORIGIN (comma-separated lists) where they are set.
///
/// @param get  a variable's value, null where it is not set: std::getenv, or a test's
/// @errors  400 bad_config; `where` is the variable
[[nodiscard]] Answer<void> apply_environment(ServeOptions& options,
                                             const std::function<const char*(const char*)>& get);

}  // namespace heed::store
