// Other people's test suites: JSON (Seriot's JSONTestSuite) and CEL's own simple tests. They are
// read where the machine has them (HEED_DATA, or shared/ beside the checkout).
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>

#include "fixture.h"
#include "heed/studio/json_text.h"
#include "json_fault.h"
#include "json_tree.h"

namespace heed::compile {
namespace {

namespace fs = std::filesystem;

fs::path conformance_folder() {
  const char* data = std::getenv("HEED_DATA");
  const fs::path shared =
      data != nullptr ? fs::path(data) / ".." : fs::path(HEED_SOURCE_DIR) / "../shared";
  return shared / "conformance";
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(JsonSuite, what_must_parse_parses_and_what_must_not_is_refused_with_a_reason) {
  const fs::path archive = conformance_folder() / "json_test_suite.tar.gz";
  if (!fs::exists(archive)) GTEST_SKIP() << "skipped: no data";
  const fs::path folder = fs::path(HEED_BINARY_DIR) / "json_test_suite";
  fs::create_directories(folder);
  const std::string unpack = "tar xzf '" + archive.string() + "' -C '" + folder.string() + "'";
  ASSERT_EQ(std::system(unpack.c_str()), 0);
  std::size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const std::string name = entry.path().filename().string();
    const std::string text = read_file(entry.path());
    const bool parsed = parse_json(text).has_value();
    ++count;
    if (name.front() == 'i') continue;
    EXPECT_EQ(parsed, name.front() == 'y') << name;
    EXPECT_EQ(find_json_fault(text).has_value(), name.front() == 'n') << name;
  }
  EXPECT_EQ(count, 318);
}

// How a case's value is written in a condition; nothing for types that conditions do not have.
std::optional<std::string> literal(const JsonNode& value) {
  const JsonNode& typed = value.children.at(0);
  if (typed.key == "bool_value") return typed.text.empty() ? "false" : typed.text;
  if (typed.key == "int64_value") return typed.text;
  if (typed.key == "double_value") {
    const std::string number =
        typed.kind == JsonKind::number ? json_text(typed.number) : typed.text;
    if (number.find_first_not_of("0123456789.+-e") != std::string::npos) return {};
    return number.find_first_of(".e") == std::string::npos ? number + ".0" : number;
  }
  if (typed.key != "string_value") return {};
  std::string out = "'";
  for (const char c : typed.text) {
    constexpr char hex[] = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\'' || c == '\\' || byte < 0x20) {
      out += std::string("\\x") + hex[byte >> 4U] + hex[byte & 15U];
    } else {
      out += c;
    }
  }
  return out + "'";
}

enum class Answer : std::uint8_t { refused, matches, fails };

Answer ask(const std::string& condition) {
  const std::string source =
      R"({"site":"t","segments":{"asked":)" + json_text(condition) +
      R"(},"slots":{"hero":{}},"triggers":{"r":{"slot":"hero","parts":{"x":["y"]},)"
      R"("when":"segment.asked"}}})";
  CompileOptions options;
  options.expires = TimeMs{4'000'000'000'000};
  const CompileResult result = compile_text(source, options);
  if (!result.compiled) return Answer::refused;
  const auto ruleset = Ruleset::open(result.compiled->image);
  const std::string line = decide_line(*ruleset, R"({"visitor":"u","now":0})");
  return line.find("\"trigger\":\"r\"") == std::string::npos ? Answer::fails : Answer::matches;
}

// What this subset documents to be otherwise (docs/formats/conditions.md, "Where this is not CEL"):
// a number is finite, so 0.0/0.0 is unknown here and NaN there.
bool is_documented_difference(const std::string& expression) {
  return expression.find("0.0/0.0") != std::string::npos;
}

TEST(CelSuite, what_compiles_matches_as_cel_says) {
  const fs::path file = conformance_folder() / "cel_spec_simple.json";
  if (!fs::exists(file)) GTEST_SKIP() << "skipped: no data";
  const auto cases = parse_json(read_file(file));
  ASSERT_TRUE(cases.has_value());
  std::size_t agreed = 0;
  std::size_t refused = 0;
  for (const JsonNode& item : cases->children) {
    if (item.find("bindings") != nullptr) continue;
    const std::string& expression = item.find("expr")->text;
    const std::string name =
        item.find("file")->text + "/" + item.find("section")->text + "/" + item.find("name")->text;
    const JsonNode* value = item.find("value");
    const auto expected = value == nullptr ? std::nullopt : literal(*value);
    if (value != nullptr && !expected) continue;
    // An error never matches, whatever it is compared with.
    const Answer answer =
        ask(expected && *expected != "true" ? "(" + expression + ") == " + *expected : expression);
    if (answer == Answer::refused) {
      ++refused;
    } else if (!is_documented_difference(expression)) {
      EXPECT_EQ(answer == Answer::matches, value != nullptr) << name << ": " << expression;
      ++agreed;
    }
  }
  RecordProperty("agreed", static_cast<int>(agreed));
  std::cout << agreed << " cases agree, " << refused << " are refused as outside the subset\n";
  EXPECT_GE(agreed, 250U);
}

}  // namespace
}  // namespace heed::compile
