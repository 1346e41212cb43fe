// What `heed serve` can be told, and where.
#include <gtest/gtest.h>

#include "heed/store/server.h"

namespace heed::store {
namespace {

TEST(Options, flags_file_and_environment_say_the_same_things) {
  ServeOptions options;
  ASSERT_TRUE(apply_config(
      options,
      R"({"dir":"d","host":"::1","port":0,"ingest_key":"i","keyrings":["a","b"],"allow_origins":["*"]})"));
  EXPECT_EQ(options.folder, "d");
  EXPECT_EQ(options.port, 0);
  EXPECT_EQ(options.ingest_key, "i");
  EXPECT_EQ(options.keyring_files, (std::vector<std::string>{"a", "b"}));
  const auto get = [](const char* name) -> const char* {
    const std::string_view n = name;
    if (n == "HEED_PORT") return "81";
    return n == "HEED_ALLOW_ORIGIN" ? "https://a,https://b" : nullptr;
  };
  ASSERT_TRUE(apply_environment(options, get));
  EXPECT_EQ(options.port, 81);
  EXPECT_EQ(options.folder, "d");
  EXPECT_EQ(options.allow_origins, (std::vector<std::string>{"https://a", "https://b"}));
}

TEST(Options, what_is_wrong_is_named) {
  ServeOptions options;
  EXPECT_EQ(apply_config(options, "{\"prot\":1}").error().where, "prot");
  EXPECT_EQ(apply_config(options, "{\"port\":70000}").error().where, "port");
  EXPECT_EQ(apply_config(options, "{\"dir\":\"\"}").error().where, "dir");
  EXPECT_EQ(apply_config(options, "{\"keyrings\":\"a\"}").error().where, "keyrings");
  EXPECT_EQ(apply_config(options, "{").error().where, "$");
  const auto bad = [](const char* name) -> const char* {
    return std::string_view(name) == "HEED_PORT" ? "80a" : nullptr;
  };
  EXPECT_EQ(apply_environment(options, bad).error().where, "HEED_PORT");
}

}  // namespace
}  // namespace heed::store
