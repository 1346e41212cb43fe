#include "columns.h"

#include <algorithm>
#include <bit>
#include <string_view>

#include "heed/base/bytes.h"
#include "heed/base/hash.h"

namespace heed::compile {
namespace {

using image::Column;
using image::Element;
using image::HeaderAt;

struct Coding {
  std::uint64_t base = 0;
  std::uint8_t width = 0;
};

// @source  docs/formats/ruleset.md, "Elements"
Coding coding_of(Column column, const std::vector<std::uint64_t>& elements) {
  if (elements.empty()) return {};
  if (column == Column::string_bytes || column == Column::program_bytes) return {0, 1};
  if (std::all_of(elements.begin(), elements.end(),
                  [&](std::uint64_t element) { return element == elements.front(); })) {
    return {elements.front(), 0};
  }
  if (image::elements[static_cast<std::size_t>(column)] == Element::f64) return {0, 8};
  const auto is_less = [](std::uint64_t a, std::uint64_t b) {
    return static_cast<std::int64_t>(a) < static_cast<std::int64_t>(b);
  };
  const auto [least, most] = std::minmax_element(elements.begin(), elements.end(), is_less);
  // A base of 0 where it does: a new least element then moves nothing.
  const std::uint64_t base = static_cast<std::int64_t>(*least) < 0 ? *least : 0;
  return {base, static_cast<std::uint8_t>((std::bit_width(*most - base) + 7) / 8)};
}

bool is_difference_column(Column column) {
  const auto& columns = image::difference_columns;
  return std::find(columns.begin(), columns.end(), column) != columns.end();
}

}  // namespace

std::vector<std::byte> Columns::image(std::uint64_t site_hash) const {
  using image::EntryAt;
  std::vector<std::byte> out(image::header_size_bytes + image::column_count * EntryAt::size_bytes);
  for (std::size_t i = 0; i < image::column_count; ++i) {
    const auto column = static_cast<Column>(i);
    const Coding coding = coding_of(column, elements_[i]);
    const std::span<std::byte> entry =
        std::span(out).subspan(image::header_size_bytes + i * EntryAt::size_bytes);
    store_le(entry, EntryAt::rows, static_cast<std::uint32_t>(elements_[i].size()));
    store_le(entry, EntryAt::width, coding.width);
    store_le(entry, EntryAt::base, coding.base);
    out.resize((out.size() + image::alignment_bytes - 1) / image::alignment_bytes *
               image::alignment_bytes);
    std::uint64_t before = 0;
    for (const std::uint64_t element : elements_[i]) {
      const std::uint64_t above = element - coding.base;
      const std::uint64_t stored = above - (is_difference_column(column) ? before : 0);
      before = above;
      const auto* bytes = reinterpret_cast<const std::byte*>(&stored);
      out.insert(out.end(), bytes, bytes + coding.width);
    }
  }
  const std::span<std::byte> bytes(out);
  std::memcpy(out.data() + HeaderAt::magic, image::magic.data(), image::magic.size());
  store_le(bytes, HeaderAt::abi, image::abi);
  store_le(bytes, HeaderAt::column_count, static_cast<std::uint32_t>(image::column_count));
  store_le(bytes, HeaderAt::size_bytes, static_cast<std::uint64_t>(out.size()));
  store_le(bytes, HeaderAt::site_hash, site_hash);
  const std::string_view body(reinterpret_cast<const char*>(out.data()) + image::header_size_bytes,
                              out.size() - image::header_size_bytes);
  store_le(bytes, HeaderAt::body_hash, xxh64(body, 0));
  return out;
}

void StringColumns::add(std::string_view text) {
  const auto end = std::mismatch(before_.begin(), before_.end(), text.begin(), text.end());
  const auto shared = static_cast<std::size_t>(end.second - text.begin());
  columns_.push_count(Column::string_length, text.size());
  columns_.push_count(Column::string_shared, shared);
  columns_.push_bytes(Column::string_bytes, std::as_bytes(std::span(text.substr(shared))));
  before_ = text;
}

}  // namespace heed::compile
