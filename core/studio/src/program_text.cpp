#include "program_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <string_view>
#include <utility>

#include "heed/base/calendar.h"
#include "heed/runtime/program.h"
#include "program_tree.h"

namespace heed::compile {
namespace {

using image::Instruction;

constexpr std::array<const char*, date_part_count> date_parts = {
    "getFullYear",  "getMonth", "getDate",    "getDayOfMonth", "getDayOfWeek",
    "getDayOfYear", "getHours", "getMinutes", "getSeconds",    "getMilliseconds"};

struct Infix {
  Instruction instruction;
  const char* spelling;
  Binding binding;
};
constexpr Infix infixes[] = {{Instruction::logical_or, " || ", Binding::any},
                             {Instruction::logical_and, " && ", Binding::all},
                             {Instruction::equal, " == ", Binding::relation},
                             {Instruction::not_equal, " != ", Binding::relation},
                             {Instruction::less, " < ", Binding::relation},
                             {Instruction::less_equal, " <= ", Binding::relation},
                             {Instruction::member_of, " in ", Binding::relation},
                             {Instruction::settle, " in ", Binding::relation},
                             {Instruction::add, " + ", Binding::sum},
                             {Instruction::concat, " + ", Binding::sum},
                             {Instruction::subtract, " - ", Binding::sum},
                             {Instruction::multiply, " * ", Binding::product},
                             {Instruction::divide, " / ", Binding::product},
                             {Instruction::divide_whole, " / ", Binding::product},
                             {Instruction::modulo, " % ", Binding::product}};

/// With brackets where it binds less than `least`.
std::string within(const Node& node, Binding least) {
  Text inner = text_of(node);
  return inner.binding < least ? "(" + inner.text + ")" : std::move(inner.text);
}

bool is_literal(const Node& node) {
  return node.kind == Node::Kind::number ||
         (node.kind == Node::Kind::leaf && node.text.starts_with('\''));
}

std::string method(const Node& on, std::string_view name, const std::string& argument = {}) {
  return within(on, Binding::value) + "." + std::string(name) + "(" + argument + ")";
}

Text number(const Node& node) {
  std::string text = number_text(node.unit, node.value);
  if (node.real && text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  const bool negative = text.starts_with('-');
  return {std::move(text), negative ? Binding::sign : Binding::value};
}

Text list(const Node& node) {
  std::string text;
  for (const Node& item : node.children) text += (text.empty() ? "" : ", ") + text_of(item).text;
  return {"[" + text + "]"};
}

/// `'+01:00'` where a time is moved by as much as a zone could; else empty.
std::string offset(const Node& time) {
  if (!is_sum(time) || time.instruction != Instruction::add) return {};
  const Node& by = time.children[1];
  if (by.kind == Node::Kind::clock) return "time_zone";
  const double minutes = by.value / minute_ms;
  if (by.kind != Node::Kind::number || std::fabs(by.value) >= day_ms ||
      minutes != std::floor(minutes)) {
    return {};
  }
  const int size = std::abs(static_cast<int>(minutes));
  const auto two = [](int value) {
    return std::string(value < 10 ? "0" : "") + std::to_string(value);
  };
  return std::string(minutes < 0 ? "'-" : "'+") + two(size / 60) + ":" + two(size % 60) + "'";
}

Text part_of_date(const Node& node) {
  const Node& time = node.children[0];
  const char* const name = date_parts[node.operand];
  const std::string zone = offset(time);
  return {zone.empty() ? method(time, name) : method(time.children[0], name, zone)};
}

/// The part of a duration that a division gives; null where it is none.
const char* part_of_duration(const Node& node) {
  const Node& unit = node.children[1];
  if (node.children[0].unit != Unit::duration || unit.kind != Node::Kind::number) return nullptr;
  if (node.instruction == Instruction::modulo) {
    return unit.value == second_ms ? "getMilliseconds" : nullptr;
  }
  if (node.instruction != Instruction::divide_whole) return nullptr;
  if (unit.value == hour_ms) return "getHours";
  if (unit.value == minute_ms) return "getMinutes";
  return unit.value == second_ms ? "getSeconds" : nullptr;
}

Text infix(const Node& node) {
  const Node* a = &node.children[0];
  const Node* b = &node.children[1];
  if (const char* const part = part_of_duration(node)) return {method(*a, part)};
  const auto* const known =
      std::find_if(std::begin(infixes), std::end(infixes),
                   [&](const Infix& it) { return it.instruction == node.instruction; });
  if (known == std::end(infixes)) return {"?"};
  std::string_view spelling = known->spelling;
  const bool relation = known->binding == Binding::relation;
  // An author writes what is compared first.
  if (relation && is_literal(*a) && !is_literal(*b) && b->kind != Node::Kind::list &&
      node.instruction != Instruction::member_of) {
    std::swap(a, b);
    if (node.instruction == Instruction::less) spelling = " > ";
    if (node.instruction == Instruction::less_equal) spelling = " >= ";
  }
  const auto tighter = static_cast<Binding>(static_cast<int>(known->binding) + 1);
  return {
      within(*a, relation ? tighter : known->binding) + std::string(spelling) + within(*b, tighter),
      known->binding};
}

Text operation(const Node& node) {
  const auto& children = node.children;
  switch (node.instruction) {
    case Instruction::negate:
      return {"-" + within(children[0], Binding::sign), Binding::sign};
    case Instruction::logical_not:
      return {"!" + within(children[0], Binding::sign), Binding::sign};
    case Instruction::select:
      return {within(children[0], Binding::any) + " ? " + within(children[1], Binding::any) +
                  " : " + text_of(children[2]).text,
              Binding::choice};
    case Instruction::lower:
      return {method(children[0], "lowerAscii")};
    case Instruction::size:
      return {method(children[0], "size")};
    case Instruction::starts_with:
      return {method(children[0], "startsWith", text_of(children[1]).text)};
    case Instruction::ends_with:
      return {method(children[0], "endsWith", text_of(children[1]).text)};
    case Instruction::contains:
      return {method(children[0], "contains", text_of(children[1]).text)};
    case Instruction::any_member:
      return {method(children[0], "exists", node.text + ", " + text_of(children[1]).text)};
    case Instruction::all_members:
      return {method(children[0], "all", node.text + ", " + text_of(children[1]).text)};
    case Instruction::member:
      return {node.text + " in " + within(children[0], Binding::sum), Binding::relation};
    case Instruction::date_part:
      return part_of_date(node);
    default:
      return infix(node);
  }
}

}  // namespace

Text text_of(const Node& node) {
  switch (node.kind) {
    case Node::Kind::leaf:
      return {node.text, node.binding};
    case Node::Kind::number:
      return number(node);
    case Node::Kind::clock:
      return {"time_zone"};
    case Node::Kind::list:
      return list(node);
    case Node::Kind::operation:
      break;
  }
  return operation(node);
}

std::string program_text(const Ruleset& ruleset, std::uint32_t program) {
  return text_of(program_tree(ruleset, program)).text;
}

}  // namespace heed::compile
