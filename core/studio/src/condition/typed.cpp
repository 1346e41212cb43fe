#include "typed.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <utility>

#include "../time_reader.h"
#include "advice.h"
#include "duration.h"
#include "fold.h"
#include "functions.h"
#include "heed/base/calendar.h"
#include "whole.h"

namespace heed::compile {
namespace {

using Kind = Typed::Kind;

constexpr std::int64_t cel_time_ms_min = to_days({1, 1, 1}) * day_ms;
constexpr std::int64_t cel_time_ms_max = to_days({10000, 1, 1}) * day_ms - 1;
constexpr std::int64_t cel_duration_ms_max = 9'223'372'036'854;  // 64 bits of nanoseconds

bool is_arithmetic(Operator op) { return op >= Operator::add; }

template <class Map>
std::vector<std::string_view> keys(const Map& map) {
  std::vector<std::string_view> names;
  names.reserve(map.size());
  for (const auto& entry : map) names.push_back(entry.first);
  return names;
}

constexpr std::size_t node_count_max = 20'000;  // of one condition, lists unrolled

class Typer final : public Expressions {
 public:
  Typer(const Names& names, std::vector<Fault>& faults) : names_(names), faults_(faults) {}

  // Depth is bounded by the parser, what lists unroll to by the count.
  Typed type(const Syntax& at) override {
    if (++node_count_ > node_count_max) {
      if (node_count_ > node_count_max + 1) return made(at, Kind::constant, Type::invalid);
      return fault(at, "condition_too_costly",
                   "the lists of this condition unroll to more than 20,000 parts; shorten them");
    }
    switch (at.kind) {
      case Syntax::Kind::literal:
        return literal(at);
      case Syntax::Kind::identifier:
        return identifier(at);
      case Syntax::Kind::member:
        return member(at);
      case Syntax::Kind::call:
        return call(at);
      case Syntax::Kind::method:
        return type_method(*this, at);
      case Syntax::Kind::list:
        return fault(at, "wrong_type", "a list may only stand to the right of `in`");
      case Syntax::Kind::negate:
        return negate(at);
      case Syntax::Kind::invert:
        return invert(at);
      case Syntax::Kind::binary:
        return binary(at);
      case Syntax::Kind::all_of:
      case Syntax::Kind::any_of:
        return joined(at);
      case Syntax::Kind::conditional:
        return conditional(at);
    }
    return {};
  }

  Typed fault(const Syntax& at, std::string code, std::string message,
              std::string suggestion = {}) override {
    return fault(at, Finding{std::move(code), std::move(message), std::move(suggestion)});
  }

  Typed fault(const Syntax& at, Finding finding) {
    faults_.push_back({at.begin, std::move(finding)});
    return made(at, Kind::constant, Type::invalid);
  }

  Typed type_with(const std::string& name, const Typed& value, const Syntax& body) override {
    const bool loop = value.kind == Kind::item;
    scope_.emplace_back(name, value);
    if (loop) ++loop_depth_;
    Typed typed = type(body);
    if (loop) --loop_depth_;
    scope_.pop_back();
    return typed;
  }

  const Clock& clock() override { return names_.clock(); }
  [[nodiscard]] std::uint32_t loop_depth() const override { return loop_depth_; }

 private:
  static Typed literal(const Syntax& at) {
    constexpr Type types[] = {Type::boolean, Type::integer, Type::number, Type::string};
    return constant(at, types[at.literal.index()], at.literal);
  }

  static Typed read(const Syntax& at, const Input& input) {
    Typed typed = made(at, Kind::input, input.type);
    typed.input = &input;
    return typed;
  }

  // An attribute, a feature or a field; null after a fault.
  const Input* find_input(const Syntax& at) {
    const auto found = names_.inputs.find(at.name);
    if (found != names_.inputs.end()) return &found->second;
    unknown(at, names_.input_word, names_.inputs);
    return nullptr;
  }

  template <class Map>
  Typed unknown(const Syntax& at, const std::string& word, const Map& known) {
    return fault(at, unknown_name(word, at.name, keys(known)));
  }

  // What a macro calls by this name, the innermost first; null where none does.
  [[nodiscard]] const Typed* in_scope(const Syntax& at) const {
    for (auto named = scope_.rbegin(); named != scope_.rend(); ++named) {
      if (named->first == at.name) return &named->second;
    }
    return nullptr;
  }

  Typed identifier(const Syntax& at) {
    if (const Typed* value = in_scope(at)) {
      Typed typed = *value;
      typed.begin = at.begin;
      typed.end = at.end;
      return typed;
    }
    if (at.name == "now") {
      static const Input now = now_input();
      if (names_.allow_now) return read(at, now);
      return fault(at, "not_supported", "`now` cannot be used here: only the signal's fields can");
    }
    if (at.name == "segment" || at.name == "stage") {
      return fault(at, "syntax",
                   "`" + at.name + "` needs a name: " +
                       (at.name == "stage" ? "`stage.JOURNEY`" : "`segment.NAME`"));
    }
    const Input* input = find_input(at);
    return input == nullptr ? made(at, Kind::constant, Type::invalid) : read(at, *input);
  }

  static Input now_input() {
    Input now;
    now.type = Type::time;
    now.name = "now";
    return now;
  }

  // `segment.NAME`, `stage.NAME`.
  static bool is_total(const Syntax& at) {
    const Syntax& owner = at.children[0];
    return owner.kind == Syntax::Kind::identifier &&
           (owner.name == "segment" || owner.name == "stage");
  }

  Typed member(const Syntax& at) {
    const Syntax& owner = at.children[0];
    if (!is_total(at)) {
      return fault(at, "not_supported",
                   "`." + at.name +
                       "` has no meaning here; names with a dot are `segment.NAME` and "
                       "`stage.JOURNEY`");
    }
    const bool is_segment = owner.name == "segment";
    if (!is_segment && !names_.allow_stages) {
      return fault(at, "not_supported",
                   "stages cannot be used here: segments and fields come before journeys");
    }
    const auto& known = is_segment ? names_.segments : names_.journeys;
    const auto found = known.find(at.name);
    if (found != known.end()) return read(at, found->second);
    return unknown(at, is_segment ? "segment" : "journey", known);
  }

  Typed call(const Syntax& at) {
    if (at.name == "has") return has(at);
    if (at.name == "duration" || at.name == "timestamp") return time_literal(at);
    return type_function(*this, at);
  }

  Typed has(const Syntax& at) {
    if (at.children.size() != 1 || at.children[0].kind != Syntax::Kind::identifier ||
        at.children[0].name == "now") {
      const bool total = at.children.size() == 1 && at.children[0].kind == Syntax::Kind::member &&
                         is_total(at.children[0]);
      return fault(at, misused_has(total));
    }
    if (in_scope(at.children[0]) != nullptr) {
      return fault(at, "wrong_type",
                   "`" + at.children[0].name + "` is always known: it stands for a member");
    }
    const Input* input = find_input(at.children[0]);
    Typed typed = made(at, Kind::has, input == nullptr ? Type::invalid : Type::boolean);
    typed.input = input;
    return typed;
  }

  Typed time_literal(const Syntax& at) {
    const bool duration = at.name == "duration";
    const auto* text = at.children.size() == 1 && at.children[0].kind == Syntax::Kind::literal
                           ? std::get_if<std::string>(&at.children[0].literal)
                           : nullptr;
    if (text == nullptr) return fault(at, literal_wanted(at.name));
    if (duration) {
      if (const auto ms = parse_cel_duration(*text)) {
        return constant(at, Type::duration, Literal(*ms));
      }
      return fault(at.children[0], bad_duration(*text));
    }
    const auto time = read_time(*text);
    if (time && time->whole_ms && time->time.ms >= cel_time_ms_min)
      return constant(at, Type::time, Literal(time->time.ms));
    return fault(at.children[0], bad_time(*text));
  }

  Typed negate(const Syntax& at) {
    Typed operand = type(at.children[0]);
    if (operand.type == Type::invalid) return made(at, Kind::constant, Type::invalid);
    if (operand.type != Type::number && operand.type != Type::integer) {
      return fault(at, not_negatable(operand.type));
    }
    if (operand.kind == Kind::constant) {
      return constant(at, operand.type, operand.failed ? std::nullopt : fold_negate(operand.value));
    }
    Typed typed = made(at, Kind::negate, operand.type);
    typed.low = -operand.high;
    typed.high = -operand.low;
    typed.children.push_back(std::move(operand));
    return typed;
  }

  // A child that must be true or false.
  bool boolean(const Syntax& at, Typed& out, const std::string& where) {
    out = type(at);
    if (out.type == Type::boolean) return true;
    if (out.type != Type::invalid) fault(at, no_truth(where + " needs", out));
    return false;
  }

  Typed invert(const Syntax& at) {
    Typed operand;
    if (!boolean(at.children[0], operand, "`!`")) return made(at, Kind::constant, Type::invalid);
    Typed typed = made(at, Kind::invert, Type::boolean);
    typed.children.push_back(std::move(operand));
    return typed;
  }

  Typed joined(const Syntax& at) {
    const bool all = at.kind == Syntax::Kind::all_of;
    Typed typed = made(at, all ? Kind::all_of : Kind::any_of, Type::boolean);
    for (const Syntax& child : at.children) {
      Typed operand;
      if (!boolean(child, operand, all ? "`&&`" : "`||`")) typed.type = Type::invalid;
      typed.children.push_back(std::move(operand));
    }
    return typed;
  }

  Typed conditional(const Syntax& at) {
    Typed condition;
    const bool usable = boolean(at.children[0], condition, "`?`");
    Typed yes = type(at.children[1]);
    Typed no = type(at.children[2]);
    if (!usable || yes.type == Type::invalid || no.type == Type::invalid) {
      return made(at, Kind::constant, Type::invalid);
    }
    agree(yes, no);
    if (yes.type != no.type) {
      return fault(at, "wrong_type",
                   "both sides of `:` must be of one type, not " +
                       std::string(with_article(yes.type)) + " and " +
                       std::string(with_article(no.type)));
    }
    if (yes.type == Type::set) return fault(at, "not_supported", "`?` cannot choose between sets");
    if (condition.kind == Kind::constant) {
      if (condition.failed) return constant(at, yes.type, std::nullopt);
      return std::get<bool>(condition.value) ? yes : no;
    }
    const Whole a = yes.type == Type::integer ? whole_range(yes) : Whole{};
    const Whole b = no.type == Type::integer ? whole_range(no) : Whole{};
    Typed typed = made(at, Kind::conditional, yes.type);
    typed.low = std::min(a.low, b.low);
    typed.high = std::max(a.high, b.high);
    if (typed.low < -whole_max || typed.high > whole_max) return fault(at, too_large_integer());
    typed.children.push_back(std::move(condition));
    typed.children.push_back(std::move(yes));
    typed.children.push_back(std::move(no));
    return typed;
  }

  // An integer beside a number becomes a number.
  static void agree(Typed& a, Typed& b) {
    if (a.type == Type::integer && b.type == Type::number) to_number(a);
    if (b.type == Type::integer && a.type == Type::number) to_number(b);
  }

  static void to_number(Typed& constant) {
    constant.type = Type::number;
    if (constant.kind == Kind::constant && !constant.failed) {
      constant.value = static_cast<double>(std::get<std::int64_t>(constant.value));
    }
  }

  Typed binary(const Syntax& at) {
    if (at.op == Operator::in) return in(at);
    Typed left = type(at.children[0]);
    Typed right = type(at.children[1]);
    if (left.type == Type::invalid || right.type == Type::invalid) {
      return made(at, Kind::constant, Type::invalid);
    }
    agree(left, right);
    return is_arithmetic(at.op) ? arithmetic(at, std::move(left), std::move(right))
                                : compare(at, std::move(left), std::move(right));
  }

  Typed compare(const Syntax& at, Typed left, Typed right) {
    const bool equality = at.op == Operator::equal || at.op == Operator::not_equal;
    if (left.type != right.type || left.type == Type::set || left.type == Type::list)
      return fault(at, mismatched(at.op, left.type, right.type));
    if (!known_stages(left, right) || !known_stages(right, left)) {
      return made(at, Kind::constant, Type::invalid);
    }
    for (const Typed* side : {&left, &right}) {
      if (side->kind == Kind::input && side->input->is_stage() && !equality) {
        return fault(at, "not_supported", "stages compare with `==`, `!=` and `in`, not by order");
      }
    }
    if (left.failed || right.failed) return constant(at, Type::boolean, std::nullopt);
    if (left.kind == Kind::constant && right.kind == Kind::constant) {
      return constant(at, Type::boolean, Literal(fold_compare(at.op, left.value, right.value)));
    }
    Typed typed = made(at, Kind::compare, Type::boolean);
    typed.op = at.op;
    typed.children.push_back(std::move(left));
    typed.children.push_back(std::move(right));
    return typed;
  }

  bool known_stages(const Typed& journey, const Typed& other) {
    if (journey.kind != Kind::input || !journey.input->is_stage()) return true;
    if (other.kind != Kind::constant || other.failed) return true;
    return known_stage(*journey.input, std::get<std::string>(other.value), other.begin);
  }

  bool known_stage(const Input& journey, const std::string& stage, std::size_t at) {
    const auto& stages = journey.stages;
    if (std::find(stages.begin(), stages.end(), stage) != stages.end()) return true;
    faults_.push_back({at, unknown_stage(journey, stage)});
    return false;
  }

  Typed arithmetic(const Syntax& at, Typed left, Typed right) {
    const Type result = result_type(at.op, left.type, right.type);
    if (result == Type::invalid) return fault(at, mismatched(at.op, left.type, right.type));
    if (left.failed || right.failed) return constant(at, result, std::nullopt);
    if (left.kind == Kind::constant && right.kind == Kind::constant) {
      auto value = in_range(result, fold_arithmetic(at.op, left.value, right.value));
      if (!value && result == Type::number) {
        return fault(at, "not_finite",
                     "this is no finite number, and others are unknown here; write a number");
      }
      return constant(at, result, std::move(value));
    }
    Typed typed = made(at, Kind::arithmetic, result);
    typed.op = at.op;
    if (result == Type::integer) {
      const auto range = combined(at.op, whole_range(left), whole_range(right));
      if (!range) return fault(at, too_large_integer());
      typed.low = range->low;
      typed.high = range->high;
    }
    typed.children.push_back(std::move(left));
    typed.children.push_back(std::move(right));
    return typed;
  }

  // CEL's times end with the years 1 and 9999, its durations at 292 years.
  static std::optional<Literal> in_range(Type type, std::optional<Literal> value) {
    const auto* ms = value ? std::get_if<std::int64_t>(&*value) : nullptr;
    if (ms == nullptr || type == Type::integer) return value;
    const bool fits = type == Type::time
                          ? *ms >= cel_time_ms_min && *ms <= cel_time_ms_max
                          : *ms >= -cel_duration_ms_max && *ms <= cel_duration_ms_max;
    return fits ? value : std::nullopt;
  }

  static Type result_type(Operator op, Type left, Type right) {
    const bool add = op == Operator::add;
    const bool subtract = op == Operator::subtract;
    if (left == Type::integer && right == Type::integer) return Type::integer;
    if (left == Type::number && right == Type::number) {
      return op == Operator::modulo ? Type::invalid : Type::number;
    }
    if (add && left == Type::string && right == Type::string) return Type::string;
    if ((add || subtract) && left == Type::duration && right == Type::duration) return left;
    if ((add || subtract) && left == Type::time && right == Type::duration) return Type::time;
    if (add && left == Type::duration && right == Type::time) return Type::time;
    if (subtract && left == Type::time && right == Type::time) return Type::duration;
    return Type::invalid;
  }

  Typed in(const Syntax& at) {
    Typed left = type(at.children[0]);
    const Syntax& right = at.children[1];
    if (right.kind == Syntax::Kind::list) return in_list(at, std::move(left), right);
    Typed set = type(right);
    if (left.type == Type::invalid || set.type == Type::invalid) {
      return made(at, Kind::constant, Type::invalid);
    }
    if (set.type != Type::set) {
      return fault(right, "wrong_type",
                   "`in` needs a list such as `['a', 'b']` or a set to its right, not " +
                       std::string(with_article(set.type)));
    }
    if (left.type != Type::string) {
      return fault(
          at.children[0], "wrong_type",
          "the members of a set are strings, and this is " + std::string(with_article(left.type)));
    }
    if (left.failed) return constant(at, Type::boolean, std::nullopt);
    if (left.kind != Kind::constant) {
      Typed typed = made(at, Kind::call, Type::boolean);
      typed.instruction = image::Instruction::member_of;
      typed.children.push_back(std::move(left));
      typed.children.push_back(std::move(set));
      return typed;
    }
    Typed typed = made(at, Kind::in_set, Type::boolean);
    typed.input = set.input;
    typed.value = left.value;
    return typed;
  }

  Typed in_list(const Syntax& at, Typed left, const Syntax& list) {
    Typed typed = made(at, Kind::in_list, Type::boolean);
    bool failed = left.failed;
    for (const Syntax& item : list.children) {
      Typed element = type(item);
      if (left.type == Type::invalid || element.type == Type::invalid) {
        typed.type = Type::invalid;
        continue;
      }
      agree(left, element);
      if (!usable_element(item, left, element)) typed.type = Type::invalid;
      failed = failed || element.failed;
      typed.list.push_back(element.value);
    }
    if (left.type == Type::invalid || typed.type == Type::invalid) {
      return made(at, Kind::constant, Type::invalid);
    }
    if (left.type == Type::boolean || left.type == Type::set) {
      return fault(at, "wrong_type",
                   "`in` with a list needs a string, a number or a time to its left, not " +
                       std::string(with_article(left.type)));
    }
    if (failed) return constant(at, Type::boolean, std::nullopt);
    if (left.kind == Kind::constant) return in_constants(at, left, typed.list);
    typed.children.push_back(std::move(left));
    return typed;
  }

  bool usable_element(const Syntax& at, const Typed& left, const Typed& element) {
    if (element.kind != Kind::constant) {
      fault(at, "not_supported",
            "a list may hold literals only; join comparisons with `||` instead");
      return false;
    }
    if (element.type != left.type) {
      fault(at, unlike_item(left.type, element.type));
      return false;
    }
    return known_stages(left, element);
  }

  static Typed in_constants(const Syntax& at, const Typed& left, const std::vector<Literal>& list) {
    const bool found = std::any_of(list.begin(), list.end(), [&left](Literal item) {
      const auto* integer = std::get_if<std::int64_t>(&item);
      if (integer != nullptr && left.type == Type::number) item = static_cast<double>(*integer);
      return fold_compare(Operator::equal, item, left.value);
    });
    return constant(at, Type::boolean, Literal(found));
  }

  const Names& names_;
  std::vector<Fault>& faults_;
  std::vector<std::pair<std::string, Typed>> scope_;
  std::uint32_t loop_depth_ = 0;
  std::size_t node_count_ = 0;
};

}  // namespace

std::string_view with_article(Type type) {
  constexpr std::string_view names[] = {"nothing",  "true or false", "an integer",
                                        "a number", "a string",      "a set",
                                        "a time",   "a duration",    "a list"};
  return names[static_cast<std::size_t>(type)];
}

Typed type_condition(const Syntax& syntax, const Names& names, std::vector<Fault>& faults) {
  Typer typer(names, faults);
  Typed typed = typer.type(syntax);
  if (typed.type != Type::boolean && typed.type != Type::invalid) {
    return typer.fault(syntax, no_truth("a condition must be", typed));
  }
  return typed;
}

}  // namespace heed::compile
