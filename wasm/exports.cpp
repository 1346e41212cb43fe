// The visitor's module: plain exports over heed::Ruleset and heed::Session (exports_session.cpp,
// exports_decide.cpp). A call answers a result from 0 up, or -1 - ErrorCode. What lies in the
// buffer is hostile: every call answers.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "heed/base/bytes.h"
#include "instance.h"

using namespace heed;  // NOLINT: exports are C names of this namespace's things

namespace {

bool has_row(std::uint32_t column, std::uint32_t row) {
  return instance.ruleset && column < image::column_count &&
         row < instance.ruleset->row_count(static_cast<image::Column>(column));
}

}  // namespace

HEED_EXPORT std::uint32_t heed_abi() { return abi::number; }
HEED_EXPORT const std::byte* heed_head() {
  show_buffer();
  return instance.head.data();
}

/// Makes room for `size` bytes of input, which begin with those that there are.
HEED_EXPORT std::int32_t heed_reserve(std::uint32_t size) {
  if (size > abi::buffer_size_bytes_max) return failed(ErrorCode::too_large, size);
  if (size > instance.buffer.size()) {
    instance.buffer.reserve(size + Ruleset::room_size_bytes);
    instance.buffer.resize_for_overwrite(size);
  }
  return point_at({});
}

/// The image in the buffer becomes this instance's ruleset; sessions of an earlier one end.
HEED_EXPORT std::int32_t heed_open(std::uint32_t size) {
  // The image stays where the host put it.
  instance.buffer.resize_for_overwrite(std::min<std::size_t>(size, instance.buffer.size()));
  Array<std::byte> image;
  image.swap(instance.buffer);
  instance.buffer.resize_for_overwrite(abi::buffer_size_bytes_min);
  show_buffer();
  auto opened = Ruleset::open(std::move(image));
  if (!opened) return failed(opened.error());
  instance.sessions.clear();
  instance.index.reset();
  instance.ruleset.emplace(std::move(*opened));
  const auto out = std::span(instance.buffer).first(abi::OpenedAt::size);
  store_le(out.subspan(abi::OpenedAt::hash), 0, instance.ruleset->hash());
  store_le(out.subspan(abi::OpenedAt::version), 0, instance.ruleset->version());
  store_le(out.subspan(abi::OpenedAt::expires), 0, instance.ruleset->expires().ms);
  return point_at(out);
}

/// How many rows a column has.
HEED_EXPORT std::int32_t heed_rows(std::uint32_t column) {
  if (!has_row(column, 0)) return 0;
  return static_cast<std::int32_t>(instance.ruleset->row_count(static_cast<image::Column>(column)));
}

/// An element: an id, a kind or a length; none as -1.
HEED_EXPORT std::int32_t heed_cell(std::uint32_t column, std::uint32_t row) {
  if (!has_row(column, row)) return -1;
  return instance.ruleset->at<std::int32_t>(static_cast<image::Column>(column), row);
}

/// The first child row of a row of a column of lengths; of one row beyond, where they end.
HEED_EXPORT std::int32_t heed_child(std::uint32_t column, std::uint32_t row) {
  const auto lengths = static_cast<image::Column>(column);
  if (row == 0 || !has_row(column, row - 1) ||
      image::length_index(lengths) == image::length_columns.size()) {
    return 0;
  }
  return static_cast<std::int32_t>(instance.ruleset->children(lengths, row - 1).end);
}

/// A string of the ruleset.
HEED_EXPORT std::int32_t heed_string(std::uint32_t id) {
  if (!has_row(static_cast<std::uint32_t>(image::Column::string_length), id)) {
    return failed(ErrorCode::not_supported, id);
  }
  return point_at(std::as_bytes(std::span(instance.ruleset->string(id))));
}

/// The row of a table with that name, a text in the buffer; none as -1. Of string_length: the
/// string.
HEED_EXPORT std::int32_t heed_find(std::uint32_t column, std::uint32_t size) {
  if (!has_row(column, 0)) return -1;
  const auto name = input_bytes(size);
  const auto row =
      instance.ruleset->find_row(static_cast<image::Column>(column),
                                 {reinterpret_cast<const char*>(name.data()), name.size()});
  return row ? static_cast<std::int32_t>(*row) : -1;
}

/// From here on decisions are by an index, those of sessions that there are too; the host calls
/// when it has time. Answers its size in bytes.
HEED_EXPORT std::int32_t heed_index() {
  if (!instance.ruleset) return failed(ErrorCode::not_a_ruleset);
  if (!instance.index) instance.index.emplace(*instance.ruleset);
  for (auto& session : instance.sessions) {
    if (session) session->use(&*instance.index);
  }
  return static_cast<std::int32_t>(instance.index->size_bytes());
}
