// The shared buffer between wasm/exports.cpp and its host (docs/formats/abi.md), and nobody else's
// idea of it: wasm/package/src/abi.ts is generated from this file. Little-endian, unaligned.
#pragma once
#include <cstddef>
#include <cstdint>

namespace heed::abi {

/// The host refuses a module that answers another number.
inline constexpr std::uint32_t number = 4;

inline constexpr std::uint32_t buffer_size_bytes_min = 64U * 1024;
/// An image, its signatures and some room; more than any call can ask for.
inline constexpr std::uint32_t buffer_size_bytes_max = 24U * 1024 * 1024;
/// Sessions alive at once in one instance.
inline constexpr std::uint32_t session_count_max = 65'536;

/// The head, at the address that heed_head() answers: 32 bytes, written by each call.
struct HeadAt {
  static constexpr std::uint32_t data = 0;         // u32, address of the call's result
  static constexpr std::uint32_t buffer = 4;       // u32, address of the buffer
  static constexpr std::uint32_t buffer_size = 8;  // u32
  static constexpr std::uint32_t where = 16;       // u64, of the last error
  static constexpr std::uint32_t segment = 24;     // u32 or none, of heed_decide and heed_winners
  static constexpr std::uint32_t stage = 28;       // u32 or none
  static constexpr std::uint32_t size = 32;
};

/// A value's kind. In an explanation a byte, then the value's bytes; `named` is not among them.
enum class Kind : std::uint8_t {
  absent,   // nothing
  boolean,  // u8 0/1
  number,   // f64
  string,   // u32 length, UTF-8
  set,      // u32 count, count x (u32 length, UTF-8)
  time,     // f64, whole ms since 1970 UTC
  named,    // a string of the ruleset
};

/// What heed_set and heed_observe read, one after the other. A string's text follows its entry, a
/// set's members do: entries of strings, whose id has no meaning.
struct EntryAt {
  static constexpr std::uint32_t id = 0;      // u32, of an attribute or a field
  static constexpr std::uint32_t kind = 4;    // u32
  static constexpr std::uint32_t number = 8;  // f64: value; named: its id; set: size
  static constexpr std::uint32_t size = 16;
};

/// A decision, as heed_decide_all answers and heed_expose takes it.
struct DecisionAt {
  static constexpr std::uint32_t slot = 0;          // u32
  static constexpr std::uint32_t trigger = 4;       // u32 or none
  static constexpr std::uint32_t segment = 8;       // u32 or none
  static constexpr std::uint32_t stage = 12;        // u32 or none
  static constexpr std::uint32_t probability = 16;  // f64
  static constexpr std::uint32_t options = 24;      // u8[8]
  static constexpr std::uint32_t part_count = 32;   // u8
  static constexpr std::uint32_t held_out = 33;     // u8 0/1
  static constexpr std::uint32_t reason = 34;       // u8
  static constexpr std::uint32_t size = 40;
};

/// What heed_decide and heed_winners answer: heed::Winner as it lies in memory, 8-aligned.
struct WinnerAt {
  static constexpr std::uint32_t slot = 0;         // u32
  static constexpr std::uint32_t trigger = 4;      // u32
  static constexpr std::uint32_t probability = 8;  // f64
  static constexpr std::uint32_t options = 16;     // u8[8]
  static constexpr std::uint32_t part_count = 24;  // u8
  static constexpr std::uint32_t held_out = 25;    // u8 0/1
  static constexpr std::uint32_t reason = 26;      // u8
  static constexpr std::uint32_t size = 32;
};

/// What heed_open writes.
struct OpenedAt {
  static constexpr std::uint32_t hash = 0;      // u64, of the image (Ruleset::hash)
  static constexpr std::uint32_t version = 8;   // u64
  static constexpr std::uint32_t expires = 16;  // i64, ms
  static constexpr std::uint32_t size = 24;
};

}  // namespace heed::abi
