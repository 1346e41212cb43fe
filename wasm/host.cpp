// Stands where Emscripten's library would call its host, so that the module imports nothing.
#include <cstddef>
#include <cstdint>

extern "C" {

/// Called by memcpy for what is large. This file is built with bulk memory: one instruction.
void emscripten_memcpy_big(void* to, const void* from, std::size_t size_bytes) {
  __builtin_memcpy(to, from, size_bytes);
}

/// Named by the library's lock stubs, which nobody waits on: there is no clock in here.
double emscripten_get_now() { return 0; }

/// A trap: the host drops the instance and makes another.
[[noreturn]] void abort() { __builtin_trap(); }
}
