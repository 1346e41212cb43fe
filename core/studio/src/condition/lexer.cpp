#include "lexer.h"

#include <array>
#include <optional>
#include <utility>

#include "../json_tree.h"
#include "heed/base/limits.h"

namespace heed::compile {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

void append_utf8(std::string& out, std::uint32_t point) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xc0 | point >> 6U);
    put(0x80 | (point & 0x3fU));
  } else if (point < 0x10000) {
    put(0xe0 | point >> 12U);
    put(0x80 | (point >> 6U & 0x3fU));
    put(0x80 | (point & 0x3fU));
  } else {
    put(0xf0 | point >> 18U);
    put(0x80 | (point >> 12U & 0x3fU));
    put(0x80 | (point >> 6U & 0x3fU));
    put(0x80 | (point & 0x3fU));
  }
}

constexpr std::array<std::string_view, 24> symbols = {"&&", "||", "==", "!=", "<=", ">=", "<", ">",
                                                      "+",  "-",  "*",  "/",  "%",  "!",  "?", ":",
                                                      "(",  ")",  "[",  "]",  "{",  "}",  ",", "."};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  tl::expected<std::vector<Token>, Fault> read() {
    for (;;) {
      skip_space();
      token_ = Token{};
      token_.begin = at_;
      if (at_ == text_.size()) break;
      if (!next()) return tl::unexpected(std::move(fault_));
      token_.end = at_;
      tokens_.push_back(std::move(token_));
    }
    token_.end = at_;
    tokens_.push_back(std::move(token_));
    return std::move(tokens_);
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  bool fault(std::size_t at, std::string code, std::string message, std::string suggestion = {}) {
    fault_ = {at, {std::move(code), std::move(message), std::move(suggestion)}};
    return false;
  }

  void skip_space() {
    for (;;) {
      while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r' ||
             peek() == '\f') {
        ++at_;
      }
      if (peek() != '/' || peek(1) != '/') return;
      while (at_ < text_.size() && peek() != '\n') ++at_;
    }
  }

  bool next() {
    if (is_digit(peek()) || (peek() == '.' && is_digit(peek(1)))) return number();
    if (is_string_start()) return string();
    if (is_letter(peek())) {
      while (is_letter(peek()) || is_digit(peek())) token_.text += text_[at_++];
      token_.kind = Token::Kind::identifier;
      return true;
    }
    return symbol();
  }

  bool symbol() {
    token_.kind = Token::Kind::symbol;
    for (const std::string_view symbol : symbols) {
      if (text_.substr(at_, symbol.size()) != symbol) continue;
      token_.text = symbol;
      at_ += symbol.size();
      return true;
    }
    const char c = peek();
    if (c == '&') return fault(at_, "syntax", "`and` is written `&&`", "&&");
    if (c == '|') return fault(at_, "syntax", "`or` is written `||`", "||");
    if (c == '=') return fault(at_, "syntax", "equality is written `==`", "==");
    std::size_t end = at_ + 1;
    while (end < text_.size() && (text_[end] & 0xc0) == 0x80) ++end;  // the whole UTF-8 character
    return fault(at_, "syntax",
                 "`" + std::string(text_.substr(at_, end - at_)) +
                     "` has no meaning in a condition; remove it, or put text in quotes");
  }

  bool number() {
    const std::size_t start = at_;
    token_.kind = Token::Kind::integer;
    if (peek() == '0' && (peek(1) | 0x20) == 'x' && hex_value(peek(2)) >= 0) {
      at_ += 2;
      while (hex_value(peek()) >= 0) ++at_;
    } else {
      while (is_digit(peek())) ++at_;
      if (peek() == '.' && is_digit(peek(1))) {
        token_.kind = Token::Kind::number;
        ++at_;
        while (is_digit(peek())) ++at_;
      }
      const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
      if ((peek() | 0x20) == 'e' && is_digit(peek(1 + sign))) {
        token_.kind = Token::Kind::number;
        at_ += 1 + sign;
        while (is_digit(peek())) ++at_;
      }
    }
    token_.text = text_.substr(start, at_ - start);
    if ((peek() | 0x20) == 'u') {
      return fault(start, "not_supported", "unsigned integers are not supported; drop the `u`",
                   token_.text);
    }
    if (is_letter(peek()))
      return fault(start, "syntax", "this is not a number; write one as in 12, 0.5 or 1e9");
    return token_.kind == Token::Kind::integer || read_double(start);
  }

  bool read_double(std::size_t start) {
    std::string json = token_.text;
    if (json[0] == '.') json = "0" + json;
    const std::size_t significant = json.find_first_not_of('0');  // JSON allows one leading zero
    if (significant != std::string::npos && significant > 0) {
      const bool digit = is_digit(json[significant]);
      json.erase(0, digit ? significant : significant - 1);
    }
    const std::optional<double> value = parse_json_number(json);
    if (!value) return fault(start, "not_finite", "this number is too large for a double");
    token_.number = *value;
    return true;
  }

  [[nodiscard]] bool is_string_start() const {
    std::size_t prefix = 0;
    while (prefix < 2 && std::string_view("rRbB").find(peek(prefix)) != std::string_view::npos) {
      ++prefix;
    }
    return peek(prefix) == '"' || peek(prefix) == '\'';
  }

  bool string() {
    const std::size_t start = at_;
    bool raw = false;
    while (peek() != '"' && peek() != '\'') {
      if ((peek() | 0x20) == 'b') {
        return fault(start, "not_supported", "bytes are not supported; use a string");
      }
      raw = true;
      ++at_;
    }
    token_.kind = Token::Kind::string;
    std::string quote(1, peek());
    const std::string triple(3, quote[0]);
    if (text_.substr(at_, 3) == triple) quote = triple;
    at_ += quote.size();
    while (text_.substr(at_, quote.size()) != quote) {
      if (at_ >= text_.size() || (quote.size() == 1 && (peek() == '\n' || peek() == '\r'))) {
        return fault(start, "syntax", "this string has no closing quote; end it with one");
      }
      if (raw || peek() != '\\') {
        token_.text += text_[at_++];
      } else if (!escape()) {
        return false;
      }
    }
    at_ += quote.size();
    if (token_.text.size() > limits::string_size_bytes_max) {
      return fault(start, "too_large", "a string may have at most 1024 bytes");
    }
    return true;
  }

  bool escape() {
    const std::size_t start = at_;
    const char c = peek(1);
    constexpr std::string_view plain = "abfnrtv\"'`\\?";
    constexpr std::string_view values = "\a\b\f\n\r\t\v\"'`\\?";
    const std::size_t index = c == '\0' ? std::string_view::npos : plain.find(c);
    if (index != std::string_view::npos) {
      token_.text += values[index];
      at_ += 2;
      return true;
    }
    at_ += 2;
    if (c == 'x' || c == 'X') return code_point(start, 2, 16);
    if (c == 'u') return code_point(start, 4, 16);
    if (c == 'U') return code_point(start, 8, 16);
    if (c >= '0' && c <= '3') {
      --at_;
      return code_point(start, 3, 8);
    }
    return fault(start, "syntax",
                 "a condition's strings have no such escape; a backslash is `\\\\`");
  }

  bool code_point(std::size_t start, std::size_t digit_count, int base) {
    std::uint32_t point = 0;
    for (std::size_t i = 0; i < digit_count; ++i) {
      const int digit = hex_value(peek());
      if (digit < 0 || digit >= base) {
        return fault(start, "syntax",
                     "this escape needs " + std::to_string(digit_count) + " digits");
      }
      point = point * static_cast<std::uint32_t>(base) + static_cast<std::uint32_t>(digit);
      ++at_;
    }
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
      return fault(start, "syntax", "this escape is no Unicode character");
    }
    append_utf8(token_.text, point);
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Token token_;
  std::vector<Token> tokens_;
  Fault fault_;
};

}  // namespace

tl::expected<std::vector<Token>, Fault> read_tokens(std::string_view text) {
  return Lexer(text).read();
}

}  // namespace heed::compile
