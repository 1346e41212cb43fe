#include "heed/runtime/ruleset.h"

#include <algorithm>
#include <array>

#include "heed/base/bytes.h"
#include "heed/base/hash.h"
#include "heed/base/limits.h"
#include "scan.h"

namespace heed {
namespace {

using image::Column;
using image::HeaderAt;

/// Hashes KIND/NAME, or KIND/NAME/PART.
std::uint64_t salted(std::uint64_t seed, char kind, std::string_view name,
                     std::string_view part = {}) {
  std::array<char, 4 + 2 * limits::name_size_bytes_max> text;
  char* end = text.data();
  const auto put = [&end](std::string_view what, char slash) {
    end = std::copy(what.begin(), what.end(), end);
    *end++ = slash;
  };
  put({&kind, 1}, '/');
  put(name, '/');
  put(part, '\0');
  const std::ptrdiff_t after = part.empty() ? 2 : 1;  // what ends the text, and no part's slash
  return xxh64({text.data(), static_cast<std::size_t>(end - text.data() - after)}, seed);
}

}  // namespace

std::uint64_t Ruleset::header(std::size_t at) const {
  return load_le<std::uint64_t>(std::span(bytes_).subspan(at), 0);
}
std::uint64_t Ruleset::version() const { return header(HeaderAt::version); }
TimeMs Ruleset::expires() const {
  return TimeMs{static_cast<std::int64_t>(header(HeaderAt::expires_ms))};
}
std::uint64_t Ruleset::site_hash() const { return header(HeaderAt::site_hash); }
std::uint64_t Ruleset::body_hash() const { return header(HeaderAt::body_hash); }
std::uint64_t Ruleset::hash() const {
  return xxh64({reinterpret_cast<const char*>(bytes_.data()), image::header_size_bytes}, 0);
}
std::string_view Ruleset::site() const { return text(Column::site_name, 0); }

std::span<const std::byte> Ruleset::column(Column column) const {
  const ColumnView& view = columns_[static_cast<std::size_t>(column)];
  return std::span(bytes_).subspan(view.offset, std::size_t{view.row_count} * view.width);
}

std::optional<std::uint32_t> Ruleset::find_string(std::string_view text) const {
  const auto find = [&](std::uint32_t count, auto id_at) -> std::optional<std::uint32_t> {
    std::uint32_t low = 0;
    std::uint32_t high = count;
    while (low < high) {
      const std::uint32_t middle = (low + high) / 2;
      if (string_before(string(id_at(middle)), text)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low == count || string(id_at(low)) != text) return std::nullopt;
    return id_at(low);
  };
  const auto found = find(string_count_sorted_, [](std::uint32_t i) { return i; });
  if (found || strings_added_.empty()) return found;
  return find(static_cast<std::uint32_t>(strings_added_.size()),
              [this](std::uint32_t i) { return strings_added_[i]; });
}

std::optional<std::uint32_t> Ruleset::find_row(Column names, std::string_view name) const {
  const std::optional<std::uint32_t> id = find_string(name);
  if (!id || names == Column::string_length) return id;
  const ColumnView& view = columns_[static_cast<std::size_t>(names)];
  const std::byte* const first = bytes_.data() + view.offset;
  const std::uint64_t stored = *id - view.base;
  if (view.row_count == 0 || (stored & ~view.mask) != 0) return std::nullopt;
  std::size_t row = 0;
  if (view.width >= 2 && view.width <= scan::width_max) {
    row = scan::with_cell<2>(view.width, row, [&](auto cell) {
      return scan::find(cell, first, view.row_count, stored);
    });
  } else {
    while (row < view.row_count && at<std::uint32_t>(names, row) != *id) ++row;
  }
  if (row == view.row_count) return std::nullopt;
  return static_cast<std::uint32_t>(row);
}

template <class T>
std::optional<T> Ruleset::find_id(Column names, std::string_view name) const {
  const std::optional<std::uint32_t> row = find_row(names, name);
  if (!row) return std::nullopt;
  return T{*row};
}

std::optional<AttributeId> Ruleset::find_attribute(std::string_view name) const {
  return find_id<AttributeId>(Column::attribute_name, name);
}
std::optional<SignalId> Ruleset::find_signal(std::string_view name) const {
  return find_id<SignalId>(Column::signal_name, name);
}
std::optional<SlotId> Ruleset::find_slot(std::string_view name) const {
  return find_id<SlotId>(Column::slot_name, name);
}
std::optional<TriggerId> Ruleset::find_trigger(std::string_view name) const {
  return find_id<TriggerId>(Column::trigger_name, name);
}

std::optional<std::uint32_t> Ruleset::find_field(SignalId signal, std::string_view name) const {
  const Rows fields = children(Column::signal_field_count, signal.index);
  for (std::uint32_t row = fields.begin; row < fields.end; ++row) {
    if (text(Column::field_name, row) == name) return row - fields.begin;
  }
  return std::nullopt;
}

std::string_view Ruleset::name(AttributeId id) const {
  return text(Column::attribute_name, id.index);
}
std::string_view Ruleset::name(SignalId id) const { return text(Column::signal_name, id.index); }
std::string_view Ruleset::name(SlotId id) const { return text(Column::slot_name, id.index); }
std::string_view Ruleset::name(TriggerId id) const { return text(Column::trigger_name, id.index); }
std::string_view Ruleset::name(MetricId id) const { return text(Column::metric_name, id.index); }

image::Type Ruleset::type(AttributeId id) const {
  return static_cast<image::Type>(at<std::uint8_t>(Column::attribute_type, id.index));
}

SlotId Ruleset::slot(TriggerId id) const {
  return SlotId{at<std::uint32_t>(Column::trigger_slot, id.index)};
}

std::size_t Ruleset::attribute_count() const { return row_count(Column::attribute_name); }
std::size_t Ruleset::signal_count() const { return row_count(Column::signal_name); }
std::size_t Ruleset::slot_count() const { return row_count(Column::slot_name); }
std::size_t Ruleset::trigger_count() const { return row_count(Column::trigger_name); }

std::size_t Ruleset::part_count(TriggerId id) const { return part_rows(id).size(); }

std::string_view Ruleset::part_name(TriggerId id, std::size_t part) const {
  return text(Column::part_name, part_row(id, part));
}

std::size_t Ruleset::option_count(TriggerId id, std::size_t part) const {
  return option_rows(part_row(id, part)).size();
}

std::string_view Ruleset::option_name(TriggerId id, std::size_t part, std::size_t option) const {
  return text(Column::option_name, option_row(id, part, option));
}

AssetId Ruleset::option_asset(TriggerId id, std::size_t part, std::size_t option) const {
  return AssetId{at<std::uint32_t>(Column::option_asset, option_row(id, part, option))};
}

std::uint64_t Ruleset::holdout_salt(TriggerId id) const {
  return salted(site_hash(), 'h', salt_name(id));
}
std::uint64_t Ruleset::part_salt(TriggerId id, std::size_t part) const {
  return salted(site_hash(), 'p', salt_name(id), part_name(id, part));
}
std::uint64_t Ruleset::layer_salt(LayerId id) const {
  return salted(site_hash(), 'l', salt_name(id));
}
std::uint64_t Ruleset::programme_salt() const {
  return salted(site_hash(), 'g', text(Column::site_holdout_salt, 0));
}

}  // namespace heed
