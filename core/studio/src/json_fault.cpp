#include "json_fault.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace heed::compile {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}

constexpr const char* comment = "JSON has no comments; use a \"note\" key";

class FaultFinder {
 public:
  explicit FaultFinder(std::string_view text) : text_(text) {}

  std::optional<JsonError> find() {
    skip_space();
    if (at_ == text_.size()) {
      fault("malformed", "the text is empty; a JSON value is needed");
    } else if (value(0)) {
      skip_space();
      if (at_ < text_.size()) fault("malformed", "nothing may follow the value");
    }
    return fault_;
  }

 private:
  bool fault(std::string code, std::string message) {
    if (!fault_) fault_ = JsonError{std::move(code), std::move(message), at_};
    return false;
  }

  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip_space() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++at_;
  }

  bool value(std::size_t depth) {
    if (depth >= json_depth_max)
      return fault("too_deep", "this is nested more than 64 levels deep; take some out");
    const char c = peek();
    if (c == '{') return object(depth);
    if (c == '[') return array(depth);
    if (c == '"') return string();
    if (c == '-' || is_digit(c)) return number();
    return literal();
  }

  bool literal() {
    std::size_t end = at_;
    while (end < text_.size() && is_word(text_[end])) ++end;
    const std::string word(text_.substr(at_, end - at_));
    if (word == "true" || word == "false" || word == "null") {
      at_ = end;
      return true;
    }
    if (at_ == text_.size())
      return fault("malformed",
                   "the text ends where a value is needed; write one, such as \"text\" or 1");
    if (peek() == '\'') return fault("malformed", "JSON strings need double quotes");
    if (peek() == '/') return fault("malformed", comment);
    if (word.empty()) {
      return fault("malformed", peek() == '.'
                                    ? "a digit is needed before the decimal point, as in 0.5"
                                    : "a value is needed here, such as \"text\", 1, true, [ or {");
    }
    return fault("malformed",
                 "`" + word.substr(0, 40) + "` is not a JSON value; text needs double quotes");
  }

  bool number() {
    if (peek() == '-') ++at_;
    if (!is_digit(peek()))
      return fault("malformed", "a digit is needed after the minus sign, as in -1");
    if (peek() == '0' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1])) {
      return fault("malformed", "a number may not start with a zero; leave it out, as in 7");
    }
    while (is_digit(peek())) ++at_;
    if (peek() == '.') {
      ++at_;
      if (!is_digit(peek()))
        return fault("malformed", "a digit is needed after the decimal point, as in 1.0");
      while (is_digit(peek())) ++at_;
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!is_digit(peek()))
        return fault("malformed", "a digit is needed in the exponent, as in 1e9");
      while (is_digit(peek())) ++at_;
    }
    if (is_word(peek()) || peek() == '.')
      return fault(
          "malformed",
          "this is not a number; write one as in 12, 0.5 or 1e9, and text in double quotes");
    return true;
  }

  bool string() {
    const std::size_t start = at_++;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (static_cast<unsigned char>(text_[at_]) < 0x20) {
        return fault("malformed", text_[at_] == '\n' || text_[at_] == '\r'
                                      ? "a string must end on its line; write \\n for a line break"
                                      : "a control character in a string; write it as \\u00XX");
      }
      if (text_[at_] == '\\' && !escape()) return false;
      ++at_;
    }
    if (at_ >= text_.size()) {
      at_ = start;
      return fault("malformed", "this string has no closing quote; end it with one");
    }
    ++at_;
    return true;
  }

  bool escape() {  // leaves at_ on the escape's last character
    const char c = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (c == 'u') {
      if (!hex4(text_, at_ + 2)) return fault("malformed", "\\u needs four hexadecimal digits");
      at_ += 5;
      return true;
    }
    if (c == '\0' || std::string_view("\"\\/bfnrt").find(c) == std::string_view::npos) {
      return fault("malformed", "JSON has no such escape; a backslash itself is \\\\");
    }
    ++at_;
    return true;
  }

  bool array(std::size_t depth) {
    const std::size_t start = at_++;
    skip_space();
    if (peek() == ']') return ++at_, true;
    for (;;) {
      if (!value(depth + 1)) return false;
      if (!separator(']', start, "]")) return false;
      if (closed_) return true;
    }
  }

  bool object(std::size_t depth) {
    const std::size_t start = at_++;
    skip_space();
    if (peek() == '}') return ++at_, true;
    for (;;) {
      if (peek() == '/') return fault("malformed", comment);
      if (peek() != '"') {
        return fault("malformed", at_ == text_.size()
                                      ? "the text ends inside an object; close it with `}`"
                                      : "a key in double quotes is needed here, as in \"name\": 1");
      }
      if (!string()) return false;
      skip_space();
      if (peek() != ':') return fault("malformed", "a `:` is needed between key and value");
      ++at_;
      skip_space();
      if (!value(depth + 1)) return false;
      if (!separator('}', start, "}")) return false;
      if (closed_) return true;
    }
  }

  // After a member: a comma and more, or the end (closed_).
  bool separator(char close, std::size_t start, const char* close_text) {
    skip_space();
    closed_ = peek() == close;
    if (closed_) return ++at_, true;
    if (at_ == text_.size()) {
      at_ = start;
      return fault("malformed", std::string("this has no closing `") + close_text + "`; add it");
    }
    if (peek() != ',') {
      return fault("malformed", std::string("a `,` or `") + close_text + "` is needed here");
    }
    const std::size_t comma = at_++;
    skip_space();
    if (peek() == close) {
      at_ = comma;
      return fault("malformed", "nothing follows this comma; remove it");
    }
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool closed_ = false;
  std::optional<JsonError> fault_;
};

}  // namespace

std::optional<std::uint32_t> hex4(std::string_view text, std::size_t at) {
  if (at + 4 > text.size()) return {};
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    const char c = text[i];
    const char lower = static_cast<char>(c | 0x20);
    if (is_digit(c)) {
      value = value * 16 + static_cast<std::uint32_t>(c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      value = value * 16 + static_cast<std::uint32_t>(lower - 'a' + 10);
    } else {
      return {};
    }
  }
  return value;
}

std::optional<JsonError> find_json_fault(std::string_view text) { return FaultFinder(text).find(); }

std::optional<std::size_t> find_lone_surrogate(std::string_view text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] != '\\') continue;
    const auto first = text[i + 1] == 'u' ? hex4(text, i + 2) : std::nullopt;
    if (first && *first >= 0xd800 && *first <= 0xdfff) {
      const bool low_follows = text.substr(i + 6, 2) == "\\u";
      const auto second = low_follows ? hex4(text, i + 8) : std::nullopt;
      if (*first > 0xdbff || !second || *second < 0xdc00 || *second > 0xdfff) return i;
      i += 10;  // the pair's second escape; the loop steps over its last digit
    }
    ++i;
  }
  return {};
}

}  // namespace heed::compile
