#include "advice.h"

#include <utility>

#include "../suggest.h"

namespace heed::compile {
namespace {

std::string article(Type type) { return std::string(with_article(type)); }

Finding wrong_type(std::string message) { return {"wrong_type", std::move(message), {}}; }

// What to write instead of operands of these types.
std::string_view instead_of(Operator op, Type left, Type right) {
  const auto any = [&](Type type) { return left == type || right == type; };
  if (op == Operator::modulo) {
    return "it needs integers, such as sizes and parts of a date, and an attribute is none";
  }
  if (any(Type::set)) return "ask for a member, as in `'bags' in seen`";
  if (op >= Operator::multiply && any(Type::duration)) {
    return "durations are added, subtracted and compared";
  }
  if (op == Operator::add && left == Type::time && right == Type::time) {
    return "a time moves by a duration, as in `now + duration('1d')`";
  }
  if (any(Type::duration)) return "write a duration as `duration('1d')`";
  if (any(Type::time)) return "write a time as `timestamp('2027-07-01T00:00:00Z')`";
  if (any(Type::string)) return "strings need quotes, numbers none";
  return "compare two of one type, and join comparisons with `&&`";
}

}  // namespace

std::string truth_advice(const Typed& typed) {
  if (typed.kind != Typed::Kind::input) return {};
  const Input& input = *typed.input;
  if (input.is_stage())
    return "; compare it, as in `" + input.name + " == '" + input.stages.front() + "'`";
  if (input.kind == image::InputKind::now) return "; compare it with another time";
  return "; compare it, or ask `has(" + input.name + ")`";
}

Finding no_truth(const std::string& where, const Typed& typed) {
  return wrong_type(where + " true or false, not " + article(typed.type) + truth_advice(typed));
}

Finding mismatched(Operator op, Type left, Type right) {
  return wrong_type("`" + std::string(spelling(op)) + "` cannot work on " + article(left) +
                    " and " + article(right) + "; " + std::string(instead_of(op, left, right)));
}

Finding not_negatable(Type type) {
  return wrong_type(
      "`-` needs a number, not " + article(type) +
      (type == Type::duration ? "; take it from nothing, as in `duration('0s') - since_buy`" : ""));
}

Finding unknown_name(const std::string& word, const std::string& name,
                     const std::vector<std::string_view>& known) {
  std::string suggestion = closest_name(name, known);
  std::string message = "unknown " + word + " `" + name + "`";
  if (suggestion.empty()) message += known_sentence(known);
  return {"unknown_" + word, std::move(message), std::move(suggestion)};
}

Finding unknown_stage(const Input& journey, const std::string& stage) {
  const std::vector<std::string_view> names(journey.stages.begin(), journey.stages.end());
  std::string suggestion = closest_name(stage, names);
  std::string message = "`" + journey.name + "` has no stage `" + stage + "`";
  if (suggestion.empty()) message += known_sentence(names);
  return {"unknown_stage", std::move(message), std::move(suggestion)};
}

Finding misused_has(bool is_total) {
  return wrong_type(
      is_total ? "`has` asks about an attribute or a feature; segments and stages are always known"
               : "`has` takes the name of one attribute or feature, as in `has(country)`");
}

Finding literal_wanted(std::string_view function) {
  return wrong_type(function == "duration" ? "`duration` takes one literal, as in `duration('1d')`"
                                           : "`timestamp` takes one literal, as in "
                                             "`timestamp('2027-07-01T00:00:00Z')`");
}

Finding bad_duration(const std::string& text) {
  return {"bad_duration",
          "`" + text + "` is not a duration in whole milliseconds; write `90s`, `1h30m` or `3d`",
          {}};
}

Finding bad_time(const std::string& text) {
  return {"bad_time",
          "`" + text +
              "` is not a time; write `2027-07-01T00:00:00Z`, with at most three digits of a "
              "second",
          {}};
}

Finding too_large_integer() {
  return {"out_of_range",
          "an integer that depends on the visitor must stay below 2^53; this one might not: "
          "multiply by less, or write numbers with a decimal point",
          {}};
}

Finding unlike_item(Type wanted, Type item) {
  return wrong_type("the list must hold what stands before `in`, " + article(wanted) + ", not " +
                    article(item));
}

}  // namespace heed::compile
