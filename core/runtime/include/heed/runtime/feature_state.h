// What one feature has gathered, in as few bytes as its kind needs: entries, then values. A value.
#pragma once
#include <cstddef>
#include <cstdint>

#include "heed/base/array.h"
#include "heed/runtime/value.h"

namespace heed {

/// Signals that were added up, or a value that was seen.
struct FeatureEntry {
  std::int64_t at_ms = 0;   // of the latest signal in it; 0 where no time matters
  std::uint64_t count = 0;  // signals; of distinct and of sequences, the value's hash
  double value = 0;         // sum, least, most, or score at `at_ms`

  friend bool operator==(const FeatureEntry&, const FeatureEntry&) = default;
};

/// A value that was seen; no set. Borrowed.
struct WeighedValue {
  Value value;
  double weight = 0;
};

/// Bits: what is kept of a feature's entries and values, and read and written by a snapshot.
struct FeatureMembers {
  static constexpr std::uint8_t times = 1;
  static constexpr std::uint8_t counts = 2;
  static constexpr std::uint8_t hashes = 4;
  static constexpr std::uint8_t numbers = 8;
  static constexpr std::uint8_t values = 16;
  static constexpr std::uint8_t weights = 32;
  static constexpr std::uint8_t level = 64;
  static constexpr std::uint8_t all = 127;
};

/// docs/formats/features.md says how each kind uses it, and how many bytes it takes.
class FeatureState {
 public:
  FeatureState() = default;
  /// @param members  bits of FeatureMembers; others are left out
  explicit FeatureState(std::uint8_t members);

  /// How many entries there are, oldest first.
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool is_fresh() const { return bytes_.empty() && level_ == 0; }
  /// Of distinct: how often its sample was halved. Of a sequence that is followed: 1 when it was.
  [[nodiscard]] std::uint8_t level() const { return level_; }
  void set_level(std::uint8_t level) { level_ = level; }
  [[nodiscard]] FeatureEntry operator[](std::size_t index) const;
  [[nodiscard]] std::int64_t at_ms(std::size_t index) const;
  [[nodiscard]] std::uint32_t hash(std::size_t index) const;
  void put(std::size_t index, const FeatureEntry& entry);
  /// Memory grows by steps, to `size_max` and one more at most.
  void append(const FeatureEntry& entry, std::size_t size_max);
  void move(std::size_t to, std::size_t from);
  /// Takes the entries in [first, last) out.
  void erase(std::size_t first, std::size_t last);
  void cut(std::size_t size) { erase(size, size_); }
  void clear();
  /// What happened later, by a clock that was wrong, happened now.
  void move_clock(TimeMs now);

  /// Goes through the values, the one seen last is last. `at` begins as `first_value()` and is
  /// moved on.
  /// @return  whether there was one
  bool next_value(std::size_t& at, WeighedValue& out) const;
  [[nodiscard]] std::size_t first_value() const { return std::size_t{size_} * entry_size_; }
  void append_value(const WeighedValue& value);
  /// @param at  where the value begins
  void erase_value(std::size_t at);
  void put_weight(std::size_t at, double weight);

  friend bool operator==(const FeatureState& a, const FeatureState& b) = default;

 private:
  [[nodiscard]] bool has(std::uint8_t member) const { return (members_ & member) != 0; }
  [[nodiscard]] std::size_t count_size() const;
  [[nodiscard]] std::byte* entry_bytes(std::size_t index) {
    return bytes_.data() + index * entry_size_;
  }
  [[nodiscard]] const std::byte* entry_bytes(std::size_t index) const {
    return bytes_.data() + index * entry_size_;
  }

  Array<std::byte> bytes_;
  std::uint8_t members_ = 0;
  std::uint8_t entry_size_ = 0;
  std::uint8_t size_ = 0;
  std::uint8_t level_ = 0;
};

}  // namespace heed
