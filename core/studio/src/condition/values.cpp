#include "values.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

namespace heed::compile {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

using Strings = std::vector<std::string>;

Strings both(const Strings& a, const Strings& b) {
  Strings out;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

Strings either(const Strings& a, const Strings& b) {
  Strings out;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

Strings without(const Strings& a, const Strings& b) {
  Strings out;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

std::vector<Range> joined(std::vector<Range> ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const Range& a, const Range& b) { return a.low < b.low; });
  std::vector<Range> out;
  for (const Range& next : ranges) {
    if (!(next.low < next.high)) continue;
    if (!out.empty() && next.low <= out.back().high) {
      out.back().high = std::max(out.back().high, next.high);
    } else {
      out.push_back(next);
    }
  }
  return out;
}

std::vector<Range> overlap(const std::vector<Range>& a, const std::vector<Range>& b) {
  std::vector<Range> out;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    const Range cut{std::max(a[i].low, b[j].low), std::min(a[i].high, b[j].high)};
    if (cut.low < cut.high) out.push_back(cut);
    if (a[i].high < b[j].high) {
      ++i;
    } else {
      ++j;
    }
  }
  return out;
}

void unite_strings(Values& out, const Values& a, const Values& b) {
  out.all_strings_but = a.all_strings_but || b.all_strings_but;
  if (a.all_strings_but && b.all_strings_but) {
    out.strings = both(a.strings, b.strings);
  } else if (a.all_strings_but) {
    out.strings = without(a.strings, b.strings);
  } else if (b.all_strings_but) {
    out.strings = without(b.strings, a.strings);
  } else {
    out.strings = either(a.strings, b.strings);
  }
}

void intersect_strings(Values& out, const Values& a, const Values& b) {
  out.all_strings_but = a.all_strings_but && b.all_strings_but;
  if (out.all_strings_but) {
    out.strings = either(a.strings, b.strings);
  } else if (a.all_strings_but) {
    out.strings = without(b.strings, a.strings);
  } else if (b.all_strings_but) {
    out.strings = without(a.strings, b.strings);
  } else {
    out.strings = both(a.strings, b.strings);
  }
}

// Asked of every pair of triggers: nothing is allocated.
bool strings_within(const Values& a, const Values& b) {
  if (a.all_strings_but) {
    return b.all_strings_but &&
           std::includes(a.strings.begin(), a.strings.end(), b.strings.begin(), b.strings.end());
  }
  if (!b.all_strings_but) {
    return std::includes(b.strings.begin(), b.strings.end(), a.strings.begin(), a.strings.end());
  }
  return std::none_of(a.strings.begin(), a.strings.end(), [&](const std::string& one) {
    return std::binary_search(b.strings.begin(), b.strings.end(), one);
  });
}

bool ranges_within(const std::vector<Range>& a, const std::vector<Range>& b) {
  std::size_t j = 0;
  for (const Range& one : a) {
    while (j < b.size() && b[j].high < one.high) ++j;
    if (j == b.size() || one.low < b[j].low) return false;
  }
  return true;
}

}  // namespace

bool Values::empty() const {
  return !absent && !yes && !no && !all_strings_but && strings.empty() && ranges.empty();
}

Values unite(const Values& a, const Values& b) {
  Values out;
  out.absent = a.absent || b.absent;
  out.yes = a.yes || b.yes;
  out.no = a.no || b.no;
  unite_strings(out, a, b);
  out.ranges = a.ranges;
  out.ranges.insert(out.ranges.end(), b.ranges.begin(), b.ranges.end());
  out.ranges = joined(std::move(out.ranges));
  return out;
}

Values intersect(const Values& a, const Values& b) {
  Values out;
  out.absent = a.absent && b.absent;
  out.yes = a.yes && b.yes;
  out.no = a.no && b.no;
  intersect_strings(out, a, b);
  out.ranges = overlap(a.ranges, b.ranges);
  return out;
}

bool is_subset(const Values& a, const Values& b) {
  if ((a.absent && !b.absent) || (a.yes && !b.yes) || (a.no && !b.no)) return false;
  return strings_within(a, b) && ranges_within(a.ranges, b.ranges);
}

Values strings_in(std::vector<std::string> strings) {
  std::sort(strings.begin(), strings.end());
  strings.erase(std::unique(strings.begin(), strings.end()), strings.end());
  Values out;
  out.strings = std::move(strings);
  return out;
}

Values range(double low, double high) {
  Values out;
  if (low < high) out.ranges.push_back({low, high});
  return out;
}

Values known_numbers_but(const Values& values) {
  Values out;
  double low = -infinity;
  for (const Range& taken : values.ranges) {
    if (low < taken.low) out.ranges.push_back({low, taken.low});
    low = taken.high;
  }
  if (low < infinity) out.ranges.push_back({low, infinity});
  return out;
}

Values known_strings_but(const Values& values) {
  Values out;
  out.strings = values.strings;
  out.all_strings_but = !values.all_strings_but;
  return out;
}

}  // namespace heed::compile
