// The first half of `Ruleset::open`: that the columns lie where the counts say, and that lengths
// deal out their children exactly. What the columns hold is proof.cpp's.
#include <algorithm>

#include "heed/base/bytes.h"
#include "heed/base/hash.h"
#include "heed/base/limits.h"
#include "heed/runtime/ruleset.h"
#include "proof.h"

namespace heed {
namespace {

using image::Column;
using image::HeaderAt;

/// A table: its first column, and how many rows it may have.
struct Table {
  Column first;
  std::size_t row_count_max = limits::image_size_bytes_max;
};

constexpr Table tables[] = {
    {Column::string_length},
    {Column::string_bytes},
    {Column::number},
    {Column::site_name, 1},
    {Column::grant_name, limits::grant_count_max},
    {Column::attribute_name, limits::attribute_count_max},
    {Column::signal_name, limits::signal_count_max},
    {Column::field_name, limits::signal_count_max* limits::field_count_max},
    {Column::feature_name, limits::feature_count_max},
    {Column::segment_name, limits::segment_count_max},
    {Column::journey_name, limits::journey_count_max},
    {Column::stage_name, limits::journey_count_max* limits::stage_count_max},
    {Column::micro_segment, limits::segment_count_max},
    {Column::slot_name, limits::slot_count_max},
    {Column::asset_name},
    {Column::prop_key},
    {Column::metric_name, limits::metric_count_max},
    {Column::layer_name, limits::layer_count_max},
    {Column::campaign_name, limits::trigger_count_max},
    {Column::input_kind},
    {Column::predicate_input, limits::predicate_count_max},
    {Column::operand},
    {Column::program_size},
    {Column::program_bytes},
    {Column::condition_term_count},
    {Column::term_predicate_count},
    {Column::reference},
    {Column::trigger_name, limits::trigger_count_max},
    {Column::part_name},
    {Column::option_name},
};

constexpr std::size_t counts_at = image::header_size_bytes;
constexpr std::size_t columns_at = counts_at + image::column_count * sizeof(std::uint64_t);

constexpr std::size_t count_at(std::size_t column) { return counts_at + column * 8; }

constexpr std::size_t aligned(std::size_t at) {
  return (at + image::alignment_bytes - 1) / image::alignment_bytes * image::alignment_bytes;
}

Result<void> prove_header(std::span<const std::byte> bytes) {
  if (bytes.size() > limits::image_size_bytes_max) {
    return fail(ErrorCode::too_large, limits::image_size_bytes_max);
  }
  const std::span<const std::byte> magic = std::as_bytes(std::span(image::magic));
  if (!std::equal(magic.begin(), magic.begin() + std::min(magic.size(), bytes.size()),
                  bytes.begin())) {
    return fail(ErrorCode::not_a_ruleset, HeaderAt::magic);
  }
  if (bytes.size() < columns_at) return fail(ErrorCode::truncated, bytes.size());
  if (load_le<std::uint32_t>(bytes, HeaderAt::abi / 4) != image::abi) {
    return fail(ErrorCode::wrong_abi, HeaderAt::abi);
  }
  if (load_le<std::uint32_t>(bytes, HeaderAt::column_count / 4) != image::column_count) {
    return fail(ErrorCode::malformed_image, HeaderAt::column_count);
  }
  const auto size_bytes = load_le<std::uint64_t>(bytes, HeaderAt::size_bytes / 8);
  if (size_bytes > bytes.size()) return fail(ErrorCode::truncated, bytes.size());
  if (size_bytes < bytes.size()) return fail(ErrorCode::malformed_image, HeaderAt::size_bytes);
  const auto expires_ms = load_le<std::int64_t>(bytes, HeaderAt::expires_ms / 8);
  if (expires_ms <= 0 || expires_ms > limits::time_ms_max) {
    return fail(ErrorCode::malformed_image, HeaderAt::expires_ms);
  }
  if (load_le<std::uint64_t>(bytes, HeaderAt::reserved / 8) != 0) {
    return fail(ErrorCode::malformed_image, HeaderAt::reserved);
  }
  const std::span<const std::byte> body = bytes.subspan(image::header_size_bytes);
  const std::string_view text(reinterpret_cast<const char*>(body.data()), body.size());
  if (load_le<std::uint64_t>(bytes, HeaderAt::body_hash / 8) != xxh64(text, 0)) {
    return fail(ErrorCode::malformed_image, HeaderAt::body_hash);
  }
  return {};
}

}  // namespace

Result<void> Ruleset::lay_out() {
  const Table* table = std::begin(tables);
  std::size_t end = columns_at;
  for (std::size_t i = 0; i < image::column_count; ++i) {
    const auto count = load_le<std::uint64_t>(image(), count_at(i) / 8);
    const bool opens_table =
        table != std::end(tables) && static_cast<std::size_t>(table->first) == i;
    if (opens_table ? count > (table++)->row_count_max : count != row_counts_[i - 1]) {
      return fail(ErrorCode::malformed_image, count_at(i));
    }
    const std::size_t start = aligned(end);
    const std::size_t size = static_cast<std::size_t>(count) * image::element_sizes_bytes[i];
    if (start > image_.size() || size > image_.size() - start) {
      return fail(ErrorCode::malformed_image, count_at(i));
    }
    for (std::size_t at = end; at < start; ++at) {
      if (image_[at] != std::byte{0}) return fail(ErrorCode::malformed_image, at);
    }
    offsets_[i] = start;
    row_counts_[i] = static_cast<std::uint32_t>(count);
    end = start + size;
  }
  if (end != image_.size()) return fail(ErrorCode::malformed_image, end);
  if (row_count(Column::site_name) != 1) {
    return fail(ErrorCode::malformed_image, count_at(static_cast<std::size_t>(Column::site_name)));
  }
  return {};
}

Result<void> Ruleset::sum_lengths() {
  for (std::size_t i = 0; i < image::length_columns.size(); ++i) {
    const auto [lengths, child] = image::length_columns[i];
    const std::size_t child_count = row_count(child);
    const std::size_t width = image::element_size_bytes(lengths);
    Offsets& offsets = child_offsets_[i];
    offsets.reserve(row_count(lengths) + 1);
    std::size_t sum = 0;
    offsets.push_back(0);
    for (std::size_t row = 0; row < row_count(lengths); ++row) {
      sum += width == 1 ? at<std::uint8_t>(lengths, row) : at<std::uint16_t>(lengths, row);
      if (sum > child_count) {
        return fail(ErrorCode::malformed_image, offset(lengths) + row * width);
      }
      offsets.push_back(static_cast<std::uint32_t>(sum));
    }
    if (sum != child_count) {
      return fail(ErrorCode::malformed_image, count_at(static_cast<std::size_t>(child)));
    }
  }
  return {};
}

Result<Ruleset> Ruleset::open(std::span<const std::byte> image) {
  Ruleset ruleset;
  Result<void> proved = prove_header(image);
  if (proved) {
    ruleset.image_.assign(image.begin(), image.end());
    proved = ruleset.lay_out();
  }
  if (proved) proved = ruleset.sum_lengths();
  if (proved) proved = prove_strings(ruleset);
  if (proved) proved = ruleset.sort_strings();
  if (proved) proved = prove_contents(ruleset);
  if (!proved) return fail(proved.error().code, proved.error().where);
  ruleset.derive_names();
  ruleset.derive_salts();
  return ruleset;
}

}  // namespace heed
