#include "test_text.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>
#include <utility>
#include <vector>

#include "heed/base/calendar.h"
#include "heed/base/id.h"
#include "heed/runtime/image.h"
#include "heed/runtime/program.h"
#include "heed/studio/json_text.h"
#include "heed/studio/time_text.h"

namespace heed::compile {
namespace {

using image::Column;
using image::FeatureKind;
using image::InputKind;
using image::Instruction;
using image::Op;
using image::Type;

constexpr double infinity = std::numeric_limits<double>::infinity();

enum class Unit : std::uint8_t { number, time, duration };

InputKind kind_of(const Ruleset& ruleset, std::uint32_t input) {
  return static_cast<InputKind>(ruleset.at<std::uint8_t>(Column::input_kind, input));
}

Unit unit_of(const Ruleset& ruleset, std::uint32_t input) {
  const auto row = ruleset.at<std::uint32_t>(Column::input_row, input);
  const auto of_type = [](std::uint8_t type) {
    return static_cast<Type>(type) == Type::time ? Unit::time : Unit::number;
  };
  switch (kind_of(ruleset, input)) {
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

// A control character has an escape: it ends a literal, or would steer the terminal it is shown on.
std::string escaped_control(unsigned char c) {
  constexpr std::string_view hex = "0123456789abcdef";
  if (c == '\n') return "\\n";
  if (c == '\r') return "\\r";
  if (c == '\t') return "\\t";
  return {'\\', 'x', hex[c >> 4U], hex[c & 15U]};
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

constexpr const char* date_parts[] = {"getFullYear",  "getMonth",       "getDate",  "getDayOfMonth",
                                      "getDayOfWeek", "getDayOfYear",   "getHours", "getMinutes",
                                      "getSeconds",   "getMilliseconds"};
static_assert(std::size(date_parts) == date_part_count);

// Reads a stack program back into infix; a proved program never underflows.
class ProgramText {
 public:
  ProgramText(const Ruleset& ruleset, std::uint32_t row)
      : ruleset_(ruleset), code_(ruleset.column(Column::program_bytes)) {
    const Rows bytes = ruleset.children(Column::program_size, row);
    at_ = bytes.begin;
    run(bytes.end);
  }

  [[nodiscard]] std::string text() const { return bare(stack_.back()); }

 private:
  void run(std::size_t end) {
    while (at_ < end) step(static_cast<Instruction>(code_[at_++]));
  }

  std::uint32_t operand() {
    std::uint32_t id = 0;
    std::memcpy(&id, code_.data() + at_, sizeof id);
    at_ += sizeof id;
    return id;
  }

  std::string pop() {
    std::string top = std::move(stack_.back());
    stack_.pop_back();
    return top;
  }

  void push(std::string text) {
    stack_.push_back(std::move(text));
    wrapped_ = false;
  }
  // The text on top without brackets of its own.
  [[nodiscard]] std::string bare(const std::string& top) const {
    return wrapped_ ? top.substr(1, top.size() - 2) : top;
  }
  void push_wrapped(const std::string& text) {
    push("(" + text + ")");
    wrapped_ = true;
  }

  void step(Instruction instruction) {
    switch (instruction) {
      case Instruction::push_number:
        return push(json_text(ruleset_.at<double>(Column::number, operand())));
      case Instruction::push_string:
        return push(quoted(ruleset_.string(operand())));
      case Instruction::push_true:
        return push("true");
      case Instruction::push_false:
        return push("false");
      case Instruction::load:
        return push(input_text(ruleset_, operand()));
      case Instruction::has:
        return push("has(" + input_text(ruleset_, operand()) + ")");
      case Instruction::member: {
        const std::string member = quoted(ruleset_.string(operand()));
        return push_wrapped(member + " in " + pop());
      }
      case Instruction::negate:
        return push("-" + pop());
      case Instruction::logical_not:
        return push("!" + pop());
      case Instruction::select: {
        const std::string no = pop();
        const std::string yes = pop();
        return push_wrapped(pop() + " ? " + yes + " : " + no);
      }
      default:
        return step_of_sets_and_times(instruction);
    }
  }

  void step_of_sets_and_times(Instruction instruction) {
    switch (instruction) {
      case Instruction::lower:
        return push(pop() + ".lowerAscii()");
      case Instruction::size:
        return push(pop() + ".size()");
      case Instruction::starts_with:
        return method("startsWith");
      case Instruction::ends_with:
        return method("endsWith");
      case Instruction::contains:
        return method("contains");
      case Instruction::member_of: {
        const std::string set = pop();
        return push_wrapped(pop() + " in " + set);
      }
      case Instruction::any_member:
        return loop("exists");
      case Instruction::all_members:
        return loop("all");
      case Instruction::item:
        return push(item_name(operand()));
      case Instruction::or_equal: {
        const std::string item = pop();
        const std::string before = pop();
        return push(before == "false" ? item : before + ", " + item);
      }
      case Instruction::settle: {
        const std::string items = pop();
        return push_wrapped(pop() + " in [" + (items == "false" ? "" : items) + "]");
      }
      case Instruction::from:
        return clock();
      case Instruction::date_part:
        return push(pop() + "." + date_parts[operand()] + "()");
      default:
        return infix(instruction);
    }
  }

  static std::string item_name(std::uint32_t loop) { return loop == 0 ? "x" : "y"; }

  void method(const std::string& name) {
    const std::string part = pop();
    push(pop() + "." + name + "(" + part + ")");
  }

  void loop(const std::string& name) {
    const std::uint32_t size = operand();
    const std::string set = pop();
    const std::string item = item_name(loop_depth_++);
    run(at_ + size);
    --loop_depth_;
    const std::string body = bare(pop());
    push(set + "." + name + "(" + item + ", " + body + ")");
  }

  // The steps of a zone's clock, one after the other, read as what they come to: its offset.
  void clock() {
    operand();
    pop();
    pop();
    push("time_zone");
  }

  void infix(Instruction instruction) {
    constexpr std::pair<Instruction, const char*> spellings[] = {
        {Instruction::add, "+"},          {Instruction::subtract, "-"},
        {Instruction::multiply, "*"},     {Instruction::divide, "/"},
        {Instruction::equal, "=="},       {Instruction::not_equal, "!="},
        {Instruction::less, "<"},         {Instruction::less_equal, "<="},
        {Instruction::logical_and, "&&"}, {Instruction::logical_or, "||"},
        {Instruction::concat, "+"},       {Instruction::divide_whole, "/"},
        {Instruction::modulo, "%"}};
    for (const auto& [known, spelling] : spellings) {
      if (known != instruction) continue;
      const std::string right = pop();
      push_wrapped(pop() + " " + spelling + " " + right);
    }
  }

  const Ruleset& ruleset_;
  std::span<const std::byte> code_;
  std::size_t at_ = 0;
  std::vector<std::string> stack_;
  bool wrapped_ = false;  // the last text stands in brackets of its own
  std::uint32_t loop_depth_ = 0;
};

std::string PredicateText::program(std::uint32_t row) const {
  return ProgramText(ruleset_, row).text();
}

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
  switch (kind_of(ruleset, input)) {
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
