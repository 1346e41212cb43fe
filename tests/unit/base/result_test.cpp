#include "heed/base/result.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace heed {
namespace {

TEST(Result, every_code_has_a_name_of_its_own_in_snake_case) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < error_code_count; ++i) {
    const std::string_view text = name(static_cast<ErrorCode>(i));
    EXPECT_EQ(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz8_"), text.npos) << text;
    EXPECT_TRUE(names.insert(text).second) << text;
  }
  EXPECT_EQ(names.count("unknown_error"), 0U);
  EXPECT_EQ(name(ErrorCode::unsigned_ruleset), "unsigned");
}

Result<int> half(int value) {
  if (value % 2 != 0) return fail(ErrorCode::wrong_type, static_cast<std::uint64_t>(value));
  return value / 2;
}

Result<int> quarter(int value) {
  HEED_TRY(first, half(value));
  HEED_TRY(second, half(first));
  return second;
}

TEST(Result, try_binds_the_value_or_passes_the_error_on) {
  EXPECT_EQ(quarter(12), 3);
  EXPECT_EQ(quarter(6).error(), (Error{ErrorCode::wrong_type, 3}));
}

}  // namespace
}  // namespace heed
