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
#include <type_traits>

#include "heed/base/array.h"
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
  /// The same of an image that the ruleset keeps: nothing is copied where it has room for
  /// room_size_bytes more.
  [[nodiscard]] static Result<Ruleset> open(Array<std::byte> image);
  /// Reads go so far beyond an element.
  static constexpr std::size_t room_size_bytes = 16;

  Ruleset(Ruleset&&) noexcept = default;
  Ruleset& operator=(Ruleset&&) noexcept = default;

  /// What the image had, the signature's bytes not counted.
  [[nodiscard]] std::size_t image_size_bytes() const { return image_size_bytes_; }
  /// Names these very bytes: XXH64 of the header, which holds the hash of the rest.
  [[nodiscard]] std::uint64_t hash() const;
  /// Of everything after the header.
  [[nodiscard]] std::uint64_t body_hash() const;
  /// 0 where nobody has given one yet.
  [[nodiscard]] std::uint64_t version() const;
  [[nodiscard]] TimeMs expires() const;
  [[nodiscard]] std::uint64_t site_hash() const;  // the seed of every draw
  [[nodiscard]] std::string_view site() const;

  /// Rows of a column; a table's count is that of any of its columns.
  [[nodiscard]] std::size_t row_count(image::Column column) const {
    return columns_[static_cast<std::size_t>(column)].row_count;
  }
  [[nodiscard]] std::string_view string(std::uint32_t string_id) const {
    const std::uint32_t begin = string_id == 0 ? 0 : string_ends_[string_id - 1];
    return {text_.data() + begin, string_ends_[string_id] - begin};
  }
  /// Element `row` of a column; T can hold what image.h says.
  template <class T>
  [[nodiscard]] T at(image::Column column, std::size_t row) const {
    const std::uint64_t value = element(column, row);
    if constexpr (std::is_floating_point_v<T>) {
      T number;
      static_assert(sizeof number == sizeof value);
      std::memcpy(&number, &value, sizeof number);
      return number;
    } else {
      return static_cast<T>(value);
    }
  }
  [[nodiscard]] std::string_view text(image::Column column, std::size_t row) const {
    return string(at<std::uint32_t>(column, row));
  }
  /// The rows of the child table that belong to `row` of a length column (signal_field_count's
  /// children are rows of field_*).
  [[nodiscard]] Rows children(image::Column lengths, std::uint32_t row) const {
    const Offsets& ends = child_ends_[image::length_index(lengths)];
    if (ends.empty()) {  // all as long as each other
      const auto length =
          static_cast<std::uint32_t>(columns_[static_cast<std::size_t>(lengths)].base);
      return {row * length, (row + 1) * length};
    }
    return {row == 0 ? 0 : ends[row - 1], ends[row]};
  }
  /// What is stored of a column, borrowed from *this: of `program_bytes`, the programs.
  [[nodiscard]] std::span<const std::byte> column(image::Column column) const;
  /// The triggers of a slot, in static order.
  [[nodiscard]] Rows triggers(SlotId slot) const {
    if (slot_ends_.empty()) return {slot.index, slot.index + 1};
    return {slot.index == 0 ? 0 : slot_ends_[slot.index - 1], slot_ends_[slot.index]};
  }

  // Names to ids (binary search) and back.
  [[nodiscard]] std::optional<std::uint32_t> find_string(std::string_view text) const;
  /// The row of a table whose names are distinct; of `string_length`, the string's id.
  [[nodiscard]] std::optional<std::uint32_t> find_row(image::Column names,
                                                      std::string_view name) const;
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

  /// What stands for the trigger's or the layer's name in draws: the name, or a salt of its own.
  [[nodiscard]] std::string_view salt_name(TriggerId id) const {
    return salt_name(image::Column::trigger_salt, image::Column::trigger_name, id.index);
  }
  [[nodiscard]] std::string_view salt_name(LayerId id) const {
    return salt_name(image::Column::layer_salt, image::Column::layer_name, id.index);
  }

  // What a decision shows: parts of its trigger and options of a part, by position. Triggers that
  // show the same share the rows.
  [[nodiscard]] Rows part_rows(TriggerId id) const {
    return children(image::Column::content_part_count,
                    at<std::uint32_t>(image::Column::trigger_content, id.index));
  }
  [[nodiscard]] Rows option_rows(std::uint32_t part_row) const {
    return children(image::Column::part_option_count, part_row);
  }
  [[nodiscard]] std::size_t part_count(TriggerId id) const;
  [[nodiscard]] std::string_view part_name(TriggerId id, std::size_t part) const;
  [[nodiscard]] std::size_t option_count(TriggerId id, std::size_t part) const;
  [[nodiscard]] std::string_view option_name(TriggerId id, std::size_t part,
                                             std::size_t option) const;
  /// none_id where the option is a plain value: its name is the text.
  [[nodiscard]] AssetId option_asset(TriggerId id, std::size_t part, std::size_t option) const;

  // Salts of the draws, derived when asked for (design: "Exact definitions").
  [[nodiscard]] std::uint64_t holdout_salt(TriggerId id) const;
  /// @param part  by position in the trigger
  [[nodiscard]] std::uint64_t part_salt(TriggerId id, std::size_t part) const;
  [[nodiscard]] std::uint64_t layer_salt(LayerId id) const;
  [[nodiscard]] std::uint64_t programme_salt() const;

 private:
  using Offsets = Array<std::uint32_t>;

  /// Where a column lies in `bytes_`, and how its elements are made of what is stored.
  struct ColumnView {
    std::uint64_t base = 0;
    std::uint64_t mask = 0;  // of the bytes that belong to an element
    std::uint32_t offset = 0;
    std::uint32_t row_count = 0;
    std::uint32_t width = 0;
  };

  Ruleset() = default;
  friend class Layout;  // open's first half
  friend class Proof;   // and its second

  [[nodiscard]] std::uint64_t element(image::Column column, std::size_t row) const {
    const ColumnView& view = columns_[static_cast<std::size_t>(column)];
    std::uint64_t stored;  // bytes_ ends with room for this
    std::memcpy(&stored, bytes_.data() + view.offset + row * view.width, sizeof stored);
    return view.base + (stored & view.mask);
  }
  [[nodiscard]] std::uint64_t header(std::size_t at) const;
  [[nodiscard]] std::string_view salt_name(image::Column salts, image::Column names,
                                           std::size_t row) const {
    const auto own = at<std::uint32_t>(salts, row);
    return own == none_index ? text(names, row) : string(own);
  }
  template <class T>
  [[nodiscard]] std::optional<T> find_id(image::Column names, std::string_view name) const;
  [[nodiscard]] std::uint32_t part_row(TriggerId id, std::size_t part) const {
    return part_rows(id).begin + static_cast<std::uint32_t>(part);
  }
  [[nodiscard]] std::uint32_t option_row(TriggerId id, std::size_t part, std::size_t option) const {
    return option_rows(part_row(id, part)).begin + static_cast<std::uint32_t>(option);
  }

  Array<std::byte> bytes_;  // the image; differences have been summed
  std::size_t image_size_bytes_ = 0;
  // Derived at open; never shipped.
  std::array<ColumnView, image::column_count> columns_{};
  std::array<Offsets, image::length_columns.size()> child_ends_;  // empty: all of one length
  Offsets slot_ends_;                                             // empty: a trigger a slot
  Array<char> text_;                                              // every string, whole
  Offsets string_ends_;
  std::uint32_t string_count_sorted_ = 0;  // the strings before those added later
  Offsets strings_added_;                  // the others, sorted
};

/// The order of strings: shorter ones first, equally long ones by bytes.
[[nodiscard]] inline bool string_before(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

}  // namespace heed
