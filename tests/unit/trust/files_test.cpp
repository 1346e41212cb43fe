#include "heed/trust/files.h"

#include <gtest/gtest.h>

#include "fixture.h"

namespace heed::trust {
namespace {

using fixture::person;

KeyFile file_of(unsigned char number) {
  const KeyPair pair = person(number);
  return {.role = "release", .key = pair.key, .seed = pair.seed, .created = "2026-11-20T10:00:00Z"};
}

// RFC 4648, section 10, in the URL alphabet and without padding.
TEST(Base64url, agrees_with_the_published_examples) {
  const std::pair<std::string, std::string> examples[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff", "-_8"}};
  for (const auto& [bytes, text] : examples) {
    EXPECT_EQ(to_base64url(std::as_bytes(std::span(bytes))), text);
    EXPECT_EQ(from_base64url(text), bytes);
  }
}

TEST(Base64url, refuses_every_other_spelling) {
  for (const char* text : {"Zg==", "Zh", "Z", "Zm9v YmFy", "+_8", "-/8", "Zm9"}) {
    EXPECT_FALSE(from_base64url(text).has_value()) << text;
  }
}

TEST(KeyFile, a_secret_file_comes_back) {
  const KeyFile file = file_of(3);
  const auto read =
      read_key_file(write_key_file(file, Part::secret, sodium_verifier()), sodium_verifier());
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->key, file.key);
  EXPECT_EQ(read->seed, file.seed);
  EXPECT_EQ(read->created, file.created);
}

TEST(KeyFile, a_date_that_is_none_comes_back_too) {
  KeyFile file = file_of(3);
  file.created = "10:\\:\"00\"\n";
  const auto read =
      read_key_file(write_key_file(file, Part::secret, sodium_verifier()), sodium_verifier());
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->created, file.created);
}

TEST(KeyFile, the_open_part_does_not_hold_the_secret) {
  const KeyFile file = file_of(3);
  const std::string json = write_key_file(file, Part::open, sodium_verifier());
  EXPECT_EQ(json.find("secret"), std::string::npos);
  EXPECT_EQ(json.find(to_base64url(*file.seed)), std::string::npos);
  EXPECT_FALSE(read_key_file(json, sodium_verifier()).value().seed.has_value());
}

TEST(KeyFile, an_id_that_is_not_the_keys_own_is_refused) {
  KeyFile file = file_of(3);
  std::string json = write_key_file(file, Part::secret, sodium_verifier());
  const auto at = json.find("\"id\":\"") + 6;
  json[at] = json[at] == '0' ? '1' : '0';
  EXPECT_EQ(read_key_file(json, sodium_verifier()).error().where, "$.id");
}

TEST(KeyFile, cut_short_at_any_length_it_is_an_error) {
  const std::string json = write_key_file(file_of(3), Part::secret, sodium_verifier());
  for (std::size_t size = 0; size + 2 < json.size(); ++size) {
    ASSERT_FALSE(read_key_file(json.substr(0, size), sodium_verifier()).has_value()) << size;
  }
}

struct Refused {
  const char* json;
  const char* code;
  const char* where;
};

TEST(Keyring, comes_back) {
  const Keyring keyring = fixture::keyring_of({person(1), person(2)}, 2);
  const auto read = read_keyring(write_keyring(keyring));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->site, keyring.site);
  EXPECT_EQ(read->threshold, 2U);
  EXPECT_EQ(read->release, keyring.release);
}

TEST(Keyring, whatever_is_not_understood_is_refused_where_it_stands) {
#define HEED_KEY_A "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""
  const Refused cases[] = {
      {"[]", "malformed_key", "$"},
      {"{", "malformed_key", "$"},
      {"{\"heed_keyring\":2,\"site\":\"s\",\"roles\":{}}", "not_supported", "$.heed_keyring"},
      {"{\"heed_keyring\":1,\"site\":\"s\",\"roles\":{},\"x\":1}", "malformed_key", "$.x"},
      {"{\"heed_keyring\":1,\"site\":\"\",\"roles\":{}}", "malformed_key", "$.site"},
      {"{\"heed_keyring\":1,\"site\":\"s\",\"site\":\"t\",\"roles\":{}}", "malformed_key",
       "$.site"},
      {"{\"heed_keyring\":1,\"site\":\"s\",\"roles\":{}}", "malformed_key", "$.roles.release"},
      {"{\"heed_keyring\":1,\"site\":\"s\",\"roles\":{\"root\":{\"threshold\":1,\"keys\":[]}}}",
       "not_supported", "$.roles.root"},
      {"{\"heed_keyring\":1,\"site\":\"s\",\"roles\":{\"release\":{\"threshold\":1,\"keys\":[]}}}",
       "malformed_key", "$.roles.release.threshold"},
      {"{\"heed_keyring\":1,\"site\":\"s\",\"roles\":{\"release\":{\"threshold\":0,\"keys\":"
       "[" HEED_KEY_A "]}}}",
       "malformed_key", "$.roles.release.threshold"},
      {"{\"heed_keyring\":1,\"site\":\"s\",\"roles\":{\"release\":{\"threshold\":2,\"keys\":"
       "[" HEED_KEY_A "," HEED_KEY_A "]}}}",
       "malformed_key", "$.roles.release.keys[1]"},
      {"{\"heed_keyring\":1,\"site\":\"s\",\"roles\":{\"release\":{\"threshold\":1,\"keys\":"
       "[\"AAAA\"]}}}",
       "malformed_key", "$.roles.release.keys[0]"}};
#undef HEED_KEY_A
  for (const Refused& refused : cases) {
    const auto read = read_keyring(refused.json);
    ASSERT_FALSE(read.has_value()) << refused.json;
    EXPECT_EQ(read.error().code, refused.code) << refused.json;
    EXPECT_EQ(read.error().where, refused.where) << refused.json;
    EXPECT_FALSE(read.error().message.empty());
  }
}

TEST(Keyring, an_empty_file_is_told_as_such) {
  EXPECT_EQ(read_keyring({}).error().message, "not JSON: the file is empty");
}

TEST(Keyring, a_sites_name_cannot_break_out_of_its_string) {
  Keyring keyring = fixture::keyring_of({person(1)}, 1);
  keyring.site = "a\"b\\c\n";
  EXPECT_EQ(read_keyring(write_keyring(keyring)).value().site, keyring.site);
}

}  // namespace
}  // namespace heed::trust
