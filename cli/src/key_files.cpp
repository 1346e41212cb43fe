#include "key_files.h"

#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "files.h"
#include "heed/trust/sodium.h"

namespace heed::cli {
namespace {

constexpr std::size_t key_file_size_bytes_max = std::size_t{64} * 1024;

/// @param maker  the command that writes such a file
Failure failure_of(const trust::FileError& error, const std::string& path, const char* maker) {
  return {Exit::wrong_input, error.code,
          fmt::format("{}: {} ({}); give a file as `{}` writes it", error.code, error.message,
                      error.where, maker),
          path};
}

}  // namespace

Outcome<trust::KeyFile> read_key(const std::string& path) {
  const auto json = read_file(path, key_file_size_bytes_max);
  if (!json) return tl::unexpected(json.error());
  auto file = trust::read_key_file(*json, trust::sodium_verifier());
  if (!file) return tl::unexpected(failure_of(file.error(), path, "heed keys new"));
  return std::move(*file);
}

Outcome<trust::KeyFile> read_secret_key(const std::string& path) {
  auto file = read_key(path);
  if (!file) return file;
  if (!file->seed) {
    return wrong_input("malformed_key", path,
                       "malformed_key: holds no secret; sign with NAME.key.json");
  }
  if (trust::key_pair(*file->seed).key != file->key) {
    return wrong_input(
        "malformed_key", path,
        "malformed_key: the secret is not that of the public key beside it; give the "
        "file as `heed keys new` wrote it");
  }
  return file;
}

Outcome<trust::Keyring> read_keyring(const std::string& path) {
  const auto json = read_file(path, key_file_size_bytes_max);
  if (!json) return tl::unexpected(json.error());
  auto keyring = trust::read_keyring(*json);
  if (!keyring) return tl::unexpected(failure_of(keyring.error(), path, "heed keys ring"));
  return std::move(*keyring);
}

Outcome<VersionsSeen> read_versions_seen(const std::string& path) {
  VersionsSeen seen;
  if (!exists(path)) return seen;
  const auto text = read_file(path, key_file_size_bytes_max);
  if (!text) return tl::unexpected(text.error());
  std::string_view rest = *text;
  for (std::size_t line = 1; !rest.empty(); ++line) {
    const std::string_view one = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    std::uint64_t version = 0;
    const auto [end, error] = std::from_chars(one.data(), one.data() + one.size(), version);
    const auto space = static_cast<std::size_t>(end - one.data());
    if (error != std::errc() || space + 1 >= one.size() || one[space] != ' ') {
      return wrong_input("malformed_seen", fmt::format("{}:{}:1", path, line),
                         "malformed_seen: expected a version, a space and a site, as in `7 "
                         "shop.example`; mend the line");
    }
    seen[std::string(one.substr(space + 1))] = version;
  }
  return seen;
}

Outcome<void> write_versions_seen(const std::string& path, const VersionsSeen& seen) {
  std::string text;
  for (const auto& [site, version] : seen) text += fmt::format("{} {}\n", version, site);
  return write_file(path, text);
}

}  // namespace heed::cli
