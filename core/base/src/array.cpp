#include "heed/base/array.h"

#include <cstring>

#include "heed/base/result.h"

namespace heed {
namespace {

// Everything that lists hold is aligned to this or less.
using Unit = std::uint64_t;
static_assert(alignof(Unit) >= alignof(double) && alignof(Unit) >= alignof(void*));

std::size_t units(std::size_t size_bytes) { return (size_bytes + sizeof(Unit) - 1) / sizeof(Unit); }

std::uint32_t narrow(std::size_t size) {
  HEED_ASSERT(size <= UINT32_MAX);
  return static_cast<std::uint32_t>(size);
}

}  // namespace

AnyArray::~AnyArray() {
  if (data_ != nullptr) {
    std::allocator<Unit>().deallocate(static_cast<Unit*>(data_), units(capacity_bytes_));
  }
}

void AnyArray::swap(AnyArray& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(capacity_bytes_, other.capacity_bytes_);
}

void AnyArray::reserve(std::size_t count, const Type& type) {
  const std::size_t wanted = count * type.size_bytes;
  if (wanted <= capacity_bytes_) return;
  AnyArray grown;
  grown.capacity_bytes_ = narrow(units(wanted) * sizeof(Unit));
  grown.data_ = std::allocator<Unit>().allocate(units(wanted));
  // The old places close as the new ones open: elements move once.
  for (std::size_t i = 0; type.move != nullptr && i < size_; ++i) {
    type.move(static_cast<std::byte*>(grown.data_) + i * type.size_bytes,
              static_cast<std::byte*>(data_) + i * type.size_bytes);
  }
  if (type.move == nullptr && size_ != 0) {
    std::memcpy(grown.data_, data_, size_ * type.size_bytes);
  }
  grown.size_ = size_;
  swap(grown);
}

void* AnyArray::open(std::size_t at, std::size_t count, const Type& type) {
  const std::size_t size = size_ + count;
  if (size * type.size_bytes > capacity_bytes_)
    reserve(std::max(size, 2 * std::size_t{size_}), type);
  auto* const place = static_cast<std::byte*>(data_) + at * type.size_bytes;
  const std::size_t shift = count * type.size_bytes;
  if (type.move == nullptr) {
    // What has no elements may have no place either.
    if (at < size_) std::memmove(place + shift, place, (size_ - at) * type.size_bytes);
  } else {
    for (std::size_t i = size_ - at; i-- > 0;) {
      type.move(place + shift + i * type.size_bytes, place + i * type.size_bytes);
    }
  }
  size_ = narrow(size);
  return place;
}

void AnyArray::close(std::size_t at, std::size_t count, const Type& type) {
  if (count == 0) return;
  auto* const place = static_cast<std::byte*>(data_) + at * type.size_bytes;
  const std::size_t shift = count * type.size_bytes;
  size_ -= static_cast<std::uint32_t>(count);
  if (type.move == nullptr) {
    std::memmove(place, place + shift, (size_ - at) * type.size_bytes);
    return;
  }
  for (std::size_t i = 0; i < size_ - at; ++i) {
    type.move(place + i * type.size_bytes, place + shift + i * type.size_bytes);
  }
}

}  // namespace heed
