// Texts: sizes that add up, UTF-8, each once.
#include <cstring>

#include "heed/base/limits.h"
#include "heed/base/sort.h"
#include "heed/base/utf8.h"
#include "proof_contents.h"
#include "scan.h"

namespace heed {
namespace {

using image::Column;

/// Copies `size` bytes, and up to 15 more that do not matter, where `from` may end at `to`.
__attribute__((always_inline)) inline void copy(char* to, const char* from, std::size_t size) {
  for (std::size_t i = 0; i < size; i += 16) {
    const auto lanes = scan::Cell<char>::load_lanes(reinterpret_cast<const std::byte*>(from), i);
    std::memcpy(to + i, &lanes, sizeof lanes);
  }
}

/// Mostly the first byte tells.
__attribute__((always_inline)) inline bool is_before(const char* a, const char* b,
                                                     std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    if (a[i] != b[i]) return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[i]);
  }
  return false;
}

bool is_ascii(std::span<const std::byte> bytes) {
  return bytes.empty() ||
         scan::extent(scan::Cell<std::uint8_t>{}, bytes.data(), bytes.size()).most < 0x80;
}

}  // namespace

bool Proof::strings() {
  return string_sizes() && expand_strings() && strings_are_utf8() && added_strings();
}

bool Proof::string_sizes() {
  const std::uint32_t string_count = count(Column::string_length);
  ruleset_.string_ends_.resize_for_overwrite(string_count);
  std::uint32_t end = 0;
  std::uint32_t stored = 0;
  std::uint32_t size_before = 0;
  const auto size_of = ids(Column::string_length);
  const Elements shared_of = elements(Column::string_shared);
  const std::uint32_t stored_max = count(Column::string_bytes);
  std::uint32_t* const ends = ruleset_.string_ends_.data();
  for (std::uint32_t id = 0; id < string_count; ++id) {
    const std::uint32_t size = size_of(id);
    const std::uint64_t shared = shared_of[id];
    if (is_wrong(Check::shared, shared > size || shared > size_before)) {
      return refuse(Column::string_shared, id);
    }
    end += size;
    stored += size - static_cast<std::uint32_t>(shared);
    if (is_wrong(Check::text_size, end > limits::strings_size_bytes_max) ||
        is_wrong(Check::string_bytes, stored > stored_max)) {
      return refuse(Column::string_length, id);
    }
    ends[id] = end;
    size_before = size;
  }
  return !is_wrong(Check::string_total, stored < count(Column::string_bytes)) ||
         refuse(Column::string_bytes, stored);
}

bool Proof::expand_strings() {
  const std::uint32_t string_count = count(Column::string_length);
  Array<char>& text = ruleset_.text_;
  text.resize_for_overwrite((string_count == 0 ? 0 : ruleset_.string_ends_.back()) +
                            Ruleset::room_size_bytes);
  const char* from =
      reinterpret_cast<const char*>(ruleset_.bytes_.data()) + view(Column::string_bytes).offset;
  const std::uint32_t* const ends = ruleset_.string_ends_.data();
  const Elements shared_of = elements(Column::string_shared);
  const char* before = text.data();
  std::uint32_t size_before = 0;
  std::uint32_t sorted = 0;
  char* to = text.data();
  for (std::uint32_t id = 0; id < string_count; ++id) {
    const auto size = ends[id] - static_cast<std::uint32_t>(to - text.data());
    const auto shared = static_cast<std::uint32_t>(shared_of[id]);
    const std::uint32_t own = size - shared;
    copy(to, before, shared);
    copy(to + shared, from, own);
    from += own;
    if (sorted == id && (id == 0 || size > size_before ||
                         (size == size_before && is_before(before + shared, to + shared, own)))) {
      ++sorted;
    }
    before = to;
    size_before = size;
    to += size;
  }
  ruleset_.string_count_sorted_ = sorted;
  return true;
}

bool Proof::strings_are_utf8() {
  // Where every byte stands for itself, every string is well formed.
  if (is_ascii(ruleset_.column(Column::string_bytes))) return true;
  for (std::uint32_t id = 0; id < count(Column::string_length); ++id) {
    if (is_wrong(Check::utf8, !is_utf8(ruleset_.string(id)))) {
      return refuse(Column::string_length, id, ErrorCode::not_utf8);
    }
  }
  return true;
}

bool Proof::added_strings() {
  Ruleset::Offsets added(count(Column::string_length) - ruleset_.string_count_sorted_);
  for (std::uint32_t i = 0; i < added.size(); ++i) added[i] = ruleset_.string_count_sorted_ + i;
  sort_ids(added, [this](std::uint32_t a, std::uint32_t b) {
    const std::string_view first = ruleset_.string(a);
    const std::string_view second = ruleset_.string(b);
    return first == second ? a < b : string_before(first, second);
  });
  for (std::size_t i = 0; i < added.size(); ++i) {
    const std::string_view text = ruleset_.string(added[i]);
    if (is_wrong(Check::strings_distinct, ruleset_.find_string(text).has_value()) ||
        is_wrong(Check::added_distinct, i > 0 && ruleset_.string(added[i - 1]) == text)) {
      return refuse(Column::string_length, added[i]);
    }
  }
  ruleset_.strings_added_ = std::move(added);
  return true;
}

}  // namespace heed
