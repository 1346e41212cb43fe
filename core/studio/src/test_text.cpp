#include "test_text.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "heed/runtime/image.h"
#include "heed/studio/json_text.h"
#include "heed/studio/time_text.h"
#include "literal_text.h"
#include "program_text.h"

namespace heed::compile {
namespace {

using image::Column;
using image::InputKind;
using image::Op;

constexpr double infinity = std::numeric_limits<double>::infinity();

// Of a bound and its neighbour below, the one that reads better: `x <= 5` for `x
// < 5.000000000000001`.
struct Bound {
  std::string text;
  bool below = false;  // the neighbour
};

Bound bound(Unit unit, double value) {
  const double neighbour = std::nextafter(value, -infinity) + 0.0;
  Bound here{number_text(unit, value), false};
  Bound next{number_text(unit, neighbour), true};
  if (std::floor(value) == value) return here;
  if (std::floor(neighbour) == neighbour) return next;
  return next.text.size() < here.text.size() ? next : here;
}

class PredicateText {
 public:
  PredicateText(const Ruleset& ruleset, std::uint32_t predicate) : ruleset_(ruleset) {
    input_ = ruleset.at<std::uint32_t>(Column::predicate_input, predicate);
    const auto byte = ruleset.at<std::uint8_t>(Column::predicate_op, predicate);
    op_ = static_cast<Op>(byte & ~image::op_negated);
    negated_ = (byte & image::op_negated) != 0;
    operands_ = ruleset.children(Column::predicate_operand_count, predicate);
    if (input_ != none_index) name_ = input_text(ruleset, input_);
  }

  [[nodiscard]] std::string text() const {
    switch (op_) {
      case Op::present:
        return (negated_ ? "!has(" : "has(") + name_ + ")";
      case Op::is_true:
        return (negated_ ? "!" : "") + name_;
      case Op::string_in:
        return strings();
      case Op::number_in:
        return numbers();
      case Op::member: {
        const std::string test = quoted(ruleset_.string(operand(0))) + " in " + name_;
        return negated_ ? "!(" + test + ")" : test;
      }
      case Op::computed:
        return program(operand(0));
    }
    return "?";
  }

 private:
  [[nodiscard]] std::uint32_t operand(std::size_t i) const {
    return ruleset_.at<std::uint32_t>(Column::operand, operands_.begin + i);
  }

  [[nodiscard]] std::string strings() const {
    if (operands_.size() == 1) {
      return name_ + (negated_ ? " != " : " == ") + quoted(ruleset_.string(operand(0)));
    }
    std::vector<std::string_view> texts;
    for (std::uint32_t i = 0; i < operands_.size(); ++i) {
      texts.push_back(ruleset_.string(operand(i)));
    }
    std::sort(texts.begin(), texts.end());  // ids are in another order
    std::string list;
    for (const std::string_view text : texts) list += (list.empty() ? "" : ", ") + quoted(text);
    const std::string test = name_ + " in [" + list + "]";
    return negated_ ? "!(" + test + ")" : test;
  }

  [[nodiscard]] std::string numbers() const {
    const Unit unit = unit_of(ruleset_, input_);
    std::vector<std::pair<double, double>> ranges;
    for (std::uint32_t i = 0; i < operands_.size(); i += 2) {
      const auto at = [&](std::uint32_t id, double unbounded) {
        return id == none_index ? unbounded : ruleset_.at<double>(Column::number, id);
      };
      ranges.emplace_back(at(operand(i), -infinity), at(operand(i + 1), infinity));
    }
    if (ranges.size() == 2 && ranges[0].first == -infinity && ranges[1].second == infinity &&
        std::nextafter(ranges[0].second, infinity) == ranges[1].first) {
      return name_ + " != " + number_text(unit, ranges[0].second);
    }
    std::string out;
    for (const auto& [low, high] : ranges) {
      if (!out.empty()) out += " || ";
      const bool both = low != -infinity && high != infinity && ranges.size() > 1;
      const std::string text = range(unit, low, high);
      out += both && text.find("&&") != std::string::npos ? "(" + text + ")" : text;
    }
    return negated_ ? "!(" + out + ")" : out;
  }

  [[nodiscard]] std::string range(Unit unit, double low, double high) const {
    if (std::nextafter(low, infinity) + 0.0 == high) return name_ + " == " + number_text(unit, low);
    std::string out;
    if (low != -infinity) {
      const Bound from = bound(unit, low);
      out = name_ + (from.below ? " > " : " >= ") + from.text;
    }
    if (high != infinity) {
      const Bound until = bound(unit, high);
      if (!out.empty()) out += " && ";
      out += name_ + (until.below ? " <= " : " < ") + until.text;
    }
    return out;
  }

  [[nodiscard]] std::string program(std::uint32_t row) const;

  const Ruleset& ruleset_;
  std::uint32_t input_;
  Op op_;
  bool negated_;
  Rows operands_;
  std::string name_;
};

std::string PredicateText::program(std::uint32_t row) const { return program_text(ruleset_, row); }

}  // namespace

std::string predicate_text(const Ruleset& ruleset, std::uint32_t predicate) {
  return PredicateText(ruleset, predicate).text();
}

std::string condition_text(const Ruleset& ruleset, std::uint32_t condition) {
  const Rows terms = ruleset.children(Column::condition_term_count, condition);
  if (terms.size() == 0) return "false";
  std::string out;
  for (std::uint32_t term = terms.begin; term < terms.end; ++term) {
    const Rows references = ruleset.children(Column::term_predicate_count, term);
    if (references.size() == 0) return "true";
    if (!out.empty()) out += " || ";
    for (std::uint32_t i = references.begin; i < references.end; ++i) {
      if (i > references.begin) out += " && ";
      const std::string test =
          predicate_text(ruleset, ruleset.at<std::uint32_t>(Column::reference, i));
      const bool alone = references.size() == 1 || test.find(" || ") == std::string::npos;
      out += alone ? test : "(" + test + ")";
    }
  }
  return out;
}

std::string input_text(const Ruleset& ruleset, std::uint32_t input) {
  const auto row = ruleset.at<std::uint32_t>(Column::input_row, input);
  switch (input_kind(ruleset, input)) {
    case InputKind::attribute:
      return std::string(ruleset.text(Column::attribute_name, row));
    case InputKind::feature:
      return std::string(ruleset.text(Column::feature_name, row));
    case InputKind::segment:
      return "segment." + std::string(ruleset.text(Column::segment_name, row));
    case InputKind::journey:
      return "stage." + std::string(ruleset.text(Column::journey_name, row));
    case InputKind::now:
      return "now";
    case InputKind::field:
      return std::string(ruleset.text(Column::field_name, row));
  }
  return "?";
}

std::string value_text(const Ruleset& ruleset, std::uint32_t input, const OwnedValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<double>(&value)) {
    return number_text(unit_of(ruleset, input), *number);
  }
  if (const auto* text = std::get_if<std::string>(&value)) return quoted(*text);
  if (const auto* time = std::get_if<TimeMs>(&value))
    return "timestamp('" + time_text(*time) + "')";
  if (const auto* members = std::get_if<Array<std::string>>(&value)) {
    std::string out = "{";
    for (std::size_t i = 0; i < members->size(); ++i)
      out += (i > 0 ? ", " : "") + quoted((*members)[i]);
    return out + "}";
  }
  return "absent";
}

}  // namespace heed::compile
