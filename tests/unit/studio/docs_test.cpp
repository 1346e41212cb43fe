// The examples of docs/formats are run: a page that shows what does not compile fails here.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "fixture.h"
#include "heed/studio/explain.h"

namespace heed::compile {
namespace {

std::string first_json_block(const std::string& page) {
  std::ifstream file(std::string(HEED_SOURCE_DIR) + "/docs/formats/" + page);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const std::size_t start = text.find("```json\n");
  return start == std::string::npos
             ? ""
             : text.substr(start + 8, text.find("```", start + 8) - start - 8);
}

TEST(Docs, the_source_page_compiles_without_a_word) {
  const CompileResult result = compile_text(first_json_block("source.md"));
  EXPECT_EQ(to_text(result.diagnostics), "");
  EXPECT_TRUE(result.compiled.has_value());
}

TEST(Docs, the_features_page_compiles_without_a_word) {
  const CompileResult result = compile_text(first_json_block("features.md"));
  EXPECT_EQ(to_text(result.diagnostics), "");
  EXPECT_TRUE(result.compiled.has_value());
}

TEST(Docs, the_source_page_decides) {
  const Ruleset ruleset = open_text(first_json_block("source.md"));
  const auto explained = explain_text(
      ruleset, "",
      R"({"visitor":"u1","now":"2027-08-01T10:00:00Z","attributes":{"has_children":true},"signals":[)"
      R"({"name":"product_view"},{"name":"product_view"},{"name":"product_view"}]})",
      "hero");
  ASSERT_TRUE(explained.has_value());
  EXPECT_EQ(explained->find("its condition does not hold"), std::string::npos) << *explained;
}

}  // namespace
}  // namespace heed::compile
