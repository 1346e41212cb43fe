// The archive that defines our bytes: cereal's `serialize` members say which fields a record has,
// this says how each is written and read. One archive for both directions, so that a record is
// compiled once and what is written is what is read. Reading is bounded (a count never exceeds what
// the remaining bytes could hold), remembers the first error, never throws and takes canonical
// bytes only; equal values give equal bytes. One thread at a time.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <cereal/access.hpp>

#include "heed/base/array.h"
#include "heed/base/result.h"

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
  Array<T>& value;
  std::size_t count_max;
  std::size_t element_size_bytes_min;
};

/// An integer or enumerator in [low, high], in its own fixed width; a signed one has 64 bits.
template <class T>
struct Within {
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
List(Array<T>&, std::size_t, std::size_t) -> List<T>;
template <class T>
Within(T&, T, T) -> Within<T>;

/// Writes to a list of bytes or reads from bytes; either outlives it. What is given to write is the
/// caller's to keep inside the field's limits: what they forbid is written none the less, and the
/// reader refuses it. After the first error every read gives zero or nothing, so that a
/// `serialize` member needs no checks of its own; ask `ok()` at the end.
///
/// To cereal it is an input archive, which hands over fields to be changed; writing changes none.
/// cereal's own InputArchive keeps maps of pointers, versions and types, which no format of ours
/// has and each visitor would download: this one is cereal's way to fields alone.
class Archive {
 public:
  explicit Archive(Array<std::byte>& out) : out_(&out) {}
  /// @param malformed  the code for what is present and wrong (too few bytes are `truncated`)
  /// @param base       added to every reported offset, for a span that is part of a larger one
  Archive(std::span<const std::byte> bytes, ErrorCode malformed, std::size_t base = 0)
      : bytes_(bytes), base_(base), malformed_(malformed) {}

  /// Writes or reads each field in turn.
  template <class... Fields>
  void operator()(Fields&&... fields) {
    (field(fields), ...);
  }

  [[nodiscard]] bool reads() const { return out_ == nullptr; }
  [[nodiscard]] bool ok() const { return !failed_; }
  /// The first error; only where `ok()` is false.
  [[nodiscard]] Error error() const { return error_; }
  [[nodiscard]] std::size_t remaining() const { return bytes_.size() - at_; }
  /// The offset of the next byte to read, `base` included.
  [[nodiscard]] std::size_t at() const { return base_ + at_; }

  /// Back to where `at()` was: the same bytes are read again.
  void rewind(std::size_t at) { at_ = at - base_; }

  void refuse(ErrorCode code, std::size_t at);
  void refuse(std::size_t at) { refuse(malformed_, at); }
  /// All bytes must have been read.
  void finish();

  /// An integer's bytes, little-endian; one narrower than 8 bytes is unsigned. Out of
  /// [low, high], which may both be negative in two's complement, it is refused and becomes `low`.
  void fixed(void* value, std::size_t size_bytes, std::uint64_t low, std::uint64_t high);
  /// A finite double; -0 is written as 0.
  void number(double& value);
  void varint(std::uint64_t& value, std::uint64_t high);
  /// Bytes without a length; read ones are borrowed from the input, and empty after an error.
  void raw(std::span<const std::byte>& bytes, std::size_t size_bytes);
  /// UTF-8 text; what is read is borrowed from the input.
  void text(std::string_view& value, std::size_t size_bytes_max);
  void text(std::string& value, std::size_t size_bytes_max);
  /// The head of a list. @return how many elements follow
  [[nodiscard]] std::size_t count(std::size_t count, std::size_t count_max,
                                  std::size_t element_size_bytes_min);

 private:
  template <class Field>
  void field(Field& field) {
    if constexpr (requires { CEREAL_LOAD_FUNCTION_NAME(*this, field); }) {
      CEREAL_LOAD_FUNCTION_NAME(*this, field);
    } else {
      cereal::access::member_serialize(*this, field);
    }
  }

  Array<std::byte>* out_ = nullptr;
  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
  std::size_t base_ = 0;
  Error error_{};
  ErrorCode malformed_{};
  bool failed_ = false;
};

// What cereal finds for each kind of field. Found by argument lookup: the archive lives here.

template <class T>
requires std::is_integral_v<T>
void CEREAL_LOAD_FUNCTION_NAME(Archive& ar, T& value) {
  const bool is_bool = std::is_same_v<T, bool>;
  ar.fixed(&value, sizeof(T), 0, is_bool ? 1 : ~std::uint64_t{0});
}
inline void CEREAL_LOAD_FUNCTION_NAME(Archive& ar, double& value) { ar.number(value); }
inline void CEREAL_LOAD_FUNCTION_NAME(Archive& ar, Varint& field) {
  ar.varint(field.value, field.high);
}
inline void CEREAL_LOAD_FUNCTION_NAME(Archive& ar, Text& field) {
  ar.text(field.value, field.size_bytes_max);
}

template <class T>
void CEREAL_LOAD_FUNCTION_NAME(Archive& ar, Within<T>& field) {
  static_assert(sizeof(T) == sizeof(std::uint64_t) || !std::is_signed_v<T>);
  ar.fixed(&field.value, sizeof(T), static_cast<std::uint64_t>(field.low),
           static_cast<std::uint64_t>(field.high));
}

template <class T>
void CEREAL_LOAD_FUNCTION_NAME(Archive& ar, List<T>& field) {
  const std::size_t count =
      ar.count(field.value.size(), field.count_max, field.element_size_bytes_min);
  if (ar.reads()) field.value.resize(count);
  for (T& element : field.value) ar(element);
}

}  // namespace heed
