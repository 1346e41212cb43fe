#include "fold.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "heed/base/limits.h"

namespace heed::compile {
namespace {

constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();

std::optional<Literal> finite(double value) {
  if (!std::isfinite(value)) return {};
  return value + 0.0;
}

std::optional<Literal> fold_integers(Operator op, std::int64_t a, std::int64_t b) {
  std::int64_t out = 0;
  bool overflow = false;
  switch (op) {
    case Operator::add:
      overflow = __builtin_add_overflow(a, b, &out);
      break;
    case Operator::subtract:
      overflow = __builtin_sub_overflow(a, b, &out);
      break;
    case Operator::multiply:
      overflow = __builtin_mul_overflow(a, b, &out);
      break;
    default:
      if (b == 0 || (a == least && b == -1)) return {};
      out = op == Operator::divide ? a / b : a % b;
  }
  if (overflow) return {};
  return out;
}

std::optional<Literal> fold_numbers(Operator op, double a, double b) {
  switch (op) {
    case Operator::add:
      return finite(a + b);
    case Operator::subtract:
      return finite(a - b);
    case Operator::multiply:
      return finite(a * b);
    default:
      return b == 0 ? std::nullopt : finite(a / b);
  }
}

template <class T>
bool compare(Operator op, const T& a, const T& b) {
  switch (op) {
    case Operator::equal:
      return a == b;
    case Operator::not_equal:
      return !(a == b);
    case Operator::less:
      return a < b;
    case Operator::less_equal:
      return !(b < a);
    case Operator::greater:
      return b < a;
    default:
      return !(a < b);
  }
}

}  // namespace

std::optional<Literal> fold_arithmetic(Operator op, const Literal& a, const Literal& b) {
  if (const auto* number = std::get_if<double>(&a)) {
    return fold_numbers(op, *number, std::get<double>(b));
  }
  if (const auto* text = std::get_if<std::string>(&a)) {
    std::string joined = *text + std::get<std::string>(b);
    if (joined.size() > limits::string_size_bytes_max) return {};
    return joined;
  }
  return fold_integers(op, std::get<std::int64_t>(a), std::get<std::int64_t>(b));
}

bool fold_compare(Operator op, const Literal& a, const Literal& b) {
  if (const auto* flag = std::get_if<bool>(&a)) return compare(op, *flag, std::get<bool>(b));
  if (const auto* number = std::get_if<double>(&a))
    return compare(op, *number, std::get<double>(b));
  if (const auto* text = std::get_if<std::string>(&a)) {
    return compare(op, *text, std::get<std::string>(b));  // by bytes, as the runtime does
  }
  return compare(op, std::get<std::int64_t>(a), std::get<std::int64_t>(b));
}

std::optional<Literal> fold_negate(const Literal& a) {
  if (const auto* number = std::get_if<double>(&a)) return finite(-*number);
  return fold_integers(Operator::subtract, 0, std::get<std::int64_t>(a));
}

bool fold_text_test(image::Instruction instruction, const std::string& text,
                    const std::string& part) {
  if (instruction == image::Instruction::starts_with) return text.starts_with(part);
  if (instruction == image::Instruction::ends_with) return text.ends_with(part);
  return text.find(part) != std::string::npos;
}

std::string fold_lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::int64_t fold_size(const std::string& text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; });
}

}  // namespace heed::compile
