#include "whole.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

namespace heed::compile {

Whole whole_range(const Typed& typed) {
  if (typed.kind != Typed::Kind::constant) return {typed.low, typed.high};
  const std::int64_t value = typed.failed ? 0 : std::get<std::int64_t>(typed.value);
  return {value, value};
}

std::optional<Whole> combined(Operator op, Whole a, Whole b) {
  std::int64_t most = 0;
  const auto size = [&most](std::int64_t value) {
    most = std::max(most, value < 0 ? -(value + 1) : value);
  };
  size(a.low), size(a.high), size(b.low), size(b.high);
  if (most > whole_max) return {};
  Whole out;
  switch (op) {
    case Operator::add:
      out = {a.low + b.low, a.high + b.high};
      break;
    case Operator::subtract:
      out = {a.low - b.high, a.high - b.low};
      break;
    case Operator::multiply: {
      std::int64_t products[4];
      if (__builtin_mul_overflow(a.low, b.low, &products[0]) ||
          __builtin_mul_overflow(a.low, b.high, &products[1]) ||
          __builtin_mul_overflow(a.high, b.low, &products[2]) ||
          __builtin_mul_overflow(a.high, b.high, &products[3])) {
        return {};
      }
      const auto [low, high] = std::minmax_element(std::begin(products), std::end(products));
      out = {*low, *high};
      break;
    }
    default: {
      const std::int64_t largest = std::max(std::abs(a.low), std::abs(a.high));
      out = {-largest, largest};
    }
  }
  if (out.low < -whole_max || out.high > whole_max) return {};
  return out;
}

}  // namespace heed::compile
