// What one instance of the module holds, and what its exports share: one ruleset, its index, any
// number of sessions, and one buffer that arguments and results travel in (heed/runtime/abi.h).
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "heed/base/array.h"
#include "heed/base/result.h"
#include "heed/runtime/abi.h"
#include "heed/runtime/index.h"
#include "heed/runtime/ruleset.h"
#include "heed/runtime/session.h"
#include "heed/runtime/value.h"

#define HEED_EXPORT extern "C" __attribute__((used, visibility("default")))

namespace heed {

/// The host makes as many instances as it wants.
struct Instance {
  Array<std::byte> buffer = Array<std::byte>(abi::buffer_size_bytes_min);
  Array<std::byte> answer;  // answers whose size is not known before
  alignas(8) std::array<std::byte, abi::HeadAt::size> head{};
  std::optional<Ruleset> ruleset;
  Array<std::optional<Session>> sessions;
  std::optional<Index> index;
};
extern Instance instance;

/// Notes where; what an export answers.
std::int32_t failed(ErrorCode code, std::uint64_t where = 0);
inline std::int32_t failed(Error error) { return failed(error.code, error.where); }
/// Shows the host the buffer, which may have moved.
void show_buffer();
/// Shows the host where a call's result lies.
std::int32_t point_at(std::span<const std::byte> data);
/// What the host has put into the buffer: `size` bytes, or as many as there is room for.
std::span<std::byte> input_bytes(std::uint32_t size);
/// nullptr where there is no such session.
Session* find(std::uint32_t session);
/// A time that is none is 1970: nothing has happened and nothing runs yet.
TimeMs time_of(double ms);

}  // namespace heed
