#include "heed/base/hash.h"

#define XXH_INLINE_ALL
#include <gtest/gtest.h>
#include <xxhash.h>

#include <random>
#include <string>

namespace heed {
namespace {

TEST(Hash, equals_the_reference_for_every_length_up_to_300) {
  std::mt19937_64 random(1);
  std::string text;
  for (std::size_t size = 0; size <= 300; ++size) {
    for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{2654435761}, random()}) {
      EXPECT_EQ(xxh64(text, seed), XXH64(text.data(), text.size(), seed)) << size;
    }
    text.push_back(static_cast<char>(random()));
  }
}

TEST(Hash, known_values) {
  EXPECT_EQ(xxh64("", 0), 0xef46db3751d8e999ULL);
  EXPECT_EQ(xxh64("a", 0), 0xd24ec4f1a98c6e5bULL);
  EXPECT_EQ(xxh64("abc", 0), 0x44bc2cf5ad770999ULL);
}

TEST(Hash, draw_is_the_upper_half_of_the_finalised_mix) {
  // Murmur3's fmix64 of 1 is 0xb456bcfc34c2cb2c.
  EXPECT_EQ(draw(1, 0), 0xb456bcfcU);
  EXPECT_EQ(draw(0xff00, 0xff01), draw(1, 0));
  EXPECT_EQ(draw(7, 7), 0U);
}

TEST(Hash, draws_fill_ten_buckets_evenly) {
  constexpr int unit_count = 100'000;
  int buckets[10] = {};
  const std::uint64_t salt = xxh64("p/trigger/part", 1);
  for (int i = 0; i < unit_count; ++i) {
    const std::uint64_t unit = xxh64("visitor" + std::to_string(i), 1);
    ++buckets[(std::uint64_t{draw(unit, salt)} * 10) >> 32U];
  }
  double chi2 = 0;
  for (const int count : buckets) chi2 += (count - 1e4) * (count - 1e4) / 1e4;
  EXPECT_LT(chi2, 27.9);  // the 0.999 quantile with 9 degrees of freedom
}

}  // namespace
}  // namespace heed
