#include "program_tree.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <iterator>
#include <optional>
#include <span>
#include <utility>

#include "heed/base/calendar.h"
#include "heed/base/id.h"
#include "heed/base/limits.h"
#include "heed/runtime/image.h"
#include "test_text.h"

namespace heed::compile {
namespace {

using image::Column;
using image::Instruction;

constexpr std::size_t depth_max = 128;  // deeper trees are texts already

// The latest year that nobody would write as a duration.
constexpr double duration_ms_most = 20.0 * 365 * day_ms;

Unit guess(const Node& node) {
  return node.kind == Node::Kind::number && std::fabs(node.value) > duration_ms_most
             ? Unit::time
             : Unit::duration;
}

/// The side of a sum that is known while the other one is not; null of anything else.
const Node* known_side(const Node& node) {
  if (!is_sum(node) || node.children[0].open == node.children[1].open) return nullptr;
  return &node.children[node.children[0].open ? 1 : 0];
}

/// What the open side of a sum is, where the sum is a `unit`.
Unit open_side(const Node& node, Unit unit) {
  const Unit known = known_side(node)->unit;
  if (unit == Unit::number) return unit;
  const bool first = node.children[0].open;
  if (node.instruction == Instruction::add) {
    return unit == Unit::time && known == Unit::duration ? Unit::time : Unit::duration;
  }
  if (first) return known == Unit::time ? Unit::time : unit;
  return known == Unit::time && unit == Unit::duration ? Unit::time : Unit::duration;
}

/// Says what an open value is, and so what it is made of.
void settle(Node& node, Unit unit) {
  if (!node.open) return;
  auto& children = node.children;
  if (known_side(node) != nullptr) {
    settle(children[children[0].open ? 0 : 1], open_side(node, unit));
  } else if (is_sum(node)) {
    settle(children[0], unit);
    settle(children[1], unit == Unit::time ? Unit::duration : unit);
  } else {
    for (Node& child : children) settle(child, unit);
  }
  node.open = false;
  node.unit = unit;
}

/// What an open value seems to be: `now - L` is a duration where L is as large as a time. Nothing
/// where it is made of literals alone.
std::optional<Unit> likely(const Node& node) {
  if (!node.open) return node.unit;
  if (const Node* const known = known_side(node)) {
    const Node& literal = node.children[node.children[0].open ? 0 : 1];
    const bool is_time = likely(literal).value_or(guess(literal)) == Unit::time;
    return (known->unit == Unit::time) != is_time ? Unit::time : Unit::duration;
  }
  if (node.kind != Node::Kind::operation || node.instruction != Instruction::select) return {};
  const auto yes = likely(node.children[1]);
  return yes ? yes : likely(node.children[2]);
}

/// Two values of one type.
void agree(Node& a, Node& b) {
  if (a.open && b.open) {
    const auto unit = likely(a) ? likely(a) : likely(b);
    settle(a, unit.value_or(Unit::number));
  }
  settle(a, b.unit);
  settle(b, a.unit);
}

/// A division of numbers, not of integers: its literals show it.
void make_real(Node& node) {
  node.real = true;
  if (node.kind == Node::Kind::operation && node.instruction == Instruction::select) {
    make_real(node.children[1]);
    make_real(node.children[2]);
  }
}

class Builder {
 public:
  Builder(const Ruleset& ruleset, std::uint32_t program)
      : ruleset_(ruleset), code_(ruleset.column(Column::program_bytes)) {
    const Rows bytes = ruleset.children(Column::program_size, program);
    at_ = bytes.begin;
    name_items(bytes.end);
    run(bytes.end);
  }

  /// A proved program leaves one value, and never underflows.
  [[nodiscard]] Node take() { return pop(); }

 private:
  // Members are called by names that no input of the program has.
  void name_items(std::size_t end) {
    std::vector<std::string> taken;
    for (std::size_t at = at_; at < end;) {
      const auto instruction = static_cast<Instruction>(code_[at++]);
      if (instruction == Instruction::load || instruction == Instruction::has) {
        taken.push_back(input_text(ruleset_, read(at)));
      }
      at += image::operand_size_bytes(instruction);
    }
    for (std::size_t i = 0; i < items_.size(); ++i) {
      items_[i] = i == 0 ? "x" : "y";
      while (std::find(taken.begin(), taken.end(), items_[i]) != taken.end()) items_[i] += '_';
    }
  }

  void run(std::size_t end) {
    while (at_ < end) step(static_cast<Instruction>(code_[at_++]));
  }

  [[nodiscard]] std::uint32_t read(std::size_t at) const {
    std::uint32_t id = 0;
    std::memcpy(&id, code_.data() + at, sizeof id);
    return id;
  }

  std::uint32_t operand() {
    at_ += sizeof(std::uint32_t);
    return read(at_ - sizeof(std::uint32_t));
  }

  Node pop() {
    Node top = std::move(stack_.back());
    stack_.pop_back();
    return top;
  }

  void leaf(std::string text, Unit unit = Unit::number) {
    Node node;
    node.text = std::move(text);
    node.unit = unit;
    stack_.push_back(std::move(node));
  }

  Node& operation(Instruction instruction, std::size_t child_count) {
    Node node;
    node.kind = Node::Kind::operation;
    node.instruction = instruction;
    const auto first = stack_.end() - static_cast<std::ptrdiff_t>(child_count);
    node.children.assign(std::move_iterator(first), std::move_iterator(stack_.end()));
    stack_.erase(first, stack_.end());
    for (Node& child : node.children) {
      if (child.depth >= depth_max) flatten(child);
      node.depth = std::max(node.depth, child.depth + 1);
    }
    stack_.push_back(std::move(node));
    return stack_.back();
  }

  static void flatten(Node& node) {
    settle(node, Unit::number);
    Node flat;
    Text text = text_of(node);
    flat.text = std::move(text.text);
    flat.binding = text.binding;
    flat.unit = node.unit;
    node = std::move(flat);
  }

  void step(Instruction instruction) {
    switch (instruction) {
      case Instruction::push_number: {
        Node node;
        node.kind = Node::Kind::number;
        node.value = ruleset_.at<double>(Column::number, operand());
        node.open = true;
        return stack_.push_back(std::move(node));
      }
      case Instruction::push_string:
        return leaf(quoted(ruleset_.string(operand())));
      case Instruction::push_true:
        return leaf("true");
      case Instruction::push_false:
        return leaf("false");
      case Instruction::load: {
        const std::uint32_t input = operand();
        return leaf(input_text(ruleset_, input), unit_of(ruleset_, input));
      }
      case Instruction::has:
        return leaf("has(" + input_text(ruleset_, operand()) + ")");
      case Instruction::item:
        return leaf(items_[std::min<std::size_t>(operand(), items_.size() - 1)]);
      case Instruction::member: {
        std::string member = quoted(ruleset_.string(operand()));
        operation(instruction, 1).text = std::move(member);
        return;
      }
      case Instruction::date_part: {
        const std::uint32_t part = operand();
        Node& node = operation(instruction, 1);
        node.operand = part;
        return settle(node.children[0], Unit::time);
      }
      case Instruction::any_member:
      case Instruction::all_members: {
        const std::uint32_t size = operand();
        const std::uint32_t loop = loop_depth_++;
        run(at_ + size);
        --loop_depth_;
        operation(instruction, 2).text = items_[std::min<std::size_t>(loop, items_.size() - 1)];
        return;
      }
      case Instruction::from: {
        // The steps of a zone's clock, one after the other, come to its offset.
        operand();
        stack_.pop_back();
        stack_.back() = {};
        stack_.back().kind = Node::Kind::clock;
        stack_.back().unit = Unit::duration;
        return;
      }
      case Instruction::or_equal:
        return add_to_list();
      default:
        return step_of_values(instruction);
    }
  }

  // A list begins as a truth: nothing is in it yet.
  void start_list() {
    if (stack_.back().kind == Node::Kind::list) return;
    stack_.back() = {};
    stack_.back().kind = Node::Kind::list;
  }

  void add_to_list() {
    Node item = pop();
    start_list();
    stack_.back().children.push_back(std::move(item));
  }

  void step_of_values(Instruction instruction) {
    switch (instruction) {
      case Instruction::lower:
      case Instruction::size:
      case Instruction::logical_not:
        operation(instruction, 1);
        return;
      case Instruction::negate: {
        Node& node = operation(instruction, 1);
        node.unit = node.children[0].unit;
        node.open = node.children[0].open;
        return;
      }
      case Instruction::select:
        return select();
      case Instruction::settle: {
        start_list();
        Node& node = operation(instruction, 2);
        for (Node& item : node.children[1].children) agree(node.children[0], item);
        return settle(node.children[0], likely(node.children[0]).value_or(Unit::number));
      }
      case Instruction::equal:
      case Instruction::not_equal:
      case Instruction::less:
      case Instruction::less_equal: {
        Node& node = operation(instruction, 2);
        return agree(node.children[0], node.children[1]);
      }
      case Instruction::add:
      case Instruction::subtract:
        return sum(operation(instruction, 2));
      case Instruction::multiply:
      case Instruction::divide:
      case Instruction::divide_whole:
      case Instruction::modulo: {
        Node& node = operation(instruction, 2);
        // A duration in whole hours is divided too.
        if (likely(node.children[0])) settle(node.children[0], Unit::duration);
        for (Node& child : node.children) settle(child, Unit::number);
        for (Node& child : node.children) {
          if (instruction == Instruction::divide) make_real(child);
        }
        return;
      }
      default:
        operation(instruction, 2);
    }
  }

  void select() {
    Node& node = operation(Instruction::select, 3);
    Node& yes = node.children[1];
    Node& no = node.children[2];
    node.open = yes.open && no.open;
    if (node.open) return;
    agree(yes, no);
    node.unit = yes.unit;
  }

  static void sum(Node& node) {
    Node& a = node.children[0];
    Node& b = node.children[1];
    const bool subtract = node.instruction == Instruction::subtract;
    if (a.open && b.open) {
      if (const auto unit = likely(a)) settle(a, *unit);
      if (const auto unit = likely(b)) settle(b, *unit);
    }
    if (a.open || b.open) {
      const Node& known = a.open ? b : a;
      node.open = true;
      if (a.open && b.open) return;
      if (known.unit == Unit::number) return settle(node, Unit::number);
      // A time plus something is a time, and so is what a time is taken from.
      if (known.unit == Unit::time && !subtract) return settle(node, Unit::time);
      if (known.unit == Unit::time && a.open) return settle(node, Unit::duration);
      if (known.unit == Unit::duration && subtract && b.open) settle(node, Unit::duration);
      return;
    }
    const bool both = a.unit == Unit::time && b.unit == Unit::time;
    node.unit = a.unit == Unit::time || b.unit == Unit::time ? Unit::time : a.unit;
    if (subtract && both) node.unit = Unit::duration;
  }

  const Ruleset& ruleset_;
  std::span<const std::byte> code_;
  std::size_t at_ = 0;
  std::vector<Node> stack_;
  std::array<std::string, limits::program_loop_depth_max> items_;
  std::uint32_t loop_depth_ = 0;
};

}  // namespace

Node program_tree(const Ruleset& ruleset, std::uint32_t program) {
  return Builder(ruleset, program).take();
}

}  // namespace heed::compile
