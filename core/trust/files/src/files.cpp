#include "heed/trust/files.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <utility>
#include <vector>

namespace heed::trust {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

tl::unexpected<FileError> refuse(std::string where, std::string message) {
  return tl::unexpected<FileError>(
      FileError{"malformed_key", std::move(where), std::move(message)});
}

FileResult<object> as_object(const simdjson::simdjson_result<element>& value, std::string where) {
  object fields;
  if (value.get(fields) != simdjson::SUCCESS) return refuse(std::move(where), "expected an object");
  return fields;
}

/// Every key of `fields` is one of `known`, and none comes twice: a file that says more than this
/// version reads must not be half-obeyed.
FileResult<void> require_keys(const object& fields, std::initializer_list<std::string_view> known,
                              const std::string& where) {
  std::vector<std::string_view> seen;
  for (const auto field : fields) {
    const std::string path = where + "." + std::string(field.key);
    if (std::find(known.begin(), known.end(), field.key) == known.end()) {
      return refuse(path, "unknown key \"" + std::string(field.key) + "\"");
    }
    if (std::find(seen.begin(), seen.end(), field.key) != seen.end()) {
      return refuse(path, "the key \"" + std::string(field.key) + "\" comes twice");
    }
    seen.push_back(field.key);
  }
  return {};
}

FileResult<std::string> text_at(const object& fields, std::string_view key,
                                const std::string& where) {
  std::string_view text;
  if (fields.at_key(key).get(text) != simdjson::SUCCESS) {
    return refuse(where + "." + std::string(key), "expected a string");
  }
  return std::string(text);
}

/// The format's own number, for example `"heed_key": 1`.
FileResult<void> require_format(const object& fields, std::string_view key) {
  std::uint64_t format = 0;
  const std::string where = "$." + std::string(key);
  if (fields.at_key(key).get(format) != simdjson::SUCCESS) {
    return refuse(where, "expected \"" + std::string(key) + "\": 1");
  }
  if (format == 1) return {};
  return tl::unexpected<FileError>(
      FileError{"not_supported", where, "format " + std::to_string(format) + " is not 1"});
}

template <std::size_t size>
FileResult<std::array<std::byte, size>> key_bytes(std::string_view text, const std::string& where) {
  const std::optional<std::string> bytes = from_base64url(text);
  if (!bytes || bytes->size() != size) {
    return refuse(where,
                  "expected " + std::to_string(size) + " bytes as base64url without padding");
  }
  std::array<std::byte, size> key;
  std::memcpy(key.data(), bytes->data(), size);
  return key;
}

std::string escape_json(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20U) {
      constexpr std::string_view digits = "0123456789abcdef";
      const auto code = static_cast<unsigned char>(c);
      escaped += "\\u00";
      escaped += digits[code >> 4U];
      escaped += digits[code & 15U];
      continue;
    }
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

/// The file's outermost object, borrowed from `parser`.
FileResult<object> parse(simdjson::dom::parser& parser, std::string_view json) {
  // An empty text may lie nowhere, which the parser must not be told.
  if (json.empty()) return refuse("$", "not JSON: the file is empty");
  const auto root = parser.parse(json.data(), json.size(), true);
  if (root.error() != simdjson::SUCCESS) {
    return refuse("$", "not JSON");
  }
  return as_object(root, "$");
}

FileResult<std::vector<PublicKey>> read_keys(const object& role, const std::string& where) {
  array list;
  if (role.at_key("keys").get(list) != simdjson::SUCCESS) {
    return refuse(where + ".keys", "expected an array of public keys");
  }
  std::vector<PublicKey> keys;
  for (const element item : list) {
    const std::string path = where + ".keys[" + std::to_string(keys.size()) + "]";
    std::string_view text;
    if (item.get(text) != simdjson::SUCCESS) return refuse(path, "expected a string");
    auto key = key_bytes<32>(text, path);
    if (!key) return tl::unexpected(key.error());
    if (std::find(keys.begin(), keys.end(), *key) != keys.end()) {
      return refuse(path, "this key is listed twice");
    }
    keys.push_back(*key);
  }
  return keys;
}

/// Reads the role `release` into `keyring`.
FileResult<void> read_release(const object& roles, Keyring& keyring) {
  for (const auto field : roles) {
    if (field.key == "release") continue;
    return tl::unexpected<FileError>(
        FileError{"not_supported", "$.roles." + std::string(field.key),
                  "only the role \"release\" is enforced; remove this one"});
  }
  const std::string where = "$.roles.release";
  if (auto once = require_keys(roles, {"release"}, "$.roles"); !once) return once;
  const auto role = as_object(roles.at_key("release"), where);
  if (!role) return tl::unexpected(role.error());
  if (auto known = require_keys(*role, {"threshold", "keys"}, where); !known) return known;
  std::uint64_t threshold = 0;
  if (role->at_key("threshold").get(threshold) != simdjson::SUCCESS) {
    return refuse(where + ".threshold", "expected how many keys must sign");
  }
  auto keys = read_keys(*role, where);
  if (!keys) return tl::unexpected(keys.error());
  if (threshold < 1 || threshold > keys->size()) {
    return refuse(where + ".threshold",
                  "expected 1 to " + std::to_string(keys->size()) + ", the number of keys listed");
  }
  keyring.threshold = static_cast<std::uint32_t>(threshold);
  keyring.release = std::move(*keys);
  return {};
}

}  // namespace

FileResult<KeyFile> read_key_file(std::string_view json, const Verifier& verifier) {
  simdjson::dom::parser parser;
  const auto fields = parse(parser, json);
  if (!fields) return tl::unexpected(fields.error());
  if (auto format = require_format(*fields, "heed_key"); !format) {
    return tl::unexpected(format.error());
  }
  const auto known =
      require_keys(*fields, {"heed_key", "role", "id", "public", "secret", "created"}, "$");
  if (!known) return tl::unexpected(known.error());
  const auto role = text_at(*fields, "role", "$");
  const auto id = text_at(*fields, "id", "$");
  const auto public_text = text_at(*fields, "public", "$");
  const auto created = text_at(*fields, "created", "$");
  for (const auto* text : {&role, &id, &public_text, &created}) {
    if (!*text) return tl::unexpected(text->error());
  }
  if (*role != "release") {
    return tl::unexpected<FileError>(
        FileError{"not_supported", "$.role", "only the role \"release\" is enforced"});
  }
  const auto key = key_bytes<32>(*public_text, "$.public");
  if (!key) return tl::unexpected(key.error());
  if (*id != to_hex(key_id(*key, verifier))) {
    return refuse(
        "$.id", "the id is not that of the public key, which is " + to_hex(key_id(*key, verifier)));
  }
  KeyFile file{.role = *role, .key = *key, .seed = std::nullopt, .created = *created};
  std::string_view secret;
  if (const auto value = fields->at_key("secret"); value.error() != simdjson::NO_SUCH_FIELD) {
    if (value.get(secret) != simdjson::SUCCESS) return refuse("$.secret", "expected a string");
    const auto seed = key_bytes<32>(secret, "$.secret");
    if (!seed) return tl::unexpected(seed.error());
    file.seed = *seed;
  }
  return file;
}

FileResult<Keyring> read_keyring(std::string_view json) {
  simdjson::dom::parser parser;
  const auto fields = parse(parser, json);
  if (!fields) return tl::unexpected(fields.error());
  if (auto format = require_format(*fields, "heed_keyring"); !format) {
    return tl::unexpected(format.error());
  }
  if (auto known = require_keys(*fields, {"heed_keyring", "site", "roles"}, "$"); !known) {
    return tl::unexpected(known.error());
  }
  const auto site = text_at(*fields, "site", "$");
  if (!site) return tl::unexpected(site.error());
  if (site->empty()) return refuse("$.site", "expected the name of a site");
  const auto roles = as_object(fields->at_key("roles"), "$.roles");
  if (!roles) return tl::unexpected(roles.error());
  Keyring keyring{.site = *site, .threshold = 1, .release = {}};
  if (auto release = read_release(*roles, keyring); !release) {
    return tl::unexpected(release.error());
  }
  return keyring;
}

std::string write_key_file(const KeyFile& file, Part part, const Verifier& verifier) {
  std::string json = "{\"heed_key\":1,\"role\":\"" + file.role + "\",\"id\":\"" +
                     to_hex(key_id(file.key, verifier)) + "\",\"public\":\"" +
                     to_base64url(file.key) + "\"";
  if (part == Part::secret && file.seed) json += ",\"secret\":\"" + to_base64url(*file.seed) + "\"";
  // What people wrote there is kept as it is, whatever it holds.
  return json + ",\"created\":\"" + escape_json(file.created) + "\"}\n";
}

std::string write_keyring(const Keyring& keyring) {
  // A site's name is checked by whoever names it; quoting keeps the file JSON whatever it holds.
  std::string json =
      "{\"heed_keyring\":1,\"site\":\"" + escape_json(keyring.site) +
      "\",\"roles\":{\"release\":{\"threshold\":" + std::to_string(keyring.threshold) +
      ",\"keys\":[";
  for (std::size_t i = 0; i < keyring.release.size(); ++i) {
    json += std::string(i == 0 ? "" : ",") + "\"" + to_base64url(keyring.release[i]) + "\"";
  }
  return json + "]}}}\n";
}

}  // namespace heed::trust
