#include "heed/trust/envelope.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "heed/base/bytes.h"
#include "heed/base/limits.h"

namespace heed::trust {
namespace {

// The part of the image's header that trust reads (docs/formats/ruleset.md, "Header"); a test holds
// it against the runtime's own constants.
constexpr std::array<char, 8> image_magic = {'H', 'E', 'E', 'D', 'I', 'M', 'G', '\0'};
constexpr std::uint32_t image_abi = 4;
constexpr std::size_t abi_at = 8;
constexpr std::size_t size_at = 16;
constexpr std::size_t version_at = 24;
constexpr std::size_t expires_at = 32;
constexpr std::size_t site_hash_at = 40;
constexpr std::size_t header_size_bytes = 64;

constexpr std::array<char, 8> trailer_magic = {'H', 'E', 'E', 'D', 'S', 'I', 'G', '1'};
constexpr std::size_t trailer_head_size_bytes = trailer_magic.size() + sizeof(std::uint32_t);
constexpr std::size_t entry_size_bytes = sizeof(KeyId) + sizeof(Signature);

template <class T>
T field(Bytes bytes, std::size_t at) {
  return load_le<T>(bytes.subspan(at, sizeof(T)), 0);
}

/// Whether `bytes`, which may be cut short, begin as `magic` does.
template <std::size_t size>
bool begins_as(Bytes bytes, const std::array<char, size>& magic) {
  const std::size_t count = std::min(bytes.size(), size);
  // memcmp takes no null, not even for nothing.
  return count == 0 || std::memcmp(bytes.data(), magic.data(), count) == 0;
}

void append(std::vector<std::byte>& out, Bytes bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

bool by_id(const SignatureEntry& a, const SignatureEntry& b) { return a.id < b.id; }

/// @param at  where the trailer begins, for errors
Result<std::vector<SignatureEntry>> read_trailer(Bytes trailer, std::size_t at) {
  if (!begins_as(trailer, trailer_magic)) return fail(ErrorCode::malformed_signature, at);
  if (trailer.size() < trailer_head_size_bytes) return fail(ErrorCode::truncated, at);
  const auto count = field<std::uint32_t>(trailer, trailer_magic.size());
  if (count == 0 || count > limits::signature_count_max) {
    return fail(ErrorCode::malformed_signature, at + trailer_magic.size());
  }
  const std::size_t size = trailer_head_size_bytes + count * entry_size_bytes;
  if (trailer.size() < size) return fail(ErrorCode::truncated, at + trailer.size());
  if (trailer.size() > size) return fail(ErrorCode::malformed_signature, at + size);
  std::vector<SignatureEntry> entries(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t entry_at = trailer_head_size_bytes + i * entry_size_bytes;
    const Bytes entry = trailer.subspan(entry_at, entry_size_bytes);
    std::memcpy(entries[i].id.data(), entry.data(), sizeof(KeyId));
    std::memcpy(entries[i].signature.data(), entry.data() + sizeof(KeyId), sizeof(Signature));
    if (i > 0 && !by_id(entries[i - 1], entries[i])) {
      return fail(ErrorCode::malformed_signature, at + entry_at);
    }
  }
  return entries;
}

}  // namespace

std::vector<std::byte> pae(std::string_view type, Bytes payload) {
  const std::string head = "DSSEv1 " + std::to_string(type.size()) + " " + std::string(type) + " " +
                           std::to_string(payload.size()) + " ";
  std::vector<std::byte> out;
  out.reserve(head.size() + payload.size());
  append(out, std::as_bytes(std::span(head)));
  append(out, payload);
  return out;
}

Result<Header> read_header(Bytes bytes) {
  if (!begins_as(bytes, image_magic)) return fail(ErrorCode::not_a_ruleset);
  if (bytes.size() < header_size_bytes) return fail(ErrorCode::truncated, bytes.size());
  if (field<std::uint32_t>(bytes, abi_at) != image_abi) return fail(ErrorCode::wrong_abi, abi_at);
  const Header header{.size_bytes = field<std::uint64_t>(bytes, size_at),
                      .version = field<std::uint64_t>(bytes, version_at),
                      .expires_ms = field<std::int64_t>(bytes, expires_at),
                      .site_hash = field<std::uint64_t>(bytes, site_hash_at)};
  if (header.size_bytes > limits::image_size_bytes_max) return fail(ErrorCode::too_large, size_at);
  if (header.size_bytes < header_size_bytes) return fail(ErrorCode::malformed_image, size_at);
  if (header.size_bytes > bytes.size()) return fail(ErrorCode::truncated, bytes.size());
  return header;
}

Result<Envelope> split(Bytes bytes) {
  constexpr std::size_t size_bytes_max = limits::image_size_bytes_max + trailer_head_size_bytes +
                                         limits::signature_count_max * entry_size_bytes;
  if (bytes.size() > size_bytes_max) return fail(ErrorCode::too_large, size_bytes_max);
  HEED_TRY(header, read_header(bytes));
  const auto image_size = static_cast<std::size_t>(header.size_bytes);  // at most bytes.size()
  Envelope envelope{.header = header, .image = bytes.first(image_size), .signatures = {}};
  const Bytes trailer = bytes.subspan(image_size);
  if (trailer.empty()) return envelope;
  HEED_TRY(signatures, read_trailer(trailer, image_size));
  envelope.signatures = std::move(signatures);
  return envelope;
}

Result<void> stamp(std::span<std::byte> image, std::uint64_t version, std::int64_t expires_ms) {
  HEED_TRY(header, read_header(image));
  static_cast<void>(header);
  store_le(image, version_at, version);
  store_le(image, expires_at, expires_ms);
  return {};
}

Result<std::vector<std::byte>> join(Bytes image, std::vector<SignatureEntry> signatures) {
  if (signatures.size() > limits::signature_count_max) {
    return fail(ErrorCode::too_many, signatures.size());
  }
  std::sort(signatures.begin(), signatures.end(), by_id);
  std::vector<std::byte> out(image.begin(), image.end());
  append(out, std::as_bytes(std::span(trailer_magic)));
  std::array<std::byte, sizeof(std::uint32_t)> count{};
  store_le(std::span<std::byte>(count), 0, static_cast<std::uint32_t>(signatures.size()));
  append(out, count);
  for (std::size_t i = 0; i < signatures.size(); ++i) {
    if (i > 0 && !by_id(signatures[i - 1], signatures[i])) {
      return fail(ErrorCode::malformed_signature, i);
    }
    append(out, signatures[i].id);
    append(out, signatures[i].signature);
  }
  return out;
}

}  // namespace heed::trust
