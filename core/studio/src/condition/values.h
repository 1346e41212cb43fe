// Sets of values of one input, absent included: what one test of a condition lets through.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace heed::compile {

/// [low, high): infinities where unbounded.
struct Range {
  double low = 0;
  double high = 0;

  friend bool operator==(const Range&, const Range&) = default;
};

/// A set of values. Which of the fields mean something follows from the input's domain; the others
/// are as here. Sets of different domains never meet.
struct Values {
  bool absent = false;
  bool yes = false;  // boolean: true; presence: known
  bool no = false;
  bool all_strings_but = false;      // strings: all but those listed
  std::vector<std::string> strings;  // sorted, distinct
  std::vector<Range> ranges;         // sorted, disjoint, with gaps between

  friend bool operator==(const Values&, const Values&) = default;

  [[nodiscard]] bool empty() const;
};

[[nodiscard]] Values unite(const Values& a, const Values& b);
[[nodiscard]] Values intersect(const Values& a, const Values& b);
[[nodiscard]] bool is_subset(const Values& a, const Values& b);

[[nodiscard]] Values strings_in(std::vector<std::string> strings);
[[nodiscard]] Values range(double low, double high);
/// The numbers that are not in `values`, within those known.
[[nodiscard]] Values known_numbers_but(const Values& values);
[[nodiscard]] Values known_strings_but(const Values& values);

}  // namespace heed::compile
