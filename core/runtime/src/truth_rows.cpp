#include "heed/runtime/truth_rows.h"

#include <algorithm>
#include <limits>

namespace heed {

using image::Column;
using image::InputKind;
using image::Op;
using Lane = TruthRows::Lane;
using LaneKind = TruthRows::LaneKind;
using Word = TruthRows::Word;

namespace {

constexpr std::uint32_t default_class = 1;
constexpr std::size_t chunk_members = 4;

/// A term of a trigger's condition that needs a predicate.
struct Reference {
  std::uint32_t term;
  std::uint32_t predicate;
};

/// A term whose truth at `value_class` differs from its truth at the class before (numbers) or at
/// the default class (all else).
struct Flip {
  std::uint32_t value_class;
  std::uint32_t term;
};

void set_bit(std::span<Word> row, std::uint32_t term) { row[term / 64] |= Word{1} << term % 64; }
void clear_bit(std::span<Word> row, std::uint32_t term) {
  row[term / 64] &= ~(Word{1} << term % 64);
}
void flip_bit(std::span<Word> row, std::uint32_t term) { row[term / 64] ^= Word{1} << term % 64; }

}  // namespace

class TruthRowsBuilder {
 public:
  TruthRowsBuilder(const Ruleset& ruleset, TruthRows& rows) : ruleset_(ruleset), out_(rows) {}

  void build() {
    number_terms();
    sort_references();
    out_.input_lanes_.push_back(0);
    for (std::uint32_t input = 0; input < ruleset_.row_count(Column::input_kind); ++input) {
      add_lanes(input);
      out_.input_lanes_.push_back(static_cast<std::uint32_t>(out_.lanes_.size()));
    }
    post_unclassed();
    choose_dense();
    for (std::size_t lane = 0; lane < out_.lanes_.size(); ++lane) fill(lane);
  }

 private:
  struct LanePlan {
    std::vector<Reference> references;  // by term
    bool dense = true;
  };

  void number_terms() {
    for (std::uint32_t trigger = 0; trigger < ruleset_.trigger_count(); ++trigger) {
      out_.trigger_terms_.push_back(static_cast<std::uint32_t>(out_.term_triggers_.size()));
      out_.term_triggers_.resize(out_.term_triggers_.size() + terms(trigger).size(), trigger);
    }
    const auto term_count = static_cast<std::uint32_t>(out_.term_triggers_.size());
    out_.trigger_terms_.push_back(term_count);
    constexpr std::size_t block_bits = TruthRows::block_words * 64;
    out_.word_count_ = (term_count + block_bits - 1) / block_bits * TruthRows::block_words;
    all_.assign(out_.word_count_, 0);
    for (std::uint32_t term = 0; term < term_count; ++term) set_bit(all_, term);
  }

  [[nodiscard]] Rows terms(std::uint32_t trigger) const {
    const auto condition = ruleset_.at<std::uint32_t>(Column::trigger_condition, trigger);
    return ruleset_.children(Column::condition_term_count, condition);
  }

  void sort_references() {
    by_input_.resize(ruleset_.row_count(Column::input_kind));
    std::uint32_t bit = 0;
    for (std::uint32_t trigger = 0; trigger < ruleset_.trigger_count(); ++trigger) {
      const Rows rows = terms(trigger);
      for (std::uint32_t term = rows.begin; term < rows.end; ++term, ++bit) {
        const Rows references = ruleset_.children(Column::term_predicate_count, term);
        for (std::uint32_t i = references.begin; i < references.end; ++i) {
          const auto predicate = ruleset_.at<std::uint32_t>(Column::reference, i);
          const auto input = ruleset_.at<std::uint32_t>(Column::predicate_input, predicate);
          (input == none_index ? unclassed_ : by_input_[input]).push_back({bit, predicate});
        }
      }
    }
  }

  [[nodiscard]] Op op(std::uint32_t predicate) const {
    const auto byte = ruleset_.at<std::uint8_t>(Column::predicate_op, predicate);
    return static_cast<Op>(byte & ~image::op_negated);
  }
  [[nodiscard]] bool negated(std::uint32_t predicate) const {
    const auto byte = ruleset_.at<std::uint8_t>(Column::predicate_op, predicate);
    return (byte & image::op_negated) != 0;
  }
  [[nodiscard]] Rows operands(std::uint32_t predicate) const {
    return ruleset_.children(Column::predicate_operand_count, predicate);
  }
  [[nodiscard]] std::uint32_t operand(std::uint32_t row) const {
    return ruleset_.at<std::uint32_t>(Column::operand, row);
  }

  /// The distinct operands that the references name, ascending.
  [[nodiscard]] std::vector<std::uint32_t> keys(std::span<const Reference> references) {
    std::vector<std::uint32_t> ids;
    std::vector<bool> seen(ruleset_.row_count(Column::predicate_op));
    for (const Reference& reference : references) {
      if (seen[reference.predicate]) continue;
      seen[reference.predicate] = true;
      const Rows rows = operands(reference.predicate);
      for (std::uint32_t row = rows.begin; row < rows.end; ++row) {
        if (operand(row) != none_index) ids.push_back(operand(row));
      }
    }
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return ids;
  }

  void add_lanes(std::uint32_t input) {
    std::vector<Reference>& references = by_input_[input];
    if (references.empty()) return;
    const std::vector<std::uint32_t> ids = keys(references);
    const LaneKind kind = kind_of(input);
    if (kind == LaneKind::members) {
      add_member_lanes(input, ids);
      return;
    }
    Lane lane{.kind = kind, .input = input};
    lane.key_count = static_cast<std::uint32_t>(ids.size());
    lane.class_count = kind == LaneKind::boolean ? 3 : lane.key_count + 2;
    if (kind == LaneKind::number) {
      lane.first_key = static_cast<std::uint32_t>(out_.number_keys_.size());
      for (const std::uint32_t id : ids) {
        out_.number_keys_.push_back(ruleset_.at<double>(Column::number, id));
        number_ids_.push_back(id);
      }
    } else {
      lane.first_key = static_cast<std::uint32_t>(out_.string_keys_.size());
      out_.string_keys_.insert(out_.string_keys_.end(), ids.begin(), ids.end());
    }
    out_.lanes_.push_back(lane);
    plans_.push_back({std::move(references)});
  }

  /// A lane for each four members: a term's predicate lies in the lane of its member; whether the
  /// set is there at all is asked in the first.
  void add_member_lanes(std::uint32_t input, std::span<const std::uint32_t> ids) {
    std::vector<Reference>& references = by_input_[input];
    if (ids.size() > TruthRows::member_count_max) {
      unclassed_.insert(unclassed_.end(), references.begin(), references.end());
      return;
    }
    const std::size_t first_lane = out_.lanes_.size();
    std::size_t first = 0;
    do {
      const std::size_t count = std::min(chunk_members, ids.size() - first);
      Lane lane{.kind = LaneKind::members, .input = input, .class_count = 1 + (1U << count)};
      lane.first_key = static_cast<std::uint32_t>(out_.string_keys_.size());
      lane.key_count = static_cast<std::uint32_t>(count);
      const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(first);
      out_.string_keys_.insert(out_.string_keys_.end(), begin,
                               begin + static_cast<std::ptrdiff_t>(count));
      out_.lanes_.push_back(lane);
      plans_.emplace_back();
      first += count;
    } while (first < ids.size());
    for (const Reference& reference : references) {
      std::size_t chunk = 0;
      if (op(reference.predicate) == Op::member) {
        const std::uint32_t id = operand(operands(reference.predicate).begin);
        const auto at = std::lower_bound(ids.begin(), ids.end(), id) - ids.begin();
        chunk = static_cast<std::size_t>(at) / chunk_members;
      }
      plans_[first_lane + chunk].references.push_back(reference);
    }
  }

  [[nodiscard]] LaneKind kind_of(std::uint32_t input) const {
    for (const Reference& reference : by_input_[input]) {
      switch (op(reference.predicate)) {
        case Op::string_in:
          return LaneKind::string;
        case Op::number_in:
          return LaneKind::number;
        case Op::member:
          return LaneKind::members;
        default:
          break;
      }
    }
    return LaneKind::boolean;  // asked at most whether it is there or true
  }

  void post_unclassed() {
    std::stable_sort(
        unclassed_.begin(), unclassed_.end(),
        [](const Reference& a, const Reference& b) { return a.predicate < b.predicate; });
    out_.unclassed_ends_.push_back(0);
    for (std::size_t i = 0; i < unclassed_.size(); ++i) {
      out_.unclassed_terms_.push_back(unclassed_[i].term);
      if (i + 1 < unclassed_.size() && unclassed_[i + 1].predicate == unclassed_[i].predicate) {
        continue;
      }
      out_.unclassed_.push_back(unclassed_[i].predicate);
      out_.unclassed_ends_.push_back(static_cast<std::uint32_t>(out_.unclassed_terms_.size()));
    }
  }

  void choose_dense() {
    std::vector<std::size_t> by_size(out_.lanes_.size());
    for (std::size_t i = 0; i < by_size.size(); ++i) by_size[i] = i;
    std::stable_sort(by_size.begin(), by_size.end(), [this](std::size_t a, std::size_t b) {
      return out_.lanes_[a].class_count < out_.lanes_[b].class_count;
    });
    const std::size_t budget_bytes = out_.term_triggers_.size() * TruthRows::row_bytes_per_term_max;
    std::size_t used_bytes = 0;
    for (const std::size_t i : by_size) {
      used_bytes += std::size_t{out_.lanes_[i].class_count} * out_.word_count_ * sizeof(Word);
      // Few classes cost no more as rows than as stored rows and flips.
      plans_[i].dense = used_bytes <= budget_bytes || out_.lanes_[i].class_count <= 4;
    }
  }

  /// Whether `predicate` holds throughout a class of its lane.
  [[nodiscard]] bool holds(const Lane& lane, std::uint32_t predicate, std::uint32_t c) const {
    const Op tested = op(predicate);
    if (c == TruthRows::absent_class) return tested == Op::present && negated(predicate);
    return tests(lane, tested, operands(predicate), c) != negated(predicate);
  }

  [[nodiscard]] bool tests(const Lane& lane, Op tested, Rows rows, std::uint32_t c) const {
    switch (tested) {
      case Op::present:
        return true;
      case Op::is_true:
        return c == 2;
      case Op::string_in: {
        if (c == default_class) return false;
        const std::uint32_t id = out_.string_keys_[lane.first_key + c - 2];
        std::uint32_t begin = rows.begin;
        std::uint32_t end = rows.end;
        while (begin < end) {
          const std::uint32_t middle = begin + (end - begin) / 2;
          (operand(middle) < id ? begin : end) = operand(middle) < id ? middle + 1 : middle;
        }
        return begin < rows.end && operand(begin) == id;
      }
      case Op::number_in:
        return in_ranges(lane, rows, c);
      case Op::member: {
        const auto first = out_.string_keys_.begin() + lane.first_key;
        const auto at = std::lower_bound(first, first + lane.key_count, operand(rows.begin));
        return ((c - 1) >> static_cast<unsigned>(at - first) & 1U) != 0;
      }
      case Op::computed:
        break;
    }
    return false;
  }

  [[nodiscard]] bool in_ranges(const Lane& lane, Rows rows, std::uint32_t c) const {
    const std::uint32_t first = c == default_class ? 0 : number_ids_[lane.first_key + c - 2];
    for (std::uint32_t row = rows.begin; row < rows.end; row += 2) {
      const std::uint32_t low = operand(row);
      const std::uint32_t high = operand(row + 1);
      const bool above = low == none_index || (c != default_class && low <= first);
      const bool below = high == none_index || c == default_class || first < high;
      if (above && below) return true;
    }
    return false;
  }

  /// The classes at which a term with these references may change its truth, ascending.
  void mentioned(const Lane& lane, std::span<const Reference> references,
                 std::vector<std::uint32_t>& classes) const {
    classes.clear();
    if (lane.kind == LaneKind::boolean || lane.kind == LaneKind::members) {
      for (std::uint32_t c = 2; c < lane.class_count; ++c) classes.push_back(c);
      return;
    }
    const auto keys_begin = lane.kind == LaneKind::number
                                ? number_ids_.begin() + lane.first_key
                                : out_.string_keys_.begin() + lane.first_key;
    for (const Reference& reference : references) {
      const Rows rows = operands(reference.predicate);
      for (std::uint32_t row = rows.begin; row < rows.end; ++row) {
        if (operand(row) == none_index) continue;
        const auto at = std::lower_bound(keys_begin, keys_begin + lane.key_count, operand(row));
        classes.push_back(static_cast<std::uint32_t>(at - keys_begin) + 2);
      }
    }
    std::sort(classes.begin(), classes.end());
    classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
  }

  void fill(std::size_t position) {
    Lane& lane = out_.lanes_[position];
    const std::span<const Reference> references = plans_[position].references;
    std::vector<Word> absent = all_;
    std::vector<Word> unnamed = all_;
    std::vector<Flip> flips;
    std::vector<std::uint32_t> classes;
    for (std::size_t begin = 0, end = 0; begin < references.size(); begin = end) {
      const std::uint32_t term = references[begin].term;
      while (end < references.size() && references[end].term == term) ++end;
      const auto own = references.subspan(begin, end - begin);
      const auto truth = [&](std::uint32_t c) {
        return std::all_of(own.begin(), own.end(),
                           [&](const Reference& r) { return holds(lane, r.predicate, c); });
      };
      if (!truth(TruthRows::absent_class)) clear_bit(absent, term);
      bool before = truth(default_class);
      if (!before) clear_bit(unnamed, term);
      mentioned(lane, own, classes);
      for (const std::uint32_t c : classes) {
        const bool now = truth(c);
        if (now != before) flips.push_back({c, term});
        if (lane.kind == LaneKind::number) before = now;
      }
    }
    store(lane, plans_[position].dense, absent, unnamed, std::move(flips));
  }

  void append(std::span<const Word> row) {
    out_.rows_.insert(out_.rows_.end(), row.begin(), row.end());
  }

  void store(Lane& lane, bool dense, std::span<const Word> absent, std::span<Word> unnamed,
             std::vector<Flip> flips) {
    std::stable_sort(flips.begin(), flips.end(),
                     [](const Flip& a, const Flip& b) { return a.value_class < b.value_class; });
    lane.first_row =
        static_cast<std::uint32_t>(out_.rows_.size() / std::max<std::size_t>(out_.word_count_, 1));
    append(absent);
    append(unnamed);
    if (!dense) lane.first_flip = static_cast<std::uint32_t>(out_.flip_ends_.size());
    const bool ordered = lane.kind == LaneKind::number;
    auto flip = flips.begin();
    std::vector<Word> row(unnamed.begin(), unnamed.end());
    for (std::uint32_t c = 2; c < lane.class_count; ++c) {
      if (!ordered) std::copy(unnamed.begin(), unnamed.end(), row.begin());
      const auto begin = flip;
      for (; flip != flips.end() && flip->value_class == c; ++flip) flip_bit(row, flip->term);
      if (dense) {
        append(row);
        continue;
      }
      out_.flip_ends_.push_back(static_cast<std::uint32_t>(out_.flips_.size()));
      for (auto own = begin; own != flip; ++own) out_.flips_.push_back(own->term);
      if (ordered && (c - default_class) % TruthRows::stride == 0) append(row);
    }
    if (!dense) out_.flip_ends_.push_back(static_cast<std::uint32_t>(out_.flips_.size()));
  }

  const Ruleset& ruleset_;
  TruthRows& out_;
  std::vector<Word> all_;
  std::vector<std::vector<Reference>> by_input_;
  std::vector<Reference> unclassed_;
  std::vector<LanePlan> plans_;
  std::vector<std::uint32_t> number_ids_;  // beside TruthRows::number_keys_
};

TruthRows::TruthRows(const Ruleset& ruleset) { TruthRowsBuilder(ruleset, *this).build(); }

std::uint32_t TruthRows::class_of(const Lane& lane, std::uint32_t string_id) const {
  const auto first = string_keys_.begin() + lane.first_key;
  const auto at = std::lower_bound(first, first + lane.key_count, string_id);
  if (at == first + lane.key_count || *at != string_id) return default_class;
  return static_cast<std::uint32_t>(at - first) + 2;
}

std::uint32_t TruthRows::class_of(const Lane& lane, double value) const {
  const auto first = number_keys_.begin() + lane.first_key;
  const auto at = std::upper_bound(first, first + lane.key_count, value);
  return static_cast<std::uint32_t>(at - first) + default_class;
}

std::uint32_t TruthRows::class_of(const Lane& lane,
                                  std::span<const std::uint32_t> string_ids) const {
  std::uint32_t mask = 0;
  for (std::uint32_t i = 0; i < lane.key_count; ++i) {
    const std::uint32_t id = string_keys_[lane.first_key + i];
    if (std::binary_search(string_ids.begin(), string_ids.end(), id)) mask |= 1U << i;
  }
  return mask + 1;
}

TruthRows::Interval TruthRows::interval(const Lane& lane, std::uint32_t value_class) const {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const std::uint32_t cut = lane.first_key + value_class - default_class;  // the first one above
  const bool first = value_class == default_class;
  const bool last = value_class - default_class == lane.key_count;
  return {first ? -infinity : number_keys_[cut - 1], last ? infinity : number_keys_[cut]};
}

const Word* TruthRows::row(const Lane& lane, std::uint32_t value_class,
                           std::span<Word> scratch) const {
  const auto stored = [&](std::uint32_t row) {
    return rows_.data() + std::size_t{lane.first_row + row} * word_count_;
  };
  if (dense(lane) || value_class <= default_class) return stored(value_class);
  const bool ordered = lane.kind == LaneKind::number;
  const std::uint32_t stops = ordered ? (value_class - default_class) / stride : 0;
  const Word* start = stored(default_class + stops);
  std::copy(start, start + word_count_, scratch.begin());
  const std::uint32_t first = ordered ? default_class + stops * stride + 1 : value_class;
  for (std::uint32_t c = first; c <= value_class; ++c) {
    for (const std::uint32_t term : flips(lane, c)) flip_bit(scratch, term);
  }
  return scratch.data();
}

void TruthRows::clear_unheld(std::size_t position, std::span<Word> row) const {
  for (std::uint32_t i = unclassed_ends_[position]; i < unclassed_ends_[position + 1]; ++i) {
    clear_bit(row, unclassed_terms_[i]);
  }
}

std::size_t TruthRows::size_bytes() const {
  const auto bytes = [](const auto& column) { return column.size() * sizeof(column[0]); };
  return bytes(term_triggers_) + bytes(trigger_terms_) + bytes(lanes_) + bytes(input_lanes_) +
         bytes(string_keys_) + bytes(number_keys_) + bytes(rows_) + bytes(flip_ends_) +
         bytes(flips_) + bytes(unclassed_) + bytes(unclassed_ends_) + bytes(unclassed_terms_);
}

}  // namespace heed
