// A condition that makes sense: names resolved, types agreed, constants computed.
// @source  docs/formats/conditions.md, "Types"
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heed/runtime/image.h"
#include "heed/runtime/program.h"
#include "syntax.h"

namespace heed::compile {

enum class Type : std::uint8_t {
  invalid,  // already reported
  boolean,
  integer,  // literals, sizes, parts of a date; beside a number it becomes one
  number,
  string,
  set,
  time,
  duration,
  list,
};

/// "a number", "a set": for sentences.
[[nodiscard]] std::string_view with_article(Type type);

/// What a condition can read.
struct Input {
  image::InputKind kind = image::InputKind::now;
  std::uint32_t row = 0;
  Type type = Type::invalid;
  bool may_be_absent = false;
  double low = -std::numeric_limits<double>::infinity();  // of a number, a time or a duration
  std::vector<std::string> stages;  // of a journey: all that it can be, none included
  std::string name;                 // as conditions spell it

  [[nodiscard]] bool is_stage() const { return kind == image::InputKind::journey; }
};

/// What clocks of the ruleset's `time_zone` show.
struct Clock {
  struct Change {
    std::int64_t at_ms = 0;  // since 1970 UTC
    std::int64_t offset_ms = 0;
  };
  std::string zone = "UTC";
  std::int64_t offset_ms = 0;   // of a fixed one
  std::vector<Change> changes;  // of a named one: known from the first on
  std::int64_t until_ms = 0;    // and up to here
};

/// The names that a condition may use.
struct Names {
  std::map<std::string, Input, std::less<>> inputs;    // attributes and features, or fields
  std::map<std::string, Input, std::less<>> segments;  // by bare name
  std::map<std::string, Input, std::less<>> journeys;
  bool allow_now = true;
  bool allow_stages = true;
  std::string input_word = "attribute";  // what an unknown bare name is called
  std::function<const Clock&()> clock;   // asked for once a condition reads it
};

struct Typed {
  enum class Kind : std::uint8_t {
    constant,    // value, or an error where `failed`: it never matches
    input,       // the value of `input`
    has,         // whether `input` is known
    in_list,     // children[0] among `list`
    in_set,      // `value` among the members of `input`
    exists,      // a member of the set children[0] for which children[1] is true
    for_all,     // no member of the set children[0] for which children[1] is false
    item,        // the member that loop `operand` looks at
    local_time,  // children[0], shown on `clock`
    call,        // `instruction` (`operand`) of the children
    compare,     // children[0] op children[1]
    arithmetic,  // children[0] op children[1]
    negate,      // - children[0]
    invert,      // ! children[0]
    all_of,
    any_of,
    conditional,  // children[0] ? children[1] : children[2]
  };
  Kind kind = Kind::constant;
  Type type = Type::invalid;
  Operator op = Operator::equal;
  bool failed = false;
  std::size_t begin = 0;
  std::size_t end = 0;
  bool copied = false;  // by a macro, whose text says it of all members
  image::Instruction instruction = image::Instruction::push_true;
  std::uint32_t operand = 0;
  std::int64_t low = 0;  // of an integer that is no constant
  std::int64_t high = 0;
  const Input* input = nullptr;  // borrowed from Names
  const Clock* clock = nullptr;  // likewise
  Literal value = false;         // times and durations as integers in ms
  std::vector<Literal> list;
  std::vector<Typed> children;
};

/// Resolves and types a condition; what is wrong goes to `faults`, all of it.
///
/// @param names  borrowed by the result
/// @return       of type boolean, or invalid where there were faults
[[nodiscard]] Typed type_condition(const Syntax& syntax, const Names& names,
                                   std::vector<Fault>& faults);

}  // namespace heed::compile
