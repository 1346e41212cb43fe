#include "shadow_index.h"

#include <limits>

namespace heed::compile {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

bool is_bounded(const Values& values) {
  return !values.absent && !values.ranges.empty() && values.ranges.front().low > -infinity &&
         values.ranges.back().high < infinity;
}

bool is_list(const Values& values) {
  return !values.absent && !values.all_strings_but && !values.strings.empty();
}

double width_of(const Test& test) {
  return test.values.ranges.back().high - test.values.ranges.front().low;
}

// The test that fewest others lie within, as far as one can tell without them.
const Test* tightest(const Term& term) {
  const Test* best = nullptr;
  for (const Test& test : term) {
    if (!is_bounded(test.values)) continue;
    if (best == nullptr || width_of(test) < width_of(*best)) best = &test;
  }
  if (best != nullptr) return best;
  for (const Test& test : term) {
    if (!is_list(test.values)) continue;
    if (best == nullptr || test.values.strings.size() < best->values.strings.size()) best = &test;
  }
  return best;
}

}  // namespace

void ShadowIndex::add(std::size_t place, const Terms& terms) {
  const Test* key = terms.size() == 1 ? tightest(terms.front()) : nullptr;
  if (key == nullptr) {
    others_.push_back(place);
  } else if (!key->values.ranges.empty()) {
    const Range range{key->values.ranges.front().low, key->values.ranges.back().high};
    bounded_[key->variable].push_back({range, place});
  } else {
    for (const std::string& text : key->values.strings) {
      listed_[{key->variable, text}].push_back(place);
    }
  }
}

const std::vector<ShadowIndex::Bounded>& ShadowIndex::around(const Test& test) const {
  static const std::vector<Bounded> none;
  if (test.values.ranges.empty()) return none;
  const auto found = bounded_.find(test.variable);
  return found == bounded_.end() ? none : found->second;
}

const std::vector<std::size_t>& ShadowIndex::listing(const Test& test) const {
  static const std::vector<std::size_t> none;
  if (!is_list(test.values)) return none;
  // What lies within a list has its first text in it.
  const auto found = listed_.find({test.variable, test.values.strings.front()});
  return found == listed_.end() ? none : found->second;
}

}  // namespace heed::compile
