#include "allocations.h"

#include <cstdlib>
#include <new>

namespace heed::test {

std::size_t allocations_left = no_limit;
std::size_t bytes_held = 0;

namespace {

void* taken(std::size_t size_bytes) {
  if (allocations_left == 0) throw std::bad_alloc();
  if (allocations_left != no_limit) --allocations_left;
  // The size is kept before what is handed out, for `given_back`.
  auto* place = static_cast<std::size_t*>(std::malloc(size_bytes + alignof(std::max_align_t)));
  if (place == nullptr) throw std::bad_alloc();
  *place = size_bytes;
  bytes_held += size_bytes;
  return reinterpret_cast<char*>(place) + alignof(std::max_align_t);
}

void given_back(void* bytes) {
  if (bytes == nullptr) return;
  void* place = static_cast<char*>(bytes) - alignof(std::max_align_t);
  bytes_held -= *static_cast<std::size_t*>(place);
  std::free(place);
}

}  // namespace
}  // namespace heed::test

void* operator new(std::size_t size_bytes) { return heed::test::taken(size_bytes); }
// AddressSanitizer's own would not come by the one above.
void* operator new(std::size_t size_bytes, const std::nothrow_t&) noexcept {
  try {
    return heed::test::taken(size_bytes);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void operator delete(void* bytes) noexcept { heed::test::given_back(bytes); }
void operator delete(void* bytes, std::size_t) noexcept { heed::test::given_back(bytes); }
