#include <algorithm>
#include <utility>

#include "heed/base/bytes.h"
#include "heed/base/hash.h"
#include "heed/base/limits.h"
#include "heed/runtime/ruleset.h"
#include "proof.h"
#include "scan.h"

namespace heed {
namespace {

using image::Column;
using image::EntryAt;
using image::HeaderAt;

constexpr std::size_t columns_at =
    image::header_size_bytes + image::column_count * EntryAt::size_bytes;

constexpr std::size_t entry_at(std::size_t column) {
  return image::header_size_bytes + column * EntryAt::size_bytes;
}
constexpr std::size_t entry_at(Column column) { return entry_at(static_cast<std::size_t>(column)); }

constexpr std::size_t aligned(std::size_t at) {
  return (at + image::alignment_bytes - 1) / image::alignment_bytes * image::alignment_bytes;
}

tl::unexpected<Error> malformed(std::size_t where) {
  return fail(ErrorCode::malformed_image, where);
}

std::uint64_t load(std::span<const std::byte> bytes, std::size_t at) {
  return load_le<std::uint64_t>(bytes.subspan(at), 0);
}

}  // namespace

Result<void> Layout::header(std::span<const std::byte> bytes) {
  if (is_wrong(Check::size_max, bytes.size() > limits::image_size_bytes_max)) {
    return fail(ErrorCode::too_large, limits::image_size_bytes_max);
  }
  const auto magic = std::as_bytes(std::span(image::magic));
  if (is_wrong(Check::magic,
               !std::equal(magic.begin(), magic.begin() + std::min(magic.size(), bytes.size()),
                           bytes.begin()))) {
    return fail(ErrorCode::not_a_ruleset, HeaderAt::magic);
  }
  if (bytes.size() < columns_at) return fail(ErrorCode::truncated, bytes.size());
  const std::uint64_t abi_and_count = load(bytes, HeaderAt::abi);
  if (is_wrong(Check::abi, static_cast<std::uint32_t>(abi_and_count) != image::abi)) {
    return fail(ErrorCode::wrong_abi, HeaderAt::abi);
  }
  if (is_wrong(Check::column_count, abi_and_count >> 32U != image::column_count)) {
    return malformed(HeaderAt::column_count);
  }
  const std::uint64_t size_bytes = load(bytes, HeaderAt::size_bytes);
  if (is_wrong(Check::whole, size_bytes > bytes.size())) {
    return fail(ErrorCode::truncated, bytes.size());
  }
  if (is_wrong(Check::size, size_bytes < bytes.size())) return malformed(HeaderAt::size_bytes);
  const std::uint64_t expires_ms = load(bytes, HeaderAt::expires_ms);
  if (is_wrong(Check::expires, expires_ms - 1 >= std::uint64_t{limits::time_ms_max})) {
    return malformed(HeaderAt::expires_ms);
  }
  if (is_wrong(Check::reserved, load(bytes, HeaderAt::reserved) != 0)) {
    return malformed(HeaderAt::reserved);
  }
  const auto body = bytes.subspan(image::header_size_bytes);
  const std::string_view text(reinterpret_cast<const char*>(body.data()), body.size());
  if (is_wrong(Check::body_hash, load(bytes, HeaderAt::body_hash) != xxh64(text, 0))) {
    return malformed(HeaderAt::body_hash);
  }
  return {};
}

Result<void> Layout::columns(Array<std::byte> image) {
  ruleset_.image_size_bytes_ = image.size();
  ruleset_.bytes_.swap(image);
  ruleset_.bytes_.resize(ruleset_.image_size_bytes_ + Ruleset::room_size_bytes);
  Result<void> laid_out = entries();
  if (!laid_out) return laid_out;
  sum_differences();
  return lengths();
}

Result<void> Layout::entries() {
  const std::span<const std::byte> bytes =
      std::span(ruleset_.bytes_).first(ruleset_.image_size_bytes_);
  std::size_t end = columns_at;
  std::size_t table = 0;
  for (std::size_t i = 0; i < image::column_count; ++i) {
    const std::size_t at = entry_at(i);
    const std::uint64_t head = load(bytes, at);
    const auto row_count = static_cast<std::uint32_t>(head);
    const auto width = static_cast<std::uint8_t>(head >> 32U);
    const bool opens =
        table < image::tables.size() && static_cast<std::size_t>(image::tables[table].first) == i;
    if (opens) {
      const std::size_t row_count_max = image::tables[table++].row_count_max;
      if (is_wrong(Check::row_count_max, row_count > row_count_max)) return malformed(at);
    } else if (is_wrong(Check::row_count_equal, row_count != ruleset_.columns_[i - 1].row_count)) {
      return malformed(at);
    }
    if (is_wrong(Check::width, width > sizeof(std::uint64_t)))
      return malformed(at + EntryAt::width);
    if (is_wrong(Check::entry_zero, head >> 40U != 0)) return malformed(at + EntryAt::zero);
    const std::size_t start = aligned(end);
    const std::size_t size = std::size_t{row_count} * width;
    if (is_wrong(Check::column_inside, start > bytes.size() || size > bytes.size() - start)) {
      return malformed(at);
    }
    for (; end < start; ++end) {
      if (is_wrong(Check::padding, bytes[end] != std::byte{0})) return malformed(end);
    }
    const std::uint64_t mask = width == 0 ? 0 : ~std::uint64_t{0} >> (64U - 8U * width);
    ruleset_.columns_[i] = {load(bytes, at + EntryAt::base), mask,
                            static_cast<std::uint32_t>(start), row_count, width};
    end = start + size;
  }
  if (is_wrong(Check::end, end != bytes.size())) return malformed(end);
  if (is_wrong(Check::one_site, view(Column::site_name).row_count != 1)) {
    return malformed(entry_at(Column::site_name));
  }
  for (const Column column : {Column::string_bytes, Column::program_bytes}) {
    const View& plain = view(column);
    if (is_wrong(Check::bytes_plain,
                 plain.row_count != 0 && (plain.width != 1 || plain.base != 0))) {
      return malformed(entry_at(column));
    }
  }
  return {};
}

void Layout::sum_differences() {
  for (const Column column : image::difference_columns) {
    const View& of = view(column);
    std::byte* at = ruleset_.bytes_.data() + of.offset;
    if (of.width <= scan::width_max) {
      (void)scan::with_cell(of.width, false, [&](auto cell) {
        scan::sum_up(cell, at, of.row_count);
        return true;
      });
      continue;
    }
    std::uint64_t sum = 0;
    for (std::uint32_t row = 0; row < of.row_count; ++row, at += of.width) {
      std::uint64_t stored;
      std::memcpy(&stored, at, sizeof stored);
      sum += stored;
      stored = (stored & ~of.mask) | (sum & of.mask);
      std::memcpy(at, &stored, sizeof stored);
    }
  }
}

Result<void> Layout::lengths() {
  for (std::size_t i = 0; i < image::length_columns.size(); ++i) {
    const auto [lengths, children] = image::length_columns[i];
    const std::uint64_t child_count = view(children).row_count;
    const View& of = view(lengths);
    Ruleset::Offsets& ends = ruleset_.child_ends_[i];
    const std::byte* const first = ruleset_.bytes_.data() + of.offset;
    std::uint64_t sum = 0;
    // All of one length: nothing to look up, and one row says what the others do.
    const std::uint32_t distinct_count = of.width == 0 && of.row_count > 0 ? 1 : of.row_count;
    if (of.width != 0) ends.resize_for_overwrite(of.row_count);
    for (std::uint32_t row = 0; row < distinct_count; ++row) {
      const auto stored = scan::Cell<std::uint64_t>::load(first + row * of.width, 0);
      const std::uint64_t length = of.base + (stored & of.mask);
      sum += of.width == 0 ? length * of.row_count : length;
      if (is_wrong(Check::lengths_over, length > child_count || sum > child_count)) {
        return malformed(of.width == 0 ? entry_at(lengths)
                                       : of.offset + std::size_t{row} * of.width);
      }
      if (of.width != 0) ends[row] = static_cast<std::uint32_t>(sum);
    }
    if (is_wrong(Check::lengths_under, sum < child_count)) return malformed(entry_at(children));
  }
  return {};
}

Result<Ruleset> Ruleset::open(std::span<const std::byte> image) {
  // What is too large is so without its end too.
  const auto kept = image.first(std::min(image.size(), limits::image_size_bytes_max + 1));
  Array<std::byte> bytes;
  bytes.reserve(kept.size() + room_size_bytes);
  bytes.insert(bytes.end(), kept.begin(), kept.end());
  return open(std::move(bytes));
}

Result<Ruleset> Ruleset::open(Array<std::byte> image) {
  Ruleset ruleset;
  Result<void> proved = Layout::header(image);
  if (proved) proved = Layout(ruleset).columns(std::move(image));
  if (proved) proved = prove_contents(ruleset);
  if (!proved) return fail(proved.error().code, proved.error().where);
  return ruleset;
}

}  // namespace heed
