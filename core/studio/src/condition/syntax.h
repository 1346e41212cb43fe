// A condition as written: a tree of what the parser saw, with places.
// @source  docs/formats/conditions.md, "Grammar"
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <variant>
#include <vector>

#include "../report.h"

namespace heed::compile {

inline constexpr std::size_t condition_size_bytes_max = 16 * 1024;
inline constexpr std::size_t condition_depth_max = 64;

/// Something wrong at a byte of the condition.
struct Fault {
  std::size_t at = 0;
  Finding finding;
};

using Literal = std::variant<bool, std::int64_t, double, std::string>;

enum class Operator : std::uint8_t {
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  in,
  add,
  subtract,
  multiply,
  divide,
  modulo
};

[[nodiscard]] std::string_view spelling(Operator op);

struct Syntax {
  enum class Kind : std::uint8_t {
    literal,
    identifier,   // name
    member,       // children[0] . name
    call,         // name ( children )
    method,       // children[0] . name ( children[1..] )
    list,         // [ children ]
    negate,       // - children[0]
    invert,       // ! children[0]
    binary,       // children[0] op children[1]
    all_of,       // children joined with &&
    any_of,       // children joined with ||
    conditional,  // children[0] ? children[1] : children[2]
  };
  Kind kind = Kind::literal;
  Operator op = Operator::equal;
  std::size_t begin = 0;  // bytes of the condition
  std::size_t end = 0;
  std::size_t depth = 1;  // of the tree below, itself included
  std::string name;
  Literal literal = false;
  std::vector<Syntax> children;
};

/// Parses one condition (CEL's grammar); depth is limited, so hostile text cannot exhaust the
/// stack.
[[nodiscard]] tl::expected<Syntax, Fault> parse_condition(std::string_view text);

}  // namespace heed::compile
