// Which sequence numbers of one (device, epoch) have been seen: the mark and at most 8 further
// intervals (docs/formats/outcomes.md, "Keys and order"). A value.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace heed::store {

/// Sequence numbers from, ..., until - 1.
struct Run {
  std::uint64_t from = 0;
  std::uint64_t until = 0;

  friend bool operator==(const Run&, const Run&) = default;
};

class Spans {
 public:
  static constexpr std::size_t further_max = 8;

  Spans() = default;
  /// What `bytes` gave; our own bytes, from our own database.
  explicit Spans(std::span<const std::byte> bytes);
  [[nodiscard]] std::vector<std::byte> bytes() const;

  /// Adds first, ..., first + count - 1 and says which of them are new, in order.
  ///
  /// @return nothing where a ninth further interval would be needed; then nothing changes
  [[nodiscard]] std::optional<std::vector<Run>> add(std::uint64_t first, std::uint64_t count);

  /// All of 1, ..., mark have been seen.
  [[nodiscard]] std::uint64_t mark() const { return mark_; }
  /// Numbers below the highest seen that have not been seen.
  [[nodiscard]] std::uint64_t missing() const;

  friend bool operator==(const Spans&, const Spans&) = default;

 private:
  std::uint64_t mark_ = 0;
  std::vector<Run> further_;  // ascending, disjoint, none touching another or the mark
};

}  // namespace heed::store
