// What the exports of one instance share (exports.cpp holds it; see heed/runtime/abi.h).
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "heed/base/result.h"
#include "heed/runtime/decision.h"
#include "heed/runtime/session.h"
#include "heed/runtime/value.h"

#define HEED_EXPORT extern "C" __attribute__((used, visibility("default")))

namespace heed {

/// Notes where; what an export answers.
std::int32_t failed(ErrorCode code, std::uint64_t where = 0);
/// Shows the host where a call's result lies.
std::int32_t point_at(std::span<const std::byte> data);
/// What the host has put into the buffer: `size` bytes, or as many as there is room for.
std::span<std::byte> input_bytes(std::uint32_t size);
/// nullptr where there is no such session.
Session* find(std::uint32_t session);
/// A time that is none is 1970: nothing has happened and nothing runs yet.
TimeMs time_of(double ms);
/// Builds the ruleset's index unless there is one, for the sessions of now and later; answers its
/// size in bytes.
std::int32_t build_index();
void show_microsegment(Microsegment microsegment);

}  // namespace heed
