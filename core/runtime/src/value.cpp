#include "heed/runtime/value.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "heed/base/limits.h"
#include "heed/base/utf8.h"

namespace heed {
namespace {

Result<void> check_text(std::string_view text, std::uint64_t where) {
  if (text.size() > limits::string_size_bytes_max) return fail(ErrorCode::too_large, where);
  if (!is_utf8(text)) return fail(ErrorCode::not_utf8, where);
  return {};
}

Result<void> check_members(const Members& members, std::uint64_t where) {
  if (members.size() > limits::set_member_count_max) return fail(ErrorCode::too_many, where);
  std::string_view member;
  for (std::size_t at = 0; members.next(at, member);) {
    if (Result<void> checked = check_text(member, where); !checked) return checked;
  }
  return {};
}

/// By bytes, each once.
Array<std::string_view> ascending(const Members& members) {
  Array<std::string_view> texts;
  texts.reserve(members.size());
  std::string_view member;
  for (std::size_t next = 0; members.next(next, member);) {
    const auto at = std::lower_bound(texts.begin(), texts.end(), member);
    if (at == texts.end() || *at != member) texts.insert(at, member);
  }
  return texts;
}

}  // namespace

Result<void> check_value(const Value& value, image::Type type, std::uint64_t where) {
  using image::Type;
  if (std::holds_alternative<Absent>(value)) return {};
  switch (type) {
    case Type::boolean:
      if (std::holds_alternative<bool>(value)) return {};
      break;
    case Type::number:
      if (const auto* number = std::get_if<double>(&value)) {
        if (!std::isfinite(*number)) return fail(ErrorCode::not_finite, where);
        return {};
      }
      break;
    case Type::string:
      if (const auto* text = std::get_if<std::string_view>(&value)) return check_text(*text, where);
      break;
    case Type::set:
      if (const auto* members = std::get_if<Members>(&value)) return check_members(*members, where);
      break;
    case Type::time:
      if (const auto* time = std::get_if<TimeMs>(&value)) {
        const bool fits = time->ms >= -limits::time_ms_max && time->ms <= limits::time_ms_max;
        if (!fits) return fail(ErrorCode::too_large, where);
        return {};
      }
      break;
  }
  return fail(ErrorCode::wrong_type, where);
}

Members Members::packed(std::string_view packed) {
  Members members;
  members.data_ = packed.data();
  members.size_bytes_ = static_cast<std::uint32_t>(packed.size());
  members.is_packed_ = true;
  return members;
}

bool Members::next(std::size_t& at, std::string_view& member) const {
  if (at == size_bytes_) return false;
  const char* const from = static_cast<const char*>(data_) + at;
  if (is_packed_) {
    constexpr std::size_t head_size = sizeof(std::uint16_t);
    std::uint16_t size = 0;
    std::memcpy(&size, from, head_size);
    member = {from + head_size, size};
    at += head_size + size;
  } else {
    member = *reinterpret_cast<const std::string_view*>(from);
    at += sizeof(std::string_view);
  }
  return true;
}

std::size_t Members::size() const {
  std::size_t count = 0;
  std::string_view member;
  for (std::size_t at = 0; next(at, member);) ++count;
  return count;
}

OwnedValue own(const Value& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag;
  if (const auto* number = std::get_if<double>(&value)) return *number + 0.0;  // -0 becomes 0
  if (const auto* text = std::get_if<std::string_view>(&value)) return std::string(*text);
  if (const auto* time = std::get_if<TimeMs>(&value)) return *time;
  const auto* members = std::get_if<Members>(&value);
  if (members == nullptr) return Absent{};
  Array<std::string> owned;
  for (const std::string_view member : ascending(*members)) owned.push_back(std::string(member));
  return owned;
}

Array<char> pack(const Members& members) {
  const Array<std::string_view> texts = ascending(members);
  std::size_t size = 0;
  for (const std::string_view text : texts) size += sizeof(std::uint16_t) + text.size();
  Array<char> packed;
  packed.resize_for_overwrite(size);
  char* to = packed.data();
  for (const std::string_view text : texts) {
    *to++ = static_cast<char>(text.size() & 0xffU);
    *to++ = static_cast<char>(text.size() >> 8U);
    to = std::copy(text.begin(), text.end(), to);
  }
  return packed;
}

}  // namespace heed
