#include "ticket.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <span>

#include <sodium.h>

#include "heed/trust/files.h"
#include "json.h"

namespace heed::store {
namespace {

constexpr std::size_t mac_size_bytes = 16;
constexpr std::size_t field_count = 5;

std::string mac(std::string_view key, std::string_view payload) {
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> full{};
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, reinterpret_cast<const unsigned char*>(key.data()),
                              key.size());
  crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(payload.data()),
                                payload.size());
  crypto_auth_hmacsha256_final(&state, full.data());
  return {reinterpret_cast<const char*>(full.data()), mac_size_bytes};
}

std::string base64url(std::string_view bytes) {
  return trust::to_base64url(std::as_bytes(std::span(bytes)));
}

template <class Integer>
bool read_number(std::string_view text, Integer& value, int base = 10) {
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return end.ec == std::errc{} && end.ptr == text.data() + text.size();
}

std::optional<Ticket> read_payload(std::string_view payload) {
  std::array<std::string_view, field_count> fields;
  for (std::size_t i = 0; i < field_count; ++i) {
    const std::size_t end = i + 1 == field_count ? payload.size() : payload.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    fields[i] = payload.substr(0, end);
    payload.remove_prefix(std::min(end + 1, payload.size()));
  }
  Ticket ticket;
  ticket.site = std::string(fields[0]);
  const bool valid = fields[1].size() == 16 && read_number(fields[1], ticket.seed, 16) &&
                     read_number(fields[2], ticket.issued_ms) &&
                     read_number(fields[3], ticket.expiry_ms) &&
                     read_number(fields[4], ticket.quota);
  return valid ? std::optional(ticket) : std::nullopt;
}

}  // namespace

Result<Ticket> read_ticket(std::string_view text, std::string_view key) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return fail(ErrorCode::bad_signature);
  const auto payload = trust::from_base64url(text.substr(0, dot));
  const auto tag = trust::from_base64url(text.substr(dot + 1));
  if (!payload || !tag || tag->size() != mac_size_bytes) return fail(ErrorCode::bad_signature);
  if (sodium_memcmp(tag->data(), mac(key, *payload).data(), mac_size_bytes) != 0) {
    return fail(ErrorCode::bad_signature);
  }
  auto ticket = read_payload(*payload);
  if (!ticket) return fail(ErrorCode::bad_signature);
  return *std::move(ticket);
}

std::string write_ticket(const Ticket& ticket, std::string_view key) {
  const std::string payload =
      ticket.site + "\n" + hex16(ticket.seed) + "\n" + std::to_string(ticket.issued_ms) + "\n" +
      std::to_string(ticket.expiry_ms) + "\n" + std::to_string(ticket.quota);
  return base64url(payload) + "." + base64url(mac(key, payload));
}

}  // namespace heed::store
