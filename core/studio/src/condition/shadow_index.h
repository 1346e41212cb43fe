// Which of many conditions may cover another one, without asking each of them. Not for several
// threads while it grows.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "terms.h"

namespace heed::compile {

/// A condition of one term is kept under one of its tests: the bounds of a number, else a list of
/// texts. Whatever it covers has a test of that input within it.
class ShadowIndex {
 public:
  static constexpr std::size_t nowhere = SIZE_MAX;

  /// @param place  larger than those before it
  void add(std::size_t place, const Terms& terms);

  /// @param accepts  asked of places whose condition may cover `narrow`: of all that do, and of
  ///                 some that do not
  /// @return         the lowest place that `accepts` takes; `nowhere` where there is none
  template <typename Accepts>
  [[nodiscard]] std::size_t first(const Terms& narrow, const Accepts& accepts) const {
    std::size_t found = nowhere;
    const auto ask = [&](std::size_t place) {
      if (place < found && accepts(place)) found = place;
    };
    for (const std::size_t place : others_) {
      if (found == nowhere) ask(place);
    }
    if (narrow.empty()) {
      for (const auto& [variable, list] : bounded_) {
        for (const Bounded& one : list) ask(one.place);
      }
      for (const auto& [text, list] : listed_) {
        for (const std::size_t place : list) ask(place);
      }
      return found;
    }
    for (const Test& test : narrow.front()) {
      for (const Bounded& one : around(test)) {
        if (one.range.low <= test.values.ranges.front().low &&
            test.values.ranges.back().high <= one.range.high) {
          ask(one.place);
        }
      }
      for (const std::size_t place : listing(test)) ask(place);
    }
    return found;
  }

 private:
  struct Bounded {
    Range range;  // from the lowest to the highest number of the test
    std::size_t place = 0;
  };

  [[nodiscard]] const std::vector<Bounded>& around(const Test& test) const;
  [[nodiscard]] const std::vector<std::size_t>& listing(const Test& test) const;

  std::map<std::uint32_t, std::vector<Bounded>> bounded_;  // by variable
  std::map<std::pair<std::uint32_t, std::string>, std::vector<std::size_t>> listed_;
  std::vector<std::size_t> others_;
};

}  // namespace heed::compile
