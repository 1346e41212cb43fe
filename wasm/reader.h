// Reads what a host wrote into the shared buffer (heed/runtime/abi.h). Bounded: a length never
// exceeds what is left, and a list ends where the bytes end, whatever its count says. After the
// first wrong byte every read answers nothing and `good` is false.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "heed/base/array.h"
#include "heed/base/bytes.h"
#include "heed/base/result.h"
#include "heed/runtime/abi.h"
#include "heed/runtime/decision.h"
#include "heed/runtime/ruleset.h"
#include "heed/runtime/value.h"

namespace heed::abi {

/// An attribute or a field, and what it is given.
struct Entry {
  std::uint32_t id = 0;
  std::uint32_t string = none_index;  // of a string, the ruleset's, where the host knew it
  Value value;
};

class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool done() const { return at_ == bytes_.size(); }
  [[nodiscard]] std::size_t at() const { return at_; }

  template <class T>
  T take() {
    if (!has(sizeof(T))) return T{};
    const T value = load_le<T>(bytes_.subspan(at_), 0);
    at_ += sizeof(T);
    return value;
  }
  /// u32 length, then that many bytes; borrowed from the buffer.
  std::string_view text();
  /// Everything that is left; borrowed from the buffer.
  std::span<const std::byte> rest();
  /// An EntryAt and what follows it; texts are borrowed from the buffer or the ruleset, a set's
  /// members from `members`.
  void entry(const Ruleset& ruleset, Array<std::string_view>& members, Entry& out);

 private:
  struct Head {
    std::uint32_t id = 0;
    Kind kind = Kind::absent;
    double number = 0;
  };

  bool has(std::size_t size_bytes);
  Head head();
  std::string_view text_of(const Head& head, const Ruleset& ruleset, std::uint32_t& string);

  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
  bool good_ = true;
};

/// A decision as DecisionAt lays it out; whether it can be one, `Session::expose` says.
/// @errors  truncated, wrong_type (no such reason); `where` is a byte offset
[[nodiscard]] Result<Decision> read_decision(std::span<const std::byte> bytes);

}  // namespace heed::abi
