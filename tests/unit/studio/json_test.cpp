#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>

#include "heed/studio/json_text.h"
#include "json_fault.h"
#include "json_tree.h"

namespace heed::compile {
namespace {

TEST(JsonText, numbers_are_printed_as_ecmascript_prints_them) {
  const std::pair<double, const char*> known[] = {
      {0, "0"},
      {-0.0, "0"},
      {1, "1"},
      {-1.5, "-1.5"},
      {0.1, "0.1"},
      {0.30000000000000004, "0.30000000000000004"},
      {1e21, "1e+21"},
      {1e20, "100000000000000000000"},
      {123456789012345680000.0, "123456789012345680000"},
      {1e-6, "0.000001"},
      {1e-7, "1e-7"},
      {1.5e-7, "1.5e-7"},
      {5e-324, "5e-324"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {9007199254740991, "9007199254740991"},
      {9007199254740992, "9007199254740992"},
      {4.35, "4.35"},
      {1 / 3.0, "0.3333333333333333"},
      {2.2250738585072014e-308, "2.2250738585072014e-308"},
      {5.684341886080802e-14, "5.684341886080802e-14"},
      {9.5367431640625e-7, "9.5367431640625e-7"},
      {0.25 * 0.3333333332557231, "0.08333333331393078"}};
  for (const auto& [number, text] : known) EXPECT_EQ(json_text(number), text);
}

// Digits and exponent of a number in any of both forms.
std::string digits_of(std::string_view text) {
  std::string digits;
  for (const char c : text.substr(0, text.find('e'))) {
    if (c >= '0' && c <= '9' && (c != '0' || !digits.empty())) digits += c;
  }
  while (!digits.empty() && digits.back() == '0') digits.pop_back();
  return digits;
}

TEST(JsonText, numbers_are_the_shortest_that_read_back) {
  std::mt19937_64 random(20270101);
  for (int i = 0; i < 200'000; ++i) {
    auto number = std::bit_cast<double>(random());
    if (i % 4 == 0)
      number = std::ldexp(1.0, static_cast<int>(random() % 2098) - 1074);          // powers of two
    if (i % 4 == 1) number = static_cast<double>(random() >> 32U) / 4294967296.0;  // probabilities
    if (!std::isfinite(number) || number == 0) continue;
    const std::string text = json_text(number);
    EXPECT_EQ(std::strtod(text.c_str(), nullptr), number) << text;
    char shortest[64];
    const auto end =
        std::to_chars(shortest, shortest + sizeof shortest, number, std::chars_format::scientific)
            .ptr;
    EXPECT_EQ(digits_of(text), digits_of({shortest, static_cast<std::size_t>(end - shortest)}))
        << text;
  }
}

TEST(JsonText, strings_are_escaped_as_stringify_does) {
  EXPECT_EQ(json_text("a\"\\/\b\f\n\r\t\x01\x1f\x7f\u00e9\u2028"),
            "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\u00e9\u2028\"");
}

TEST(JsonTree, a_byte_of_a_decoded_string_is_found_in_the_source) {
  const std::string text = R"({"k":"a\n\u00e9\ud83d\ude00b"})";
  const auto root = parse_json(text);
  ASSERT_TRUE(root.has_value());
  const JsonNode& node = *root->find("k");
  EXPECT_EQ(node.text, "a\n\u00e9\U0001f600b");
  EXPECT_EQ(text[raw_offset(text, node.at, 0)], 'a');
  EXPECT_EQ(text.substr(raw_offset(text, node.at, 1), 2), "\\n");
  EXPECT_EQ(text.substr(raw_offset(text, node.at, 2), 6), "\\u00e9");
  EXPECT_EQ(text.substr(raw_offset(text, node.at, 4), 6), "\\ud83d");
  EXPECT_EQ(text[raw_offset(text, node.at, 8)], 'b');
}

TEST(JsonTree, keys_and_values_know_their_places) {
  const std::string text = " {\"a\": [1, {\"b\" : true}]}";
  const auto root = parse_json(text);
  ASSERT_TRUE(root.has_value());
  const JsonNode& array = *root->find("a");
  EXPECT_EQ(root->at, 1U);
  EXPECT_EQ(array.key_at, 2U);
  EXPECT_EQ(array.at, 7U);
  EXPECT_EQ(array.children[1].children[0].key_at, 12U);
  EXPECT_EQ(array.children[1].children[0].at, 18U);
}

TEST(JsonTree, a_scalar_alone_is_a_text_too) {
  EXPECT_EQ(parse_json(" 5 ")->number, 5);
  EXPECT_EQ(parse_json("\"x\"")->text, "x");
  EXPECT_FALSE(parse_json("1, 2").has_value());
  EXPECT_FALSE(parse_json("][").has_value());
  EXPECT_FALSE(parse_json("").has_value());
}

TEST(JsonTree, what_readers_could_disagree_on_is_refused_with_its_own_code) {
  EXPECT_EQ(parse_json("[1e999]").error().code, "not_finite");
  EXPECT_EQ(parse_json("[\"\\ud800\"]").error().code, "lone_surrogate");
  EXPECT_EQ(parse_json("[\"\\udc00\\ud800\"]").error().at, 2U);
  EXPECT_EQ(parse_json("[\"\xff\"]").error().code, "not_utf8");
  EXPECT_EQ(parse_json("\xef\xbb\xbf[]").error().code, "malformed");
  EXPECT_EQ(parse_json(std::string(65, '[') + std::string(65, ']')).error().code, "too_deep");
  EXPECT_TRUE(parse_json(std::string(64, '[') + std::string(64, ']')).has_value());
  EXPECT_TRUE(parse_json("[\"\\\\ud800\"]").has_value());  // an escaped backslash, then letters
}

TEST(JsonTree, numbers_are_rounded_to_the_nearest_double) {
  EXPECT_EQ(parse_json_number("0.1"), 0.1);
  EXPECT_EQ(parse_json_number("123456789012345678901234567890"), 123456789012345678901234567890.0);
  EXPECT_EQ(parse_json_number("9007199254740993"), 9007199254740992.0);
  EXPECT_EQ(parse_json_number("2.2250738585072011e-308"), 2.2250738585072011e-308);
  EXPECT_EQ(std::signbit(*parse_json_number("-0")), false);
  EXPECT_EQ(parse_json_number("1."), std::nullopt);
}

}  // namespace
}  // namespace heed::compile
