#include "heed/runtime/value.h"

#include <algorithm>
#include <cmath>

#include "heed/base/limits.h"
#include "heed/base/utf8.h"

namespace heed {
namespace {

Result<void> check_text(std::string_view text, std::uint64_t where) {
  if (text.size() > limits::string_size_bytes_max) return fail(ErrorCode::too_large, where);
  if (!is_utf8(text)) return fail(ErrorCode::not_utf8, where);
  return {};
}

Result<void> check_members(Members members, std::uint64_t where) {
  if (members.size() > limits::set_member_count_max) return fail(ErrorCode::too_many, where);
  for (const std::string_view member : members) {
    if (Result<void> checked = check_text(member, where); !checked) return checked;
  }
  return {};
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

OwnedValue own(const Value& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag;
  if (const auto* number = std::get_if<double>(&value)) return *number + 0.0;  // -0 becomes 0
  if (const auto* text = std::get_if<std::string_view>(&value)) return std::string(*text);
  if (const auto* time = std::get_if<TimeMs>(&value)) return *time;
  const auto* members = std::get_if<Members>(&value);
  if (members == nullptr) return Absent{};
  Array<std::string> owned;
  for (const std::string_view member : *members) {
    const auto at = std::lower_bound(owned.begin(), owned.end(), member);
    if (at == owned.end() || *at != member) owned.insert(at, std::string(member));
  }
  return owned;
}

}  // namespace heed
