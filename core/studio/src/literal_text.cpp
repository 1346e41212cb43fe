#include "literal_text.h"

#include <cmath>

#include "heed/base/id.h"
#include "heed/runtime/image.h"
#include "heed/studio/json_text.h"
#include "heed/studio/time_text.h"

namespace heed::compile {

using image::Column;
using image::FeatureKind;
using image::InputKind;
using image::Type;

namespace {

// A control character has an escape: it ends a literal, or would steer the terminal it is shown on.
std::string escaped_control(unsigned char c) {
  constexpr std::string_view hex = "0123456789abcdef";
  if (c == '\n') return "\\n";
  if (c == '\r') return "\\r";
  if (c == '\t') return "\\t";
  return {'\\', 'x', hex[c >> 4U], hex[c & 15U]};
}

}  // namespace

InputKind input_kind(const Ruleset& ruleset, std::uint32_t input) {
  return static_cast<InputKind>(ruleset.at<std::uint8_t>(Column::input_kind, input));
}

Unit unit_of(const Ruleset& ruleset, std::uint32_t input) {
  const auto row = ruleset.at<std::uint32_t>(Column::input_row, input);
  const auto of_type = [](std::uint8_t type) {
    return static_cast<Type>(type) == Type::time ? Unit::time : Unit::number;
  };
  switch (input_kind(ruleset, input)) {
    case InputKind::attribute:
      return of_type(ruleset.at<std::uint8_t>(Column::attribute_type, row));
    case InputKind::field:
      return of_type(ruleset.at<std::uint8_t>(Column::field_type, row));
    case InputKind::now:
      return Unit::time;
    case InputKind::feature: {
      const auto kind =
          static_cast<FeatureKind>(ruleset.at<std::uint8_t>(Column::feature_kind, row));
      if (kind == FeatureKind::since) return Unit::duration;
      if (!image::form_of(kind).gives_field) return Unit::number;
      const auto signal = ruleset.at<std::uint32_t>(Column::feature_signal, row);
      const Rows fields = ruleset.children(Column::signal_field_count, signal);
      const auto field = ruleset.at<std::uint32_t>(Column::feature_field, row);
      return of_type(ruleset.at<std::uint8_t>(Column::field_type, fields.begin + field));
    }
    default:
      return Unit::number;
  }
}

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += escaped_control(byte);
      continue;
    }
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string number_text(Unit unit, double value) {
  const bool whole = std::floor(value) == value && std::fabs(value) < 9e15;
  if (unit == Unit::number || !whole) return json_text(value);
  const auto ms = static_cast<std::int64_t>(value);
  if (unit == Unit::time) return "timestamp('" + time_text(TimeMs{ms}) + "')";
  if (ms == 0) return "duration('0s')";
  return "duration('" + std::string(ms < 0 ? "-" : "") + duration_text(ms < 0 ? -ms : ms) + "')";
}

}  // namespace heed::compile
