// Messages, word for word (tests/golden). Each file: sources, then what check says about them
// together.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "fixture.h"

namespace heed::compile {
namespace {

namespace fs = std::filesystem;

struct Golden {
  std::vector<SourceFile> files;
  std::string input;     // the file up to and with the line `== check`
  std::string expected;  // the rest
};

std::vector<std::string> golden_names() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(HEED_SOURCE_DIR "/tests/golden/studio")) {
    names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Golden read_golden(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  Golden golden;
  bool checked = false;
  for (std::string line; std::getline(file, line);) {
    if (checked) {
      golden.expected += line + "\n";
      continue;
    }
    golden.input += line + "\n";
    checked = line == "== check";
    if (checked) continue;
    if (line.rfind("== ", 0) == 0) {
      golden.files.push_back({line.substr(3), {}});
    } else {
      golden.files.back().text += line + "\n";
    }
  }
  return golden;
}

class GoldenFile : public testing::TestWithParam<std::string> {};

TEST_P(GoldenFile, check_says_this) {
  const fs::path path =
      fs::path(HEED_SOURCE_DIR) / "tests/golden/studio" / (GetParam() + ".golden");
  const Golden golden = read_golden(path);
  CompileOptions options;
  options.now = TimeMs{1'795'168'800'000};  // 2026-11-20T10:00:00Z
  const std::string said = to_text(check(golden.files, options));
  if (std::getenv("HEED_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << golden.input << said;
  } else {
    EXPECT_EQ(said, golden.expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Studio, GoldenFile, testing::ValuesIn(golden_names()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace heed::compile
