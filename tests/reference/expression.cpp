#include "expression.h"

#include <cctype>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <stdexcept>

#include "time.h"

namespace heed::reference {
namespace {

using Kind = Expression::Kind;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Expression whole() {
    Expression result = conditional();
    skip_space();
    if (at_ != text_.size()) fail("unexpected text");
    return result;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error("reference: " + what + " at " + std::to_string(at_) + " of `" +
                             std::string(text_) + "`");
  }

  void skip_space() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }

  bool take(std::string_view token) {
    skip_space();
    if (text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    return true;
  }

  void require(std::string_view token) {
    if (!take(token)) fail("expected " + std::string(token));
  }

  static bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

  bool take_word(std::string_view word) {
    skip_space();
    const std::size_t after = at_ + word.size();
    if (text_.substr(at_, word.size()) != word) return false;
    if (after < text_.size() && is_name(text_[after])) return false;
    at_ = after;
    return true;
  }

  static Expression binary(std::string op, Expression left, Expression right) {
    return {Kind::binary, {}, std::move(op), {std::move(left), std::move(right)}, {}};
  }

  Expression conditional() {
    Expression condition = disjunction();
    if (!take("?")) return condition;
    Expression yes = disjunction();
    require(":");
    return {Kind::conditional, {}, {}, {std::move(condition), std::move(yes), conditional()}, {}};
  }

  Expression disjunction() {
    Expression left = conjunction();
    while (take("||")) left = binary("||", std::move(left), conjunction());
    return left;
  }

  Expression conjunction() {
    Expression left = relation();
    while (take("&&")) left = binary("&&", std::move(left), relation());
    return left;
  }

  std::optional<std::string> relation_operator() {
    for (const char* op : {"==", "!=", "<=", ">=", "<", ">"}) {
      if (take(op)) return op;
    }
    if (take_word("in")) return "in";
    return std::nullopt;
  }

  Expression relation() {
    Expression left = sum();
    while (const auto op = relation_operator()) left = binary(*op, std::move(left), sum());
    return left;
  }

  Expression sum() {
    Expression left = product();
    while (true) {
      if (take("+")) {
        left = binary("+", std::move(left), product());
      } else if (take("-")) {
        left = binary("-", std::move(left), product());
      } else {
        return left;
      }
    }
  }

  Expression product() {
    Expression left = unary();
    while (true) {
      if (take("%")) {
        left = binary("%", std::move(left), unary());
      } else if (take("*")) {
        left = binary("*", std::move(left), unary());
      } else if (take("/")) {
        left = binary("/", std::move(left), unary());
      } else {
        return left;
      }
    }
  }

  Expression unary() {
    skip_space();
    for (const char* op : {"!", "-"}) {
      if (take(op)) return {Kind::unary, {}, op, {unary()}, {}};
    }
    Expression result = primary();
    while (take(".")) {
      const std::string method = word();
      require("(");
      result = call(std::move(result), method);
    }
    return result;
  }

  std::string word() {
    skip_space();
    const std::size_t from = at_;
    while (at_ < text_.size() && is_name(text_[at_])) ++at_;
    if (at_ == from) fail("expected a name");
    return std::string(text_.substr(from, at_ - from));
  }

  /// The rest of `target.method(`.
  Expression call(Expression target, const std::string& method) {
    if (method == "exists" || method == "all") {
      std::string variable = word();
      require(",");
      Expression body = conditional();
      require(")");
      return {Kind::macro, {}, method, {std::move(target), std::move(body)}, std::move(variable)};
    }
    Expression result{Kind::method, {}, method, {std::move(target)}, {}};
    while (!take(")")) {
      if (result.children.size() > 1) require(",");
      result.children.push_back(conditional());
    }
    return result;
  }

  Expression primary() {
    skip_space();
    if (at_ == text_.size()) fail("unexpected end");
    const char first = text_[at_];
    if (take("(")) {
      Expression inner = conditional();
      require(")");
      return inner;
    }
    if (take("[")) return list();
    if (first == '\'' || first == '"') return {Kind::literal, string_literal(), {}, {}, {}};
    if (std::isdigit(static_cast<unsigned char>(first)) || first == '.') return number();
    return name();
  }

  Expression list() {
    Expression result{Kind::list, {}, {}, {}, {}};
    while (!take("]")) {
      if (!result.children.empty()) require(",");
      result.children.push_back(conditional());
    }
    return result;
  }

  Expression number() {
    const std::string rest(text_.substr(at_));
    char* end = nullptr;
    const double value = std::strtod(rest.c_str(), &end);
    const std::string_view digits = text_.substr(at_, static_cast<std::size_t>(end - rest.c_str()));
    at_ += digits.size();
    if (digits.find_first_not_of("0123456789") == std::string_view::npos) {
      return {Kind::literal, static_cast<Whole>(std::stoll(std::string(digits))), {}, {}, {}};
    }
    return {Kind::literal, value, {}, {}, {}};
  }

  std::string string_literal() {
    const char quote = text_[at_++];
    std::string value;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\\') ++at_;  // the generator escapes quotes and backslashes alone
      if (at_ == text_.size()) break;
      value += text_[at_++];
    }
    if (at_ == text_.size()) fail("the string does not end");
    ++at_;
    return value;
  }

  std::string dotted_name() {
    skip_space();
    const std::size_t from = at_;
    while (at_ < text_.size() && (is_name(text_[at_]) || text_[at_] == '.')) ++at_;
    if (at_ == from) fail("expected a name");
    return std::string(text_.substr(from, at_ - from));
  }

  Expression name() {
    const std::string name = dotted_name();
    if (name == "true" || name == "false") return {Kind::literal, name == "true", {}, {}, {}};
    if (!take("(")) return {Kind::name, {}, name, {}, {}};
    if (const std::size_t dot = name.rfind('.'); dot != std::string::npos) {
      return call({Kind::name, {}, name.substr(0, dot), {}, {}}, name.substr(dot + 1));
    }
    if (name == "size") {
      Expression result{Kind::method, {}, name, {conditional()}, {}};
      require(")");
      return result;
    }
    if (name == "has") {
      Expression result{Kind::has, {}, dotted_name(), {}, {}};
      require(")");
      return result;
    }
    skip_space();
    if (name != "duration" && name != "timestamp") fail("unknown function " + name);
    const std::string argument = string_literal();
    require(")");
    if (name == "duration") {
      return {Kind::literal, Duration{parse_duration(argument)}, {}, {}, {}};
    }
    return {Kind::literal, Time{static_cast<double>(parse_time(argument))}, {}, {}, {}};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// "Numbers are IEEE doubles (no NaN, no infinities; -0 is 0)".
Value finite(double value) {
  if (!std::isfinite(value)) return Unknown{};
  return value == 0 ? 0.0 : value;
}

Value negate(const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return finite(-*number);
  if (const auto* whole = std::get_if<Whole>(&value)) return -*whole;
  if (const auto* span = std::get_if<Duration>(&value)) return Duration{0.0 - span->ms};
  return Unknown{};
}

/// Kleene: one operand may decide alone, whatever the other is.
Value either(const Value& a, const Value& b) {
  if (is_true(a) || is_true(b)) return true;
  if (a == Value(false) && b == Value(false)) return false;
  return Unknown{};
}

Value both(const Value& a, const Value& b) {
  if (a == Value(false) || b == Value(false)) return false;
  if (is_true(a) && is_true(b)) return true;
  return Unknown{};
}

/// CEL's int: division goes towards zero, by zero it is an error, and so is an overflow.
Value whole_arithmetic(const std::string& op, Whole a, Whole b) {
  Whole out = 0;
  if (op == "+") return __builtin_add_overflow(a, b, &out) ? Value(Unknown{}) : out;
  if (op == "-") return __builtin_sub_overflow(a, b, &out) ? Value(Unknown{}) : out;
  if (op == "*") return __builtin_mul_overflow(a, b, &out) ? Value(Unknown{}) : out;
  if (b == 0 || (b == -1 && __builtin_sub_overflow(0, a, &out))) return Unknown{};
  return op == "/" ? a / b : a % b;
}

/// A whole number beside a double is a double.
void promote(Value& a, Value& b) {
  const auto widen = [](Value& value, const Value& other) {
    const auto* whole = std::get_if<Whole>(&value);
    if (whole && std::holds_alternative<double>(other)) value = static_cast<double>(*whole);
  };
  widen(a, b);
  widen(b, a);
}

Value arithmetic(const std::string& op, Value a, Value b) {
  promote(a, b);
  if (const auto* x = std::get_if<Whole>(&a)) {
    const auto* y = std::get_if<Whole>(&b);
    return y ? whole_arithmetic(op, *x, *y) : Value(Unknown{});
  }
  if (const auto* x = std::get_if<double>(&a)) {
    const auto* y = std::get_if<double>(&b);
    if (!y) return Unknown{};
    if (op == "+") return finite(*x + *y);
    if (op == "-") return finite(*x - *y);
    if (op == "*") return finite(*x * *y);
    return *y == 0 ? Value(Unknown{}) : finite(*x / *y);
  }
  if (const auto* x = std::get_if<std::string>(&a)) {
    const auto* y = std::get_if<std::string>(&b);
    if (!y || op != "+" || x->size() + y->size() > 1024) return Unknown{};
    return *x + *y;
  }
  if (const auto* x = std::get_if<Time>(&a)) {
    if (const auto* y = std::get_if<Time>(&b); y && op == "-") return Duration{x->ms - y->ms};
    const auto* y = std::get_if<Duration>(&b);
    if (!y) return Unknown{};
    return Time{op == "+" ? x->ms + y->ms : x->ms - y->ms};
  }
  if (const auto* x = std::get_if<Duration>(&a)) {
    if (const auto* y = std::get_if<Time>(&b)) return Time{x->ms + y->ms};
    const auto* y = std::get_if<Duration>(&b);
    if (!y) return Unknown{};
    return Duration{op == "+" ? x->ms + y->ms : x->ms - y->ms};
  }
  return Unknown{};
}

/// -1, 0, 1; nothing where the two cannot be ordered.
std::optional<int> order(Value a, Value b) {
  promote(a, b);
  const auto compare = [](const auto& x, const auto& y) { return x < y ? -1 : (y < x ? 1 : 0); };
  if (a.index() != b.index()) return std::nullopt;
  if (const auto* x = std::get_if<double>(&a)) return compare(*x, std::get<double>(b));
  if (const auto* x = std::get_if<Whole>(&a)) return compare(*x, std::get<Whole>(b));
  if (const auto* x = std::get_if<bool>(&a)) return compare(*x, std::get<bool>(b));
  if (const auto* x = std::get_if<Time>(&a)) return compare(x->ms, std::get<Time>(b).ms);
  if (const auto* x = std::get_if<Duration>(&a)) return compare(x->ms, std::get<Duration>(b).ms);
  if (const auto* x = std::get_if<std::string>(&a)) {
    // std::string orders by unsigned bytes, as UTF-8 is to be compared.
    return compare(*x, std::get<std::string>(b));
  }
  return std::nullopt;
}

Value relate(const std::string& op, const Value& a, const Value& b) {
  const auto result = order(a, b);
  if (!result) return Unknown{};
  if (op == "==") return *result == 0;
  if (op == "!=") return *result != 0;
  if (op == "<") return *result < 0;
  if (op == "<=") return *result <= 0;
  if (op == ">") return *result > 0;
  return *result >= 0;
}

Value is_in(const Expression& left, const Expression& right, const Lookup& lookup) {
  const Value item = evaluate(left, lookup);
  if (!is_known(item)) return Unknown{};
  if (right.kind != Kind::list) {
    const Value container = evaluate(right, lookup);
    const auto* members = std::get_if<Set>(&container);
    const auto* text = std::get_if<std::string>(&item);
    if (!members || !text) return Unknown{};
    return members->count(*text) > 0;
  }
  Value found = false;
  for (const Expression& child : right.children) {
    found = either(found, relate("==", item, evaluate(child, lookup)));
  }
  return found;
}

Whole count_characters(const std::string& text) {
  Whole count = 0;
  for (std::size_t i = 0; i < text.size(); ++count) {
    const auto lead = static_cast<unsigned char>(text[i]);
    i += lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  }
  return count;
}

std::string lower_ascii(std::string text) {
  const std::string capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const std::string small = "abcdefghijklmnopqrstuvwxyz";
  for (char& c : text) {
    if (const std::size_t at = capitals.find(c); at != std::string::npos) c = small[at];
  }
  return text;
}

Value text_method(const std::string& name, const std::string& text, const std::string& part) {
  if (part.size() > text.size()) return false;
  const std::size_t last = text.size() - part.size();
  if (name == "startsWith") return text.compare(0, part.size(), part) == 0;
  if (name == "endsWith") return text.compare(last, part.size(), part) == 0;
  for (std::size_t at = 0; at <= last; ++at) {
    if (text.compare(at, part.size(), part) == 0) return true;
  }
  return false;
}

Value duration_method(const std::string& name, Duration span) {
  const auto ms = static_cast<Whole>(span.ms);
  if (name == "getHours") return ms / 3'600'000;
  if (name == "getMinutes") return ms / 60'000;
  if (name == "getSeconds") return ms / 1000;
  if (name == "getMilliseconds") return ms % 1000;
  return Unknown{};
}

Value time_method(const std::string& name, Time time, const Value& zone) {
  const auto ms = static_cast<std::int64_t>(time.ms);
  const auto* text = std::get_if<std::string>(&zone);
  const auto offset = offset_at(text ? *text : "UTC", ms);
  return offset ? Value(part_of_time(name, ms + *offset)) : Value(Unknown{});
}

Value evaluate_method(const Expression& expression, const Lookup& lookup) {
  const std::string& name = expression.text;
  const Value target = evaluate(expression.children[0], lookup);
  const Value argument =
      expression.children.size() > 1 ? evaluate(expression.children[1], lookup) : Value(Unknown{});
  if (const auto* set = std::get_if<Set>(&target)) {
    return name == "size" ? Value(static_cast<Whole>(set->size())) : Value(Unknown{});
  }
  if (const auto* text = std::get_if<std::string>(&target)) {
    if (name == "size") return count_characters(*text);
    if (name == "lowerAscii") return lower_ascii(*text);
    const auto* part = std::get_if<std::string>(&argument);
    return part ? text_method(name, *text, *part) : Value(Unknown{});
  }
  if (const auto* span = std::get_if<Duration>(&target)) return duration_method(name, *span);
  if (const auto* time = std::get_if<Time>(&target)) return time_method(name, *time, argument);
  return Unknown{};
}

Value evaluate_macro(const Expression& expression, const Lookup& lookup) {
  const bool exists = expression.text == "exists";
  std::vector<Value> members;
  const Expression& target = expression.children[0];
  if (target.kind == Kind::list) {
    for (const Expression& child : target.children) members.push_back(evaluate(child, lookup));
  } else {
    const Value value = evaluate(target, lookup);
    const auto* set = std::get_if<Set>(&value);
    if (!set) return Unknown{};
    members.assign(set->begin(), set->end());
  }
  Value result = !exists;
  for (const Value& member : members) {
    const Value one = evaluate(expression.children[1], [&](const std::string& name) {
      return name == expression.variable ? member : lookup(name);
    });
    result = exists ? either(result, one) : both(result, one);
  }
  return result;
}

Value evaluate_binary(const Expression& expression, const Lookup& lookup) {
  const std::string& op = expression.text;
  const Expression& left = expression.children[0];
  const Expression& right = expression.children[1];
  if (op == "in") return is_in(left, right, lookup);
  const Value a = evaluate(left, lookup);
  const Value b = evaluate(right, lookup);
  if (op == "||") return either(a, b);
  if (op == "&&") return both(a, b);
  if (!is_known(a) || !is_known(b)) return Unknown{};
  if (op.size() == 1 && std::string("+-*/%").find(op) != std::string::npos) {
    return arithmetic(op, a, b);
  }
  return relate(op, a, b);
}

}  // namespace

Expression parse_expression(std::string_view text) { return Parser(text).whole(); }

Value evaluate(const Expression& expression, const Lookup& lookup) {
  switch (expression.kind) {
    case Kind::literal:
      return expression.literal;
    case Kind::name:
      return lookup(expression.text);
    case Kind::has:
      return is_known(lookup(expression.text));
    case Kind::binary:
      return evaluate_binary(expression, lookup);
    case Kind::method:
      return evaluate_method(expression, lookup);
    case Kind::macro:
      return evaluate_macro(expression, lookup);
    case Kind::unary: {
      const Value inner = evaluate(expression.children[0], lookup);
      if (expression.text == "-") return negate(inner);
      const auto* truth = std::get_if<bool>(&inner);
      return truth ? Value(!*truth) : Value(Unknown{});
    }
    case Kind::conditional: {
      const Value condition = evaluate(expression.children[0], lookup);
      if (is_true(condition)) return evaluate(expression.children[1], lookup);
      if (condition == Value(false)) return evaluate(expression.children[2], lookup);
      return Unknown{};
    }
    case Kind::list:
      break;
  }
  return Unknown{};
}

}  // namespace heed::reference
