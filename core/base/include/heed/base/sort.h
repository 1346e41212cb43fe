// The sorts of everything that a visitor's module sorts: a copy of std::sort for each order would
// cost the page more than all its sorting does. Not stable, in place, one thread at a time.
#pragma once
#include <cstdint>
#include <span>

#include "heed/base/id.h"

namespace heed {

/// Ascending.
void sort_ascending(std::span<std::uint64_t> values);

/// Whether id `a` comes before id `b`; `order` is the caller's.
using Before = bool (*)(const void* order, std::uint32_t a, std::uint32_t b);

void sort_ids(std::span<std::uint32_t> ids, Before before, const void* order);

/// @param before  called as before(a, b); a strict weak order
template <class Order>
void sort_ids(std::span<std::uint32_t> ids, const Order& before) {
  const auto call = [](const void* order, std::uint32_t a, std::uint32_t b) {
    return (*static_cast<const Order*>(order))(a, b);
  };
  sort_ids(ids, call, &before);
}

/// Ascending ids.
void sort_ids(std::span<std::uint32_t> ids);
/// The position of `id` among ascending ids; none_index where it is not.
[[nodiscard]] std::uint32_t find_id(std::span<const std::uint32_t> ids, std::uint32_t id);

}  // namespace heed
