#include "heed/trust/envelope.h"

#include <gtest/gtest.h>

#include "fixture.h"
#include "heed/base/limits.h"

namespace heed::trust {
namespace {

std::string text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The worked example of DSSE's own protocol page.
TEST(Pae, encodes_the_published_example) {
  const std::string_view payload = "hello world";
  EXPECT_EQ(text_of(pae("http://example.com/HelloWorld", std::as_bytes(std::span(payload)))),
            "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
}

TEST(Pae, encodes_an_empty_payload) { EXPECT_EQ(text_of(pae("t", {})), "DSSEv1 1 t 0 "); }

TEST(Header, reads_what_the_runtimes_layout_says) {
  const auto image = fixture::image();
  const Header expected{.size_bytes = image.size(),
                        .version = fixture::version,
                        .expires_ms = fixture::now_ms + 1,
                        .site_hash = xxh64(fixture::site, 0)};
  EXPECT_EQ(read_header(image).value(), expected);
}

TEST(Header, stamp_sets_version_and_expiry_and_nothing_else) {
  auto image = fixture::image();
  const auto before = image;
  ASSERT_TRUE(stamp(image, 12, 34).has_value());
  EXPECT_EQ(read_header(image).value().version, 12U);
  EXPECT_EQ(read_header(image).value().expires_ms, 34);
  const Header old = read_header(before).value();
  ASSERT_TRUE(stamp(image, old.version, old.expires_ms).has_value());
  EXPECT_EQ(image, before);
}

TEST(Envelope, an_image_alone_has_no_signatures) {
  const auto image = fixture::image();
  const auto envelope = split(image).value();
  EXPECT_TRUE(envelope.signatures.empty());
  EXPECT_EQ(envelope.image.size(), image.size());
}

TEST(Envelope, signatures_lie_in_order_of_key_id_whoever_signed_first) {
  const auto image = fixture::image();
  const auto a = fixture::signed_by(image, {fixture::person(1), fixture::person(2)});
  const auto b = fixture::signed_by(image, {fixture::person(2), fixture::person(1)});
  EXPECT_EQ(a, b);
  const auto envelope = split(a).value();
  ASSERT_EQ(envelope.signatures.size(), 2U);
  EXPECT_LT(envelope.signatures[0].id, envelope.signatures[1].id);
}

TEST(Envelope, one_key_cannot_sign_twice) {
  const auto image = fixture::image();
  const auto entry = sign_image(fixture::person(1).seed, image);
  EXPECT_EQ(join(image, {entry, entry}).error().code, ErrorCode::malformed_signature);
}

TEST(Envelope, seventeen_signatures_are_too_many) {
  const auto image = fixture::image();
  std::vector<SignatureEntry> entries;
  for (unsigned char i = 1; i <= 17; ++i) {
    entries.push_back(sign_image(fixture::person(i).seed, image));
  }
  EXPECT_EQ(join(image, entries).error().code, ErrorCode::too_many);
  entries.pop_back();
  EXPECT_EQ(split(join(image, entries).value()).value().signatures.size(), 16U);
}

TEST(Envelope, what_is_larger_than_any_ruleset_is_refused_before_it_is_read) {
  const std::vector<std::byte> bytes(limits::image_size_bytes_max + 2048);
  EXPECT_EQ(split(bytes).error().code, ErrorCode::too_large);
}

TEST(Envelope, a_header_that_promises_too_much_is_too_large) {
  auto image = fixture::image();
  store_le(std::span<std::byte>(image), image::HeaderAt::size_bytes,
           std::uint64_t{limits::image_size_bytes_max + 1});
  EXPECT_EQ(split(image).error().code, ErrorCode::too_large);
}

TEST(Envelope, a_header_shorter_than_itself_is_malformed) {
  auto image = fixture::image();
  store_le(std::span<std::byte>(image), image::HeaderAt::size_bytes, std::uint64_t{63});
  EXPECT_EQ(split(image).error().code, ErrorCode::malformed_image);
}

}  // namespace
}  // namespace heed::trust
