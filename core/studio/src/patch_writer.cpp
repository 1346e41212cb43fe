// Finds what two images share, column by column: rows that were put in, taken out or changed. Where
// the columns lie only says where to look; any bytes give a patch that is right.
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>
#include <vector>

#include "heed/base/bytes.h"
#include "heed/runtime/image.h"
#include "heed/studio/patch.h"
#include "patch_form.h"

namespace heed::compile {
namespace {

using Bytes = std::span<const std::byte>;
using patch::Edit;

/// Bytes of the base that other bytes of the result stand for.
struct Hunk {
  std::size_t base_from = 0;
  std::size_t base_until = 0;
  std::size_t result_from = 0;
  std::size_t result_until = 0;
};

/// A part of an image that is compared with the same part of another.
struct Section {
  std::size_t from = 0;
  std::size_t until = 0;
  std::size_t width = 1;  // of its elements
};

/// The header, each entry of the section table, each column, and what lies behind; nothing where
/// these are no images.
std::vector<Section> sections_of(Bytes bytes) {
  constexpr std::size_t entry_size = image::EntryAt::size_bytes;
  constexpr std::size_t columns_at = image::header_size_bytes + image::column_count * entry_size;
  if (bytes.size() < columns_at) return {};
  std::vector<Section> sections = {{0, image::header_size_bytes, 1}};
  std::size_t end = columns_at;
  std::vector<Section> columns;
  for (std::size_t i = 0; i < image::column_count; ++i) {
    const std::size_t at = image::header_size_bytes + i * entry_size;
    sections.push_back({at, at + entry_size, 1});
    const auto head = load_le<std::uint64_t>(bytes.subspan(at), 0);
    const std::size_t width = std::size_t{static_cast<std::uint8_t>(head >> 32U)};
    const std::size_t size = width * static_cast<std::uint32_t>(head);
    const std::size_t begin =
        (end + image::alignment_bytes - 1) / image::alignment_bytes * image::alignment_bytes;
    if (width > 8 || begin > bytes.size() || size > bytes.size() - begin) return {};
    columns.push_back({end, begin, 1});  // what aligns it
    columns.push_back({begin, begin + size, std::max<std::size_t>(width, 1)});
    end = begin + size;
  }
  sections.insert(sections.end(), columns.begin(), columns.end());
  sections.push_back({end, bytes.size(), 1});
  return sections;
}

/// The shortest way from one run of elements to another, in windows of bounded effort.
/// @source  E. Myers, "An O(ND) difference algorithm and its variations", 1986
class Comparison {
 public:
  Comparison(Bytes base, Bytes result, std::vector<Hunk>& out)
      : base_(base), result_(result), out_(out) {}

  void compare(const Section& base, const Section& result) {
    width_ = base.width == result.width ? base.width : 1;
    base_at_ = base.from;
    base_end_ = base.until;
    result_at_ = result.from;
    result_end_ = result.until;
    while (count() > 0 && result_count() > 0 && same(base_at_, result_at_)) step(1);
    while (count() > 0 && result_count() > 0 && same(base_end_ - width_, result_end_ - width_)) {
      base_end_ -= width_;
      result_end_ -= width_;
    }
    // Elements of another width are other bytes throughout.
    std::size_t windows = base.width == result.width ? windows_max : 0;
    while (count() > 0 && result_count() > 0 && windows > 0) {
      window();
      --windows;
    }
    if (base_at_ < base_end_ || result_at_ < result_end_) {
      out_.push_back({base_at_, base_end_, result_at_, result_end_});
    }
  }

 private:
  static constexpr std::ptrdiff_t changes_max = 200;  // of a window
  static constexpr std::size_t windows_max = 200;     // of a section

  [[nodiscard]] std::size_t count() const { return (base_end_ - base_at_) / width_; }
  [[nodiscard]] std::size_t result_count() const { return (result_end_ - result_at_) / width_; }
  [[nodiscard]] bool same(std::size_t base, std::size_t result) const {
    return std::memcmp(base_.data() + base, result_.data() + result, width_) == 0;
  }
  void step(std::size_t elements) {
    base_at_ += elements * width_;
    result_at_ += elements * width_;
  }

  /// Goes as far as it gets with so many changes, and on from there.
  void window() {
    const auto rows = static_cast<std::ptrdiff_t>(count());
    const auto columns = static_cast<std::ptrdiff_t>(result_count());
    // By diagonal (row - column), the furthest row reached; one list for each number of changes.
    std::vector<std::vector<std::ptrdiff_t>> reached;
    for (std::ptrdiff_t changes = 0; changes <= changes_max; ++changes) {
      std::vector<std::ptrdiff_t> now(2 * changes + 1, -1);
      for (std::ptrdiff_t diagonal = -changes; diagonal <= changes; diagonal += 2) {
        std::ptrdiff_t row = start(reached, changes, diagonal);
        if (row > rows || row - diagonal > columns || row < 0 || row - diagonal < 0) continue;
        row = slide(row, diagonal, rows, columns);
        now[diagonal + changes] = row;
        if (row == rows && row - diagonal == columns) {
          reached.push_back(std::move(now));
          return follow(reached, diagonal);
        }
      }
      reached.push_back(std::move(now));
    }
    follow(reached, furthest(reached.back()));
  }

  /// The row at which a diagonal is entered with one change more.
  static std::ptrdiff_t start(const std::vector<std::vector<std::ptrdiff_t>>& reached,
                              std::ptrdiff_t changes, std::ptrdiff_t diagonal) {
    if (changes == 0) return 0;
    const std::ptrdiff_t left_out = at(reached[changes - 1], diagonal - 1);
    const std::ptrdiff_t put_in = at(reached[changes - 1], diagonal + 1);
    return std::max(left_out < 0 ? -1 : left_out + 1, put_in);
  }
  static std::ptrdiff_t at(const std::vector<std::ptrdiff_t>& list, std::ptrdiff_t diagonal) {
    const auto middle = static_cast<std::ptrdiff_t>(list.size() / 2);
    const std::ptrdiff_t index = diagonal + middle;
    return index < 0 || index >= static_cast<std::ptrdiff_t>(list.size()) ? -1 : list[index];
  }
  [[nodiscard]] std::ptrdiff_t slide(std::ptrdiff_t row, std::ptrdiff_t diagonal,
                                     std::ptrdiff_t rows, std::ptrdiff_t columns) const {
    while (row < rows && row - diagonal < columns &&
           same(base_at_ + static_cast<std::size_t>(row) * width_,
                result_at_ + static_cast<std::size_t>(row - diagonal) * width_)) {
      ++row;
    }
    return row;
  }
  static std::ptrdiff_t furthest(const std::vector<std::ptrdiff_t>& list) {
    const auto middle = static_cast<std::ptrdiff_t>(list.size() / 2);
    std::ptrdiff_t best = 0;
    std::ptrdiff_t best_sum = -1;
    for (std::ptrdiff_t diagonal = -middle; diagonal <= middle; ++diagonal) {
      const std::ptrdiff_t row = list[diagonal + middle];
      if (row < 0 || 2 * row - diagonal <= best_sum) continue;
      best = diagonal;
      best_sum = 2 * row - diagonal;
    }
    return best;
  }

  /// Walks back from where the window ended and notes what was changed on the way.
  void follow(const std::vector<std::vector<std::ptrdiff_t>>& reached, std::ptrdiff_t diagonal) {
    std::vector<Hunk> found;
    const std::ptrdiff_t end_row = at(reached.back(), diagonal);
    const std::ptrdiff_t end_column = end_row - diagonal;
    for (auto changes = static_cast<std::ptrdiff_t>(reached.size()) - 1; changes > 0; --changes) {
      const auto& before = reached[changes - 1];
      const std::ptrdiff_t left_out = at(before, diagonal - 1);
      const std::ptrdiff_t put_in = at(before, diagonal + 1);
      const bool leaves_out = left_out >= 0 && left_out + 1 >= put_in;
      const std::ptrdiff_t row = leaves_out ? left_out : put_in;
      const std::ptrdiff_t column = row - (leaves_out ? diagonal - 1 : diagonal + 1);
      found.push_back(hunk(row, row + (leaves_out ? 1 : 0), column, column + (leaves_out ? 0 : 1)));
      diagonal += leaves_out ? -1 : 1;
    }
    out_.insert(out_.end(), found.rbegin(), found.rend());
    base_at_ += static_cast<std::size_t>(end_row) * width_;
    result_at_ += static_cast<std::size_t>(end_column) * width_;
  }
  [[nodiscard]] Hunk hunk(std::ptrdiff_t row, std::ptrdiff_t row_end, std::ptrdiff_t column,
                          std::ptrdiff_t column_end) const {
    const auto bytes = [this](std::ptrdiff_t elements) {
      return static_cast<std::size_t>(elements) * width_;
    };
    return {base_at_ + bytes(row), base_at_ + bytes(row_end), result_at_ + bytes(column),
            result_at_ + bytes(column_end)};
  }

  Bytes base_;
  Bytes result_;
  std::vector<Hunk>& out_;
  std::size_t width_ = 1;
  std::size_t base_at_ = 0;
  std::size_t base_end_ = 0;
  std::size_t result_at_ = 0;
  std::size_t result_end_ = 0;
};

/// To copy fewer bytes than this between two edits costs more than to write them again.
constexpr std::size_t worth_copying = 3;

/// Hunks in order; those that nearly touch become one.
std::vector<Hunk> joined(const std::vector<Hunk>& hunks) {
  std::vector<Hunk> out;
  for (const Hunk& hunk : hunks) {
    if (!out.empty() && hunk.result_from - out.back().result_until < worth_copying) {
      out.back().base_until = hunk.base_until;
      out.back().result_until = hunk.result_until;
    } else {
      out.push_back(hunk);
    }
  }
  return out;
}

class Writer {
 public:
  Writer(Bytes base, Bytes result) : base_(base), result_(result) {}

  std::vector<std::byte> write(const std::vector<Hunk>& hunks) {
    bytes(std::as_bytes(std::span(patch::magic)));
    word(patch::base_hash(base_));
    word(xxh64({reinterpret_cast<const char*>(result_.data()), result_.size()}, 0));
    count(result_.size());
    for (const Hunk& hunk : hunks) {
      copied_ += hunk.result_from - written_;
      written_ = hunk.result_from;
      write_hunk(hunk);
    }
    copied_ += result_.size() - written_;
    if (copied_ > 0) count(copied_);
    return std::move(out_);
  }

 private:
  static constexpr std::size_t worth_repeating = 8;

  void bytes(Bytes added) { out_.insert(out_.end(), added.begin(), added.end()); }
  void word(std::uint64_t value) {
    std::byte added[sizeof value];
    store_le(std::span<std::byte>(added), 0, value);
    bytes(added);
  }
  void count(std::uint64_t value) {
    for (; value >= 0x80U; value >>= patch::bits_a_byte) {
      out_.push_back(static_cast<std::byte>(value | 0x80U));
    }
    out_.push_back(static_cast<std::byte>(value));
  }
  void edit(Edit kind, std::size_t size) {
    count(copied_);
    copied_ = 0;
    count(std::uint64_t{size} << patch::kind_bits | static_cast<std::uint64_t>(kind));
    if (kind == Edit::replace || kind == Edit::insert) bytes(result_.subspan(written_, size));
    if (kind != Edit::skip) written_ += size;
  }

  /// How many bytes from `at` are those at a distance before.
  [[nodiscard]] std::size_t run(std::size_t at, std::size_t until, std::size_t distance) const {
    if (distance > at) return 0;
    std::size_t size = 0;
    while (at + size < until && result_[at + size] == result_[at + size - distance]) ++size;
    return size;
  }

  void write_hunk(const Hunk& hunk) {
    std::size_t left_out = hunk.base_until - hunk.base_from;
    std::size_t from = hunk.result_from;
    for (std::size_t at = from; at < hunk.result_until;) {
      std::size_t size = 0;
      std::size_t distance = 0;
      for (std::size_t tried = 1; tried <= 2 * sizeof(std::uint64_t); ++tried) {
        const std::size_t found = run(at, hunk.result_until, tried);
        if (found <= size) continue;
        size = found;
        distance = tried;
      }
      if (size < worth_repeating) {
        ++at;
        continue;
      }
      literal(from, at, left_out);
      edit(Edit::repeat, size);
      count(distance);
      at += size;
      from = at;
    }
    literal(from, hunk.result_until, left_out);
    // What is left of the base at the very end is nobody's.
    if (left_out > 0 && written_ < result_.size()) edit(Edit::skip, left_out);
  }

  /// Bytes as they are; as many of the base's as there are to leave out go with them.
  void literal(std::size_t from, std::size_t until, std::size_t& left_out) {
    const std::size_t size = until - from;
    const std::size_t both = std::min(size, left_out);
    if (both > 0) edit(Edit::replace, both);
    if (size > both) edit(Edit::insert, size - both);
    left_out -= both;
  }

  Bytes base_;
  Bytes result_;
  std::vector<std::byte> out_;
  std::size_t copied_ = 0;   // bytes of the base before the next edit
  std::size_t written_ = 0;  // bytes of the result
};

}  // namespace

std::vector<std::byte> make_patch(Bytes base, Bytes result) {
  std::vector<Section> from = sections_of(base);
  std::vector<Section> to = sections_of(result);
  if (from.empty() || to.empty()) {
    from = {{0, base.size(), 1}};
    to = {{0, result.size(), 1}};
  }
  std::vector<Hunk> hunks;
  Comparison comparison(base, result, hunks);
  for (std::size_t i = 0; i < from.size(); ++i) comparison.compare(from[i], to[i]);
  return Writer(base, result).write(joined(hunks));
}

}  // namespace heed::compile
