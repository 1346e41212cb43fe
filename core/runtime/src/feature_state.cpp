#include "heed/runtime/feature_state.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace heed {
namespace {

using Has = FeatureMembers;

// Times are below 2^54 and counts that stand for all time at most 2^53; the count of one entry of
// a window stops at 2^32 - 1.
constexpr std::size_t time_size = 7;
constexpr std::size_t total_size = 7;

static_assert(total_size == time_size);

template <class T>
T read(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}
template <class T>
void write(std::byte* to, T value) {
  std::memcpy(to, &value, sizeof value);
}

// Seven bytes are two overlapping words: both ways without a detour through memory.
std::uint64_t read7(const std::byte* from) {
  return read<std::uint32_t>(from) | std::uint64_t{read<std::uint32_t>(from + 3)} >> 8U << 32U;
}
void write7(std::byte* to, std::uint64_t value) {
  write(to, static_cast<std::uint32_t>(value));
  write(to + 3, static_cast<std::uint32_t>(value >> 24U));
}

/// Of what a value is, behind its weight and its position in Value.
std::size_t size_of(const Value& value) {
  const auto* text = std::get_if<std::string_view>(&value);
  if (text != nullptr) return sizeof(std::uint16_t) + text->size();
  return std::holds_alternative<bool>(value) ? sizeof(std::uint8_t) : sizeof(double);
}

}  // namespace

FeatureState::FeatureState(std::uint8_t members) : members_(members) {
  std::size_t size = 0;
  if (has(Has::times)) size += time_size;
  if (has(Has::counts | Has::hashes)) size += count_size();
  if (has(Has::numbers)) size += sizeof(double);
  entry_size_ = static_cast<std::uint8_t>(size);
}

std::size_t FeatureState::count_size() const {
  return has(Has::counts) && !has(Has::times) ? total_size : sizeof(std::uint32_t);
}

FeatureEntry FeatureState::operator[](std::size_t index) const {
  FeatureEntry entry;
  const std::byte* from = entry_bytes(index);
  if (has(Has::times)) {
    entry.at_ms = static_cast<std::int64_t>(read7(from));
    from += time_size;
  }
  if (has(Has::counts | Has::hashes)) {
    const bool is_total = count_size() == total_size;
    entry.count = is_total ? read7(from) : read<std::uint32_t>(from);
    from += count_size();
  }
  if (has(Has::numbers)) entry.value = read<double>(from);
  return entry;
}

std::int64_t FeatureState::at_ms(std::size_t index) const {
  return static_cast<std::int64_t>(read7(entry_bytes(index)));
}

std::uint32_t FeatureState::hash(std::size_t index) const {
  return read<std::uint32_t>(entry_bytes(index) + (has(Has::times) ? time_size : 0));
}

void FeatureState::put(std::size_t index, const FeatureEntry& entry) {
  std::byte* to = entry_bytes(index);
  if (has(Has::times)) {
    write7(to, static_cast<std::uint64_t>(entry.at_ms));
    to += time_size;
  }
  if (has(Has::counts | Has::hashes)) {
    if (count_size() == total_size) {
      write7(to, entry.count);
    } else {
      write(to, static_cast<std::uint32_t>(std::min<std::uint64_t>(entry.count, UINT32_MAX)));
    }
    to += count_size();
  }
  if (has(Has::numbers)) write(to, entry.value);
}

void FeatureState::append(const FeatureEntry& entry, std::size_t size_max) {
  const std::size_t needed = bytes_.size() + entry_size_;
  if (needed > bytes_.capacity()) {
    const std::size_t room = std::min<std::size_t>(size_ + size_ / 4 + 2, size_max + 1);
    bytes_.reserve(std::max(needed, room * entry_size_));
  }
  // Where a feature has both, its one entry comes before its first value.
  bytes_.resize_for_overwrite(needed);
  put(size_++, entry);
}

void FeatureState::move(std::size_t to, std::size_t from) {
  if (to != from) std::memcpy(entry_bytes(to), entry_bytes(from), entry_size_);
}

void FeatureState::erase(std::size_t first, std::size_t last) {
  if (first == last) return;
  bytes_.erase(entry_bytes(first), entry_bytes(last));
  size_ = static_cast<std::uint8_t>(size_ - (last - first));
}

void FeatureState::clear() {
  bytes_.clear();
  size_ = 0;
  level_ = 0;
}

void FeatureState::move_clock(TimeMs now) {
  if (!has(Has::times)) return;
  for (std::size_t i = 0; i < size_; ++i) {
    if (at_ms(i) > now.ms) write7(entry_bytes(i), static_cast<std::uint64_t>(now.ms));
  }
}

bool FeatureState::next_value(std::size_t& at, WeighedValue& out) const {
  if (at == bytes_.size()) return false;
  const std::byte* from = bytes_.data() + at;
  const auto take = [&](auto value) {
    std::memcpy(&value, from, sizeof value);
    from += sizeof value;
    return value;
  };
  out.weight = has(Has::weights) ? take(0.0) : 0;
  const std::size_t kind = take(std::uint8_t{0});
  if (kind == Value(std::string_view()).index()) {
    const std::size_t size = take(std::uint16_t{0});
    out.value = std::string_view(reinterpret_cast<const char*>(from), size);
    from += size;
  } else if (kind == Value(0.0).index()) {
    out.value = take(0.0);
  } else if (kind == Value(TimeMs{}).index()) {
    out.value = TimeMs{take(std::int64_t{0})};
  } else {
    out.value = take(std::uint8_t{0}) != 0;
  }
  at = static_cast<std::size_t>(from - bytes_.data());
  return true;
}

void FeatureState::append_value(const WeighedValue& added) {
  const Value& value = added.value;
  const std::size_t at = bytes_.size();
  const std::size_t weight_size = has(Has::weights) ? sizeof added.weight : 0;
  const std::size_t needed = at + weight_size + 1 + size_of(value);
  if (needed > bytes_.capacity()) bytes_.reserve(needed + needed / 4);
  bytes_.resize_for_overwrite(needed);
  std::byte* to = bytes_.data() + at;
  const auto put = [&](const auto& from) {
    std::memcpy(to, &from, sizeof from);
    to += sizeof from;
  };
  if (weight_size != 0) put(added.weight);
  put(static_cast<std::uint8_t>(value.index()));
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    put(static_cast<std::uint16_t>(text->size()));
    if (!text->empty()) std::memcpy(to, text->data(), text->size());
  } else if (const auto* number = std::get_if<double>(&value)) {
    put(*number + 0.0);  // -0 becomes 0
  } else if (const auto* time = std::get_if<TimeMs>(&value)) {
    put(time->ms);
  } else {
    put(static_cast<std::uint8_t>(*std::get_if<bool>(&value)));
  }
}

void FeatureState::erase_value(std::size_t at) {
  std::size_t end = at;
  WeighedValue value;
  if (next_value(end, value)) bytes_.erase(bytes_.begin() + at, bytes_.begin() + end);
}

void FeatureState::put_weight(std::size_t at, double weight) {
  std::memcpy(bytes_.data() + at, &weight, sizeof weight);
}

}  // namespace heed
