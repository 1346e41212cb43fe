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
    return {Kind::binary, {}, std::move(op), {std::move(left), std::move(right)}};
  }

  Expression conditional() {
    Expression condition = disjunction();
    if (!take("?")) return condition;
    Expression yes = disjunction();
    require(":");
    return {Kind::conditional, {}, {}, {std::move(condition), std::move(yes), conditional()}};
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
      if (take("*")) {
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
      if (take(op)) return {Kind::unary, {}, op, {unary()}};
    }
    return primary();
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
    if (first == '\'' || first == '"') return {Kind::literal, string_literal(), {}, {}};
    if (std::isdigit(static_cast<unsigned char>(first)) || first == '.') return number();
    return name();
  }

  Expression list() {
    Expression result{Kind::list, {}, {}, {}};
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
    at_ += static_cast<std::size_t>(end - rest.c_str());
    return {Kind::literal, value, {}, {}};
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
    if (name == "true" || name == "false") return {Kind::literal, name == "true", {}, {}};
    if (!take("(")) return {Kind::name, {}, name, {}};
    if (name == "has") {
      Expression result{Kind::has, {}, dotted_name(), {}};
      require(")");
      return result;
    }
    skip_space();
    if (name != "duration" && name != "timestamp") fail("unknown function " + name);
    const std::string argument = string_literal();
    require(")");
    if (name == "duration") return {Kind::literal, Duration{parse_duration(argument)}, {}, {}};
    return {Kind::literal, Time{static_cast<double>(parse_time(argument))}, {}, {}};
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

Value arithmetic(const std::string& op, const Value& a, const Value& b) {
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
std::optional<int> order(const Value& a, const Value& b) {
  const auto compare = [](const auto& x, const auto& y) { return x < y ? -1 : (y < x ? 1 : 0); };
  if (a.index() != b.index()) return std::nullopt;
  if (const auto* x = std::get_if<double>(&a)) return compare(*x, std::get<double>(b));
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
  if (op == "+" || op == "-" || op == "*" || op == "/") return arithmetic(op, a, b);
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
