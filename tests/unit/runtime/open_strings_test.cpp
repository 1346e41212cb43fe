// `Ruleset::open` on strings, which share beginnings with the one before.
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "heed/base/limits.h"
#include "heed/runtime/ruleset.h"
#include "opened.h"
#include "support/rich_image.h"

namespace heed::test {
namespace {

TEST(Open, strings_are_utf8_each_by_itself) {
  ImageBuilder b;
  const auto id = b.string("\xc3");  // the next string would complete the character
  b.string("\xa9");
  Image image = b.build();
  EXPECT_EQ(shown(Ruleset::open(image.bytes())),
            shown(ErrorCode::not_utf8, image.offset(Column::string_length, id)));
}

TEST(Open, strings_share_what_both_have) {
  const auto refused = [](std::size_t row, std::uint16_t shared) {
    ImageBuilder b({}, "site", {"ab", "abc"});
    b.put(Column::string_shared, row, shared);
    expect_refused_at(b, Column::string_shared, row);
  };
  refused(0, 1);  // there is none before
  refused(1, 3);  // more than the one before has
  refused(2, 5);  // more than it has itself
}

TEST(Open, strings_have_the_bytes_that_are_there) {
  ImageBuilder more;
  more.push(Column::string_bytes, std::uint8_t{'x'});
  expect_refused_at(more, Column::string_bytes, more.count(Column::string_bytes) - 1);
  ImageBuilder fewer;
  fewer.push(Column::string_length, std::uint16_t{9});
  fewer.push(Column::string_shared, std::uint16_t{0});
  expect_refused_at(fewer, Column::string_length, fewer.count(Column::string_length) - 1);
}

TEST(Open, strings_that_share_do_not_grow_without_bound) {
  constexpr std::size_t largest = limits::text_size_bytes_max;
  ImageBuilder b;
  b.string(std::string(largest, 'x'));
  const std::size_t room = limits::strings_size_bytes_max / largest;
  for (std::size_t i = 1; i <= room; ++i) {
    b.push(Column::string_length, static_cast<std::uint16_t>(largest));
    b.push(Column::string_shared, static_cast<std::uint16_t>(largest - 2));
    b.push(Column::string_bytes, static_cast<std::uint8_t>('a' + i / 64));
    b.push(Column::string_bytes, static_cast<std::uint8_t>('a' + i % 64));
  }
  // The site's few strings come before: the last but one goes over.
  expect_refused_at(b, Column::string_length, b.count(Column::string_length) - 2);
}

TEST(Open, strings_that_were_added_are_distinct) {
  ImageBuilder b({}, "t", {"added", "b", "a"});
  b.push(Column::string_length, std::uint16_t{1});
  b.push(Column::string_shared, std::uint16_t{0});
  b.push(Column::string_bytes, std::uint8_t{'a'});
  expect_refused_at(b, Column::string_length, b.count(Column::string_length) - 1);
}

TEST(Open, strings_are_distinct) {
  ImageBuilder b;
  b.push(Column::string_length, std::uint16_t{3});
  b.push(Column::string_shared, std::uint16_t{0});
  for (const char c : {'G', 'B', 'P'}) b.push(Column::string_bytes, static_cast<std::uint8_t>(c));
  const Image image = b.build();
  const std::size_t last = image.count(Column::string_length) - 1;
  EXPECT_EQ(shown(Ruleset::open(image.bytes())),
            shown(ErrorCode::malformed_image, image.offset(Column::string_length, last)));
}

TEST(Open, strings_need_no_order) {
  ImageBuilder b;
  b.string("zebra");
  const auto apple = b.string("apple");
  const Result<Ruleset> ruleset = Ruleset::open(b.build().bytes());
  ASSERT_TRUE(ruleset);
  EXPECT_EQ(ruleset->find_string("apple"), apple);
  EXPECT_EQ(ruleset->find_string("app"), std::nullopt);
}

}  // namespace
}  // namespace heed::test
