// Patches: what they make is what they were made from, and whatever else they say is refused.
#include "heed/studio/patch.h"

#include <algorithm>
#include <string>
#include <vector>

#include "fixture.h"
#include "heed/base/hash.h"

namespace heed::compile {
namespace {

using Bytes = std::vector<std::byte>;

Bytes bytes_of(std::string_view text) {
  const auto view = std::as_bytes(std::span(text));
  return {view.begin(), view.end()};
}

std::string hex(const Bytes& bytes) {
  std::string out;
  for (const std::byte byte : bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += digits[std::to_integer<unsigned>(byte) >> 4U];
    out += digits[std::to_integer<unsigned>(byte) & 15U];
  }
  return out;
}

PatchError refused(const Bytes& base, const Bytes& patch) {
  const auto made = apply_patch(base, patch);
  if (made) {
    ADD_FAILURE() << "applied";
    return {PatchFault::not_a_patch, 0};
  }
  return made.error();
}

Bytes image_of(const std::string& source, const Ruleset* base = nullptr) {
  CompileOptions options;
  options.base = base;
  options.expires = TimeMs{4'000'000'000'000};
  return compile_text(source, options).compiled->image;
}

/// A patch from hand-written edits, with the hashes that they call for.
Bytes patch_with(std::string_view base, std::string_view result, const std::string& edits,
                 std::size_t size) {
  Bytes patch = bytes_of("HEEDPAT1");
  for (const std::uint64_t hash : {xxh64(base.substr(0, 64), 0), xxh64(result, 0)}) {
    for (unsigned shift = 0; shift < 64; shift += 8) {
      patch.push_back(static_cast<std::byte>(hash >> shift));
    }
  }
  patch.push_back(static_cast<std::byte>(size));
  for (const char c : edits) patch.push_back(static_cast<std::byte>(c));
  return patch;
}

// The worked example of docs/formats/patch.md.
TEST(Patch, the_example_of_the_page_is_what_is_written) {
  const Bytes base = bytes_of("abcdefgh");
  const Bytes result = bytes_of("abXdefYYYYYYYYYYgh");
  const Bytes patch = make_patch(base, result);
  EXPECT_EQ(hex(patch),
            "4845454450415431b734465b7751d33acea6febf12eb7447120204580305590027"
            "0102");
  EXPECT_EQ(apply_patch(base, patch).value(), result);
}

TEST(Patch, an_edit_of_a_ruleset_is_small_and_makes_it_again) {
  const std::string source = source_with("\"n > 5.0 && s == 'a'\"");
  const Bytes before = image_of(source);
  const Ruleset base = Ruleset::open(before).value();
  const Bytes after = image_of(source_with("\"n > 6.0 && s == 'a'\""), &base);
  const Bytes patch = make_patch(before, after);
  EXPECT_EQ(apply_patch(before, patch).value(), after);
  EXPECT_LE(patch.size(), 56U);
  EXPECT_EQ(apply_patch(before, make_patch(before, before)).value(), before);
}

TEST(Patch, any_bytes_make_any_bytes) {
  const Bytes image = image_of(source_with("\"true\""));
  const std::vector<Bytes> all = {{},
                                  bytes_of("x"),
                                  bytes_of(std::string(1000, 'a')),
                                  image,
                                  Bytes(image.begin(), image.end() - 100),
                                  Bytes(image.begin() + 7, image.end())};
  for (const Bytes& from : all) {
    for (const Bytes& to : all) {
      const auto made = apply_patch(from, make_patch(from, to));
      ASSERT_TRUE(made) << from.size() << " to " << to.size() << ": " << name(made.error().fault)
                        << " at " << made.error().where;
      EXPECT_EQ(*made, to);
    }
  }
  EXPECT_LT(make_patch({}, bytes_of(std::string(100'000, 'a'))).size(), 40U);
}

TEST(Patch, each_way_to_be_wrong_has_its_fault_and_place) {
  const Bytes base = bytes_of("abcdefgh");
  const Bytes patch = make_patch(base, bytes_of("abcXefgh"));
  EXPECT_EQ(refused(base, bytes_of("HEEDIMG")), (PatchError{PatchFault::not_a_patch, 0}));
  EXPECT_EQ(refused(bytes_of("abcdefgi"), patch), (PatchError{PatchFault::wrong_base, 8}));
  for (std::size_t size = 0; size < patch.size(); ++size) {
    const Bytes cut(patch.begin(), patch.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(refused(base, cut).fault, PatchFault::truncated) << size;
  }
  Bytes longer = patch;
  longer.push_back(std::byte{0});
  EXPECT_EQ(refused(base, longer).fault, PatchFault::malformed_patch);
  Bytes other = patch;
  other[27] = std::byte{'Y'};
  EXPECT_EQ(refused(base, other), (PatchError{PatchFault::wrong_result, 16}));
}

TEST(Patch, edits_that_reach_outside_are_refused_where_they_stand) {
  constexpr std::string_view base = "abcdefgh";
  const auto fault = [&](const std::string& edits, std::size_t size) {
    return refused(bytes_of(base), patch_with(base, "", edits, size));
  };
  const auto malformed = [](std::uint64_t where) {
    return PatchError{PatchFault::malformed_patch, where};
  };
  EXPECT_EQ(fault("\x09", 9), malformed(26));                     // copies beyond the base
  EXPECT_EQ(fault("\x05", 4), malformed(26));                     // copies beyond the result
  EXPECT_EQ(fault({0, 1 << 2 | 1, 'x', 8}, 8), malformed(29));    // beyond the result, later
  EXPECT_EQ(fault({0, 2 << 2 | 1, 'x', 'y'}, 1), malformed(27));  // inserts beyond the result
  EXPECT_EQ(fault({0, 9 << 2 | 2}, 9), malformed(27));            // skips beyond the base
  EXPECT_EQ(fault({8, 1 << 2 | 0, 'x'}, 9), malformed(27));       // replaces beyond the base
  EXPECT_EQ(fault({0, 0}, 9), malformed(27));                     // an edit of nothing
  EXPECT_EQ(fault({0, 4 << 2 | 3, 1}, 4), malformed(28));         // repeats what is not there
  EXPECT_EQ(fault({1, 4 << 2 | 3, 0}, 5), malformed(28));         // repeats from where it writes
  EXPECT_EQ(fault("\xff\xff\xff\xff\xff", 4), malformed(30));     // a count that never ends
  EXPECT_EQ(fault({0, 2 << 2 | 1, 'x'}, 2).fault, PatchFault::truncated);
}

TEST(Patch, a_result_larger_than_any_ruleset_is_refused_before_memory_is_taken) {
  Bytes patch = patch_with("", "", "", 0);
  patch.pop_back();
  for (const unsigned byte : {0xffU, 0xffU, 0xffU, 0xffU, 0x0fU}) {
    patch.push_back(static_cast<std::byte>(byte));
  }
  EXPECT_EQ(refused({}, patch), (PatchError{PatchFault::too_large, 24}));
}

}  // namespace
}  // namespace heed::compile
