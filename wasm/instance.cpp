#include "instance.h"

#include <algorithm>
#include <cmath>

#include "heed/base/bytes.h"
#include "heed/base/limits.h"

namespace heed {
namespace {

void put_head(std::size_t at, const void* address) {
  store_le(std::span(instance.head).subspan(at), 0,
           static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(address)));
}

}  // namespace

Instance instance;

std::int32_t failed(ErrorCode code, std::uint64_t where) {
  store_le(std::span(instance.head).subspan(abi::HeadAt::where), 0, where);
  return -1 - static_cast<std::int32_t>(code);
}

void show_buffer() {
  put_head(abi::HeadAt::buffer, instance.buffer.data());
  const auto size = static_cast<std::uint32_t>(instance.buffer.size());
  store_le(std::span(instance.head).subspan(abi::HeadAt::buffer_size), 0, size);
}

std::int32_t point_at(std::span<const std::byte> data) {
  put_head(abi::HeadAt::data, data.data());
  show_buffer();
  return static_cast<std::int32_t>(data.size());
}

std::span<std::byte> input_bytes(std::uint32_t size) {
  return std::span(instance.buffer).first(std::min<std::size_t>(size, instance.buffer.size()));
}

Session* find(std::uint32_t session) {
  auto& sessions = instance.sessions;
  return session < sessions.size() && sessions[session] ? &*sessions[session] : nullptr;
}

TimeMs time_of(double ms) {
  const bool is_time = std::abs(ms) <= static_cast<double>(limits::time_ms_max);
  return TimeMs{is_time ? static_cast<std::int64_t>(ms) : 0};
}

}  // namespace heed
