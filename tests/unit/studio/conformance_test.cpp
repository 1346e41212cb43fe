// Other people's test suites: JSON (Seriot's JSONTestSuite) and CEL's own simple tests. They are
// read where the machine has them (HEED_DATA, or shared/ beside the checkout).
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
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

// What a condition came to: an answer, or the first thing that the compiler says is wrong.
struct Answer {
  bool matches = false;
  std::optional<Diagnostic> refused;
};

Answer ask(const std::string& condition, const std::string& attributes, const std::string& values) {
  const std::string source =
      R"({"site":"t","attributes":{)" + attributes + R"(},"segments":{"asked":)" +
      json_text(condition) +
      R"(},"slots":{"hero":{}},"triggers":{"r":{"slot":"hero","parts":{"x":["y"]},)"
      R"("when":"segment.asked"}}})";
  CompileOptions options;
  options.expires = TimeMs{4'000'000'000'000};
  const CompileResult result = compile_text(source, options);
  for (const Diagnostic& diagnostic : result.diagnostics) {
    if (diagnostic.severity == Severity::error) return {false, diagnostic};
  }
  const auto ruleset = Ruleset::open(result.compiled->image);
  const std::string line =
      decide_line(*ruleset, R"({"visitor":"u","now":0,"attributes":{)" + values + "}}");
  return {line.find("\"trigger\":\"r\"") != std::string::npos, {}};
}

// Why a case is outside of the subset, by what the compiler says of it; the rows of the table in
// docs/formats/conditions.md, which is checked to hold these very counts.
std::string reason(const Diagnostic& said) {
  const std::pair<const char*, const char*> reasons[] = {
      {"unsigned integers", "unsigned integers"},
      {"bytes are not supported", "bytes"},
      {"maps are not supported", "maps"},
      {"messages are not supported", "messages"},
      {"indexing is not supported", "indexing"},
      {"there is no null", "null"},
      {"`null` cannot name", "null"},
      {"no conversion of types", "conversion between types"},
      {"no dynamic types", "dynamic types"},
      {"no types as values", "types as values"},
      {"no unsigned integers", "unsigned integers"},
      {"no bytes", "bytes"},
      {"no regular expressions", "regular expressions"},
      {"no lists as values", "lists as values"},
      {"no counting", "`exists_one`"},
      {"a list may only stand", "lists as values"},
      {"named zones", "zones by name"},
      {"names with a dot", "fields of a value"},
      {"`has` takes", "fields of a value"},
      {"may not start with a dot", "fields of a value"},
      {"is not a time", "times finer than a millisecond, or outside of the years 1 to 9999"},
      {"is not a duration", "durations finer than a millisecond, or over 292 years"},
      {"takes one literal", "conversion between types"},
      {"``` has no meaning", "fields of a value"},
      {"unknown function", "functions that CEL's library does not have"},
      {"cannot work on", "values of different types"},
      {"needs true or false", "values of different types"},
      {"must be of one type", "values of different types"},
      {"the list must hold", "values of different types"},
      {"`-` needs a number", "values of different types"},
      {"works on", "values of different types"},
      {"unknown attribute", "names of types"},
      {"finite number", "numbers that are not finite"},
  };
  for (const auto& [part, name] : reasons) {
    if (said.message.find(part) != std::string::npos) return name;
  }
  return said.code + ": " + said.message;
}

// The attribute that a case's variable is; nothing for types that attributes do not have.
bool declare(const JsonNode& binding, std::string& attributes, std::string& values) {
  const JsonNode* value = binding.find("value");
  const auto text = value == nullptr ? std::nullopt : literal(*value);
  if (!text || binding.key.find('.') != std::string::npos) return false;
  if (binding.key == "true" || binding.key == "false") return true;  // the literal hides it
  const JsonNode& typed = value->children.at(0);
  const bool is_text = typed.key == "string_value";
  const std::string type = is_text ? "string" : typed.key == "bool_value" ? "bool" : "number";
  attributes += json_text(binding.key) + R"(:{"type":")" + type + R"("})";
  values += json_text(binding.key) + ":" + (is_text ? json_text(typed.text) : *text);
  return true;
}

// Every case is right or refused; by reason, how many are refused.
class CelCases {
 public:
  void run(const JsonNode& item) {
    const std::string& expression = item.find("expr")->text;
    std::string attributes;
    std::string values;
    if (const JsonNode* bindings = item.find("bindings")) {
      for (const JsonNode& binding : bindings->children) {
        if (!declare(binding, attributes, values))
          return refuse("variables that are no attributes");
      }
    }
    const JsonNode* value = item.find("value");
    const auto expected = value == nullptr ? std::nullopt : literal(*value);
    std::string condition = expression;
    if (expected && *expected != "true") condition = "(" + expression + ") == " + *expected;
    // What no literal can say must not compile in whatever place.
    if (value != nullptr && !expected) condition = "(" + expression + ") == (" + expression + ")";
    Answer answer = ask(condition, attributes, values);
    // An error that is not about a truth is one of whatever it is compared with.
    const bool no_truth = answer.refused && answer.refused->message.starts_with("a condition must");
    if (value == nullptr && no_truth) {
      answer = ask("(" + expression + ") == (" + expression + ")", attributes, values);
    }
    if (answer.refused) return refuse(reason(*answer.refused));
    const std::string name =
        item.find("file")->text + "/" + item.find("section")->text + "/" + item.find("name")->text;
    EXPECT_TRUE(value == nullptr || expected) << name << ": " << expression;
    EXPECT_EQ(answer.matches, value != nullptr) << name << ": " << expression;
    ++agreed_;
  }

  /// The table of docs/formats/conditions.md.
  [[nodiscard]] std::string table() const {
    std::size_t outside = 0;
    for (const auto& [why, count] : refused_) outside += count;
    std::string out = "| agree with CEL | " + std::to_string(agreed_) +
                      " |\n| outside, refused | " + std::to_string(outside) + " |\n";
    for (const auto& [why, count] : refused_) {
      out += "| " + why + " | " + std::to_string(count) + " |\n";
    }
    return out;
  }

 private:
  void refuse(const std::string& why) { ++refused_[why]; }

  std::size_t agreed_ = 0;
  std::map<std::string, std::size_t> refused_;
};

TEST(CelSuite, every_case_is_right_or_refused_and_the_page_says_how_many) {
  const fs::path file = conformance_folder() / "cel_spec_simple.json";
  if (!fs::exists(file)) GTEST_SKIP() << "skipped: no data";
  const auto cases = parse_json(read_file(file));
  ASSERT_TRUE(cases.has_value());
  CelCases all;
  for (const JsonNode& item : cases->children) all.run(item);
  std::cout << all.table();
  const std::string page = read_file(fs::path(HEED_SOURCE_DIR) / "docs/formats/conditions.md");
  std::string rows = all.table();
  for (std::size_t end = 0; !rows.empty(); rows.erase(0, end + 1)) {
    end = rows.find('\n');
    EXPECT_NE(page.find(rows.substr(0, end)), std::string::npos) << rows.substr(0, end);
  }
}

}  // namespace
}  // namespace heed::compile
