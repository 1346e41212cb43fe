// The two archives that define our bytes: cereal's `serialize` members say which fields a record
// has, these say how each is written. The reader is bounded (a count never exceeds what the
// remaining bytes could hold), remembers the first error and never throws; the writer is canonical
// (equal values give equal bytes) and the reader accepts canonical bytes only. One thread at a
// time.
#pragma once
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <cereal/cereal.hpp>

#include "heed/base/result.h"
#include "heed/base/utf8.h"

namespace heed {

/// What a field may hold, named where the field is described. Each borrows the field for the
/// length of one `ar(...)` call.

/// Text: varint size, UTF-8 bytes.
struct Text {
  std::string& value;
  std::size_t size_bytes_max;
};

/// A list: varint count, elements. `element_size_bytes_min` bounds a count by the bytes left.
template <class T>
struct List {
  std::vector<T>& value;
  std::size_t count_max;
  std::size_t element_size_bytes_min;
};

/// An unsigned integer in [low, high], in its own fixed width.
template <class T>
struct Within {
  T& value;
  T low;
  T high;
};

/// An enumerator with a value in [low, high], in its own fixed width.
template <class T>
struct Choice {
  T& value;
  T low;
  T high;
};

/// An unsigned integer as LEB128, shortest form only.
struct Varint {
  std::uint64_t& value;
  std::uint64_t high;
};

template <class T>
List(std::vector<T>&, std::size_t, std::size_t) -> List<T>;
template <class T>
Choice(T&, T, T) -> Choice<T>;
template <class T>
Within(T&, T, T) -> Within<T>;

/// Appends to a byte vector that outlives it. What it is given is the caller's to keep inside the
/// field's limits: what the limits forbid is written none the less, and the reader refuses it.
class CanonicalWriter : public cereal::OutputArchive<CanonicalWriter> {
 public:
  explicit CanonicalWriter(std::vector<std::byte>& out) : OutputArchive(this), out_(out) {}

  template <class T>
  void put(T value) {
    static_assert(std::is_arithmetic_v<T>);
    if constexpr (std::is_floating_point_v<T>) value = value == T{0} ? T{0} : value;  // no -0
    std::byte bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    out_.insert(out_.end(), bytes, bytes + sizeof(T));
  }
  void put_varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) out_.push_back(static_cast<std::byte>(value | 0x80U));
    out_.push_back(static_cast<std::byte>(value));
  }
  void put_bytes(std::span<const std::byte> bytes) {
    out_.insert(out_.end(), bytes.begin(), bytes.end());
  }

 private:
  std::vector<std::byte>& out_;
};

/// Reads bytes that outlive it. After the first error every read gives zero or nothing, so that a
/// `serialize` member needs no checks of its own; ask `ok()` at the end.
class SpanReader : public cereal::InputArchive<SpanReader> {
 public:
  /// @param malformed  the code for what is present and wrong (too few bytes are `truncated`)
  /// @param base       added to every reported offset, for a span that is part of a larger one
  explicit SpanReader(std::span<const std::byte> bytes, ErrorCode malformed, std::size_t base = 0)
      : InputArchive(this), bytes_(bytes), base_(base), malformed_(malformed) {}

  [[nodiscard]] bool ok() const { return !failed_; }
  /// The first error; only where `ok()` is false.
  [[nodiscard]] Error error() const { return error_; }
  [[nodiscard]] std::size_t remaining() const { return bytes_.size() - at_; }
  /// The offset of the next byte, `base` included.
  [[nodiscard]] std::size_t at() const { return base_ + at_; }

  void refuse(ErrorCode code, std::size_t at) {
    if (failed_) return;
    failed_ = true;
    error_ = Error{code, at};
    at_ = bytes_.size();  // nothing further is read
  }
  void refuse(std::size_t at) { refuse(malformed_, at); }
  /// All bytes must have been read.
  void finish() {
    if (remaining() != 0) refuse(at());
  }

  template <class T>
  [[nodiscard]] T take() {
    static_assert(std::is_arithmetic_v<T>);
    const std::span<const std::byte> raw = take_bytes(sizeof(T));
    T value{};
    if (raw.size() == sizeof(T)) std::memcpy(&value, raw.data(), sizeof(T));
    if constexpr (std::is_floating_point_v<T>) {
      if (!std::isfinite(value) || (value == T{0} && std::signbit(value))) {
        refuse(at() - sizeof(T));
        return T{0};
      }
    }
    return value;
  }
  [[nodiscard]] std::uint64_t take_varint(std::uint64_t high);
  /// `size` bytes, borrowed from the input; empty after an error.
  [[nodiscard]] std::span<const std::byte> take_bytes(std::size_t size) {
    if (size > remaining()) refuse(ErrorCode::truncated, at());
    if (failed_) return {};
    at_ += size;
    return bytes_.subspan(at_ - size, size);
  }
  /// UTF-8 text, borrowed from the input.
  [[nodiscard]] std::string_view take_text(std::size_t size_bytes_max);

 private:
  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
  std::size_t base_;
  Error error_{};
  ErrorCode malformed_;
  bool failed_ = false;
};

inline std::uint64_t SpanReader::take_varint(std::uint64_t high) {
  const std::size_t start = at();
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const auto byte = take<std::uint8_t>();
    if (failed_) return 0;
    const bool last = (byte & 0x80U) == 0;
    const bool overflows = shift == 63 && byte > 1;
    const bool padded = last && byte == 0 && shift != 0;
    if (overflows || padded) break;
    value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
    if (last) {
      if (value <= high) return value;
      break;
    }
  }
  refuse(start);
  return 0;
}

inline std::string_view SpanReader::take_text(std::size_t size_bytes_max) {
  const auto size = static_cast<std::size_t>(take_varint(size_bytes_max));
  const std::span<const std::byte> raw = take_bytes(size);
  const std::string_view text(reinterpret_cast<const char*>(raw.data()), raw.size());
  if (is_utf8(text)) return text;
  refuse(ErrorCode::not_utf8, at() - size);
  return {};
}

// What cereal finds for each kind of field. Found by argument lookup: the archives live here.

template <class T>
requires std::is_arithmetic_v<T>
void CEREAL_SAVE_FUNCTION_NAME(CanonicalWriter& ar, const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    ar.put(static_cast<std::uint8_t>(value ? 1 : 0));
  } else {
    ar.put(value);
  }
}

template <class T>
requires std::is_arithmetic_v<T>
void CEREAL_LOAD_FUNCTION_NAME(SpanReader& ar, T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    const std::size_t start = ar.at();
    const auto byte = ar.take<std::uint8_t>();
    if (byte > 1) ar.refuse(start);
    value = ar.ok() && byte == 1;
  } else {
    value = ar.take<T>();
  }
}

inline void CEREAL_SAVE_FUNCTION_NAME(CanonicalWriter& ar, const Varint& field) {
  ar.put_varint(field.value);
}
inline void CEREAL_LOAD_FUNCTION_NAME(SpanReader& ar, Varint& field) {
  field.value = ar.take_varint(field.high);
}

inline void CEREAL_SAVE_FUNCTION_NAME(CanonicalWriter& ar, const Text& field) {
  ar.put_varint(field.value.size());
  ar.put_bytes(std::as_bytes(std::span(field.value)));
}
inline void CEREAL_LOAD_FUNCTION_NAME(SpanReader& ar, Text& field) {
  field.value.assign(ar.take_text(field.size_bytes_max));
}

template <class T>
void CEREAL_SAVE_FUNCTION_NAME(CanonicalWriter& ar, const Within<T>& field) {
  ar.put(field.value);
}
template <class T>
void CEREAL_LOAD_FUNCTION_NAME(SpanReader& ar, Within<T>& field) {
  const std::size_t start = ar.at();
  const T value = ar.take<T>();
  if (value < field.low || value > field.high) ar.refuse(start);
  field.value = ar.ok() ? value : field.low;
}

template <class T>
void CEREAL_SAVE_FUNCTION_NAME(CanonicalWriter& ar, const Choice<T>& field) {
  ar.put(static_cast<std::underlying_type_t<T>>(field.value));
}
template <class T>
void CEREAL_LOAD_FUNCTION_NAME(SpanReader& ar, Choice<T>& field) {
  using Number = std::underlying_type_t<T>;
  const std::size_t start = ar.at();
  const auto value = ar.take<Number>();
  if (value < static_cast<Number>(field.low) || value > static_cast<Number>(field.high)) {
    ar.refuse(start);
  }
  field.value = ar.ok() ? static_cast<T>(value) : field.low;
}

template <class T>
void CEREAL_SAVE_FUNCTION_NAME(CanonicalWriter& ar, const List<T>& field) {
  ar.put_varint(field.value.size());
  for (const T& element : field.value) ar(element);
}
template <class T>
void CEREAL_LOAD_FUNCTION_NAME(SpanReader& ar, List<T>& field) {
  const std::size_t start = ar.at();
  const auto count = static_cast<std::size_t>(ar.take_varint(field.count_max));
  if (count > ar.remaining() / field.element_size_bytes_min) {
    ar.refuse(ErrorCode::truncated, start);
  }
  field.value.clear();
  if (!ar.ok()) return;
  field.value.resize(count);
  for (T& element : field.value) ar(element);
}

}  // namespace heed
