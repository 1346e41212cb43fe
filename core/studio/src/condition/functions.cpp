#include "functions.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "../suggest.h"
#include "fold.h"
#include "heed/base/calendar.h"
#include "heed/base/limits.h"
#include "macros.h"
#include "whole.h"

namespace heed::compile {
namespace {

using image::Instruction;
using Kind = Typed::Kind;

struct TextMethod {
  std::string_view name;
  Instruction instruction;
};
constexpr TextMethod text_methods[] = {{"startsWith", Instruction::starts_with},
                                       {"endsWith", Instruction::ends_with},
                                       {"contains", Instruction::contains}};

/// An accessor of times: what it gives of one; of a duration, what it is divided by.
struct TimeMethod {
  std::string_view name;
  DatePart part;
  std::int64_t low;
  std::int64_t high;
  std::int64_t duration_unit_ms = 0;  // 0: a duration has no such part
};
constexpr TimeMethod time_methods[] = {
    {"getFullYear", DatePart::year, -300'000, 300'000},
    {"getMonth", DatePart::month, 0, 11},
    {"getDate", DatePart::date, 1, 31},
    {"getDayOfMonth", DatePart::day_of_month, 0, 30},
    {"getDayOfWeek", DatePart::day_of_week, 0, 6},
    {"getDayOfYear", DatePart::day_of_year, 0, 365},
    {"getHours", DatePart::hours, 0, 23, hour_ms},
    {"getMinutes", DatePart::minutes, 0, 59, minute_ms},
    {"getSeconds", DatePart::seconds, 0, 59, second_ms},
    {"getMilliseconds", DatePart::milliseconds, 0, 999, 1},
};

/// Names that CEL or its extensions know and conditions do not, and what to write instead.
struct Refused {
  std::string_view name;
  std::string_view why;
};
constexpr Refused refused_names[] = {
    {"matches", "regular expressions; use `startsWith`, `endsWith` or `contains`"},
    {"exists_one", "counting; use `exists` or `all`"},
    {"map", "lists as values; use `exists` or `all`"},
    {"filter", "lists as values; use `exists` or `all`"},
    {"upperAscii", "capitals; compare `lowerAscii()` with small letters"},
    {"substring", "pieces of a string; use `startsWith`, `endsWith` or `contains`"},
    {"indexOf", "places in a string; use `contains`"},
    {"lastIndexOf", "places in a string; use `contains`"},
    {"charAt", "places in a string; use `startsWith` or `contains`"},
    {"replace", "editing of strings; use `contains`"},
    {"split", "lists as values; use a `set` attribute"},
    {"join", "lists as values; use `exists` or `all`"},
    {"trim", "editing of strings; send the value trimmed"},
    {"double", "conversion of types; an integer beside a number becomes one"},
    {"int", "conversion of types; an integer beside a number becomes one"},
    {"uint", "unsigned integers; use a plain number"},
    {"string", "conversion of types; send the value as a string"},
    {"bool", "conversion of types; declare the attribute as `bool`"},
    {"bytes", "bytes; use a string"},
    {"dyn", "dynamic types; each attribute has one type"},
    {"type", "types as values; each attribute has one type"},
    {"max", "`max` and `min`; write `a > b ? a : b`"},
    {"min", "`max` and `min`; write `a < b ? a : b`"},
    {"math", "mathematical functions"},
    {"cel", "`cel.bind`; name a part of the condition as a segment"},
};

Typed invalid(const Syntax& at) { return made(at, Kind::constant, Type::invalid); }

std::string quoted(std::string_view name) { return "`" + std::string(name) + "`"; }

bool is_constant(const Typed& typed) { return typed.kind == Kind::constant; }

Typed integer_call(const Syntax& at, Instruction instruction, std::int64_t low, std::int64_t high) {
  Typed typed = made(at, Kind::call, Type::integer);
  typed.instruction = instruction;
  typed.low = low;
  typed.high = high;
  return typed;
}

Typed arithmetic(const Syntax& at, Operator op, Type type, Typed left, Typed right) {
  Typed typed = made(at, Kind::arithmetic, type);
  typed.op = op;
  typed.children.push_back(std::move(left));
  typed.children.push_back(std::move(right));
  return typed;
}

/// `hh:mm`, with a sign or without, or UTC: milliseconds east.
std::optional<std::int64_t> read_offset(std::string_view text) {
  if (text == "UTC") return 0;
  const bool west = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  if (text.size() != 5 || text[2] != ':') return {};
  std::int64_t digits[4] = {};
  for (std::size_t i = 0; i < 4; ++i) {
    const char c = text[i < 2 ? i : i + 1];
    if (c < '0' || c > '9') return {};
    digits[i] = c - '0';
  }
  const std::int64_t hours = digits[0] * 10 + digits[1];
  const std::int64_t minutes = digits[2] * 10 + digits[3];
  if (hours > 23 || minutes > 59) return {};
  return (west ? -1 : 1) * (hours * hour_ms + minutes * minute_ms);
}

class Calls {
 public:
  explicit Calls(Expressions& expressions) : expressions_(expressions) {}

  Typed function(const Syntax& at) {
    if (at.name == "size") {
      if (at.children.size() == 1) return size(at, at.children[0]);
      return expressions_.fault(at, "wrong_type",
                                "`size` takes one string or one set, as in `size(seen)`");
    }
    if (is_method(at.name)) {
      return expressions_.fault(
          at, "syntax",
          quoted(at.name) + " is written after what it works on, as in " + example(at.name));
    }
    return unknown(at, "`" + at.name + "()`", {"has", "duration", "timestamp", "size"});
  }

  Typed method(const Syntax& at) {
    if (at.name == "exists" || at.name == "all") return type_macro(expressions_, at);
    if (at.name == "size") {
      if (at.children.size() == 1) return size(at, at.children[0]);
      return expressions_.fault(at, "wrong_type", "`.size()` takes nothing in its brackets");
    }
    for (const TextMethod& known : text_methods) {
      if (known.name == at.name) return test_text(at, known.instruction);
    }
    if (at.name == "lowerAscii") return lower(at);
    for (const TimeMethod& known : time_methods) {
      if (known.name == at.name) return time_part(at, known);
    }
    std::vector<std::string_view> names = {"exists", "all", "size", "lowerAscii"};
    for (const TextMethod& known : text_methods) names.push_back(known.name);
    for (const TimeMethod& known : time_methods) names.push_back(known.name);
    return unknown(at, "`." + at.name + "()`", names);
  }

 private:
  static bool is_method(std::string_view name) {
    const auto is_it = [name](const auto& known) { return known.name == name; };
    return name == "exists" || name == "all" || name == "lowerAscii" ||
           std::any_of(std::begin(text_methods), std::end(text_methods), is_it) ||
           std::any_of(std::begin(time_methods), std::end(time_methods), is_it);
  }

  static std::string example(std::string_view name) {
    const std::string called(name);
    if (called == "exists" || called == "all") return "`seen." + called + "(x, x == 'bags')`";
    if (called.starts_with("get")) return "`now." + called + "()`";
    return "`country." + called + (called == "lowerAscii" ? "()`" : "('D')`");
  }

  Typed unknown(const Syntax& at, const std::string& called,
                const std::vector<std::string_view>& names) {
    for (const Refused& known : refused_names) {
      if (known.name != at.name) continue;
      return expressions_.fault(at, "not_supported",
                                called + " is not supported: no " + std::string(known.why));
    }
    std::string suggestion = closest_name(at.name, names);
    std::string message = "unknown function " + quoted(at.name);
    if (suggestion.empty()) message += "; there are " + listed(names, "and");
    return expressions_.fault(at, "unknown_function", std::move(message), std::move(suggestion));
  }

  // What stands before the dot.
  Typed target(const Syntax& at, Type wanted, Type or_wanted) {
    Typed typed = expressions_.type(at.children[0]);
    if (typed.type == Type::invalid || typed.type == wanted || typed.type == or_wanted) {
      return typed;
    }
    std::string message = "`." + at.name + "()` works on " + std::string(with_article(wanted));
    if (or_wanted != wanted) message += " or " + std::string(with_article(or_wanted));
    message += ", not " + std::string(with_article(typed.type));
    if (wanted == Type::string && typed.type == Type::set) {
      message += "; ask the members with `" + name_of(at.children[0]) + ".exists(x, x." + at.name +
                 "(" + (at.name == "lowerAscii" ? ") == 'a'" : "'a')") + ")`";
    }
    return expressions_.fault(at, "wrong_type", std::move(message));
  }

  static std::string name_of(const Syntax& at) {
    return at.kind == Syntax::Kind::identifier ? at.name : "seen";
  }

  Typed argument(const Syntax& at) {
    if (at.children.size() != 2) {
      return expressions_.fault(at, "wrong_type",
                                "`." + at.name + "()` takes one string, as in " + example(at.name));
    }
    Typed typed = expressions_.type(at.children[1]);
    if (typed.type == Type::invalid || typed.type == Type::string) return typed;
    return expressions_.fault(
        at.children[1], "wrong_type",
        "`." + at.name + "()` looks for a string, not " + std::string(with_article(typed.type)));
  }

  Typed test_text(const Syntax& at, Instruction instruction) {
    Typed text = target(at, Type::string, Type::string);
    Typed part = argument(at);
    if (text.type == Type::invalid || part.type == Type::invalid) return invalid(at);
    if (text.failed || part.failed) return constant(at, Type::boolean, std::nullopt);
    if (is_constant(text) && is_constant(part)) {
      return constant(at, Type::boolean,
                      fold_text_test(instruction, std::get<std::string>(text.value),
                                     std::get<std::string>(part.value)));
    }
    Typed typed = made(at, Kind::call, Type::boolean);
    typed.instruction = instruction;
    typed.children.push_back(std::move(text));
    typed.children.push_back(std::move(part));
    return typed;
  }

  Typed lower(const Syntax& at) {
    if (at.children.size() != 1) {
      return expressions_.fault(at, "wrong_type", "`.lowerAscii()` takes nothing in its brackets");
    }
    Typed text = target(at, Type::string, Type::string);
    if (text.type == Type::invalid) return invalid(at);
    if (text.failed) return constant(at, Type::string, std::nullopt);
    if (is_constant(text)) {
      return constant(at, Type::string, fold_lower(std::get<std::string>(text.value)));
    }
    Typed typed = made(at, Kind::call, Type::string);
    typed.instruction = Instruction::lower;
    typed.children.push_back(std::move(text));
    return typed;
  }

  Typed size(const Syntax& at, const Syntax& of) {
    if (of.kind == Syntax::Kind::list) return size_of_list(at, of);
    Typed value = expressions_.type(of);
    if (value.type == Type::invalid) return value;
    if (value.type != Type::string && value.type != Type::set) {
      return expressions_.fault(
          at, "wrong_type",
          "`size` counts the characters of a string or the members of a set; this is " +
              std::string(with_article(value.type)));
    }
    if (value.failed) return constant(at, Type::integer, std::nullopt);
    if (is_constant(value)) {
      return constant(at, Type::integer, fold_size(std::get<std::string>(value.value)));
    }
    const std::size_t most =
        value.type == Type::set ? limits::set_member_count_max : limits::string_size_bytes_max;
    Typed typed = integer_call(at, Instruction::size, 0, static_cast<std::int64_t>(most));
    typed.children.push_back(std::move(value));
    return typed;
  }

  Typed size_of_list(const Syntax& at, const Syntax& list) {
    const auto items = type_constants(expressions_, list);
    if (!items) return invalid(at);
    const bool failed =
        std::any_of(items->begin(), items->end(), [](const Typed& item) { return item.failed; });
    return constant(
        at, Type::integer,
        failed ? std::nullopt : std::optional<Literal>(static_cast<std::int64_t>(items->size())));
  }

  Typed time_part(const Syntax& at, const TimeMethod& known) {
    Typed time = target(at, Type::time, known.duration_unit_ms != 0 ? Type::duration : Type::time);
    if (time.type == Type::invalid) return time;
    if (at.children.size() > 2) {
      return expressions_.fault(at, "wrong_type",
                                "`." + at.name +
                                    "()` takes one offset such as `'+01:00'`, or "
                                    "`time_zone`");
    }
    if (time.type == Type::duration) return duration_part(at, known, std::move(time));
    if (at.children.size() == 2) {
      time = on_clock(at.children[1], std::move(time));
      if (time.type == Type::invalid) return time;
    }
    if (time.failed) return constant(at, Type::integer, std::nullopt);
    if (is_constant(time)) {
      return constant(at, Type::integer, date_part(known.part, std::get<std::int64_t>(time.value)));
    }
    Typed typed = integer_call(at, Instruction::date_part, known.low, known.high);
    typed.operand = static_cast<std::uint32_t>(known.part);
    typed.children.push_back(std::move(time));
    return typed;
  }

  // CEL gives a duration in whole hours, minutes or seconds; of milliseconds, those of the last
  // second alone.
  Typed duration_part(const Syntax& at, const TimeMethod& known, Typed duration) {
    if (at.children.size() == 2) {
      return expressions_.fault(at.children[1], "wrong_type",
                                "a duration is the same in every zone; leave the brackets empty");
    }
    const bool rest = known.part == DatePart::milliseconds;
    const std::int64_t unit = rest ? second_ms : known.duration_unit_ms;
    const Operator op = rest ? Operator::modulo : Operator::divide;
    if (duration.failed) return constant(at, Type::integer, std::nullopt);
    if (is_constant(duration)) {
      return constant(at, Type::integer, fold_arithmetic(op, duration.value, Literal(unit)));
    }
    duration.type = Type::integer;
    Typed typed = arithmetic(at, op, Type::integer, std::move(duration),
                             constant(at, Type::integer, Literal(unit)));
    typed.high = rest ? second_ms - 1 : 2 * whole_max / unit;  // from the first time to the last
    typed.low = -typed.high;
    return typed;
  }

  // The time whose reading in UTC is what the clock shows.
  Typed on_clock(const Syntax& at, Typed time) {
    if (at.kind == Syntax::Kind::identifier && at.name == "time_zone") {
      const Clock& clock = expressions_.clock();
      if (clock.changes.empty()) return shifted(at, std::move(time), clock.offset_ms);
      return on_named_clock(at, std::move(time), clock);
    }
    const auto* text =
        at.kind == Syntax::Kind::literal ? std::get_if<std::string>(&at.literal) : nullptr;
    if (text == nullptr) {
      return expressions_.fault(at, "wrong_type",
                                "a zone is an offset such as `'+01:00'`, or `time_zone`, the "
                                "ruleset's own");
    }
    if (const auto offset = read_offset(*text)) return shifted(at, std::move(time), *offset);
    if (text->find_first_not_of("+-:0123456789") == std::string::npos) {
      return expressions_.fault(
          at, "wrong_type",
          "`" + *text +
              "` is no offset; they go from `'-23:59'` to `'+23:59'`, hours and "
              "minutes with two digits each");
    }
    return expressions_.fault(at, "not_supported",
                              "named zones such as `" + *text +
                                  "` are not supported in a condition; write an offset such as "
                                  "`'+01:00'`, or `time_zone` for the ruleset's own");
  }

  static Typed shifted(const Syntax& at, Typed time, std::int64_t offset_ms) {
    if (time.failed || offset_ms == 0) return time;
    if (is_constant(time)) {
      time.value = std::get<std::int64_t>(time.value) + offset_ms;
      return time;
    }
    return arithmetic(at, Operator::add, Type::time, std::move(time),
                      constant(at, Type::duration, Literal(offset_ms)));
  }

  static Typed on_named_clock(const Syntax& at, Typed time, const Clock& clock) {
    if (time.failed) return time;
    if (!is_constant(time)) {
      Typed typed = made(at, Kind::local_time, Type::time);
      typed.clock = &clock;
      typed.children.push_back(std::move(time));
      return typed;
    }
    const std::int64_t ms = std::get<std::int64_t>(time.value);
    const auto later = std::upper_bound(
        clock.changes.begin(), clock.changes.end(), ms,
        [](std::int64_t asked, const Clock::Change& change) { return asked < change.at_ms; });
    if (later == clock.changes.begin() || ms >= clock.until_ms) {
      return constant(at, Type::time, std::nullopt);
    }
    return shifted(at, std::move(time), std::prev(later)->offset_ms);
  }

  Expressions& expressions_;
};

}  // namespace

Typed made(const Syntax& at, Typed::Kind kind, Type type) {
  Typed typed;
  typed.kind = kind;
  typed.type = type;
  typed.begin = at.begin;
  typed.end = at.end;
  return typed;
}

Typed constant(const Syntax& at, Type type, std::optional<Literal> value) {
  Typed typed = made(at, Typed::Kind::constant, type);
  typed.failed = !value;
  if (value) typed.value = std::move(*value);
  return typed;
}

Typed type_function(Expressions& expressions, const Syntax& at) {
  return Calls(expressions).function(at);
}

Typed type_method(Expressions& expressions, const Syntax& at) {
  return Calls(expressions).method(at);
}

}  // namespace heed::compile
