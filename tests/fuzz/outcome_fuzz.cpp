// The readers of outcomes: what the Internet sends. Whatever they accept has one canonical form.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

#include "heed/base/outcome.h"
#include "ndjson.h"
#include "site_map.h"
#include "ticket.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace outcome = heed::outcome;
  const std::span<const std::byte> bytes = std::as_bytes(std::span(data, size));
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto batch = outcome::read_batch(bytes)) {
    const std::vector<std::byte> written = outcome::write_batch(*batch);
    require(std::equal(written.begin(), written.end(), bytes.begin(), bytes.end()));
  }
  if (const auto record = outcome::read_record(bytes)) {
    heed::Array<std::byte> written;
    outcome::append(*record, written);
    require(std::equal(written.begin(), written.end(), bytes.begin(), bytes.end()));
  }
  if (const auto batch = heed::store::read_ndjson(text)) {
    const auto read = outcome::read_batch(outcome::write_batch(*batch));
    require(read && *read == *batch);
  }
  (void)heed::store::read_ticket(text, "key");
  (void)heed::store::read_site_names(text);
  return 0;
}
