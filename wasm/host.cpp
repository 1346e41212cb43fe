// Stands where Emscripten's library would call its host, so that the module imports nothing.
#include <cstddef>
#include <cstdint>

namespace {
constexpr std::size_t page_size_bytes = 64 * 1024;
constexpr std::size_t heap_size_bytes_max =
    std::size_t{256} * 1024 * 1024;  // as the linker is told
}  // namespace

extern "C" {

std::size_t emscripten_get_heap_max() { return heap_size_bytes_max; }

/// Called by malloc. @return 0 where the host has no more
int emscripten_resize_heap(std::size_t size_bytes) {
  const std::size_t have = __builtin_wasm_memory_size(0) * page_size_bytes;
  if (size_bytes <= have) return 1;
  const std::size_t more = (size_bytes - have + page_size_bytes - 1) / page_size_bytes;
  return __builtin_wasm_memory_grow(0, more) != SIZE_MAX;
}

/// Called by memcpy for what is large. This file is built with bulk memory: one instruction.
void emscripten_memcpy_big(void* to, const void* from, std::size_t size_bytes) {
  __builtin_memcpy(to, from, size_bytes);
}

/// Named by the library's lock stubs, which nobody waits on: there is no clock in here.
double emscripten_get_now() { return 0; }

/// A trap: the host drops the instance and makes another.
[[noreturn]] void abort() { __builtin_trap(); }
}
