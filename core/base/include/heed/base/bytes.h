// Little-endian reads and writes through memcpy, for stored and signed integers.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

namespace heed {

static_assert(std::endian::native == std::endian::little, "stored integers are read by memcpy");

/// Reads element `index` of a column of `T`; the caller has proved that it is inside.
template <class T>
requires std::is_arithmetic_v<T>
[[nodiscard]] inline T load_le(std::span<const std::byte> column, std::size_t index) {
  T value;
  std::memcpy(&value, column.data() + index * sizeof(T), sizeof(T));
  return value;
}

/// Writes `value` at byte `at`; the caller has proved that it fits.
template <class T>
requires std::is_arithmetic_v<T>
inline void store_le(std::span<std::byte> bytes, std::size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof(T));
}

}  // namespace heed
