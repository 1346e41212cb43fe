// The columns of an image while it is written: elements are wide here, and as narrow in the bytes
// as they go (docs/formats/ruleset.md, "Elements").
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

#include "heed/base/id.h"
#include "heed/base/result.h"
#include "heed/runtime/image.h"

namespace heed::compile {

class Columns {
 public:
  template <class T>
  void push(image::Column column, T value) {
    HEED_ASSERT(sizeof(T) == image::element_size_bytes(column));
    if constexpr (std::is_floating_point_v<T>) {
      std::uint64_t bits;
      static_assert(sizeof bits == sizeof value);
      std::memcpy(&bits, &value, sizeof bits);
      add(column, bits);
    } else if (sizeof(T) == sizeof(none_index) && value == static_cast<T>(none_index)) {
      add(column, ~std::uint64_t{0});  // none, and -1
    } else {
      add(column, static_cast<std::uint64_t>(value));
    }
  }

  void push_id(image::Column column, std::size_t id) {
    push(column, static_cast<std::uint32_t>(id));
  }

  template <class E>
  void push_enum(image::Column column, E value) {
    push(column, static_cast<std::uint8_t>(value));
  }
  void push_count(image::Column column, std::size_t count) { add(column, count); }
  void push_bytes(image::Column column, std::span<const std::byte> added) {
    for (const std::byte byte : added) add(column, static_cast<std::uint64_t>(byte));
  }
  /// An element as it counts: none is -1.
  void add(image::Column column, std::uint64_t element) {
    elements_[static_cast<std::size_t>(column)].push_back(element);
  }

  /// The image, without version and expiry.
  [[nodiscard]] std::vector<std::byte> image(std::uint64_t site_hash) const;

 private:
  std::array<std::vector<std::uint64_t>, image::column_count> elements_;
};

/// Writes the three columns of a pool of strings.
class StringColumns {
 public:
  explicit StringColumns(Columns& columns) : columns_(columns) {}
  /// @param text  borrowed until the next is added
  void add(std::string_view text);

 private:
  Columns& columns_;
  std::string_view before_;
};

}  // namespace heed::compile
