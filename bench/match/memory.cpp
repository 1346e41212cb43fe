#include "memory.h"

#include <cstdlib>
#include <new>

namespace {

std::size_t held = 0;
/// Before each block: its size. Keeps what follows aligned.
constexpr std::size_t head_bytes = 16;

void* take(std::size_t size) {
  auto* const block = static_cast<std::size_t*>(std::malloc(size + head_bytes));
  if (block == nullptr) std::abort();
  *block = size;
  held += size;
  return reinterpret_cast<char*>(block) + head_bytes;
}

void give_back(void* at) {
  if (at == nullptr) return;
  auto* const block = reinterpret_cast<std::size_t*>(static_cast<char*>(at) - head_bytes);
  held -= *block;
  std::free(block);
}

}  // namespace

void* operator new(std::size_t size) { return take(size); }
void operator delete(void* at) noexcept { give_back(at); }
void operator delete(void* at, std::size_t) noexcept { give_back(at); }

std::size_t heed::bench::held_bytes() { return held; }
