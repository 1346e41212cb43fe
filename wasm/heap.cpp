// The module's heap: all that the library's containers and ours ask for. Sizes are rounded up to
// four to a doubling; what is freed waits in the list of its size for the next of that size, and
// is neither split nor joined. Both calls are a few instructions, and the code is a tenth of
// Emscripten's smallest. Memory that nobody else has: the host shares none.
#include <array>
#include <cstddef>
#include <cstdint>
#include <new>

extern "C" std::byte __heap_base;  // NOLINT: the linker's name of where its own data ends

namespace {

constexpr std::size_t page_size_bytes = 64 * 1024;
constexpr std::size_t block_size_bytes_max = std::size_t{1} << 28U;  // as much as there ever is

/// Before each block: the list that it goes to. Keeps blocks 8-aligned.
struct alignas(8) Head {
  std::size_t list;
};
struct Free {
  Free* next;
};

/// By shift, then by quarter.
std::array<Free*, std::size_t{4} * 33> lists;
std::uintptr_t top = 0;  // what lies above was never asked for

/// Memory that nobody has had. Without any left the module ends: its host makes another instance.
void* rise(std::size_t size_bytes) {
  if (top == 0) top = (reinterpret_cast<std::uintptr_t>(&__heap_base) + 15) / 16 * 16;
  const std::uintptr_t block = top;
  top += size_bytes;
  const std::uintptr_t end = __builtin_wasm_memory_size(0) * page_size_bytes;
  if (top > end && __builtin_wasm_memory_grow(0, (top - end - 1) / page_size_bytes + 1) == SIZE_MAX)
    __builtin_trap();
  return reinterpret_cast<void*>(block);
}

}  // namespace

void* operator new(std::size_t size_bytes) {
  if (size_bytes > block_size_bytes_max) __builtin_trap();
  // The smallest q << shift, q in 5 to 8, that holds it.
  const std::size_t last = (size_bytes + sizeof(Head) - 1) | 15U;
  const auto shift = static_cast<std::size_t>(29 - __builtin_clz(last));
  const std::size_t quarters = (last >> shift) + 1;
  const std::size_t list = 4 * shift + quarters - 5;
  // What is up to twice as large serves too.
  for (std::size_t i = list; i < list + 4; ++i) {
    Free* const block = lists[i];
    if (block == nullptr) continue;
    lists[i] = block->next;
    return block;
  }
  auto* const head = new (rise(quarters << shift)) Head{list};
  return head + 1;
}

void operator delete(void* block) noexcept {
  if (block == nullptr) return;
  Free*& first = lists[static_cast<Head*>(block)[-1].list];
  first = new (block) Free{first};
}
void operator delete(void* block, std::size_t /*size_bytes*/) noexcept { operator delete(block); }
