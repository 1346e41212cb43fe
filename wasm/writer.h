// Writes what exports.cpp answers (docs/formats/abi.md).
#pragma once
#include <cstddef>
#include <span>

#include "heed/runtime/decision.h"
#include "heed/runtime/explain.h"
#include "heed/runtime/pending.h"
#include "heed/runtime/ruleset.h"

namespace heed::abi {

/// @param to  at least DecisionAt::size bytes
void write_decision(const Decision& decision, std::span<std::byte> to);

void append_explanation(const Explanation& explanation, Array<std::byte>& out);

/// u8 class, u32 size, bytes, one after the other.
void append_records(std::span<const PendingRecord> records, Array<std::byte>& out);

}  // namespace heed::abi
