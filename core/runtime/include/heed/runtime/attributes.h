// The attributes that a session holds: nine bytes each, and what texts and sets need, in two blocks
// of memory however many there are. A value.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "heed/base/array.h"
#include "heed/runtime/value.h"

namespace heed {

class Attributes {
 public:
  Attributes() = default;
  /// None has a value.
  explicit Attributes(std::size_t count) { resize(count); }
  void resize(std::size_t count) {
    kinds_.resize(count);
    cells_.resize(count);
  }

  [[nodiscard]] std::size_t size() const { return kinds_.size(); }
  /// Borrowed until the next change.
  [[nodiscard]] Value operator[](std::size_t row) const;
  /// Whether there is a value.
  [[nodiscard]] bool has(std::size_t row) const { return kinds_[row] != Kind::absent; }
  /// @return  whether it differs from what was there
  bool set(std::size_t row, const Value& value);

  friend bool operator==(const Attributes& a, const Attributes& b);

 private:
  /// The alternatives of Value.
  enum class Kind : std::uint8_t { absent, boolean, number, text, set, time };

  [[nodiscard]] bool lies_in_texts(std::size_t row) const {
    return kinds_[row] == Kind::text || kinds_[row] == Kind::set;
  }
  [[nodiscard]] std::string_view bytes(std::size_t row) const;
  bool set_cell(std::size_t row, Kind kind, std::uint64_t cell);
  bool set_bytes(std::size_t row, Kind kind, std::string_view bytes);
  void make_room(std::size_t added_size);

  Array<Kind> kinds_;
  Array<std::uint64_t> cells_;  // the value's bits; of texts and sets, place and size
  Array<char> texts_;           // with gaps, where something else was
};

}  // namespace heed
