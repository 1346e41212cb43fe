#include "heed/runtime/attributes.h"

#include <cstring>

namespace heed {
namespace {

std::uint64_t cell_of(std::size_t at, std::size_t size) {
  return static_cast<std::uint64_t>(at) << 32U | size;
}
std::size_t place(std::uint64_t cell) { return cell >> 32U; }
std::size_t size_of(std::uint64_t cell) { return static_cast<std::uint32_t>(cell); }

std::uint64_t bits_of(double number) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &number, sizeof bits);
  return bits;
}
double number_of(std::uint64_t bits) {
  double number = 0;
  std::memcpy(&number, &bits, sizeof number);
  return number;
}

}  // namespace

std::string_view Attributes::bytes(std::size_t row) const {
  return {texts_.data() + place(cells_[row]), size_of(cells_[row])};
}

Value Attributes::operator[](std::size_t row) const {
  const std::uint64_t cell = cells_[row];
  switch (kinds_[row]) {
    case Kind::boolean:
      return cell != 0;
    case Kind::number:
      return number_of(cell);
    case Kind::text:
      return bytes(row);
    case Kind::set:
      return Members::packed(bytes(row));
    case Kind::time:
      return TimeMs{static_cast<std::int64_t>(cell)};
    case Kind::absent:
      break;
  }
  return Absent{};
}

bool Attributes::set(std::size_t row, const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) {
    return set_cell(row, Kind::number, bits_of(*number + 0.0));  // -0 is 0
  }
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    return set_bytes(row, Kind::text, *text);
  }
  if (const auto* flag = std::get_if<bool>(&value)) {
    return set_cell(row, Kind::boolean, *flag ? 1 : 0);
  }
  if (const auto* members = std::get_if<Members>(&value)) {
    const Array<char> packed = pack(*members);
    return set_bytes(row, Kind::set, {packed.data(), packed.size()});
  }
  if (const auto* time = std::get_if<TimeMs>(&value)) {
    return set_cell(row, Kind::time, static_cast<std::uint64_t>(time->ms));
  }
  return set_cell(row, Kind::absent, 0);
}

bool Attributes::set_cell(std::size_t row, Kind kind, std::uint64_t cell) {
  if (kinds_[row] == kind && cells_[row] == cell) return false;
  kinds_[row] = kind;
  cells_[row] = cell;
  return true;
}

bool Attributes::set_bytes(std::size_t row, Kind kind, std::string_view bytes) {
  std::size_t at = place(cells_[row]);
  if (!lies_in_texts(row) || bytes.size() > size_of(cells_[row])) {
    kinds_[row] = Kind::absent;
    make_room(bytes.size());
    at = texts_.size();
    texts_.resize_for_overwrite(at + bytes.size());
  } else if (kinds_[row] == kind && this->bytes(row) == bytes) {
    return false;
  }
  if (!bytes.empty()) std::memcpy(texts_.data() + at, bytes.data(), bytes.size());
  kinds_[row] = kind;
  cells_[row] = cell_of(at, bytes.size());
  return true;
}

/// Where there is none, closes the gaps and takes an eighth more than is needed.
void Attributes::make_room(std::size_t added_size) {
  if (texts_.size() + added_size <= texts_.capacity()) return;
  std::size_t size = added_size;
  for (std::size_t row = 0; row < this->size(); ++row) {
    if (lies_in_texts(row)) size += size_of(cells_[row]);
  }
  Array<char> kept;
  kept.reserve(size + size / 8);
  for (std::size_t row = 0; row < this->size(); ++row) {
    if (!lies_in_texts(row)) continue;
    const std::string_view text = bytes(row);
    cells_[row] = cell_of(kept.size(), text.size());
    kept.insert(kept.end(), text.begin(), text.end());
  }
  texts_.swap(kept);
}

bool operator==(const Attributes& a, const Attributes& b) {
  if (a.kinds_ != b.kinds_) return false;
  for (std::size_t row = 0; row < a.size(); ++row) {
    const bool same =
        a.lies_in_texts(row) ? a.bytes(row) == b.bytes(row) : a.cells_[row] == b.cells_[row];
    if (!same) return false;
  }
  return true;
}

}  // namespace heed
