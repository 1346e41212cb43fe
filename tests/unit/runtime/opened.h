// What the tests of `Ruleset::open` (open_*_test.cpp) say of an image.
#pragma once
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "heed/runtime/ruleset.h"
#include "support/rich_image.h"

namespace heed::test {

/// "opened", or the error and its place.
inline std::string shown(const Result<Ruleset>& opened) {
  if (opened) return "opened";
  return std::string(name(opened.error().code)) + " at " + std::to_string(opened.error().where);
}
inline std::string shown(ErrorCode code, std::uint64_t where) {
  return std::string(name(code)) + " at " + std::to_string(where);
}

/// Malformed, and an element is the place.
inline void expect_refused_at(const ImageBuilder& builder, Column column, std::size_t row) {
  const Image image = builder.build();
  EXPECT_EQ(shown(Ruleset::open(image.bytes())),
            shown(ErrorCode::malformed_image, image.offset(column, row)));
}

}  // namespace heed::test
