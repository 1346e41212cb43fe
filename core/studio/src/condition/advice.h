// What an author is told about operands and names that do not fit, and what to write instead.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "../report.h"
#include "syntax.h"
#include "typed.h"

namespace heed::compile {

/// Of what is no truth: how to make one of it; empty where it is no input.
[[nodiscard]] std::string truth_advice(const Typed& typed);

/// @param where  what needs a truth: "`!`", "a condition"
[[nodiscard]] Finding no_truth(const std::string& where, const Typed& typed);

/// Two operands that an operator cannot work on.
[[nodiscard]] Finding mismatched(Operator op, Type left, Type right);

/// The operand of a minus sign.
[[nodiscard]] Finding not_negatable(Type type);

/// @param word   what names of this kind are called: "attribute"
/// @param known  those that there are
[[nodiscard]] Finding unknown_name(const std::string& word, const std::string& name,
                                   const std::vector<std::string_view>& known);

[[nodiscard]] Finding unknown_stage(const Input& journey, const std::string& stage);

/// `has` of what is no attribute and no feature.
///
/// @param is_total  of a segment or a stage
[[nodiscard]] Finding misused_has(bool is_total);

/// `duration` or `timestamp` of what is no literal.
[[nodiscard]] Finding literal_wanted(std::string_view function);
[[nodiscard]] Finding bad_duration(const std::string& text);
[[nodiscard]] Finding bad_time(const std::string& text);

/// An integer that may leave what a double holds exactly.
[[nodiscard]] Finding too_large_integer();

/// An item of a list that is of another type than what is looked for.
[[nodiscard]] Finding unlike_item(Type wanted, Type item);

}  // namespace heed::compile
