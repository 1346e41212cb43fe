// A value of the naive evaluator as a session takes it.
#pragma once
#include <string_view>
#include <variant>
#include <vector>

#include "heed/runtime/value.h"
#include "value.h"

namespace heed::reference {

/// The value as a session takes it; text and members are borrowed from `value` and `members`.
inline heed::Value session_value(const Value& value, std::vector<std::string_view>& members) {
  if (const auto* truth = std::get_if<bool>(&value)) return *truth;
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* text = std::get_if<std::string>(&value)) return std::string_view(*text);
  if (const auto* time = std::get_if<Time>(&value)) {
    return TimeMs{static_cast<std::int64_t>(time->ms)};
  }
  if (const auto* set = std::get_if<Set>(&value)) {
    members.assign(set->begin(), set->end());
    return Members(members);
  }
  return Absent{};
}

}  // namespace heed::reference
