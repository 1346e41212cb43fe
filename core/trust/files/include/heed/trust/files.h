// Key files and keyrings as JSON (docs/formats/keys.md), both ways. Native programs only; the
// caller reads and writes the files.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>
#include "heed/trust/key.h"

namespace heed::trust {

/// A key file: `NAME.key.json` with the seed, `NAME.pub.json` without.
struct KeyFile {
  std::string role = "release";
  PublicKey key{};
  std::optional<SecretSeed> seed;
  std::string created;  // RFC 3339, for people
};

/// What is wrong with a file: `code` as in every error answer (malformed_key, not_supported),
/// `where` a JSON path such as `$.roles.release.keys[0]`, `message` for people.
struct FileError {
  std::string code;
  std::string where;
  std::string message;
};

template <class T>
using FileResult = tl::expected<T, FileError>;

/// Checks the form, the id and the key lengths; whether seed and public key belong together is
/// the signer's to check.
[[nodiscard]] FileResult<KeyFile> read_key_file(std::string_view json, const Verifier& verifier);
/// Refuses roles that this version does not enforce, thresholds that no number of the keys could
/// meet, and keys listed twice.
[[nodiscard]] FileResult<Keyring> read_keyring(std::string_view json);

enum class Part { secret, open };
[[nodiscard]] std::string write_key_file(const KeyFile& file, Part part, const Verifier& verifier);
[[nodiscard]] std::string write_keyring(const Keyring& keyring);

/// RFC 4648, 5 (no padding); reading refuses any other spelling of the same bytes.
[[nodiscard]] std::string to_base64url(Bytes bytes);
[[nodiscard]] std::optional<std::string> from_base64url(std::string_view text);

}  // namespace heed::trust
