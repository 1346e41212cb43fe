#include "heed/runtime/ruleset.h"

#include <algorithm>
#include <string>

#include "heed/base/bytes.h"
#include "heed/base/hash.h"

namespace heed {
namespace {

using image::Column;
using image::HeaderAt;

constexpr std::array<Column, 4> named_tables = {Column::attribute_name, Column::signal_name,
                                                Column::slot_name, Column::trigger_name};

}  // namespace

std::uint64_t Ruleset::version() const {
  return load_le<std::uint64_t>(image(), HeaderAt::version / 8);
}
TimeMs Ruleset::expires() const {
  return TimeMs{load_le<std::int64_t>(image(), HeaderAt::expires_ms / 8)};
}
std::uint64_t Ruleset::site_hash() const {
  return load_le<std::uint64_t>(image(), HeaderAt::site_hash / 8);
}
std::string_view Ruleset::site() const { return text(Column::site_name, 0); }

std::size_t Ruleset::row_count(Column column) const {
  return row_counts_[static_cast<std::size_t>(column)];
}

std::span<const std::byte> Ruleset::column(Column column) const {
  return image().subspan(offset(column), row_count(column) * image::element_size_bytes(column));
}

std::string_view Ruleset::string(std::uint32_t string_id) const {
  const Rows bytes = children(Column::string_length, string_id);
  const std::byte* first = image_.data() + offset(Column::string_bytes) + bytes.begin;
  return {reinterpret_cast<const char*>(first), bytes.size()};
}

std::optional<std::uint32_t> Ruleset::find_string(std::string_view text) const {
  const auto below = [this](std::uint32_t id, std::string_view value) {
    return string(id) < value;
  };
  const auto found =
      std::lower_bound(strings_by_bytes_.begin(), strings_by_bytes_.end(), text, below);
  if (found == strings_by_bytes_.end() || string(*found) != text) return std::nullopt;
  return *found;
}

std::optional<std::uint32_t> Ruleset::find_row(Column names, std::string_view name) const {
  const std::optional<std::uint32_t> id = find_string(name);
  if (!id) return std::nullopt;
  const auto table = std::find(named_tables.begin(), named_tables.end(), names);
  const std::vector<std::uint32_t>& rows =
      rows_by_name_[static_cast<std::size_t>(table - named_tables.begin())];
  const auto below = [&](std::uint32_t row, std::uint32_t value) {
    return at<std::uint32_t>(names, row) < value;
  };
  const auto found = std::lower_bound(rows.begin(), rows.end(), *id, below);
  if (found == rows.end() || at<std::uint32_t>(names, *found) != *id) return std::nullopt;
  return *found;
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

std::size_t Ruleset::part_count(TriggerId id) const {
  return children(Column::trigger_part_count, id.index).size();
}

std::uint32_t Ruleset::part_row(TriggerId id, std::size_t part) const {
  return children(Column::trigger_part_count, id.index).begin + static_cast<std::uint32_t>(part);
}

std::uint32_t Ruleset::option_row(TriggerId id, std::size_t part, std::size_t option) const {
  return children(Column::part_option_count, part_row(id, part)).begin +
         static_cast<std::uint32_t>(option);
}

std::string_view Ruleset::part_name(TriggerId id, std::size_t part) const {
  return text(Column::part_name, part_row(id, part));
}

std::size_t Ruleset::option_count(TriggerId id, std::size_t part) const {
  return children(Column::part_option_count, part_row(id, part)).size();
}

std::string_view Ruleset::option_name(TriggerId id, std::size_t part, std::size_t option) const {
  return text(Column::option_name, option_row(id, part, option));
}

AssetId Ruleset::option_asset(TriggerId id, std::size_t part, std::size_t option) const {
  return AssetId{at<std::uint32_t>(Column::option_asset, option_row(id, part, option))};
}

Result<void> Ruleset::sort_strings() {
  const auto below = [this](std::uint32_t a, std::uint32_t b) { return string(a) < string(b); };
  strings_by_bytes_.resize(row_count(Column::string_length));
  for (std::uint32_t id = 0; id < strings_by_bytes_.size(); ++id) strings_by_bytes_[id] = id;
  // Canonical images come sorted; those built on a base do not.
  if (!std::is_sorted(strings_by_bytes_.begin(), strings_by_bytes_.end(), below)) {
    std::sort(strings_by_bytes_.begin(), strings_by_bytes_.end(), below);
  }
  for (std::size_t i = 1; i < strings_by_bytes_.size(); ++i) {
    const std::uint32_t id = strings_by_bytes_[i];
    if (string(id) == string(strings_by_bytes_[i - 1])) {
      return fail(ErrorCode::malformed_image, offset(Column::string_length) + std::size_t{id} * 2);
    }
  }
  return {};
}

void Ruleset::derive_names() {
  for (std::size_t table = 0; table < named_tables.size(); ++table) {
    std::vector<std::uint32_t>& rows = rows_by_name_[table];
    rows.resize(row_count(named_tables[table]));
    for (std::uint32_t row = 0; row < rows.size(); ++row) rows[row] = row;
    std::sort(rows.begin(), rows.end(), [&](std::uint32_t a, std::uint32_t b) {
      return at<std::uint32_t>(named_tables[table], a) < at<std::uint32_t>(named_tables[table], b);
    });
  }
  slot_offsets_.assign(slot_count() + 1, 0);
  for (std::uint32_t row = 0; row < trigger_count(); ++row) {
    ++slot_offsets_[slot(TriggerId{row}).index + 1];
  }
  for (std::size_t i = 1; i < slot_offsets_.size(); ++i) slot_offsets_[i] += slot_offsets_[i - 1];
}

void Ruleset::derive_salts() {
  const std::uint64_t seed = site_hash();
  std::string salted;
  const auto salt = [&](std::string_view kind, std::string_view name, std::string_view part = {}) {
    salted.assign(kind).append(name);
    if (!part.empty()) salted.append("/").append(part);
    return xxh64(salted, seed);
  };
  trigger_salts_.reserve(trigger_count());
  part_salts_.reserve(row_count(Column::part_name));
  for (std::uint32_t row = 0; row < trigger_count(); ++row) {
    const std::string_view name = text(Column::trigger_salt, row);
    trigger_salts_.push_back(salt("h/", name));
    const Rows parts = children(Column::trigger_part_count, row);
    for (std::uint32_t part = parts.begin; part < parts.end; ++part) {
      part_salts_.push_back(salt("p/", name, text(Column::part_name, part)));
    }
  }
  layer_salts_.reserve(row_count(Column::layer_name));
  for (std::uint32_t row = 0; row < row_count(Column::layer_name); ++row) {
    layer_salts_.push_back(salt("l/", text(Column::layer_salt, row)));
  }
  programme_salt_ = salt("g/", text(Column::site_holdout_salt, 0));
}

}  // namespace heed
