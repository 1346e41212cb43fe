// Tickets: what the edge signs for a session, so that its outcomes can be checked
// (docs/formats/page.md, "Ticket"). Pure.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "heed/base/result.h"

namespace heed::store {

struct Ticket {
  std::string site;
  std::uint64_t seed = 0;  // the one unit that it speaks for
  std::int64_t issued_ms = 0;
  std::int64_t expiry_ms = 0;
  std::uint64_t quota = 0;  // records
};

/// Reads a ticket whose mac holds.
///
/// @errors  bad_signature: not of this form, or signed with another key
[[nodiscard]] Result<Ticket> read_ticket(std::string_view text, std::string_view key);

/// The ticket as text, signed: what the edge does, for tests and tools.
[[nodiscard]] std::string write_ticket(const Ticket& ticket, std::string_view key);

}  // namespace heed::store
