// Whole columns at once, sixteen bytes a turn: hosts run a first proof before their optimiser has
// seen it, and then a turn costs the same whatever it does. Reads end up to fifteen bytes after the
// column.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

namespace heed::scan {

typedef std::uint8_t Bytes __attribute__((vector_size(16)));  // NOLINT: `using` takes no attribute

/// Bytes move up by `count` places; zeros follow.
template <int count, std::size_t... places>
[[nodiscard]] inline Bytes shifted(Bytes bytes, std::index_sequence<places...> /*all*/) {
  return __builtin_shufflevector(Bytes{}, bytes, (16 - count + static_cast<int>(places))...);
}

/// What is stored of an element, in `size_bytes` bytes.
template <class T, std::size_t size_bytes_ = sizeof(T)>
struct Cell {
  using Value = T;
  typedef T Lanes __attribute__((vector_size(16)));  // NOLINT: as above
  static constexpr std::size_t size_bytes = size_bytes_;
  static constexpr std::size_t lane_count = 16 / sizeof(T);

  [[nodiscard]] static T load(const std::byte* at, std::size_t index) {
    T value;
    std::memcpy(&value, at + index * size_bytes, sizeof(value));
    return size_bytes == 3 ? static_cast<T>(value & 0xffffff) : value;
  }
  [[nodiscard]] static Lanes load_lanes(const std::byte* at, std::size_t index) {
    Bytes bytes;
    std::memcpy(&bytes, at + index * size_bytes, sizeof(bytes));
    if constexpr (size_bytes == 3) {
      bytes = __builtin_shufflevector(bytes, Bytes{}, 0, 1, 2, 16, 3, 4, 5, 16, 6, 7, 8, 16, 9, 10,
                                      11, 16);
    }
    Lanes lanes;
    std::memcpy(&lanes, &bytes, sizeof(lanes));
    return lanes;
  }
  static void store_lanes(std::byte* at, std::size_t index, Lanes lanes) {
    Bytes bytes;
    std::memcpy(&bytes, &lanes, sizeof(bytes));
    if constexpr (size_bytes == 3) {
      bytes = __builtin_shufflevector(bytes, Bytes{}, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 16,
                                      16, 16, 16);
    }
    std::memcpy(at + index * size_bytes, &bytes, lane_count * size_bytes);
  }
};

/// The widest elements that have a cell: ids are no wider.
inline constexpr std::uint32_t width_max = 3;

/// Calls `scan` with the Cell of a width; `otherwise` where it has none.
///
/// @tparam width_min  2 where columns of one byte are too short to matter
template <std::uint32_t width_min = 1, class Result, class Scan>
[[nodiscard]] Result with_cell(std::uint32_t width, Result otherwise, Scan scan) {
  if constexpr (width_min == 1) {
    if (width == 1) return scan(Cell<std::uint8_t>{});
  }
  if (width == 2) return scan(Cell<std::uint16_t>{});
  if (width == 3) return scan(Cell<std::uint32_t, 3>{});
  return otherwise;
}

/// Whether any bit is set.
template <class Lanes>
[[nodiscard]] inline bool any(const Lanes& lanes) {
  std::uint64_t words[2];
  static_assert(sizeof(words) == sizeof(lanes));
  std::memcpy(words, &lanes, sizeof(words));
  return (words[0] | words[1]) != 0;
}

struct Extent {
  std::uint64_t least;
  std::uint64_t most;
};

/// The least and the most of `count` values, at least one.
template <class C>
[[nodiscard]] Extent extent(C /*cell*/, const std::byte* at, std::size_t count) {
  auto least = C::load(at, 0);
  auto most = least;
  std::size_t i = 0;
  if (count >= C::lane_count) {
    auto low = C::load_lanes(at, 0);
    auto high = low;
    for (; i + C::lane_count <= count; i += C::lane_count) {
      const auto next = C::load_lanes(at, i);
      low = next < low ? next : low;
      high = next > high ? next : high;
    }
    for (std::size_t lane = 0; lane < C::lane_count; ++lane) {
      least = low[lane] < least ? low[lane] : least;
      most = high[lane] > most ? high[lane] : most;
    }
  }
  for (; i < count; ++i) {
    const auto next = C::load(at, i);
    least = next < least ? next : least;
    most = next > most ? next : most;
  }
  return {least, most};
}

/// Whether each of `count` values is above the one before.
template <class C>
[[nodiscard]] bool ascends(C /*cell*/, const std::byte* at, std::size_t count) {
  std::size_t i = 0;
  typename C::Lanes wrong{};
  for (; i + C::lane_count < count; i += C::lane_count) {
    wrong |= static_cast<typename C::Lanes>(C::load_lanes(at, i + 1) <= C::load_lanes(at, i));
  }
  if (any(wrong)) return false;
  for (; i + 1 < count; ++i) {
    if (C::load(at, i + 1) <= C::load(at, i)) return false;
  }
  return true;
}

/// Puts in place of each of `count` values the sum of those up to it.
template <class C>
void sum_up(C /*cell*/, std::byte* at, std::size_t count) {
  using Value = typename C::Value;
  using Lanes = typename C::Lanes;
  const auto plus_shifted = []<int places>(Lanes lanes, std::integral_constant<int, places>) {
    constexpr int count_bytes = places * static_cast<int>(sizeof(Value));
    if constexpr (count_bytes < 16) {
      Bytes bytes;
      std::memcpy(&bytes, &lanes, sizeof(bytes));
      bytes = shifted<count_bytes>(bytes, std::make_index_sequence<16>{});
      Lanes other;
      std::memcpy(&other, &bytes, sizeof(other));
      lanes += other;
    }
    return lanes;
  };
  Value sum = 0;
  std::size_t i = 0;
  for (; i + C::lane_count <= count; i += C::lane_count) {
    Lanes lanes = C::load_lanes(at, i);
    lanes = plus_shifted(lanes, std::integral_constant<int, 1>{});
    lanes = plus_shifted(lanes, std::integral_constant<int, 2>{});
    lanes = plus_shifted(lanes, std::integral_constant<int, 4>{});
    lanes = plus_shifted(lanes, std::integral_constant<int, 8>{});
    lanes += sum - Lanes{};
    C::store_lanes(at, i, lanes);
    sum = lanes[C::lane_count - 1];
  }
  for (; i < count; ++i) {
    sum = static_cast<Value>(sum + C::load(at, i));
    std::memcpy(at + i * C::size_bytes, &sum, C::size_bytes);
  }
}

/// Where `value` first stands among `count` values; `count` where it does not.
template <class C>
[[nodiscard]] std::size_t find(C /*cell*/, const std::byte* at, std::size_t count,
                               std::uint64_t value) {
  const auto wanted = static_cast<typename C::Value>(value);
  const auto all = wanted - typename C::Lanes{};
  std::size_t i = 0;
  while (i + C::lane_count <= count && !any(C::load_lanes(at, i) == all)) i += C::lane_count;
  while (i < count && C::load(at, i) != wanted) ++i;
  return i;
}

}  // namespace heed::scan
