#include "heed/runtime/attributes.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "heed/base/limits.h"

namespace heed::test {
namespace {

constexpr std::size_t attribute_count = 20;

/// Values that come again often, of every kind, from nothing to long.
class Values {
 public:
  const Value& next() {
    const auto pick = [&](unsigned n) { return static_cast<unsigned>(random_()) % n; };
    switch (pick(6)) {
      case 0:
        return value_ = Absent{};
      case 1:
        return value_ = pick(2) == 0;
      case 2:
        return value_ = pick(2) == 0 ? -0.0 : pick(3) * 0.5;
      case 3:
        return value_ = TimeMs{pick(3)};
      case 4:
        texts_ = {std::string(pick(3) * pick(120), static_cast<char>('a' + pick(2)))};
        views_ = {texts_[0]};
        return value_ = views_[0];
      default:
        texts_.clear();
        for (unsigned left = pick(5); left != 0; --left) {
          texts_.emplace_back(pick(40), static_cast<char>('a' + pick(3)));
        }
        views_.assign(texts_.begin(), texts_.end());
        return value_ = Members(views_);
    }
  }

 private:
  std::mt19937 random_{20261122};
  std::vector<std::string> texts_;
  std::vector<std::string_view> views_;
  Value value_;
};

TEST(Attributes, hold_what_a_list_of_values_holds) {
  Attributes attributes(attribute_count);
  std::vector<OwnedValue> model(attribute_count);
  std::mt19937 random(7);
  Values values;
  for (int i = 0; i < 20'000; ++i) {
    const std::size_t row = random() % attribute_count;
    const Value& value = values.next();
    const OwnedValue kept = own(value);
    ASSERT_EQ(attributes.set(row, value), kept != model[row]);
    model[row] = kept;
    ASSERT_EQ(attributes.has(row), kept != OwnedValue(Absent{}));
    for (std::size_t at = 0; at < attribute_count; ++at) {
      ASSERT_EQ(own(attributes[at]), model[at]) << "step " << i << ", attribute " << at;
    }
  }
}

TEST(Attributes, are_equal_where_their_values_are_however_they_came_about) {
  Attributes attributes(attribute_count);
  std::vector<OwnedValue> model(attribute_count);
  std::mt19937 random(8);
  Values values;
  for (int i = 0; i < 2'000; ++i) {
    const std::size_t row = random() % attribute_count;
    const Attributes before = attributes;
    const bool differs = attributes.set(row, values.next());
    ASSERT_EQ(differs, attributes != before);
    Attributes again(attribute_count);
    for (std::size_t at = attribute_count; at-- > 0;) again.set(at, attributes[at]);
    ASSERT_EQ(again, attributes);
  }
}

TEST(Attributes, a_set_is_ascending_and_has_each_member_once) {
  Attributes attributes(1);
  const std::vector<std::string_view> members = {"b", "", "a", "b", "aa"};
  EXPECT_TRUE(attributes.set(0, Members(members)));
  EXPECT_EQ(own(attributes[0]), OwnedValue(Array<std::string>{"", "a", "aa", "b"}));
  const std::vector<std::string_view> same = {"aa", "a", "", "b"};
  EXPECT_FALSE(attributes.set(0, Members(same)));
}

TEST(Attributes, the_largest_set_fits) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < limits::set_member_count_max; ++i) {
    texts.push_back(std::to_string(1000 + i) + std::string(limits::string_size_bytes_max - 4, '-'));
  }
  const std::vector<std::string_view> members(texts.begin(), texts.end());
  Attributes attributes(2);
  EXPECT_TRUE(attributes.set(1, Members(members)));
  EXPECT_EQ(own(attributes[1]), OwnedValue(Array<std::string>(texts.begin(), texts.end())));
}

}  // namespace
}  // namespace heed::test
