// A proved, immutable ruleset. `open` proves the image once; after that evaluation carries no
// checks. Any number of sessions and threads may share one.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "heed/base/id.h"
#include "heed/base/result.h"
#include "heed/runtime/image.h"
#include "heed/runtime/value.h"

namespace heed {

/// Rows [begin, end) of a table.
struct Rows {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  [[nodiscard]] constexpr std::uint32_t size() const { return end - begin; }
};

class Ruleset {  // owns its image; all views borrow from it
 public:
  /// Copies and proves `image` (docs/formats/ruleset.md, "What open proves").
  ///
  /// @errors  truncated, too_large, not_a_ruleset, wrong_abi, malformed_image, not_utf8; `where` is
  ///          the byte offset of the value that is wrong
  [[nodiscard]] static Result<Ruleset> open(std::span<const std::byte> image);

  Ruleset(Ruleset&&) noexcept = default;
  Ruleset& operator=(Ruleset&&) noexcept = default;

  [[nodiscard]] std::span<const std::byte> image() const { return image_; }
  /// 0 where nobody has given one yet.
  [[nodiscard]] std::uint64_t version() const;
  [[nodiscard]] TimeMs expires() const;
  [[nodiscard]] std::uint64_t site_hash() const;  // the seed of every draw
  [[nodiscard]] std::string_view site() const;

  /// Rows of a column; a table's count is that of any of its columns.
  [[nodiscard]] std::size_t row_count(image::Column column) const;
  /// The column's bytes, borrowed from *this; element width as image.h says.
  [[nodiscard]] std::span<const std::byte> column(image::Column column) const;
  [[nodiscard]] std::string_view string(std::uint32_t string_id) const;
  /// Element `row` of a column; T as wide as image.h says.
  template <class T>
  [[nodiscard]] T at(image::Column column, std::size_t row) const {
    T value;
    std::memcpy(&value, image_.data() + offset(column) + row * sizeof(T), sizeof(T));
    return value;
  }
  [[nodiscard]] std::string_view text(image::Column column, std::size_t row) const {
    return string(at<std::uint32_t>(column, row));
  }
  /// The rows of the child table that belong to `row` of a length column (trigger_part_count's
  /// children are rows of part_*).
  [[nodiscard]] Rows children(image::Column lengths, std::uint32_t row) const {
    const Offsets& offsets = child_offsets_[image::length_index(lengths)];
    return {offsets[row], offsets[row + 1]};
  }
  /// The triggers of a slot, in static order.
  [[nodiscard]] Rows triggers(SlotId slot) const {
    return {slot_offsets_[slot.index], slot_offsets_[slot.index + 1]};
  }

  // Names to ids (binary search) and back.
  [[nodiscard]] std::optional<std::uint32_t> find_string(std::string_view text) const;
  [[nodiscard]] std::optional<AttributeId> find_attribute(std::string_view name) const;
  [[nodiscard]] std::optional<SignalId> find_signal(std::string_view name) const;
  [[nodiscard]] std::optional<std::uint32_t> find_field(SignalId signal,
                                                        std::string_view name) const;
  [[nodiscard]] std::optional<SlotId> find_slot(std::string_view name) const;
  [[nodiscard]] std::optional<TriggerId> find_trigger(std::string_view name) const;
  [[nodiscard]] std::string_view name(AttributeId id) const;
  [[nodiscard]] std::string_view name(SignalId id) const;
  [[nodiscard]] std::string_view name(SlotId id) const;
  [[nodiscard]] std::string_view name(TriggerId id) const;
  [[nodiscard]] std::string_view name(MetricId id) const;
  [[nodiscard]] image::Type type(AttributeId id) const;
  [[nodiscard]] SlotId slot(TriggerId id) const;
  [[nodiscard]] std::size_t attribute_count() const;
  [[nodiscard]] std::size_t signal_count() const;
  [[nodiscard]] std::size_t slot_count() const;
  [[nodiscard]] std::size_t trigger_count() const;

  // What a decision shows: parts of its trigger and options of a part, by position.
  [[nodiscard]] std::size_t part_count(TriggerId id) const;
  [[nodiscard]] std::string_view part_name(TriggerId id, std::size_t part) const;
  [[nodiscard]] std::size_t option_count(TriggerId id, std::size_t part) const;
  [[nodiscard]] std::string_view option_name(TriggerId id, std::size_t part,
                                             std::size_t option) const;
  /// none_id where the option is a plain value: its name is the text.
  [[nodiscard]] AssetId option_asset(TriggerId id, std::size_t part, std::size_t option) const;

  // Salts of the draws, derived at open (design: "Exact definitions").
  [[nodiscard]] std::uint64_t holdout_salt(TriggerId id) const { return trigger_salts_[id.index]; }
  /// @param part_row  a row of part_*
  [[nodiscard]] std::uint64_t part_salt(std::size_t part_row) const {
    return part_salts_[part_row];
  }
  [[nodiscard]] std::uint64_t layer_salt(LayerId id) const { return layer_salts_[id.index]; }
  [[nodiscard]] std::uint64_t programme_salt() const { return programme_salt_; }

 private:
  using Offsets = std::vector<std::uint32_t>;

  Ruleset() = default;
  [[nodiscard]] std::size_t offset(image::Column column) const {
    return offsets_[static_cast<std::size_t>(column)];
  }
  [[nodiscard]] Result<void> lay_out();
  [[nodiscard]] Result<void> sum_lengths();
  [[nodiscard]] Result<void> sort_strings();
  void derive_names();
  void derive_salts();
  [[nodiscard]] std::optional<std::uint32_t> find_row(image::Column names,
                                                      std::string_view name) const;
  template <class T>
  [[nodiscard]] std::optional<T> find_id(image::Column names, std::string_view name) const;
  [[nodiscard]] std::uint32_t part_row(TriggerId id, std::size_t part) const;
  [[nodiscard]] std::uint32_t option_row(TriggerId id, std::size_t part, std::size_t option) const;

  std::vector<std::byte> image_;
  // Derived from the proved image; never shipped.
  std::array<std::size_t, image::column_count> offsets_{};
  std::array<std::uint32_t, image::column_count> row_counts_{};
  std::array<Offsets, image::length_columns.size()>
      child_offsets_;  // prefix sums of the length columns
  Offsets slot_offsets_;
  std::vector<std::uint32_t> strings_by_bytes_;
  std::array<std::vector<std::uint32_t>, 4> rows_by_name_;  // attribute, signal, slot, trigger
  std::vector<std::uint64_t> trigger_salts_;
  std::vector<std::uint64_t> part_salts_;
  std::vector<std::uint64_t> layer_salts_;
  std::uint64_t programme_salt_ = 0;
};

}  // namespace heed
