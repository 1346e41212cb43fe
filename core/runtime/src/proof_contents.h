// The second half of what `Ruleset::open` proves, in the order of docs/formats/ruleset.md. One
// class in files by what they prove: proof.cpp elements, names and the site, proof_strings.cpp
// texts, proof_state.cpp what a visitor's state is made of, proof_conditions.cpp predicates and
// what conditions read, proof_triggers.cpp who may win a slot.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "heed/base/array.h"
#include "heed/base/result.h"
#include "heed/runtime/image.h"
#include "heed/runtime/ruleset.h"
#include "proof.h"

namespace heed {

/// Stops at the first value that is wrong. Each method answers whether all is well so far.
class Proof {
 public:
  explicit Proof(Ruleset& ruleset) : ruleset_(ruleset) {}

  bool contents() {
    return elements_in_bounds() && strings() && name_sizes() && names_distinct() && numbers() &&
           site() && attributes() && feature_fields() && inputs() && programs() && predicates() &&
           conditions() && features() && segments() && stages() && metrics() && caps() &&
           values() && trigger_order() && triggers() && options() && layer_ranges();
  }
  [[nodiscard]] Error error() const { return error_; }

 private:
  using Column = image::Column;
  using InputKind = image::InputKind;

  template <class T>
  [[nodiscard]] T at(Column column, std::size_t row) const {
    return ruleset_.at<T>(column, row);
  }
  [[nodiscard]] std::uint32_t id_at(Column column, std::size_t row) const {
    return at<std::uint32_t>(column, row);
  }
  [[nodiscard]] std::uint32_t count(Column column) const {
    return static_cast<std::uint32_t>(ruleset_.row_count(column));
  }
  /// Rows to look at: where nothing is stored, one speaks for all.
  [[nodiscard]] std::uint32_t count_stored(Column column) const {
    return is_stored(column) ? count(column) : std::min(count(column), 1U);
  }
  [[nodiscard]] bool is_stored(Column column) const { return view(column).width != 0; }
  [[nodiscard]] const Ruleset::ColumnView& view(Column column) const {
    return ruleset_.columns_[static_cast<std::size_t>(column)];
  }

  /// Elements of a column, with what it takes to read them at hand: for loops over many.
  class Elements {
   public:
    Elements(const Ruleset& ruleset, const Ruleset::ColumnView& view)
        : base_(view.base),
          mask_(view.mask),
          first_(ruleset.bytes_.data() + view.offset),
          width_(view.width) {}
    std::uint64_t operator[](std::size_t row) const {
      std::uint64_t stored;
      std::memcpy(&stored, first_ + row * width_, sizeof stored);
      return base_ + (stored & mask_);
    }

   private:
    std::uint64_t base_;
    std::uint64_t mask_;
    const std::byte* first_;
    std::size_t width_;
  };
  [[nodiscard]] Elements elements(Column column) const { return {ruleset_, view(column)}; }
  [[nodiscard]] auto ids(Column column) const {
    return
        [all = elements(column)](std::size_t row) { return static_cast<std::uint32_t>(all[row]); };
  }

  /// Where an element lies: its bytes, or without any its column's entry.
  bool refuse(Column column, std::size_t row, ErrorCode code = ErrorCode::malformed_image) {
    const std::size_t entry =
        image::header_size_bytes + static_cast<std::size_t>(column) * image::EntryAt::size_bytes;
    error_ =
        Error{code, is_stored(column) ? view(column).offset + row * view(column).width : entry};
    return false;
  }
  bool refuse(Error error) {
    error_ = error;
    return false;
  }

  /// Every row but those that are none satisfies `ok(id, row)`.
  template <class Ok>
  bool each(Check check, Column column, Ok ok) {
    const auto id = ids(column);
    const std::uint32_t row_count = count_stored(column);
    for (std::uint32_t row = 0; row < row_count; ++row) {
      const std::uint32_t value = id(row);
      if (value != none_index && is_wrong(check, !ok(value, row))) return refuse(column, row);
    }
    return true;
  }

  // A loop over many rows is a function of its own: hosts count what each executes, and compile
  // again, in the background, those that executed much. That is a moment for one of these, and as
  // long as twenty first decisions for all of `contents`.
  [[gnu::noinline]] bool elements_in_bounds();
  [[nodiscard]] bool stored_within(Column column, std::uint64_t low, std::uint64_t room) const;
  [[nodiscard]] bool ids_ascend(Column column) const;
  bool strings();
  [[gnu::noinline]] bool string_sizes();
  [[gnu::noinline]] bool expand_strings();
  bool strings_are_utf8();
  bool added_strings();
  [[gnu::noinline]] bool name_sizes();
  [[gnu::noinline]] bool names_distinct();
  bool rows_distinct(Check check, Column column, Rows rows);
  [[gnu::noinline]] bool numbers();
  bool site();
  bool attributes();
  bool feature_fields();
  bool inputs();
  bool programs();
  [[gnu::noinline]] bool predicates();
  bool predicate_kind(std::uint64_t op_byte, std::uint32_t input, std::uint32_t row);
  [[nodiscard, gnu::noinline]] bool do_numbers_ascend() const;
  [[gnu::noinline]] bool operands(const Elements& ids, Rows operands, Column table);
  [[gnu::noinline]] bool number_ranges(const Elements& ids, Rows operands);
  bool conditions();
  [[nodiscard]] Reads reads(std::uint32_t condition) const;
  bool features();
  bool feature_field(Column column, std::uint32_t row, std::uint32_t signal,
                     const image::FeatureForm& form);
  bool feature_other(std::uint32_t row, image::FeatureKind kind);
  bool where(Column column, std::uint32_t row, std::uint32_t signal);
  bool segments();
  bool stages();
  bool metrics();
  bool caps();
  bool values();
  bool cells(Column column, Rows rows, std::size_t cell_count);
  bool amounts(Column column);
  [[gnu::noinline]] bool trigger_order();
  bool triggers();
  bool options();
  bool layer_ranges();

  [[nodiscard]] std::uint32_t rows_of(InputKind kind) const;

  Ruleset& ruleset_;
  Error error_{};
  Array<std::uint32_t> seen_;  // by string (or segment), the last list in which it was seen
  std::uint32_t seen_list_ = 0;
  Array<std::uint8_t> field_signals_;
  Array<Reads> input_reads_;
  Array<Reads> program_reads_;
  Array<Reads> predicate_reads_;
  bool numbers_ascend_ = false;
  bool all_plain_ = true;         // what inputs and programs read
  Array<Reads> condition_reads_;  // empty where they are
};

}  // namespace heed
