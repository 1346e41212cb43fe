#include "heed/studio/json_text.h"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace heed::compile {
namespace {

// value = 0.DIGITS * 10^point
struct Decimal {
  std::string digits;
  int point = 0;
};

// The decimal of `digit_count` digits that is closest to `value` > 0.
Decimal closest(double value, int digit_count) {
  char text[40];
  std::snprintf(text, sizeof text, "%.*e", digit_count - 1, value);
  Decimal decimal;
  const char* c = text;
  for (; *c != 'e'; ++c) {
    if (*c >= '0' && *c <= '9') decimal.digits += *c;  // the decimal point depends on the locale
  }
  decimal.point = std::atoi(c + 1) + 1;
  return decimal;
}

bool reads_back(const Decimal& decimal, double value) {
  const int exponent = decimal.point - static_cast<int>(decimal.digits.size());
  const std::string text = decimal.digits + "e" + std::to_string(exponent);
  return std::strtod(text.c_str(), nullptr) == value;
}

void strip_zeros(Decimal& decimal) {
  while (decimal.digits.size() > 1 && decimal.digits.back() == '0') decimal.digits.pop_back();
}

// One more in the last place; false where that would need another digit.
bool step_up(Decimal& decimal) {
  if (decimal.digits.back() == '9') return false;
  ++decimal.digits.back();
  return true;
}

// The shortest decimal that reads back as `value` > 0, of those the closest.
Decimal shortest(double value) {
  // Up to 15 digits survive a normal double, so one look finds every such decimal.
  const bool normal = value >= 2.2250738585072014e-308;
  for (int digit_count = normal ? 15 : 1; digit_count < 17; ++digit_count) {
    Decimal decimal = closest(value, digit_count);
    if (reads_back(decimal, value)) {
      strip_zeros(decimal);
      return decimal;
    }
    // At a power of two the numbers above lie twice as far apart as those below: the closest
    // decimal can miss on the near side where its upper neighbour hits.
    if (step_up(decimal) && reads_back(decimal, value)) {
      strip_zeros(decimal);
      return decimal;
    }
  }
  Decimal decimal = closest(value, 17);
  strip_zeros(decimal);
  return decimal;
}

}  // namespace

void append_json(std::string& out, std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\\u00";
          out += hex[static_cast<unsigned char>(c) >> 4U];
          out += hex[static_cast<unsigned char>(c) & 15U];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void append_json(std::string& out, double number) {
  if (number == 0) {
    out += '0';
    return;
  }
  if (number < 0) out += '-';
  const double magnitude = std::fabs(number);
  if (magnitude < 9007199254740992.0 && std::floor(magnitude) == magnitude) {
    out += std::to_string(static_cast<std::uint64_t>(magnitude));
    return;
  }
  const Decimal decimal = shortest(magnitude);
  const int count = static_cast<int>(decimal.digits.size());
  const int point = decimal.point;
  const auto zeros = [](int n) { return std::string(static_cast<std::size_t>(n), '0'); };
  if (point > 21 || point <= -6) {
    out += decimal.digits[0];
    if (count > 1) out.append(".").append(decimal.digits, 1);
    out += point > 0 ? "e+" : "e-";
    out += std::to_string(std::abs(point - 1));
  } else if (point >= count) {
    out.append(decimal.digits).append(zeros(point - count));
  } else if (point > 0) {
    const auto split = static_cast<std::size_t>(point);
    out.append(decimal.digits, 0, split).append(".").append(decimal.digits, split);
  } else {
    out.append("0.").append(zeros(-point)).append(decimal.digits);
  }
}

std::string json_text(std::string_view text) {
  std::string out;
  append_json(out, text);
  return out;
}

std::string json_text(double number) {
  std::string out;
  append_json(out, number);
  return out;
}

}  // namespace heed::compile
