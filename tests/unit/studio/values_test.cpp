#include "condition/values.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace heed::compile {
namespace {

std::vector<Values> every_set_of_strings() {
  const std::vector<std::string> names = {"a", "b", "c"};
  std::vector<Values> sets;
  for (unsigned chosen = 0; chosen < 8; ++chosen) {
    std::vector<std::string> strings;
    for (unsigned i = 0; i < 3; ++i) {
      if ((chosen >> i & 1U) != 0) strings.push_back(names[i]);
    }
    for (const bool but : {false, true}) {
      Values values = strings_in(strings);
      values.all_strings_but = but;
      sets.push_back(values);
    }
  }
  return sets;
}

// Of the six unit ranges from 0, those whose bit is set.
std::vector<Values> every_set_of_numbers() {
  std::vector<Values> sets;
  for (unsigned chosen = 0; chosen < 64; ++chosen) {
    Values values;
    for (unsigned i = 0; i < 6; ++i) {
      if ((chosen >> i & 1U) != 0) values = unite(values, range(i, i + 1));
    }
    sets.push_back(values);
  }
  return sets;
}

std::vector<Values> every_flag() {
  std::vector<Values> sets(8);
  for (unsigned i = 0; i < 8; ++i) {
    sets[i].absent = (i & 1U) != 0;
    sets[i].yes = (i & 2U) != 0;
    sets[i].no = (i & 4U) != 0;
  }
  return sets;
}

TEST(Values, a_subset_is_what_an_intersection_leaves_as_it_is) {
  std::size_t subsets = 0;
  for (const auto& sets : {every_set_of_strings(), every_set_of_numbers(), every_flag()}) {
    for (const Values& a : sets) {
      for (const Values& b : sets) {
        ASSERT_EQ(is_subset(a, b), intersect(a, b) == a);
        subsets += is_subset(a, b) ? 1 : 0;
      }
    }
  }
  // Pairs of subsets of three strings, of their complements, of both; of six ranges; of three
  // flags.
  EXPECT_EQ(subsets, 27 + 27 + 27 + 729 + 27);
}

}  // namespace
}  // namespace heed::compile
