#include <gtest/gtest.h>

#include "fixture.h"

namespace heed::trust {
namespace {

using fixture::check;
using fixture::keyring_of;
using fixture::person;
using fixture::signed_by;

const std::vector<std::byte>& signed_once() {
  static const auto bytes = signed_by(fixture::image(), {person(1)});
  return bytes;
}

ErrorCode error_of(const std::vector<std::byte>& bytes, const Keyring& keyring,
                   const Demand& asked = fixture::demand) {
  const auto result = check(bytes, keyring, asked);
  EXPECT_FALSE(result.has_value());
  return result ? ErrorCode::not_supported : result.error().code;
}

TEST(Verify, a_good_ruleset_is_returned_byte_for_byte) {
  const auto verified = check(signed_once(), keyring_of({person(1)}, 1)).value();
  EXPECT_EQ(verified.image.data(), signed_once().data());
  EXPECT_EQ(verified.image.size(), fixture::image().size());
  EXPECT_EQ(verified.header.version, fixture::version);
  const std::vector<KeyId> signers = {key_id(person(1).key, sodium_verifier())};
  EXPECT_EQ(verified.signers, signers);
}

// Every bit matters: whichever byte changes, nothing is accepted.
TEST(Verify, a_changed_byte_at_any_position_is_refused) {
  const auto keyring = keyring_of({person(1)}, 1);
  for (std::size_t at = 0; at < signed_once().size(); ++at) {
    for (const unsigned mask : {1U, 0x80U, 0xffU}) {
      auto bytes = signed_once();
      bytes[at] ^= static_cast<std::byte>(mask);
      ASSERT_FALSE(check(bytes, keyring).has_value()) << "byte " << at << " mask " << mask;
    }
  }
}

TEST(Verify, a_changed_byte_of_the_body_is_a_bad_signature) {
  const auto keyring = keyring_of({person(1)}, 1);
  for (std::size_t at = image::header_size_bytes; at < fixture::image().size(); ++at) {
    auto bytes = signed_once();
    bytes[at] ^= std::byte{1};
    ASSERT_EQ(error_of(bytes, keyring), ErrorCode::bad_signature) << "byte " << at;
  }
}

TEST(Verify, every_shorter_length_is_truncated_or_unsigned) {
  const auto keyring = keyring_of({person(1)}, 1);
  for (std::size_t size = 0; size < signed_once().size(); ++size) {
    const std::vector<std::byte> bytes(signed_once().begin(), signed_once().begin() + size);
    const auto expected =
        size == fixture::image().size() ? ErrorCode::unsigned_ruleset : ErrorCode::truncated;
    ASSERT_EQ(error_of(bytes, keyring), expected) << "length " << size;
  }
}

TEST(Verify, bytes_after_the_trailer_are_refused) {
  auto bytes = signed_once();
  bytes.push_back(std::byte{0});
  EXPECT_EQ(error_of(bytes, keyring_of({person(1)}, 1)), ErrorCode::malformed_signature);
}

TEST(Verify, another_kind_of_file_is_not_a_ruleset) {
  const std::string_view text = "{\"site\": \"shop.example\", \"version\": 1, \"slots\": {}}";
  const Bytes bytes = std::as_bytes(std::span(text));
  EXPECT_EQ(error_of({bytes.begin(), bytes.end()}, keyring_of({person(1)}, 1)),
            ErrorCode::not_a_ruleset);
}

TEST(Verify, another_abi_is_refused_as_such) {
  auto image = fixture::image();
  store_le(std::span<std::byte>(image), image::HeaderAt::abi, image::abi + 1);
  auto bytes = signed_once();
  std::copy(image.begin(), image.end(), bytes.begin());
  EXPECT_EQ(error_of(bytes, keyring_of({person(1)}, 1)), ErrorCode::wrong_abi);
}

TEST(Verify, an_unsigned_ruleset_is_refused) {
  EXPECT_EQ(error_of(fixture::image(), keyring_of({person(1)}, 1)), ErrorCode::unsigned_ruleset);
}

TEST(Verify, a_strangers_signature_is_an_unknown_key) {
  EXPECT_EQ(error_of(signed_once(), keyring_of({person(2)}, 1)), ErrorCode::unknown_key);
}

TEST(Verify, an_empty_keyring_accepts_nobody) {
  EXPECT_EQ(error_of(signed_once(), keyring_of({}, 0)), ErrorCode::unknown_key);
}

TEST(Verify, a_strangers_signature_under_a_known_keys_id_is_bad) {
  const auto image = fixture::image();
  auto entry = sign_image(person(2).seed, image);
  entry.id = key_id(person(1).key, sodium_verifier());
  EXPECT_EQ(error_of(join(image, {entry}).value(), keyring_of({person(1)}, 1)),
            ErrorCode::bad_signature);
}

TEST(Verify, a_signature_over_the_bare_image_is_bad) {
  const auto image = fixture::image();
  const SignatureEntry entry{.id = key_id(person(1).key, sodium_verifier()),
                             .signature = sign_message(person(1).seed, image)};
  EXPECT_EQ(error_of(join(image, {entry}).value(), keyring_of({person(1)}, 1)),
            ErrorCode::bad_signature);
}

TEST(Verify, a_signature_for_another_payload_type_is_bad) {
  const auto image = fixture::image();
  const auto message = pae("application/vnd.heed.weights.v1", image);
  const SignatureEntry entry{.id = key_id(person(1).key, sodium_verifier()),
                             .signature = sign_message(person(1).seed, message)};
  EXPECT_EQ(error_of(join(image, {entry}).value(), keyring_of({person(1)}, 1)),
            ErrorCode::bad_signature);
}

TEST(Verify, a_trailer_moved_to_another_ruleset_is_bad) {
  auto other = fixture::image();
  other.back() = std::byte{'!'};
  auto bytes = signed_once();
  std::copy(other.begin(), other.end(), bytes.begin());
  EXPECT_EQ(error_of(bytes, keyring_of({person(1)}, 1)), ErrorCode::bad_signature);
}

TEST(Verify, a_threshold_of_two_needs_two_people) {
  const auto keyring = keyring_of({person(1), person(2), person(3)}, 2);
  EXPECT_EQ(error_of(signed_once(), keyring), ErrorCode::too_few_signatures);
  const auto image = fixture::image();
  EXPECT_EQ(check(signed_by(image, {person(1), person(3)}), keyring).value().signers.size(), 2U);
  // A stranger beside one known person does not make two.
  EXPECT_EQ(error_of(signed_by(image, {person(1), person(9)}), keyring),
            ErrorCode::too_few_signatures);
}

TEST(Verify, one_known_signature_beside_a_broken_one_is_not_two) {
  const auto image = fixture::image();
  auto broken = sign_image(person(2).seed, image);
  broken.signature[0] ^= std::byte{1};
  const auto bytes = join(image, {sign_image(person(1).seed, image), broken}).value();
  EXPECT_EQ(error_of(bytes, keyring_of({person(1), person(2)}, 2)), ErrorCode::bad_signature);
  EXPECT_EQ(check(bytes, keyring_of({person(1), person(2)}, 1)).value().signers.size(), 1U);
}

/// A signed ruleset whose trailer names the same entry twice, as `join` never writes it.
std::vector<std::byte> with_repeated_signature() {
  auto bytes = signed_once();
  const std::size_t trailer_at = fixture::image().size();
  const std::vector<std::byte> entry(bytes.end() - 72, bytes.end());
  bytes.insert(bytes.end(), entry.begin(), entry.end());
  store_le(std::span<std::byte>(bytes), trailer_at + 8, std::uint32_t{2});
  return bytes;
}

TEST(Verify, a_repeated_signature_is_malformed_and_never_counted_twice) {
  EXPECT_EQ(error_of(with_repeated_signature(), keyring_of({person(1), person(2)}, 2)),
            ErrorCode::malformed_signature);
  EXPECT_EQ(error_of(with_repeated_signature(), keyring_of({person(1)}, 1)),
            ErrorCode::malformed_signature);
}

TEST(Verify, a_key_listed_twice_counts_once) {
  EXPECT_EQ(error_of(signed_once(), keyring_of({person(1), person(1)}, 2)),
            ErrorCode::too_few_signatures);
}

TEST(Verify, signatures_out_of_order_are_malformed) {
  const auto image = fixture::image();
  auto bytes = signed_by(image, {person(1), person(2)});
  std::rotate(bytes.end() - 144, bytes.end() - 72, bytes.end());
  EXPECT_EQ(error_of(bytes, keyring_of({person(1), person(2)}, 1)), ErrorCode::malformed_signature);
}

TEST(Verify, counts_of_signatures_that_the_bytes_cannot_hold_are_refused) {
  for (const std::uint32_t count : {0U, 17U, 0xffff'ffffU}) {
    auto bytes = signed_once();
    store_le(std::span<std::byte>(bytes), fixture::image().size() + 8, count);
    EXPECT_EQ(error_of(bytes, keyring_of({person(1)}, 1)), ErrorCode::malformed_signature);
  }
}

TEST(Verify, another_sites_ruleset_is_refused) {
  Demand asked = fixture::demand;
  asked.site = "other.example";
  Keyring keyring = keyring_of({person(1)}, 1);
  EXPECT_EQ(error_of(signed_once(), keyring, asked), ErrorCode::wrong_site);
  keyring.site = "other.example";
  EXPECT_EQ(error_of(signed_once(), keyring, asked), ErrorCode::wrong_site);
  EXPECT_EQ(error_of(signed_once(), keyring), ErrorCode::wrong_site);
}

TEST(Verify, expiry_is_the_first_moment_that_is_refused) {
  const auto keyring = keyring_of({person(1)}, 1);
  Demand asked = fixture::demand;
  EXPECT_TRUE(check(signed_once(), keyring, asked).has_value());
  asked.now_ms += 1;
  EXPECT_EQ(error_of(signed_once(), keyring, asked), ErrorCode::expired);
}

TEST(Verify, a_ruleset_that_was_never_given_an_expiry_has_expired) {
  auto image = fixture::image();
  ASSERT_TRUE(stamp(image, fixture::version, 0).has_value());
  EXPECT_EQ(error_of(signed_by(image, {person(1)}), keyring_of({person(1)}, 1)),
            ErrorCode::expired);
}

TEST(Verify, an_older_version_than_ever_seen_is_rolled_back) {
  const auto keyring = keyring_of({person(1)}, 1);
  Demand asked = fixture::demand;
  asked.version_seen = fixture::version + 1;
  EXPECT_EQ(error_of(signed_once(), keyring, asked), ErrorCode::rolled_back);
}

// Whoever cannot sign learns nothing about site, expiry or version from the error.
TEST(Verify, signatures_are_checked_before_what_the_header_says) {
  Demand asked{.site = "other.example", .now_ms = fixture::now_ms * 2, .version_seen = 99};
  EXPECT_EQ(error_of(signed_once(), keyring_of({person(2)}, 1), asked), ErrorCode::unknown_key);
}

}  // namespace
}  // namespace heed::trust
