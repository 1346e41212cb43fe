#include "condition/shadow_index.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace heed::compile {
namespace {

constexpr std::uint32_t input_count = 5;
const std::vector<std::string> texts = {"a", "b", "c", "d"};

/// Conditions on two numbers, two texts and a truth, some with alternatives, some never met.
class Conditions {
 public:
  explicit Conditions(std::uint32_t seed) : random_(seed) {
    for (std::uint32_t row = 0; row < input_count; ++row) {
      Input input;
      input.kind = image::InputKind::attribute;
      input.row = row;
      input.type = row < 2 ? Type::number : row < 4 ? Type::string : Type::boolean;
      input.may_be_absent = row % 2 == 0;
      ids_.push_back(variables_.input(input));
    }
  }

  const Variables& variables() const { return variables_; }

  Terms next() {
    TermMaker make(variables_);
    Terms terms = draw(12) == 0 ? always() : never();
    for (unsigned left = 1 + (draw(4) == 0 ? 1 : 0); left > 0; --left) {
      Terms all = always();
      for (unsigned tests = draw(4); tests > 0; --tests) {
        const unsigned row = draw(input_count);
        all = make.all(all, make.test(ids_[row], values(row), {}));
      }
      terms = make.any(terms, all);
    }
    EXPECT_TRUE(make.ok());
    return terms;
  }

 private:
  unsigned draw(unsigned count) { return static_cast<unsigned>(random_() % count); }

  Values values(unsigned row) {
    Values out;
    if (row < 2) {
      for (unsigned ranges = 1 + draw(2); ranges > 0; --ranges) {
        const double low = draw(6);
        const double high = draw(4) == 0 ? 1e308 * 10 : low + draw(4);
        out = unite(out, range(low, high));
      }
    } else if (row < 4) {
      std::vector<std::string> some;
      for (const std::string& text : texts) {
        if (draw(2) == 0) some.push_back(text);
      }
      out = strings_in(some);
      out.all_strings_but = draw(4) == 0;
    } else {
      out.yes = draw(2) == 0;
      out.no = !out.yes;
    }
    out.absent = draw(3) == 0;
    return out;
  }

  std::mt19937 random_;
  Variables variables_;
  std::vector<std::uint32_t> ids_;
};

TEST(ShadowIndex, finds_the_first_condition_that_covers_as_asking_each_of_them_does) {
  std::size_t covered = 0;
  std::size_t asked = 0;
  std::size_t pairs = 0;
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    Conditions conditions(seed);
    const Variables& variables = conditions.variables();
    std::vector<Terms> earlier;
    ShadowIndex index;
    for (std::size_t at = 0; at < 120; ++at) {
      const Terms narrow = conditions.next();
      std::size_t expected = ShadowIndex::nowhere;
      for (std::size_t i = earlier.size(); i-- > 0;) {
        if (!earlier[i].empty() && covers(variables, earlier[i], narrow)) expected = i;
      }
      const std::size_t found = index.first(narrow, [&](std::size_t place) {
        ++asked;
        return covers(variables, earlier[place], narrow);
      });
      ASSERT_EQ(found, expected) << "seed " << seed << ", condition " << at;
      covered += found == ShadowIndex::nowhere ? 0 : 1;
      pairs += earlier.size();
      // Whatever takes everyone would leave nothing to look for.
      earlier.push_back(is_always(narrow) ? never() : narrow);
      if (!earlier.back().empty()) index.add(at, earlier.back());
    }
  }
  EXPECT_GT(covered, 1000U);
  EXPECT_LT(asked, pairs / 2);
}

}  // namespace
}  // namespace heed::compile
