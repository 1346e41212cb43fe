#include "macros.h"

#include <algorithm>
#include <utility>

#include "heed/base/limits.h"

namespace heed::compile {
namespace {

using Kind = Typed::Kind;

Typed invalid(const Syntax& at) { return made(at, Kind::constant, Type::invalid); }

bool is_item(const Typed& typed, std::uint32_t loop) {
  return typed.kind == Kind::item && typed.operand == loop;
}

Typed copied(Typed typed) {
  typed.copied = true;
  for (Typed& child : typed.children) child = copied(std::move(child));
  return typed;
}

/// A macro whose body only names members is a test of those members, which every visitor's set has
/// at hand: `seen.exists(x, x == 'bags')` is `'bags' in seen`.
class Members {
 public:
  Members(const Syntax& at, const Typed& set, std::uint32_t loop)
      : at_(at), set_(set), loop_(loop) {}

  // Whether some member makes `body` equal to `wanted`; nothing where that takes a loop.
  std::optional<Typed> any(const Typed& body, bool wanted) const {
    switch (body.kind) {
      case Kind::invert:
        return any(body.children[0], !wanted);
      case Kind::compare:
        return equal(body, wanted);
      case Kind::in_list:
        return listed(body, wanted);
      case Kind::any_of:
      case Kind::all_of:
        return joined(body, wanted);
      default:
        return {};
    }
  }

 private:
  Typed member(const Literal& text) const {
    Typed typed = made(at_, Kind::in_set, Type::boolean);
    typed.input = set_.input;
    typed.value = text;
    return typed;
  }

  std::optional<Typed> equal(const Typed& body, bool wanted) const {
    const Typed& left = body.children[0];
    const Typed& right = body.children[1];
    if (body.op != (wanted ? Operator::equal : Operator::not_equal)) return {};
    if (is_item(left, loop_) && right.kind == Kind::constant) return member(right.value);
    if (is_item(right, loop_) && left.kind == Kind::constant) return member(left.value);
    return {};
  }

  std::optional<Typed> listed(const Typed& body, bool wanted) const {
    if (!wanted || !is_item(body.children[0], loop_) || body.list.empty()) return {};
    if (body.list.size() == 1) return member(body.list[0]);
    Typed typed = made(at_, Kind::any_of, Type::boolean);
    for (const Literal& text : body.list) typed.children.push_back(copied(member(text)));
    return typed;
  }

  // An alternative holds for some member where one of its sides does.
  std::optional<Typed> joined(const Typed& body, bool wanted) const {
    if ((body.kind == Kind::any_of) != wanted) return {};
    Typed typed = made(at_, Kind::any_of, Type::boolean);
    for (const Typed& child : body.children) {
      auto one = any(child, wanted);
      if (!one) return {};
      typed.children.push_back(copied(std::move(*one)));
    }
    return typed;
  }

  const Syntax& at_;
  const Typed& set_;
  std::uint32_t loop_;
};

class Macro {
 public:
  Macro(Expressions& expressions, const Syntax& at)
      : expressions_(expressions), at_(at), exists_(at.name == "exists") {}

  Typed type() {
    if (at_.children.size() != 3 || at_.children[1].kind != Syntax::Kind::identifier) {
      return expressions_.fault(at_, "syntax",
                                "`." + at_.name +
                                    "()` takes a name for the member and a condition "
                                    "about it, as in `seen." +
                                    at_.name + "(x, x.startsWith('bag'))`");
    }
    const std::string& name = at_.children[1].name;
    if (name == "now" || name == "segment" || name == "stage" || name == "time_zone") {
      return expressions_.fault(at_.children[1], "syntax",
                                "`" + name + "` has a meaning of its own; call the member `x`");
    }
    if (at_.children[0].kind == Syntax::Kind::list) return over_list();
    Typed set = expressions_.type(at_.children[0]);
    if (set.type == Type::invalid) return set;
    if (set.type == Type::set) return over_set(set);
    return expressions_.fault(at_, "wrong_type",
                              "`." + at_.name +
                                  "()` goes through the members of a set, and this "
                                  "is " +
                                  std::string(with_article(set.type)));
  }

 private:
  Typed over_set(const Typed& set) {
    const std::uint32_t loop = expressions_.loop_depth();
    if (loop == limits::program_loop_depth_max) {
      return expressions_.fault(
          at_, "condition_too_costly",
          "`exists` and `all` stand at most two deep: each goes through up to 256 members for "
          "every member of the one around it; test members with `in` instead");
    }
    Typed item = made(at_.children[1], Kind::item, Type::string);
    item.operand = loop;
    Typed body = this->body(item);
    if (body.type == Type::invalid) return invalid(at_);
    if (auto tested = Members(at_, set, loop).any(body, exists_)) {
      if (exists_) return std::move(*tested);
      Typed none = made(at_, Kind::invert, Type::boolean);
      none.children.push_back(std::move(*tested));
      return none;
    }
    Typed typed = made(at_, exists_ ? Kind::exists : Kind::for_all, Type::boolean);
    typed.operand = loop;
    typed.children.push_back(set);
    typed.children.push_back(std::move(body));
    return typed;
  }

  Typed over_list() {
    const auto items = type_constants(expressions_, at_.children[0]);
    if (!items) return invalid(at_);
    Typed typed = made(at_, exists_ ? Kind::any_of : Kind::all_of, Type::boolean);
    bool failed = false;
    for (const Typed& item : *items) {
      typed.children.push_back(copied(body(item)));
      if (typed.children.back().type == Type::invalid) return invalid(at_);
      failed = failed || item.failed;
    }
    if (failed) return constant(at_, Type::boolean, std::nullopt);
    if (items->empty()) return constant(at_, Type::boolean, Literal(!exists_));
    return typed;
  }

  Typed body(const Typed& item) {
    Typed body = expressions_.type_with(at_.children[1].name, item, at_.children[2]);
    if (body.type == Type::boolean || body.type == Type::invalid) return body;
    return expressions_.fault(at_.children[2], "wrong_type",
                              "`." + at_.name + "()` needs a condition about `" +
                                  at_.children[1].name + "`, and this is " +
                                  std::string(with_article(body.type)));
  }

  Expressions& expressions_;
  const Syntax& at_;
  bool exists_;
};

}  // namespace

Typed type_macro(Expressions& expressions, const Syntax& at) {
  return Macro(expressions, at).type();
}

std::optional<std::vector<Typed>> type_constants(Expressions& expressions, const Syntax& list) {
  std::vector<Typed> items;
  bool usable = true;
  for (const Syntax& child : list.children) {
    Typed item = expressions.type(child);
    if (item.type != Type::invalid && item.kind != Kind::constant) {
      item = expressions.fault(child, "not_supported",
                               "a list may hold literals only; join comparisons with `||` instead");
    }
    usable = usable && item.type != Type::invalid;
    items.push_back(std::move(item));
  }
  if (!usable) return {};
  return items;
}

}  // namespace heed::compile
