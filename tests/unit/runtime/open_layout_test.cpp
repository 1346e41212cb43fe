// `Ruleset::open` on where columns lie: header, section table, lengths.
#include <gtest/gtest.h>

#include <vector>

#include "heed/base/limits.h"
#include "heed/runtime/ruleset.h"
#include "opened.h"
#include "support/rich_image.h"

namespace heed::test {
namespace {

TEST(Open, header) {
  using At = image::HeaderAt;
  const auto refused = [](ErrorCode code, std::size_t where, auto mutate) {
    Image image = rich_image();
    mutate(image);
    EXPECT_EQ(shown(Ruleset::open(image.bytes())), shown(code, where));
  };
  const auto malformed = ErrorCode::malformed_image;
  refused(ErrorCode::not_a_ruleset, At::magic, [](Image& i) { i.put(At::magic, 'h'); });
  refused(ErrorCode::wrong_abi, At::abi, [](Image& i) { i.put(At::abi, image::abi + 1); });
  refused(malformed, At::column_count,
          [](Image& i) { i.put(At::column_count, std::uint32_t{image::column_count - 1}); });
  refused(malformed, At::size_bytes, [](Image& i) { i.raw().push_back({}); });
  refused(malformed, At::expires_ms, [](Image& i) { i.put(At::expires_ms, std::int64_t{0}); });
  refused(malformed, At::expires_ms, [](Image& i) { i.put(At::expires_ms, std::int64_t{-1}); });
  refused(malformed, At::expires_ms,
          [](Image& i) { i.put(At::expires_ms, std::int64_t{limits::time_ms_max + 1}); });
  refused(malformed, At::site_hash, [](Image& i) { i.put(At::site_hash, std::uint64_t{1}); });
  refused(malformed, At::reserved, [](Image& i) { i.put(At::reserved, std::uint64_t{1}); });
  refused(malformed, At::body_hash, [](Image& i) { i.raw().back() ^= std::byte{1}; });
}

TEST(Open, every_shorter_file_is_truncated) {
  const Image image = rich_image();
  const std::size_t size = image.bytes().size();
  for (std::size_t cut = 0; cut < size; cut = cut < 900 ? cut + 1 : cut + 97) {
    EXPECT_EQ(shown(Ruleset::open(image.bytes().first(cut))), shown(ErrorCode::truncated, cut));
  }
}

TEST(Open, larger_than_the_limit) {
  const std::vector<std::byte> bytes(limits::image_size_bytes_max + 1);
  EXPECT_EQ(shown(Ruleset::open(bytes)), shown(ErrorCode::too_large, limits::image_size_bytes_max));
  const auto largest = std::span(bytes).first(limits::image_size_bytes_max);
  EXPECT_EQ(shown(Ruleset::open(largest)), shown(ErrorCode::not_a_ruleset, 0));
}

TEST(Open, counts) {
  const auto refused_at = [](Column column, std::size_t count) {
    Image image = rich_image();
    image.put(Image::entry(column), static_cast<std::uint32_t>(count)).seal();
    EXPECT_EQ(shown(Ruleset::open(image.bytes())),
              shown(ErrorCode::malformed_image, Image::entry(column)));
  };
  refused_at(Column::attribute_name, limits::attribute_count_max + 1);
  refused_at(Column::signal_name, limits::signal_count_max + 1);
  refused_at(Column::feature_name, limits::feature_count_max + 1);
  refused_at(Column::segment_name, limits::segment_count_max + 1);
  refused_at(Column::journey_name, limits::journey_count_max + 1);
  refused_at(Column::slot_name, limits::slot_count_max + 1);
  refused_at(Column::trigger_name, limits::trigger_count_max + 1);
  refused_at(Column::metric_name, limits::metric_count_max + 1);
  refused_at(Column::layer_name, limits::layer_count_max + 1);
  refused_at(Column::grant_name, limits::grant_count_max + 1);
  refused_at(Column::predicate_input, limits::predicate_count_max + 1);
  refused_at(Column::site_name, 2);
  refused_at(Column::string_length, limits::string_count_max + 1);
  refused_at(Column::string_bytes, limits::image_size_bytes_max);  // more than the image holds
  refused_at(Column::operand, limits::row_count_max + 1);
  refused_at(Column::option_upper, 9);  // not as many as option_name
  refused_at(Column::option_upper, rich_image().count(Column::option_upper) - 1);
}

TEST(Open, there_is_one_site) {
  ImageBuilder b;
  for (auto i = static_cast<std::size_t>(Column::site_name);
       i <= static_cast<std::size_t>(Column::site_cap_cool_down_ms); ++i) {
    b.clear(static_cast<Column>(i));
  }
  EXPECT_EQ(shown(Ruleset::open(b.build().bytes())),
            shown(ErrorCode::malformed_image, Image::entry(Column::site_name)));
}

TEST(Open, the_columns_fill_the_image) {
  Image image = rich_image();
  image.raw().insert(image.raw().end(), 8, std::byte{0});
  const std::size_t size = image.bytes().size();
  image.put(image::HeaderAt::size_bytes, std::uint64_t{size}).seal();
  EXPECT_EQ(shown(Ruleset::open(image.bytes())), shown(ErrorCode::malformed_image, size - 8));
}

TEST(Open, entries) {
  const auto refused = [](std::size_t at, std::uint8_t value, std::size_t where) {
    Image image = rich_image();
    image.put(at, value).seal();
    EXPECT_EQ(shown(Ruleset::open(image.bytes())), shown(ErrorCode::malformed_image, where));
  };
  const std::size_t slots = Image::entry(Column::slot_name);
  refused(slots + image::EntryAt::width, 9, slots + image::EntryAt::width);
  for (std::size_t i = 0; i < 3; ++i) {
    refused(slots + image::EntryAt::zero + i, 1, slots + image::EntryAt::zero);
  }
  for (const Column column : {Column::string_bytes, Column::program_bytes}) {
    refused(Image::entry(column) + image::EntryAt::base, 1, Image::entry(column));
  }
}

TEST(Open, padding_is_zero) {
  Image image = rich_image();
  const std::size_t end = image.offset(Column::string_bytes, image.count(Column::string_bytes));
  ASSERT_NE(end % 8, 0U);
  image.put(end, std::uint8_t{1}).seal();
  EXPECT_EQ(shown(Ruleset::open(image.bytes())), shown(ErrorCode::malformed_image, end));
}

TEST(Open, lengths_deal_out_their_children_exactly) {
  const auto refused = [](Column lengths, std::size_t row, int change, std::size_t where) {
    Image image = rich_image();
    const std::size_t at = image.offset(lengths, row);
    image.put(at, static_cast<std::uint8_t>(image.get<std::uint8_t>(at) + change)).seal();
    EXPECT_EQ(shown(Ruleset::open(image.bytes())), shown(ErrorCode::malformed_image, where));
  };
  const Image image = rich_image();
  for (const auto& [lengths, children] : image::length_columns) {
    const std::size_t last = image.count(lengths) - 1;
    refused(lengths, last, 1, image.offset(lengths, last));
    std::size_t row = last;
    while (image.get<std::uint8_t>(image.offset(lengths, row)) == 0) --row;
    refused(lengths, row, -1, Image::entry(children));
  }
}

}  // namespace
}  // namespace heed::test
