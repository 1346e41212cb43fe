// A running store that tests talk to over real sockets, and who publishes rulesets to it.
#pragma once
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "client.h"
#include "heed/store/server.h"
#include "heed/studio/compile.h"
#include "heed/trust/files.h"
#include "heed/trust/sodium.h"
#include "records.h"

namespace heed::store {

using Headers = Client::Headers;
inline const Headers ndjson = {{"Content-Type", "application/x-ndjson"}};
inline const Headers binary = {{"Content-Type", "application/vnd.heed.outcomes"}};
inline const Headers ruleset_type = {{"Content-Type", "application/vnd.heed.ruleset"}};
inline const Headers json_type = {{"Content-Type", "application/json"}};
inline const std::string outcomes_path = "/v1/shop.example/outcomes";
inline const std::string ruleset_path = "/v1/shop.example/ruleset";
inline const std::string report_path = "/v1/shop.example/report";

inline std::string text(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::string batch_text(const outcome::Batch& b) { return text(outcome::write_batch(b)); }

inline Headers with(Headers headers, const std::string& name, const std::string& value) {
  headers.emplace_back(name, value);
  return headers;
}

class ServerTest : public ::testing::Test {
 protected:
  void SetUp() override { start(); }
  void start(ServeOptions options = {}) {
    server.reset();
    options.folder = folder.path;
    options.port = 0;
    auto started = Server::start(options, clock);
    ASSERT_TRUE(started) << started.error().message;
    server = *std::move(started);
  }
  [[nodiscard]] HttpReply send(std::string_view method, std::string_view target,
                               std::string_view body = {}, const Headers& headers = {}) const {
    return Client(server->port()).send(method, target, body, headers);
  }
  [[nodiscard]] Json report() const { return Json(send("GET", report_path).body); }

  TemporaryFolder folder;
  ForgedClock clock;
  std::unique_ptr<Server> server;
};

/// Compiles, stamps and signs rulesets of one site.
class Author {
 public:
  /// `trigger` has the layer "home" to itself, in `slot`; another is in no layer.
  static std::vector<std::byte> layered(std::uint64_t version, const std::string& trigger,
                                        const std::string& slot) {
    return compiled(R"({"site":"shop.example","currency":"GBP",
      "slots":{"hero":{},"side":{},"foot":{}}, "signals":{"purchase":{"revenue":"number"}},
      "metrics":{"revenue":{"signal":"purchase","value":"revenue","goal":true,"window":"7d"}},
      "layers":{"home":{"owner":"shop"}},
      "triggers":{")" + trigger +
                        R"(":{"slot":")" + slot + R"(","when":"true","parts":{"arm":["a"]},
          "layer":{"name":"home","range":[0,1]}},
        "own":{"slot":"foot","when":"true","parts":{"arm":["a"]}}}})",
                    version, start_ms + 1000);
  }
  static std::vector<std::byte> image(std::uint64_t version, const std::string& for_site,
                                      std::int64_t expires_ms) {
    const std::string source = R"({"site":")" + for_site + R"(","currency":"GBP",
      "attributes":{"country":{"type":"string"}}, "slots":{"hero":{}},
      "signals":{"purchase":{"revenue":"number"}},
      "metrics":{"revenue":{"signal":"purchase","value":"revenue","goal":true,"window":"7d"}},
      "triggers":{"t":{"slot":"hero","when":"country == 'DE'","holdout":0.5,
        "name":"First order","owner":"family",
        "parts":{"arm":["a","b"]},"policy":{"split":{"arm":{"a":0.5,"b":0.5}}}}}})";
    return compiled(source, version, expires_ms);
  }
  static std::vector<std::byte> compiled(const std::string& source, std::uint64_t version,
                                         std::int64_t expires_ms) {
    compile::CompileOptions options;
    options.version = version;
    options.expires = TimeMs{expires_ms};
    const compile::SourceFile file{"t.heed.json", source};
    const auto result = compile::compile({&file, 1}, options);
    EXPECT_TRUE(result.compiled);
    return result.compiled ? result.compiled->image : std::vector<std::byte>{};
  }
  static std::string map() {
    return R"({"heedmap":1,"triggers":{"t":{"name":"First order","owner":"family"}}})";
  }
  [[nodiscard]] std::string sign(const std::vector<std::byte>& image) const {
    return text(trust::join(image, {trust::sign_image(key.seed, image)}).value());
  }
  [[nodiscard]] std::string ruleset(std::uint64_t version) const {
    return sign(image(version, std::string(site), start_ms + 1000));
  }
  [[nodiscard]] std::string keyring() const {
    return trust::write_keyring({std::string(site), 1, {key.key}});
  }
  trust::KeyPair key = trust::new_key_pair();
};

class PublishTest : public ServerTest {
 protected:
  void SetUp() override {
    start();
    ASSERT_EQ(send("PUT", "/v1/shop.example/keyring", author.keyring(), json_type).status, 200);
  }
  [[nodiscard]] HttpReply publish(const std::string& bytes) const {
    return send("PUT", ruleset_path, bytes, ruleset_type);
  }
  Author author;
};

}  // namespace heed::store
