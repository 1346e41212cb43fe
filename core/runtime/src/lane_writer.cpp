#include "lane_writer.h"

#include <algorithm>
#include <limits>

#include "heed/base/sort.h"

namespace heed {
namespace {

using Word = Index::Word;

/// A refutation counts the classes of its group in 16 bits.
constexpr std::uint32_t group_classes_max = std::numeric_limits<std::uint16_t>::max();

bool is_set(std::span<const Word> row, std::uint32_t term) {
  return (row[term / 64] >> term % 64 & 1U) != 0;
}
void set_bit(std::span<Word> row, std::uint32_t term) { row[term / 64] |= Word{1} << term % 64; }

}  // namespace

void LaneWriter::begin(Index::Lane& lane) {
  lane_ = &lane;
  lane.first_group = static_cast<std::uint32_t>(index_.groups_.size());
  toggles_.clear();
}

void LaneWriter::add(std::uint32_t term, std::span<const ClassSpan> held) {
  std::uint32_t reached = 0;
  for (const ClassSpan& span : held) {
    if (span.from > reached) {
      toggles_.push_back({reached, term});
      toggles_.push_back({span.from, term});
    }
    reached = span.until;
  }
  if (reached < lane_->class_count) toggles_.push_back({reached, term});
}

void LaneWriter::end() {
  sort_toggles();
  const bool small = toggles_.size() <= std::max<std::size_t>(64, index_.word_count_ / 2) &&
                     lane_->class_count <= group_classes_max;
  if (lane_->dense) {
    write_dense();
  } else if (small) {
    write_small();
  } else {
    write_groups();
  }
  lane_->group_count = static_cast<std::uint32_t>(index_.groups_.size()) - lane_->first_group;
}

void LaneWriter::sort_toggles() {
  starts_.assign(std::size_t{lane_->class_count} + 2, 0);
  for (const Toggle& toggle : toggles_) ++starts_[toggle.value_class + 2];
  for (std::size_t i = 1; i < starts_.size(); ++i) starts_[i] += starts_[i - 1];
  sorted_.resize(toggles_.size());
  for (const Toggle& toggle : toggles_) sorted_[starts_[toggle.value_class + 1]++] = toggle;
}

void LaneWriter::turn(Toggles toggles) {
  for (const Toggle& toggle : toggles) {
    current_[toggle.term / 64] ^= Word{1} << toggle.term % 64;
    refuted_count_ += is_set(current_, toggle.term) ? std::size_t(-1) : 1;
  }
}

void LaneWriter::open_group(std::uint32_t first_class, std::uint32_t row) {
  const auto refutation = static_cast<std::uint32_t>(index_.refutations_.size());
  index_.groups_.push_back({first_class, row, refutation});
}

std::uint32_t LaneWriter::append_row(std::span<const Word> row) {
  const auto position = index_.rows_.size() / index_.word_count_;
  index_.rows_.insert(index_.rows_.end(), row.begin(), row.end());
  return static_cast<std::uint32_t>(position);
}

void LaneWriter::write_dense() {
  std::fill(current_.begin(), current_.end(), ~Word{0});
  refuted_count_ = 0;
  for (std::uint32_t c = 0; c < lane_->class_count; ++c) {
    turn(toggles(c, c + 1));
    open_group(c, refuted_count_ == 0 ? none_index : append_row(current_));
  }
}

void LaneWriter::write_small() {
  open_group(0, none_index);
  append_refutations(sorted_, 0, lane_->class_count, {});
}

void LaneWriter::write_groups() {
  std::fill(current_.begin(), current_.end(), ~Word{0});
  refuted_count_ = 0;
  const std::size_t turns_max = std::max<std::size_t>(32, index_.word_count_ / 2);
  for (std::uint32_t from = 0, until = 0; from < lane_->class_count; from = until) {
    turn(toggles(from, from + 1));
    until = from + 1;
    // An absent value refutes nearly everything: it shares its row with no other class.
    while (from > 0 && until < lane_->class_count && until - from < group_classes_max &&
           toggles(from + 1, until + 1).size() <= turns_max) {
      ++until;
    }
    write_group(from, until);
  }
}

void LaneWriter::write_group(std::uint32_t from, std::uint32_t until) {
  const Toggles inner = toggles(from + 1, until);
  std::size_t refuted_throughout = refuted_count_;
  std::copy(current_.begin(), current_.end(), scratch_.begin());
  for (const Toggle& toggle : inner) {
    if (!is_set(scratch_, toggle.term)) --refuted_throughout;
    set_bit(scratch_, toggle.term);
  }
  // A row is worth its words where it refutes more terms than that many refutations could.
  const bool has_row = refuted_throughout > index_.word_count_ / 2;
  open_group(from, has_row ? append_row(scratch_) : none_index);
  if (!has_row && refuted_throughout > 0) {
    const auto size = static_cast<std::uint16_t>(until - from);
    for (std::uint32_t word = 0; word < index_.word_count_; ++word) {
      for (Word left = ~scratch_[word]; left != 0; left &= left - 1) {
        const auto bit = static_cast<std::uint32_t>(__builtin_ctzll(left));
        index_.refutations_.push_back({word * 64 + bit, 0, size});
      }
    }
  }
  append_refutations(inner, from, until, current_);
  turn(inner);
}

void LaneWriter::append_refutations(Toggles toggles, std::uint32_t from, std::uint32_t until,
                                    std::span<const Word> held) {
  by_term_.clear();
  for (const Toggle& toggle : toggles) {
    by_term_.push_back(std::uint64_t{toggle.term} << 32U | toggle.value_class);
  }
  sort_ascending(by_term_);
  const auto term_at = [this](std::size_t i) {
    return static_cast<std::uint32_t>(by_term_[i] >> 32U);
  };
  const auto relative = [&](std::uint32_t c) { return static_cast<std::uint16_t>(c - from); };
  for (std::size_t i = 0; i < by_term_.size();) {
    const std::uint32_t term = term_at(i);
    bool holds = held.empty() || is_set(held, term);
    std::uint32_t refuted_from = from;
    for (; i < by_term_.size() && term_at(i) == term; ++i) {
      const auto c = static_cast<std::uint32_t>(by_term_[i]);
      if (holds) {
        refuted_from = c;
      } else if (c > refuted_from) {
        index_.refutations_.push_back({term, relative(refuted_from), relative(c)});
      }
      holds = !holds;
    }
    if (!holds) index_.refutations_.push_back({term, relative(refuted_from), relative(until)});
  }
}

}  // namespace heed
