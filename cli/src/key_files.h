// Key files, keyrings and the memory of versions seen, read from disk.
#pragma once
#include <cstdint>
#include <map>
#include <string>

#include "failure.h"
#include "heed/trust/files.h"

namespace heed::cli {

[[nodiscard]] Outcome<trust::KeyFile> read_key(const std::string& path);
/// A key file with its secret, which must belong to its public key.
[[nodiscard]] Outcome<trust::KeyFile> read_secret_key(const std::string& path);
[[nodiscard]] Outcome<trust::Keyring> read_keyring(const std::string& path);

/// The highest version ever accepted, by site: lines of `VERSION SITE`.
using VersionsSeen = std::map<std::string, std::uint64_t>;

/// Empty where the file is not there yet.
[[nodiscard]] Outcome<VersionsSeen> read_versions_seen(const std::string& path);
[[nodiscard]] Outcome<void> write_versions_seen(const std::string& path, const VersionsSeen& seen);

}  // namespace heed::cli
