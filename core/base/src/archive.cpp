#include "heed/base/archive.h"

#include <cmath>
#include <cstring>

#include "heed/base/utf8.h"

namespace heed {

void Archive::refuse(ErrorCode code, std::size_t at) {
  if (failed_) return;
  failed_ = true;
  error_ = Error{code, at};
  at_ = bytes_.size();  // nothing further is read
}

void Archive::finish() {
  if (remaining() != 0) refuse(at());
}

void Archive::raw(std::span<const std::byte>& bytes, std::size_t size_bytes) {
  if (!reads()) {
    out_->insert(out_->end(), bytes.begin(), bytes.end());
    return;
  }
  if (size_bytes > remaining()) refuse(ErrorCode::truncated, at());
  bytes = {};
  if (failed_) return;
  bytes = bytes_.subspan(at_, size_bytes);
  at_ += size_bytes;
}

void Archive::fixed(void* value, std::size_t size_bytes, std::uint64_t low, std::uint64_t high) {
  const std::size_t start = at();
  std::span<const std::byte> bytes(static_cast<const std::byte*>(value), size_bytes);
  raw(bytes, size_bytes);
  if (!reads()) return;
  std::uint64_t read = 0;
  if (!bytes.empty()) std::memcpy(&read, bytes.data(), size_bytes);
  if (read - low > high - low) {
    refuse(start);
    read = low;
  }
  std::memcpy(value, &read, size_bytes);
}

void Archive::number(double& value) {
  const std::size_t start = at();
  double number = value + 0.0;
  fixed(&number, sizeof(number), 0, ~std::uint64_t{0});
  if (!reads()) return;
  if (!std::isfinite(number) || (number == 0 && std::signbit(number))) {
    refuse(start);
    number = 0;
  }
  value = number;
}

void Archive::varint(std::uint64_t& value, std::uint64_t high) {
  if (!reads()) {
    std::uint64_t rest = value;
    for (; rest >= 0x80; rest >>= 7U) out_->push_back(static_cast<std::byte>(rest | 0x80U));
    out_->push_back(static_cast<std::byte>(rest));
    return;
  }
  const std::size_t start = at();
  value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    std::uint8_t byte = 0;
    fixed(&byte, 1, 0, 0xff);
    if (failed_) break;
    const bool last = byte < 0x80;
    const bool overflows = shift == 63 && byte > 1;
    const bool padded = last && byte == 0 && shift != 0;
    if (overflows || padded) break;
    value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
    if (!last) continue;
    if (value <= high) return;
    break;
  }
  refuse(start);
  value = 0;
}

void Archive::text(std::string_view& value, std::size_t size_bytes_max) {
  std::uint64_t size = value.size();
  varint(size, size_bytes_max);
  const std::size_t start = at();
  auto bytes = std::as_bytes(std::span(value.data(), value.size()));
  raw(bytes, static_cast<std::size_t>(size));
  if (!reads()) return;
  value = {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  if (is_utf8(value)) return;
  refuse(ErrorCode::not_utf8, start);
  value = {};
}

void Archive::text(std::string& value, std::size_t size_bytes_max) {
  std::string_view view = value;
  text(view, size_bytes_max);
  if (reads()) value = view;
}

std::size_t Archive::count(std::size_t count, std::size_t count_max,
                           std::size_t element_size_bytes_min) {
  const std::size_t start = at();
  std::uint64_t read = count;
  varint(read, count_max);
  if (reads() && read > remaining() / element_size_bytes_min) refuse(ErrorCode::truncated, start);
  return failed_ ? 0 : static_cast<std::size_t>(read);
}

}  // namespace heed
