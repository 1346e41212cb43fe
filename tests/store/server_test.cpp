// The HTTP interface, over real sockets.
#include "heed/store/server.h"

#include <cstdlib>
#include <fstream>
#include <random>
#include <thread>

#include "client.h"
#include "heed/base/hash.h"
#include "heed/runtime/draws.h"
#include "heed/studio/compile.h"
#include "heed/studio/patch.h"
#include "heed/trust/files.h"
#include "heed/trust/sodium.h"
#include "records.h"

namespace heed::store {
namespace {

using Headers = Client::Headers;
const Headers ndjson = {{"Content-Type", "application/x-ndjson"}};
const Headers binary = {{"Content-Type", "application/vnd.heed.outcomes"}};
const Headers ruleset_type = {{"Content-Type", "application/vnd.heed.ruleset"}};
const Headers json_type = {{"Content-Type", "application/json"}};
const std::string outcomes_path = "/v1/shop.example/outcomes";
const std::string ruleset_path = "/v1/shop.example/ruleset";
const std::string report_path = "/v1/shop.example/report";

std::string text(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string batch_text(const outcome::Batch& b) { return text(outcome::write_batch(b)); }

Headers with(Headers headers, const std::string& name, const std::string& value) {
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

TEST_F(ServerTest, both_forms_of_a_batch_are_taken_and_answered_alike) {
  const auto first =
      send("POST", outcomes_path, batch_text(batch(1, 1, {exposure(10, 7)})), binary);
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.body,
            R"({"mark":1,"accepted":1,"repeated":0,"too_old":0,"refused":0,"repeated_ids":0})");
  const std::string lines =
      R"({"heed":1,"device":"0000000000000001","epoch":"0000000000000001","first":2,"sent":1795687200000,"ticket":""})"
      "\n"
      R"({"type":"dropped","at":1795687200000,"class":"signal"})";
  EXPECT_EQ(send("POST", outcomes_path, lines, ndjson).body,
            R"({"mark":2,"accepted":1,"repeated":0,"too_old":0,"refused":0,"repeated_ids":0})");
  EXPECT_EQ(send("POST", outcomes_path, batch_text(batch(1, 3, {exposure(10, 8)})),
                 {{"Content-Type", "text/plain;charset=UTF-8"}})
                .status,
            200)
      << "as browsers send it";
}

TEST_F(ServerTest, a_gap_is_409_with_the_mark) {
  Client client(server->port());
  for (std::uint64_t i = 1; i <= 8; ++i) {
    (void)client.send("POST", outcomes_path, batch_text(batch(1, 10 * i, {exposure(1, i)})),
                      binary);
  }
  const auto reply =
      client.send("POST", outcomes_path, batch_text(batch(1, 100, {exposure(1, 100)})), binary);
  EXPECT_EQ(reply.status, 409);
  EXPECT_EQ(reply.code(), "gap");
  EXPECT_EQ(Json(reply.body).integer("/mark"), 0);
}

struct Hostile {
  const char* what;
  std::string request;
  int status;
  const char* code;
};

/// Bodies of POST outcomes that are not a batch.
std::vector<Hostile> hostile_bodies() {
  const std::string good = batch_text(batch(2, 1, {exposure(11, 8)}));
  std::string flipped = good;
  flipped[40] = static_cast<char>(flipped[40] ^ 0x7f);
  const auto post = [](const std::string& body, const Headers& headers) {
    return Client::request("POST", outcomes_path, body, headers);
  };
  return {
      {"empty", post("", ndjson), 400, "malformed"},
      {"not JSON", post("hello", ndjson), 400, "malformed"},
      {"JSON of another kind", post("{}", ndjson), 400, "malformed"},
      {"deep", post(std::string(5000, '['), ndjson), 400, "malformed"},
      {"truncated", post(good.substr(0, good.size() - 3), binary), 400, "malformed"},
      {"longer", post(good + "x", binary), 400, "malformed"},
      {"bit-flipped", post(flipped, binary), 400, "malformed"},
      {"wrong version", post("HEEDOUT2" + good.substr(8), binary), 400, "malformed"},
      {"oversized", post(std::string(1024 * 1024 + 1, 'x'), binary), 413, "too_large"},
      {"of another type", post("a=b", {{"Content-Type", "application/x-www-form-urlencoded"}}), 415,
       "unsupported_type"},
      {"without a type", post(good, {}), 415, "unsupported_type"},
      {"compressed", post(good, with(binary, "Content-Encoding", "gzip")), 415, "unsupported_type"},
  };
}

/// Requests that are wrong before or beside their body.
std::vector<Hostile> hostile_requests() {
  const std::string good = batch_text(batch(2, 1, {exposure(11, 8)}));
  return {
      {"a claim of a huge body",
       "POST " + outcomes_path +
           " HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"
           "Content-Length: 99999999999\r\n\r\n",
       413, "too_large"},
      {"endless chunks",
       "POST " + outcomes_path +
           " HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"
           "Transfer-Encoding: chunked\r\n\r\n110000\r\n" +
           std::string(0x110000, 'x') + "\r\n",
       413, "too_large"},
      {"a long head", "GET /healthz HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", 431,
       "too_large"},
      {"not HTTP", "\x16\x03\x01 hello\r\n\r\n", 400, "malformed"},
      {"two lengths",
       "POST " + outcomes_path +
           " HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
       400, "malformed"},
      {"a body that nobody asked for", Client::request("GET", report_path, "x"), 413, "too_large"},
      {"nowhere", Client::request("GET", "/../../etc/passwd"), 404, "not_found"},
      {"a broken escape", Client::request("GET", "/v1/%zz/report"), 400, "malformed"},
      {"a nameless site", Client::request("POST", "/v1//outcomes", good, binary), 404,
       "unknown_site"},
      {"a site with a line break", Client::request("POST", "/v1/a%0ab/outcomes", good, binary), 404,
       "unknown_site"},
      {"another method", Client::request("DELETE", report_path), 405, "wrong_method"},
      {"an unknown parameter", Client::request("GET", report_path + "?when=now"), 400,
       "unknown_parameter"},
      {"a ruleset that is none", Client::request("PUT", ruleset_path, "x", ruleset_type), 403,
       "no_keyring"},
      {"a keyring that is none",
       Client::request("PUT", "/v1/shop.example/keyring", "{\"heed_keyring\":1}", json_type), 400,
       "malformed_key"},
  };
}

TEST_F(ServerTest, hostile_requests_get_their_own_4xx_and_change_nothing) {
  ASSERT_EQ(send("POST", outcomes_path, batch_text(batch(1, 1, {exposure(10, 7)})), binary).status,
            200);
  const std::string before = send("GET", report_path).body;
  std::vector<Hostile> cases = hostile_bodies();
  for (Hostile& request : hostile_requests()) cases.push_back(std::move(request));
  for (const Hostile& hostile : cases) {
    Client client(server->port());
    client.write(hostile.request);
    const HttpReply reply = client.read_reply();
    EXPECT_EQ(reply.status, hostile.status) << hostile.what << ": " << reply.body;
    EXPECT_EQ(reply.code(), hostile.code) << hostile.what << ": " << reply.body;
    EXPECT_EQ(reply.header("Content-Type"), "application/json") << hostile.what;
  }
  EXPECT_EQ(send("GET", report_path).body, before);
}

TEST_F(ServerTest, garbage_never_takes_it_down) {
  std::mt19937 random(5);
  const std::string good =
      Client::request("POST", outcomes_path, batch_text(batch(1, 1, {exposure(10, 7)})), binary);
  for (int i = 0; i < 300; ++i) {
    Client client(server->port(), 50);
    std::string bytes = good;
    for (std::uint32_t edits = 1 + random() % 8; edits > 0; --edits) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    bytes.resize(1 + random() % bytes.size());
    client.write(bytes);
    if (random() % 2 == 0) (void)client.read_some();
  }
  EXPECT_EQ(send("GET", "/healthz").status, 200);
}

TEST_F(ServerTest, a_request_may_come_byte_by_byte_and_two_may_come_at_once) {
  const std::string one =
      Client::request("POST", outcomes_path, batch_text(batch(1, 1, {exposure(10, 7)})), binary);
  Client slow(server->port());
  for (const char byte : one) slow.write({&byte, 1});
  EXPECT_EQ(slow.read_reply().status, 200);
  slow.write(one + one);
  EXPECT_EQ(slow.read_reply().status, 200);
  EXPECT_EQ(slow.read_reply().status, 200);
}

TEST_F(ServerTest, who_stalls_is_dropped) {
  ServeOptions options;
  options.request_ms_max = 100;
  options.idle_ms_max = 150;
  start(options);
  Client idle(server->port());
  EXPECT_EQ(idle.read_some(), "") << "an idle connection is closed";
  Client half_head(server->port());
  half_head.write("GET /healthz HT");
  EXPECT_EQ(half_head.read_some(), "");
  Client half_body(server->port());
  half_body.write("POST " + outcomes_path +
                  " HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nx");
  EXPECT_EQ(half_body.read_some(), "");
  EXPECT_EQ(send("GET", "/healthz").status, 200);
}

TEST_F(ServerTest, more_connections_than_allowed_are_turned_away) {
  ServeOptions options;
  options.connection_count_max = 3;
  start(options);
  Client a(server->port());
  Client b(server->port());
  Client c(server->port());
  for (Client* client : {&a, &b, &c}) EXPECT_EQ(client->send("GET", "/healthz").status, 200);
  Client d(server->port());
  EXPECT_EQ(d.send("GET", "/healthz").status, 0);
  EXPECT_EQ(a.send("GET", "/healthz").status, 200) << "who is in stays in";
}

TEST_F(ServerTest, keys_open_their_own_doors) {
  ServeOptions options;
  options.ingest_key.emplace("in");
  options.read_key.emplace("re");
  options.publish_key.emplace("pu");
  start(options);
  const std::string b = batch_text(batch(1, 1, {exposure(10, 7)}));
  const auto bearer = [](const std::string& key) {
    return Headers{{"Authorization", "Bearer " + key}};
  };
  const auto as = [&](const Headers& type, const std::string& key) {
    return with(type, "Authorization", "Bearer " + key);
  };
  const auto none = send("POST", outcomes_path, b, binary);
  EXPECT_EQ(none.status, 401);
  EXPECT_EQ(none.code(), "key_required");
  EXPECT_EQ(none.header("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(send("POST", outcomes_path, b, as(binary, "xx")).code(), "bad_key");
  EXPECT_EQ(send("POST", outcomes_path, b, as(binary, "re")).status, 403);
  EXPECT_EQ(send("POST", outcomes_path, b, as(binary, "re")).code(), "wrong_key");
  EXPECT_EQ(send("POST", outcomes_path, b, as(binary, "in")).status, 200);
  EXPECT_EQ(send("GET", report_path, {}, bearer("in")).status, 403);
  EXPECT_EQ(send("GET", report_path, {}, bearer("re")).status, 200);
  EXPECT_EQ(send("GET", report_path, {}, bearer("pu")).status, 200) << "who publishes reads";
  EXPECT_EQ(send("GET", "/v1/shop.example/events").status, 401);
  EXPECT_EQ(send("GET", "/metrics").status, 401);
  EXPECT_EQ(send("PUT", ruleset_path, "x", as(ruleset_type, "re")).status, 403);
  EXPECT_EQ(send("GET", ruleset_path).status, 404) << "rulesets are for everyone";
  EXPECT_EQ(send("GET", ruleset_path + "/map").status, 401) << "the author's words are not";
  EXPECT_EQ(send("GET", ruleset_path + "/map", {}, bearer("in")).status, 403);
  EXPECT_EQ(send("GET", ruleset_path + "/map", {}, bearer("re")).code(), "no_map");
  for (const char* of : {"/source", "/versions"}) {
    EXPECT_EQ(send("GET", ruleset_path + of).status, 401) << of;
    EXPECT_EQ(send("GET", ruleset_path + of, {}, bearer("in")).status, 403) << of;
    EXPECT_EQ(send("GET", ruleset_path + of, {}, bearer("re")).code(), "no_ruleset") << of;
  }
  EXPECT_EQ(send("GET", "/healthz").status, 200);
}

TEST_F(ServerTest, pages_of_allowed_origins_may_read) {
  EXPECT_EQ(send("GET", "/healthz", {}, {{"Origin", "https://a.example"}})
                .header("Access-Control-Allow-Origin"),
            "");
  ServeOptions options;
  options.allow_origins = {"https://a.example"};
  start(options);
  const auto allowed = send("GET", "/healthz", {}, {{"Origin", "https://a.example"}});
  EXPECT_EQ(allowed.header("Access-Control-Allow-Origin"), "https://a.example");
  EXPECT_EQ(allowed.header("Vary"), "Origin");
  EXPECT_EQ(send("GET", "/healthz", {}, {{"Origin", "https://b.example"}})
                .header("Access-Control-Allow-Origin"),
            "");
  const auto preflight = send("OPTIONS", outcomes_path, {}, {{"Origin", "https://a.example"}});
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(preflight.header("Access-Control-Allow-Headers"),
            "Authorization, Content-Type, Last-Event-ID");
}

TEST_F(ServerTest, a_head_request_gets_the_head_alone) {
  Client client(server->port());
  const auto head = client.send("HEAD", "/healthz");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("Content-Length"), "15");
  EXPECT_EQ(client.send("GET", "/healthz").body, R"({"status":"ok"})");
}

TEST_F(ServerTest, metrics_are_prometheus_text) {
  (void)send("POST", outcomes_path, batch_text(batch(1, 1, {exposure(10, 7)})), binary);
  (void)send("POST", outcomes_path, "x", binary);
  const std::string metrics = send("GET", "/metrics").body;
  EXPECT_NE(metrics.find("\nheed_records_total 1\n"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("\nheed_refused_batches_total 1\n"), std::string::npos) << metrics;
}

TEST_F(ServerTest, a_port_in_use_is_one_clear_sentence) {
  const TemporaryFolder other;
  ServeOptions options;
  options.folder = other.path;
  options.port = server->port();
  const auto second = Server::start(options, clock);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "port_in_use");
  EXPECT_NE(second.error().message.find("choose another with --port"), std::string::npos);
}

TEST_F(ServerTest, other_machines_need_keys) {
  const TemporaryFolder other;
  ServeOptions options;
  options.folder = other.path;
  options.port = 0;
  options.host = "0.0.0.0";
  const auto open = Server::start(options, clock);
  ASSERT_FALSE(open);
  EXPECT_EQ(open.error().code, "keys_needed");
}

TEST_F(ServerTest, what_was_taken_is_answered_before_a_stop) {
  std::vector<std::thread> senders;
  std::atomic<int> answered{0};
  std::atomic<int> begun{0};
  for (std::uint64_t device = 1; device <= 8; ++device) {
    senders.emplace_back([&, device] {
      Client client(server->port());
      for (std::uint64_t i = 1;; ++i) {
        ++begun;
        const auto reply = client.send("POST", outcomes_path,
                                       batch_text(batch(device, i, {exposure(device, i)})), binary);
        if (reply.status != 200) return;
        ++answered;
      }
    });
  }
  while (begun < 100) std::this_thread::yield();
  server->stop();
  for (std::thread& sender : senders) sender.join();
  start();
  // A batch may be durable whose answer was on its way when the connection ended, never the
  // reverse.
  EXPECT_GE(report().integer("/ledger/exposures"), answered.load());
  EXPECT_LE(report().integer("/ledger/exposures"), answered.load() + 8);
}

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

TEST_F(PublishTest, a_signed_ruleset_is_served_as_it_was_published) {
  const std::string seven = author.ruleset(7);
  const auto put = publish(seven);
  ASSERT_EQ(put.status, 200) << put.body;
  EXPECT_EQ(Json(put.body).integer("/version"), 7);
  const auto got = send("GET", ruleset_path);
  EXPECT_EQ(got.body, seven);
  EXPECT_EQ(got.header("X-Heed-Version"), "7");
  EXPECT_EQ(send("GET", ruleset_path, {}, {{"If-None-Match", got.header("ETag")}}).status, 304);
  EXPECT_EQ(publish(seven).status, 200) << "the same bytes again are fine";
  const std::string eight = author.ruleset(8);
  ASSERT_EQ(publish(eight).status, 200);
  EXPECT_EQ(send("GET", ruleset_path, {}, {{"If-None-Match", got.header("ETag")}}).body, eight);
  EXPECT_EQ(send("GET", ruleset_path + "?version=7").body, seven) << "all versions are kept";
  EXPECT_EQ(send("GET", ruleset_path + "?version=6").status, 404);
  start();
  EXPECT_EQ(send("GET", ruleset_path).body, eight) << "after a restart too";
  EXPECT_EQ(Json(send("GET", "/v1/shop.example/keyring").body).text("/site"), site);
}

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto view = std::as_bytes(std::span(text));
  return {view.begin(), view.end()};
}

TEST_F(PublishTest, who_has_an_earlier_version_gets_what_makes_the_newest_of_it) {
  const std::string have = ruleset_path + "?have=";
  EXPECT_EQ(send("GET", have + "7").status, 404) << "nothing is published yet";
  const std::string seven = author.ruleset(7);
  const std::string eight = author.ruleset(8);
  ASSERT_EQ(publish(seven).status, 200);
  ASSERT_EQ(publish(eight).status, 200);
  for (int time = 0; time < 2; ++time) {  // made, then remembered
    const auto got = send("GET", have + "7");
    EXPECT_EQ(got.header("Content-Type"), "application/vnd.heed.patch");
    EXPECT_EQ(got.header("X-Heed-Version"), "8");
    EXPECT_LT(got.body.size(), eight.size() / 4);
    const auto image = trust::split(std::as_bytes(std::span(seven)))->image;
    EXPECT_EQ(compile::apply_patch(image, bytes_of(got.body)).value(), bytes_of(eight));
    EXPECT_EQ(send("GET", have + "7", {}, {{"If-None-Match", got.header("ETag")}}).status, 304);
  }
  const auto same = send("GET", have + "8");
  EXPECT_LT(same.body.size(), 120U) << "the newest itself: its signature comes again";
  for (const char* other : {"6", "9", "9223372036854775807"}) {
    const auto got = send("GET", have + other);
    EXPECT_EQ(got.body, eight) << other;
    EXPECT_EQ(got.header("Content-Type"), "application/vnd.heed.ruleset");
  }
  ASSERT_EQ(publish(author.ruleset(30)).status, 200);
  EXPECT_EQ(send("GET", have + "8").header("Content-Type"), "application/vnd.heed.ruleset")
      << "too far behind";
  for (const char* wrong : {"0", "-1", "x", "", "7&version=7"}) {
    EXPECT_EQ(send("GET", have + wrong).status, 400) << wrong;
  }
}

TEST_F(PublishTest, each_bad_ruleset_has_its_own_error_and_changes_nothing) {
  ASSERT_EQ(publish(author.ruleset(7)).status, 200);
  const std::string served = send("GET", ruleset_path).body;
  const std::string good = author.ruleset(8);
  const auto image = Author::image(8, std::string(site), start_ms + 1000);
  std::string flipped = good;
  flipped[image.size() / 2] = static_cast<char>(flipped[image.size() / 2] ^ 1);
  const Author stranger;
  const auto expect = [&](const std::string& bytes, int status, const std::string& code) {
    const auto reply = publish(bytes);
    EXPECT_EQ(reply.status, status) << reply.body;
    EXPECT_EQ(reply.code(), code) << reply.body;
  };
  expect(author.ruleset(6), 409, "version");
  expect(author.sign(Author::image(7, std::string(site), start_ms + 2000)), 409, "version");
  expect(text(image), 403, "unsigned");
  expect(stranger.ruleset(8), 403, "unknown_key");
  expect(flipped, 403, "bad_signature");
  expect(good.substr(0, good.size() - 1), 400, "truncated");
  expect(good + "x", 400, "malformed_signature");
  expect(good.substr(0, 100), 400, "truncated");
  expect("not a ruleset at all, but long enough to have had a whole header in it.......", 400,
         "not_a_ruleset");
  expect(author.sign(Author::image(8, "other.example", start_ms + 1000)), 422, "wrong_site");
  expect(author.sign(Author::image(8, std::string(site), start_ms)), 422, "expired");
  expect(author.sign(Author::image(0, std::string(site), start_ms + 1000)), 422, "version");
  auto broken = image;
  broken[broken.size() - 1] ^= std::byte{0xff};
  EXPECT_EQ(publish(author.sign(broken)).status, 422) << "signed, and not a ruleset all the same";
  expect(std::string(17 * 1024 * 1024, 'x'), 413, "too_large");
  EXPECT_EQ(send("GET", ruleset_path).body, served);
}

TEST_F(PublishTest, a_pinned_keyring_cannot_be_replaced) {
  const std::string path = folder.path + "/site.keyring.json";
  std::ofstream(path) << author.keyring();
  ServeOptions options;
  options.keyring_files = {path};
  start(options);
  const Author other;
  const auto reply = send("PUT", "/v1/shop.example/keyring", other.keyring(), json_type);
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(reply.code(), "pinned_keyring");
  EXPECT_EQ(publish(other.ruleset(9)).code(), "unknown_key");
  EXPECT_EQ(publish(author.ruleset(9)).status, 200);
}

TEST_F(PublishTest, draws_that_the_ruleset_does_not_make_are_refused) {
  ASSERT_EQ(publish(author.ruleset(1)).status, 200);
  const auto opened = Ruleset::open(Author::image(1, std::string(site), start_ms + 1000));
  const TriggerId trigger = *opened->find_trigger("t");
  std::vector<outcome::Record> honest;
  std::vector<outcome::Record> forged;
  for (std::uint64_t unit = 1; unit <= 200; ++unit) {
    const Draws draws = recheck(*opened, fmix64(unit), trigger);
    const std::string variant = draws.held_out ? "" : draws.options[0] == 0 ? "a" : "b";
    auto e = exposure(fmix64(unit), unit, variant);
    e.width = draws.held_out ? share_one : share_one / 2;
    honest.emplace_back(e);
    auto lie = e;
    lie.view += 1000;
    switch (unit % 4) {
      case 0:
        lie = exposure(e.unit, lie.view, draws.held_out ? "a" : "");
        break;
      case 1:
        lie.trigger = "invented";
        break;
      case 2:
        lie.slot = "foot";
        break;
      default:
        if (draws.held_out) continue;
        lie.variant = lie.options[0].option = variant == "a" ? "b" : "a";
    }
    forged.emplace_back(lie);
  }
  const auto post = [&](std::uint64_t device, const std::vector<outcome::Record>& records) {
    return Json(send("POST", outcomes_path, batch_text(batch(device, 1, records)), binary).body);
  };
  ASSERT_EQ(publish(author.ruleset(2)).status, 200) << "a newer one does not make the older lie";
  start();
  EXPECT_EQ(post(1, honest).integer("/accepted"), 200);
  const Json answer = post(2, forged);
  EXPECT_EQ(answer.integer("/accepted"), 0);
  EXPECT_EQ(answer.integer("/refused"), static_cast<std::int64_t>(forged.size()));
  EXPECT_EQ(report().integer("/ledger/refused"), static_cast<std::int64_t>(forged.size()));
  EXPECT_EQ(report().integer("/ledger/exposures"), 200);
}

/// Visitors of the published ruleset: who was exposed here, and outcomes that come from elsewhere.
class AttributionTest : public PublishTest {
 protected:
  void SetUp() override {
    PublishTest::SetUp();
    ASSERT_EQ(publish(author.ruleset(1)).status, 200);
  }
  /// A true exposure of `unit`, shown or held out as its draw says.
  [[nodiscard]] static outcome::Exposure seen(std::uint64_t unit, std::int64_t at_ms) {
    const auto opened = Ruleset::open(Author::image(1, std::string(site), start_ms + 1000));
    const Draws draws = recheck(*opened, unit, *opened->find_trigger("t"));
    auto e = exposure(unit, fmix64(unit ^ static_cast<std::uint64_t>(at_ms)),
                      draws.held_out          ? ""
                      : draws.options[0] == 0 ? "a"
                                              : "b");
    e.width = draws.held_out ? share_one : share_one / 2;
    e.at_ms = at_ms;
    return e;
  }
  /// The first unit from 1 that is held out, or not.
  [[nodiscard]] static std::uint64_t unit_where(bool held_out) {
    std::uint64_t unit = 1;
    while (seen(unit, start_ms).held_out != held_out) ++unit;
    return unit;
  }
  /// What a server says that knows no exposures.
  [[nodiscard]] static outcome::Outcome bought(std::uint64_t unit, double value, std::string id,
                                               std::int64_t at_ms) {
    auto o = outcome_of(unit, value, std::move(id));
    o.at_ms = at_ms;
    o.credits.clear();
    return o;
  }
  void post(std::vector<outcome::Record> records) {
    const auto b = batch(++device, 1, std::move(records));
    const Json answer(send("POST", outcomes_path, batch_text(b), binary).body);
    ASSERT_EQ(answer.integer("/accepted"), static_cast<std::int64_t>(b.records.size()));
  }
  /// Conversions and value of the trigger's only arm.
  [[nodiscard]] std::pair<std::int64_t, double> earned(std::string_view metric = "revenue") const {
    const Json r = report();
    const std::string at = "/triggers/0/arms/0/metrics/" + std::string(metric);
    if (!r.has(at)) return {0, 0};
    return {r.integer(at + "/conversions"), r.number(at + "/value")};
  }
  std::uint64_t device = 0;
  static constexpr std::int64_t hour_ms = 3'600'000;
  static constexpr std::int64_t day_ms = 24 * hour_ms;
};

TEST_F(AttributionTest, an_outcome_from_elsewhere_is_credited_by_the_store) {
  const std::uint64_t unit = unit_where(false);
  post({seen(unit, start_ms - hour_ms)});
  post({bought(unit, 20, "order-1", start_ms)});
  EXPECT_EQ(earned(), std::pair(std::int64_t{1}, 20.0));
}

TEST_F(AttributionTest, held_out_visitors_are_credited_for_what_they_would_have_seen) {
  const std::uint64_t unit = unit_where(true);
  post({seen(unit, start_ms - hour_ms)});
  post({bought(unit, 20, "order-1", start_ms)});
  EXPECT_EQ(report().text("/triggers/0/arms/0/arm"), "holdout");
  EXPECT_FALSE(report().truth("/triggers/0/arms/0/shown"));
  EXPECT_EQ(earned(), std::pair(std::int64_t{1}, 20.0));
}

TEST_F(AttributionTest, the_window_is_the_metrics_own_and_half_open) {
  const std::uint64_t unit = unit_where(false);
  post({seen(unit, start_ms - 7 * day_ms)});  // as old as the window is long
  post({bought(unit, 1, "o1", start_ms)});
  EXPECT_EQ(earned(), std::pair(std::int64_t{0}, 0.0));
  post({bought(unit, 2, "o2", start_ms - 1)});
  EXPECT_EQ(earned(), std::pair(std::int64_t{1}, 2.0));
  post({bought(unit, 4, "o3", start_ms - 7 * day_ms - 1)});  // before it was seen
  EXPECT_EQ(earned(), std::pair(std::int64_t{1}, 2.0));
  post({bought(unit, 8, "o4", start_ms - 7 * day_ms)});  // the very moment counts
  EXPECT_EQ(earned(), std::pair(std::int64_t{1}, 10.0));
}

TEST_F(AttributionTest, device_and_store_never_both_give_credit) {
  const std::uint64_t unit = unit_where(false);
  const auto shown = seen(unit, start_ms - hour_ms);
  auto on_device = bought(unit, 20, "order-1", start_ms);
  on_device.credits = {{shown.view, "hero", "t", shown.variant, "all", false}};
  const auto by_server = bought(unit, 20, "order-1", start_ms);
  post({shown});
  post({on_device});
  post({by_server});
  EXPECT_EQ(earned(), std::pair(std::int64_t{1}, 20.0));
  EXPECT_EQ(report().integer("/ledger/repeated_ids"), 1);

  auto second = by_server;
  second.id = on_device.id = "order-2";
  post({second});
  post({on_device});
  EXPECT_EQ(earned(), std::pair(std::int64_t{1}, 40.0)) << "whichever comes first";
}

TEST_F(AttributionTest, what_a_device_has_credited_is_left_as_it_is) {
  const std::uint64_t unit = unit_where(false);
  auto on_device = bought(unit, 20, "order-1", start_ms);
  on_device.credits = {{5, "foot", "another", "x", "all", false}};
  post({seen(unit, start_ms - hour_ms)});
  post({on_device});
  EXPECT_EQ(earned(), std::pair(std::int64_t{0}, 0.0));
}

TEST_F(AttributionTest, a_refund_takes_back_what_the_store_has_credited) {
  const std::uint64_t unit = unit_where(false);
  post({seen(unit, start_ms - hour_ms)});
  post({bought(unit, 20, "order-1", start_ms)});
  post({outcome::Refund{bought(unit, 0, "order-1", start_ms)}});
  EXPECT_EQ(earned(), std::pair(std::int64_t{0}, 0.0));
}

TEST_F(AttributionTest, of_a_layer_the_last_exposure_earns_and_each_layer_its_own) {
  ASSERT_EQ(publish(author.sign(Author::layered(2, "one", "hero"))).status, 200);
  ASSERT_EQ(publish(author.sign(Author::layered(3, "two", "side"))).status, 200);
  const std::uint64_t unit = 3;
  const auto in = [&](std::uint64_t version, const std::string& trigger, const std::string& slot,
                      std::int64_t at_ms) {
    auto e = exposure(unit, fmix64(static_cast<std::uint64_t>(at_ms)), "a");
    e.ruleset = version;
    e.at_ms = at_ms;
    e.slot = slot;
    e.trigger = trigger;
    e.reason = 0;
    return e;
  };
  post({in(2, "one", "hero", start_ms - 30), in(3, "two", "side", start_ms - 20),
        in(2, "own", "foot", start_ms - 10), in(2, "one", "hero", start_ms - 5)});
  auto o = bought(unit, 7, "o1", start_ms - 6);
  o.ruleset = 2;
  post({o});
  const Json r = report();
  EXPECT_EQ(r.text("/triggers/0/trigger"), "one");
  EXPECT_FALSE(r.has("/triggers/0/arms/0/metrics/revenue")) << "`two` was later in their layer";
  EXPECT_EQ(r.text("/triggers/1/trigger"), "own");
  EXPECT_EQ(r.number("/triggers/1/arms/0/metrics/revenue/value"), 7);
  EXPECT_EQ(r.text("/triggers/2/trigger"), "two");
  EXPECT_EQ(r.number("/triggers/2/arms/0/metrics/revenue/value"), 7);
}

TEST_F(AttributionTest, folding_the_log_again_credits_the_same) {
  const std::uint64_t unit = unit_where(false);
  post({seen(unit, start_ms - hour_ms)});
  post({bought(unit, 20, "order-1", start_ms)});
  server->stop();
  std::filesystem::remove(folder.path + "/state.db");
  start();
  EXPECT_EQ(earned(), std::pair(std::int64_t{1}, 20.0));
}

TEST_F(AttributionTest, without_a_metric_of_that_name_nothing_is_credited) {
  const std::uint64_t unit = unit_where(false);
  post({seen(unit, start_ms - hour_ms)});
  auto o = bought(unit, 1, "o1", start_ms);
  o.metric = "unheard_of";
  post({o});
  EXPECT_EQ(earned("unheard_of"), std::pair(std::int64_t{0}, 0.0));
  EXPECT_EQ(report().integer("/ledger/outcomes"), 1) << "it is counted all the same";
}

TEST_F(PublishTest, what_people_wrote_is_kept_beside_each_version) {
  const std::string source_path = ruleset_path + "/source";
  const std::string first = R"({"files":[{"name":"a.heed.json","text":"{}"}]})";
  const std::string second = R"({"files":[{"name":"a.heed.json","text":"{ }"}]})";
  EXPECT_EQ(send("PUT", source_path, first, json_type).code(), "no_ruleset");
  ASSERT_EQ(publish(author.ruleset(3)).status, 200);
  EXPECT_EQ(send("GET", source_path).code(), "no_source");
  ASSERT_EQ(send("PUT", source_path + "?version=3", first, json_type).status, 200);
  ASSERT_EQ(publish(author.ruleset(4)).status, 200);
  EXPECT_EQ(send("GET", source_path).code(), "no_source") << "a version's source is its own";
  ASSERT_EQ(send("PUT", source_path, second, json_type).status, 200);
  EXPECT_EQ(send("PUT", source_path + "?version=9", first, json_type).code(), "no_ruleset");
  for (const char* bad : {"", "[]", R"({"files":[]})", R"({"files":[{"name":"a"}]})",
                          R"({"files":[{"name":"","text":"{}"}]})"}) {
    EXPECT_EQ(send("PUT", source_path, bad, json_type).code(), "malformed_source") << bad;
  }
  start();
  EXPECT_EQ(send("GET", source_path).body, second);
  EXPECT_EQ(send("GET", source_path + "?version=3").body, first);
}

TEST_F(PublishTest, the_history_tells_each_version_once_the_newest_first) {
  EXPECT_EQ(send("GET", ruleset_path + "/versions").code(), "no_ruleset");
  ASSERT_EQ(publish(author.ruleset(3)).status, 200);
  clock.now += 500;
  const std::string four = author.ruleset(4);
  ASSERT_EQ(publish(four).status, 200);
  ASSERT_EQ(publish(four).status, 200) << "the same bytes again are no version";
  ASSERT_EQ(send("PUT", ruleset_path + "/map", Author::map(), json_type).status, 200);
  const std::string source = R"({"files":[{"name":"a.heed.json","text":"{}"}]})";
  ASSERT_EQ(send("PUT", ruleset_path + "/source", source, json_type).status, 200);
  const Json history(send("GET", ruleset_path + "/versions").body);
  EXPECT_EQ(history.text("/site"), site);
  EXPECT_EQ(history.integer("/versions/0/version"), 4);
  EXPECT_EQ(history.integer("/versions/0/at"), start_ms + 500);
  EXPECT_EQ(history.integer("/versions/0/size_bytes"), static_cast<std::int64_t>(four.size()));
  EXPECT_TRUE(history.truth("/versions/0/has_source"));
  EXPECT_NE(history.text("/versions/0/who").find("signed by"), std::string::npos);
  EXPECT_EQ(history.integer("/versions/1/version"), 3);
  EXPECT_FALSE(history.truth("/versions/1/has_source"));
  EXPECT_FALSE(history.has("/versions/2")) << "maps and sources are no versions";
}

TEST_F(PublishTest, reports_know_currency_version_names_and_windows) {
  ASSERT_EQ(publish(author.ruleset(3)).status, 200);
  ASSERT_EQ(send("PUT", ruleset_path + "/map", Author::map(), json_type).status, 200);
  EXPECT_EQ(send("PUT", ruleset_path + "/map", "[]", json_type).code(), "malformed_map");
  EXPECT_EQ(send("GET", ruleset_path + "/map").body, Author::map());
  (void)send("POST", outcomes_path, batch_text(batch(1, 1, {exposure(10, 7, "a")})), binary);
  for (int i = 0; i < 2; ++i) {
    const Json r = report();
    EXPECT_EQ(r.text("/currency"), "GBP");
    EXPECT_EQ(r.integer("/ruleset"), 3);
    EXPECT_EQ(r.text("/triggers/0/name"), "First order");
    EXPECT_EQ(r.text("/triggers/0/owner"), "family");
    EXPECT_EQ(r.integer("/triggers/0/arms/0/provisional"), 1);
    start();  // and once more from the folder
  }
  clock.now += 8LL * 24 * 3600 * 1000;
  EXPECT_EQ(report().integer("/triggers/0/arms/0/provisional"), 0);
}

TEST_F(PublishTest, listeners_hear_of_versions_and_counts) {
  ASSERT_EQ(publish(author.ruleset(1)).status, 200);
  Client listener(server->port());
  listener.write(Client::request("GET", "/v1/shop.example/events"));
  std::string heard;
  const auto hears = [&](const std::string& what) {
    while (heard.find(what) == std::string::npos) {
      const std::string more = listener.read_some();
      if (more.empty()) return false;
      heard += more;
    }
    return true;
  };
  EXPECT_TRUE(hears("Content-Type: text/event-stream"));
  EXPECT_TRUE(hears("event: ruleset\ndata: {\"version\":1,\"hash\":\""));
  ASSERT_EQ(publish(author.ruleset(2)).status, 200);
  EXPECT_TRUE(hears("event: ruleset\ndata: {\"version\":2,\"hash\":\""));
  auto o = outcome_of(10, 5, "o1");
  (void)send("POST", outcomes_path, batch_text(batch(1, 1, {o})), binary);
  EXPECT_TRUE(hears("\"outcomes\":1,"));
  server->stop();
  while (!listener.read_some().empty()) {
  }
}

TEST_F(PublishTest, a_listener_that_does_not_read_is_dropped_and_comes_back_to_what_it_missed) {
  ServeOptions options;
  options.event_ms_max = 200;
  start(options);
  // Events too large for what sockets hold: 400 triggers of three arms each.
  const auto send_all = [this](std::uint64_t round) {
    std::vector<outcome::Record> records;
    for (std::uint64_t i = 0; i < 1200; ++i) {
      auto e = exposure(i, round << 32U | i, "variant-" + std::to_string(i % 3));
      e.trigger = std::string(100, 't') + std::to_string(i / 3);
      records.emplace_back(std::move(e));
    }
    const auto b = batch(1, round * 1200 + 1, std::move(records));
    ASSERT_EQ(send("POST", outcomes_path, batch_text(b), binary).status, 200);
  };
  send_all(0);
  Client listener(server->port(), 1000, 4096);
  listener.write(Client::request("GET", "/v1/shop.example/events"));
  std::string heard = listener.read_some();
  for (std::uint64_t round = 1; round <= 12; ++round) {
    send_all(round);
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
  std::string more;
  while (!(more = listener.read_some()).empty()) heard += more;
  EXPECT_EQ(heard.find("\"exposures\":15600,"), std::string::npos) << "it was dropped before";

  const std::size_t at = heard.find("id: ");
  const std::string id = heard.substr(at + 4, heard.find('\n', at) - at - 4);
  Client again(server->port());
  again.write(Client::request("GET", "/v1/shop.example/events", {}, {{"Last-Event-ID", id}}));
  std::string text;
  while (text.find("\"exposures\":15600,") == std::string::npos) {
    more = again.read_some();
    ASSERT_FALSE(more.empty());
    text += more;
  }
  EXPECT_NE(text.find("\"whole\":false"), std::string::npos);
}

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
