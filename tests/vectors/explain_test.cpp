// explain/explain.json natively: the tests that an explanation names, in both of its forms.
// wasm/test/explain.test.mjs holds the package in Node and in workerd to the same.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "heed/studio/compile.h"
#include "heed/studio/explain.h"

namespace heed::compile {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

/// What is told: by trigger and by segment, test by test.
using Told = std::vector<std::string>;

std::string text(const element& value) { return std::string(std::string_view(value)); }

Told wanted(const element& vector) {
  Told told;
  for (const auto& [trigger, tests] : object(vector["failures"])) {
    for (const element test : tests) told.push_back(std::string(trigger) + ": " + text(test));
  }
  for (const auto& [segment, why] : object(vector["segments"])) {
    told.push_back(std::string(segment) + (bool(why["holds"]) ? " holds" : " does not hold"));
    for (const element test : why["tests"])
      told.push_back(std::string(segment) + ": " + text(test));
  }
  return told;
}

Told explained(const element& explanation) {
  Told told;
  for (const element candidate : explanation["candidates"]) {
    for (const element failure : candidate["failures"]) {
      told.push_back(text(candidate["trigger"]) + ": " + text(failure["test"]));
    }
  }
  for (const auto& [segment, why] : object(explanation["segments"])) {
    told.push_back(std::string(segment) + (bool(why["holds"]) ? " holds" : " does not hold"));
    for (const element test : why["tests"]) {
      told.push_back(std::string(segment) + ": " + text(test["test"]));
    }
  }
  return told;
}

/// Candidates come by priority and name, segments in an order of their own.
Told sorted(Told told) {
  std::stable_sort(told.begin(), told.end(), [](const std::string& a, const std::string& b) {
    return a.substr(0, a.find_first_of(": ")) < b.substr(0, b.find_first_of(": "));
  });
  return told;
}

class ExplainVectors : public testing::Test {
 protected:
  void SetUp() override {
    root_ = parser_.load(HEED_SOURCE_DIR "/tests/vectors/explain/explain.json").value();
    source_ = simdjson::minify(element(root_["source"]));
  }

  static CompileResult compiled(std::string source, const CompileOptions& options = {}) {
    const SourceFile file{"explain.heed.json", std::move(source)};
    auto result = compile(std::span(&file, 1), options);
    EXPECT_TRUE(result.compiled) << to_text(result.diagnostics);
    return result;
  }

  void expect_all(const Ruleset& ruleset, const std::string& map) {
    std::size_t count = 0;
    for (const element vector : root_["vectors"]) {
      const std::string line = simdjson::minify(element(vector["in"]));
      const auto json = explain_json(ruleset, map, line, text(vector["slot"]));
      ASSERT_TRUE(json) << json.error().message;
      simdjson::dom::parser parser;
      EXPECT_EQ(sorted(explained(parser.parse(*json).value())), sorted(wanted(vector)))
          << text(vector["name"]);
      const std::string people = explain_text(ruleset, map, line, text(vector["slot"])).value();
      for (const auto& [trigger, tests] : object(vector["failures"])) {
        for (const element test : tests) {
          EXPECT_NE(people.find("     fails at " + text(test)), std::string::npos) << people;
        }
      }
      ++count;
    }
    EXPECT_GE(count, 5U);
  }

  simdjson::dom::parser parser_;
  element root_;
  std::string source_;
};

TEST_F(ExplainVectors, name_the_authors_first_test_in_the_authors_words) {
  const auto result = compiled(source_);
  expect_all(Ruleset::open(result.compiled->image).value(), result.compiled->map);
}

// A base moves the ids of predicates: the map goes with them.
TEST_F(ExplainVectors, hold_for_an_image_that_keeps_the_ids_of_a_base) {
  std::string other = source_;
  for (const auto& [from, to] : {std::pair("n > 5", "n > 6"), std::pair("z > 3", "z > 0.5")}) {
    for (std::size_t at = 0; (at = other.find(from, at)) != std::string::npos; at += 1) {
      other.replace(at, std::string_view(from).size(), to);
    }
  }
  const auto before = compiled(other);
  const Ruleset base = Ruleset::open(before.compiled->image).value();
  CompileOptions options;
  options.base = &base;
  const auto result = compiled(source_, options);
  ASSERT_NE(result.compiled->map, compiled(source_).compiled->map);
  expect_all(Ruleset::open(result.compiled->image).value(), result.compiled->map);
}

}  // namespace
}  // namespace heed::compile
