// The vectors in this process: through the compiler and the runtime, and through the naive
// evaluator, which must agree with what was worked out by hand as well.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "heed/studio/decide_lines.h"
#include "reference/pair.h"

namespace heed {
namespace {

struct Vector {
  std::string name;
  std::string ruleset;
  std::string line;
  std::string expected;  // the whole answer, or the error's code
  bool is_error = false;
};

struct File {
  std::map<std::string, std::string> rulesets;
  std::vector<Vector> vectors;
};

std::string minified(std::string_view json) {
  std::string text(json.size(), '\0');
  std::size_t size = 0;
  EXPECT_EQ(simdjson::minify(json.data(), json.size(), text.data(), size), simdjson::SUCCESS);
  text.resize(size);
  return text;
}

/// The raw text of a value: numbers and escapes stay as the file has them.
std::string raw(simdjson::ondemand::value value) {
  std::string_view text;
  EXPECT_EQ(simdjson::to_json_string(value).get(text), simdjson::SUCCESS);
  return minified(text);
}

Vector read_vector(simdjson::ondemand::object json) {
  Vector vector;
  vector.name = std::string_view(json["name"]);
  vector.ruleset = std::string_view(json["ruleset"]);
  simdjson::ondemand::value line = json["in"];
  const bool is_text = line.type() == simdjson::ondemand::json_type::string;
  vector.line = is_text ? std::string(std::string_view(line)) : raw(line);
  vector.expected = raw(json["expect"]);
  constexpr std::string_view head = R"({"line":1,"error":{"code":")";
  vector.is_error = vector.expected.rfind(head, 0) == 0;
  if (vector.is_error) {
    vector.expected =
        vector.expected.substr(head.size(), vector.expected.find('"', head.size()) - head.size());
  }
  return vector;
}

File read_file(const std::filesystem::path& path) {
  const simdjson::padded_string text = simdjson::padded_string::load(path.string());
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document = parser.iterate(text);
  File file;
  EXPECT_EQ(std::uint64_t(document["spec_version"]), 1U);
  for (auto ruleset : document["rulesets"].get_object()) {
    const std::string name(std::string_view(ruleset.unescaped_key()));
    file.rulesets[name] = raw(ruleset.value());
  }
  for (auto vector : document["vectors"].get_array()) {
    file.vectors.push_back(read_vector(vector.get_object()));
  }
  return file;
}

std::vector<std::filesystem::path> files() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(HEED_SOURCE_DIR "/tests/vectors")) {
    if (entry.path().extension() == ".json") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

Ruleset compiled(const std::string& source) {
  const compile::SourceFile file{"vector.heed.json", source};
  compile::CompileOptions options;
  options.zones = &reference::machine_zones();
  const auto result = compile::compile(std::span(&file, 1), options);
  EXPECT_TRUE(result.compiled.has_value()) << compile::to_text(result.diagnostics);
  return Ruleset::open(result.compiled.value().image).value();
}

class Vectors : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(Vectors, native_answers_as_expected) {
  const File file = read_file(GetParam());
  for (const Vector& vector : file.vectors) {
    const Ruleset ruleset = compiled(file.rulesets.at(vector.ruleset));
    compile::DecideLines lines(ruleset);
    std::string answer;
    lines.feed(vector.line, answer);
    if (vector.is_error) {
      const std::string code = "{\"line\":1,\"error\":{\"code\":\"" + vector.expected + "\"";
      EXPECT_EQ(answer.substr(0, code.size()), code) << vector.name << "\n" << answer;
    } else {
      EXPECT_EQ(answer, vector.expected + "\n") << vector.name;
    }
  }
}

TEST_P(Vectors, the_naive_evaluator_answers_as_expected) {
  const File file = read_file(GetParam());
  for (const Vector& vector : file.vectors) {
    if (vector.is_error) continue;
    const reference::Reference oracle(file.rulesets.at(vector.ruleset));
    EXPECT_EQ(oracle.decide_line(vector.line), vector.expected) << vector.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Files, Vectors, testing::ValuesIn(files()),
                         [](const auto& file) { return "v" + file.param.stem().string(); });

TEST(Vectors, there_are_many) {
  std::size_t count = 0;
  for (const auto& path : files()) count += read_file(path).vectors.size();
  EXPECT_GE(count, 60U);
}

}  // namespace
}  // namespace heed
