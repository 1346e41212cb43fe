// Turns what a lane's predicates say of its classes into rows and refutations of an Index.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "heed/runtime/index.h"

namespace heed {

/// Classes [from, until) of a lane.
struct ClassSpan {
  std::uint32_t from = 0;
  std::uint32_t until = 0;
};

class LaneWriter {
 public:
  explicit LaneWriter(Index& index)
      : index_(index), current_(index.word_count_, ~Index::Word{0}), scratch_(index.word_count_) {}

  /// Begins a lane; `end` writes it.
  void begin(Index::Lane& lane);
  /// `term` holds in these classes of the lane, ascending and disjoint, and in no other.
  void add(std::uint32_t term, std::span<const ClassSpan> held);
  void end();

 private:
  /// At this class the truth of a term turns; before class 0 every term holds.
  struct Toggle {
    std::uint32_t value_class;
    std::uint32_t term;
  };
  using Toggles = std::span<Toggle>;

  void sort_toggles();
  [[nodiscard]] Toggles toggles(std::uint32_t from, std::uint32_t until) {
    return Toggles(sorted_).subspan(starts_[from], starts_[until] - starts_[from]);
  }
  void turn(Toggles toggles);
  void write_dense();
  void write_small();
  void write_groups();
  void write_group(std::uint32_t from, std::uint32_t until);
  void open_group(std::uint32_t first_class, std::uint32_t row);
  [[nodiscard]] std::uint32_t append_row(std::span<const Index::Word> row);
  /// @param held  a bit a term: whether it holds before its first toggle of these; empty: all do
  void append_refutations(Toggles toggles, std::uint32_t from, std::uint32_t until,
                          std::span<const Index::Word> held);

  Index& index_;
  Index::Lane* lane_ = nullptr;
  Array<Toggle> toggles_;
  Array<Toggle> sorted_;          // by class
  Array<std::uint32_t> starts_;   // by class
  Array<std::uint64_t> by_term_;  // term << 32 | class
  Array<Index::Word> current_;    // the row at the class reached
  Array<Index::Word> scratch_;
  std::size_t refuted_count_ = 0;  // in current_
};

}  // namespace heed
