#include <array>
#include <optional>
#include <utility>

#include "lexer.h"
#include "syntax.h"

namespace heed::compile {
namespace {

using Parsed = tl::expected<Syntax, Fault>;

constexpr std::array<std::string_view, 17> reserved = {
    "as",  "break", "const",   "continue",  "else",   "for", "function", "if",   "import",
    "let", "loop",  "package", "namespace", "return", "var", "void",     "while"};

struct Binary {
  std::string_view symbol;
  Operator op;
  int level;  // binds tighter the higher it is
};

constexpr std::array<Binary, 12> binaries = {{{"==", Operator::equal, 1},
                                              {"!=", Operator::not_equal, 1},
                                              {"<", Operator::less, 1},
                                              {"<=", Operator::less_equal, 1},
                                              {">", Operator::greater, 1},
                                              {">=", Operator::greater_equal, 1},
                                              {"in", Operator::in, 1},
                                              {"+", Operator::add, 2},
                                              {"-", Operator::subtract, 2},
                                              {"*", Operator::multiply, 3},
                                              {"/", Operator::divide, 3},
                                              {"%", Operator::modulo, 3}}};
constexpr int binary_level_max = 3;

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Parsed parse() {
    Parsed root = expression(0);
    if (root && token().kind != Token::Kind::end) return unexpected_token();
    return root;
  }

 private:
  [[nodiscard]] const Token& token() const { return tokens_[at_]; }

  [[nodiscard]] bool is(std::string_view symbol) const {
    return token().kind == Token::Kind::symbol && token().text == symbol;
  }

  bool take(std::string_view symbol) {
    if (!is(symbol)) return false;
    ++at_;
    return true;
  }

  static tl::unexpected<Fault> fault(std::size_t at, std::string code, std::string message,
                                     std::string suggestion = {}) {
    return tl::unexpected(Fault{at, {std::move(code), std::move(message), std::move(suggestion)}});
  }

  // What people mean by a token that cannot stand where it does.
  [[nodiscard]] std::string_view advice(const Token& t) const {
    const bool after_number = at_ > 0 && (tokens_[at_ - 1].kind == Token::Kind::integer ||
                                          tokens_[at_ - 1].kind == Token::Kind::number);
    const bool is_number = t.kind == Token::Kind::integer || t.kind == Token::Kind::number;
    if (after_number && (t.text == "," || is_number)) return "numbers are written as in 1000.5";
    if (t.text == ">" && at_ > 0 && tokens_[at_ - 1].text == "<") return "unequal is written `!=`";
    if (t.text == ")" || t.text == "]" || t.text == "}") return "remove it, or open it before";
    if (t.kind == Token::Kind::symbol) return "write a value before it, or remove it";
    return "join tests with `&&` or `||`, and call functions as in `name.startsWith('a')`";
  }

  [[nodiscard]] tl::unexpected<Fault> unexpected_token() const {
    const Token& t = token();
    if (t.kind == Token::Kind::end) {
      return fault(t.begin, "syntax",
                   "the condition ends where a value is needed; write a name, a number or a text");
    }
    if (t.kind == Token::Kind::identifier && (t.text == "and" || t.text == "AND")) {
      return fault(t.begin, "syntax", "`and` is written `&&`", "&&");
    }
    if (t.kind == Token::Kind::identifier && (t.text == "or" || t.text == "OR")) {
      return fault(t.begin, "syntax", "`or` is written `||`", "||");
    }
    if (at_ > 0 && tokens_[at_ - 1].kind == Token::Kind::identifier &&
        (tokens_[at_ - 1].text == "not" || tokens_[at_ - 1].text == "NOT")) {
      return fault(tokens_[at_ - 1].begin, "syntax", "`not` is written `!`", "!");
    }
    const std::string shown = t.kind == Token::Kind::string ? "this string" : "`" + t.text + "`";
    return fault(t.begin, "syntax", shown + " does not fit here; " + std::string(advice(t)));
  }

  static tl::unexpected<Fault> too_deep(std::size_t at) {
    return fault(at, "too_deep",
                 "the condition is nested more than 64 levels deep; name parts of it as segments");
  }

  // Joins children to a node; the depth of every tree stays below the limit.
  static Parsed node(Syntax::Kind kind, std::size_t begin, std::size_t end,
                     std::vector<Syntax> children) {
    Syntax made;
    made.kind = kind;
    made.begin = begin;
    made.end = end;
    for (const Syntax& child : children) made.depth = std::max(made.depth, child.depth + 1);
    made.children = std::move(children);
    if (made.depth > condition_depth_max) return too_deep(begin);
    return made;
  }

  // Brackets around a value belong to the expression that it stands in.
  [[nodiscard]] std::size_t last_end() const { return tokens_[at_ - 1].end; }

  Parsed expression(std::size_t depth) {
    const std::size_t begin = token().begin;
    if (depth >= condition_depth_max) return too_deep(token().begin);
    Parsed condition = any_of(depth);
    if (!condition || !take("?")) return condition;
    Parsed yes = any_of(depth + 1);
    if (!yes) return yes;
    if (!take(":")) return fault(token().begin, "syntax", "`? value` needs `: other value`");
    Parsed no = expression(depth + 1);
    if (!no) return no;
    return node(Syntax::Kind::conditional, begin, last_end(), three(*condition, *yes, *no));
  }

  static std::vector<Syntax> three(Syntax& a, Syntax& b, Syntax& c) {
    std::vector<Syntax> children;
    children.push_back(std::move(a));
    children.push_back(std::move(b));
    children.push_back(std::move(c));
    return children;
  }

  Parsed any_of(std::size_t depth) {
    return joined("||", Syntax::Kind::any_of, [&] { return all_of(depth); });
  }

  Parsed all_of(std::size_t depth) {
    return joined("&&", Syntax::Kind::all_of, [&] { return binary(1, depth); });
  }

  // Long chains are one wide node: their depth costs nothing.
  template <class Operand>
  Parsed joined(std::string_view symbol, Syntax::Kind kind, Operand operand) {
    const std::size_t begin = token().begin;
    Parsed first = operand();
    if (!first || !is(symbol)) return first;
    std::vector<Syntax> children;
    children.push_back(std::move(*first));
    while (take(symbol)) {
      Parsed next = operand();
      if (!next) return next;
      children.push_back(std::move(*next));
    }
    return node(kind, begin, last_end(), std::move(children));
  }

  [[nodiscard]] const Binary* binary_operator(int level) const {
    if (token().kind != Token::Kind::symbol && token().text != "in") return nullptr;
    if (token().kind == Token::Kind::string) return nullptr;
    for (const Binary& known : binaries) {
      if (known.level == level && known.symbol == token().text) return &known;
    }
    return nullptr;
  }

  Parsed binary(int level, std::size_t depth) {
    if (level > binary_level_max) return unary(depth);
    const std::size_t begin = token().begin;
    Parsed left = binary(level + 1, depth);
    while (left) {
      const Binary* known = binary_operator(level);
      if (known == nullptr) break;
      ++at_;
      Parsed right = binary(level + 1, depth);
      if (!right) return right;
      std::vector<Syntax> children;
      children.push_back(std::move(*left));
      children.push_back(std::move(*right));
      left = node(Syntax::Kind::binary, begin, last_end(), std::move(children));
      if (left) left->op = known->op;
    }
    return left;
  }

  Parsed unary(std::size_t depth) {
    const std::size_t begin = token().begin;
    const bool invert = is("!");
    if (!invert && !is("-")) return postfix(depth);
    ++at_;
    if (!invert &&
        token().kind == Token::Kind::integer) {  // so that the least integer can be written
      tokens_[at_].text = "-" + token().text;
      tokens_[at_].begin = begin;
      return postfix(depth);
    }
    if (depth + 1 >= condition_depth_max) return too_deep(begin);
    Parsed operand = unary(depth + 1);
    if (!operand) return operand;
    std::vector<Syntax> children;
    children.push_back(std::move(*operand));
    return node(invert ? Syntax::Kind::invert : Syntax::Kind::negate, begin, last_end(),
                std::move(children));
  }

  Parsed postfix(std::size_t depth) {
    const std::size_t begin = token().begin;  // with the parentheses
    Parsed value = primary(depth);
    while (value && (is(".") || is("[") || is("{"))) {
      if (!is(".")) {
        return fault(token().begin, "not_supported",
                     is("[") ? "indexing is not supported; test members with `in`"
                             : "messages are not supported");
      }
      ++at_;
      if (token().kind != Token::Kind::identifier) {
        const bool is_number = tokens_[at_ - 2].kind == Token::Kind::integer;
        return fault(token().begin, "syntax",
                     is_number ? "a digit is needed after the decimal point, as in `1.0`"
                               : "a name is needed after the dot, as in `segment.parents`");
      }
      const Token name = token();
      ++at_;
      std::vector<Syntax> children;
      children.push_back(std::move(*value));
      auto kind = Syntax::Kind::member;
      if (take("(")) {
        kind = Syntax::Kind::method;
        if (auto failed = arguments(")", children, depth)) return tl::unexpected(*failed);
      }
      value = node(kind, begin, last_end(), std::move(children));
      if (value) value->name = name.text;
    }
    return value;
  }

  // Comma-separated values up to `close`.
  std::optional<Fault> arguments(std::string_view close, std::vector<Syntax>& children,
                                 std::size_t depth) {
    if (take(close)) return {};
    for (;;) {
      Parsed argument = expression(depth + 1);
      if (!argument) return argument.error();
      children.push_back(std::move(*argument));
      const bool comma = take(",");
      if (take(close)) return {};  // CEL lets a list end with a comma
      if (!comma) {
        return Fault{token().begin,
                     {"syntax", "a `,` or `" + std::string(close) + "` is needed here", {}}};
      }
    }
  }

  Parsed primary(std::size_t depth) {
    const Token first = token();
    switch (first.kind) {
      case Token::Kind::integer:
      case Token::Kind::number:
      case Token::Kind::string:
        ++at_;
        return literal(first);
      case Token::Kind::identifier:
        return identifier(depth);
      default:
        break;
    }
    if (take("(")) {
      Parsed inner = expression(depth + 1);
      if (inner && !take(")")) {
        return fault(token().begin, "syntax", "a `)` is missing for the `(` before; add it");
      }
      return inner;
    }
    if (take("[")) {
      std::vector<Syntax> children;
      if (auto failed = arguments("]", children, depth)) return tl::unexpected(*failed);
      return node(Syntax::Kind::list, first.begin, last_end(), std::move(children));
    }
    if (is("{")) return fault(first.begin, "not_supported", "maps are not supported");
    if (is(".")) return fault(first.begin, "not_supported", "a name may not start with a dot");
    return unexpected_token();
  }

  static Parsed literal(const Token& from) {
    Syntax made;
    made.begin = from.begin;
    made.end = from.end;
    if (from.kind == Token::Kind::string) {
      made.literal = from.text;
    } else if (from.kind == Token::Kind::number) {
      made.literal = from.number;
    } else {
      const std::optional<std::int64_t> value = integer(from.text);
      if (!value) {
        return fault(from.begin, "out_of_range",
                     "an integer must fit in 64 bits; write a decimal point for a larger number",
                     from.text + ".0");
      }
      made.literal = *value;
    }
    return made;
  }

  static std::optional<std::int64_t> integer(std::string_view text) {
    const bool negative = text[0] == '-';
    if (negative) text.remove_prefix(1);
    const bool hex = text.size() > 1 && (text[1] | 0x20) == 'x';
    const std::uint64_t base = hex ? 16 : 10;
    const std::uint64_t limit = (std::uint64_t{1} << 63U) - (negative ? 0 : 1);
    std::uint64_t value = 0;
    for (const char c : text.substr(hex ? 2 : 0)) {
      const int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
      if (value > (limit - static_cast<std::uint64_t>(digit)) / base) return {};
      value = value * base + static_cast<std::uint64_t>(digit);
    }
    return static_cast<std::int64_t>(negative ? ~value + 1 : value);
  }

  Parsed identifier(std::size_t depth) {
    const Token name = token();
    ++at_;
    Syntax made;
    made.begin = name.begin;
    made.end = name.end;
    if (name.text == "true" || name.text == "false") {
      made.literal = name.text == "true";
      return made;
    }
    if (name.text == "null") {
      return fault(name.begin, "not_supported",
                   "there is no null here; `has(x)` asks whether x is known");
    }
    if (name.text == "in") {
      --at_;
      return unexpected_token();
    }
    for (const std::string_view word : reserved) {
      if (name.text == word) {
        return fault(name.begin, "syntax", "`" + name.text + "` is a reserved word");
      }
    }
    made.kind = Syntax::Kind::identifier;
    made.name = name.text;
    if (!take("(")) return made;
    std::vector<Syntax> children;
    if (auto failed = arguments(")", children, depth)) return tl::unexpected(*failed);
    Parsed call = node(Syntax::Kind::call, name.begin, last_end(), std::move(children));
    if (call) call->name = name.text;
    return call;
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
};

}  // namespace

std::string_view spelling(Operator op) {
  for (const Binary& known : binaries) {
    if (known.op == op) return known.symbol;
  }
  return "?";
}

tl::expected<Syntax, Fault> parse_condition(std::string_view text) {
  if (text.size() > condition_size_bytes_max) {
    return tl::unexpected(Fault{
        0, {"too_large", "a condition may have at most 16 KiB; name parts of it as segments", {}}});
  }
  auto tokens = read_tokens(text);
  if (!tokens) return tl::unexpected(std::move(tokens.error()));
  return Parser(std::move(*tokens)).parse();
}

}  // namespace heed::compile
