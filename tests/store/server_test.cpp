// The HTTP interface, over real sockets: batches, keys, origins, metrics, start and stop.
#include <atomic>
#include <thread>
#include <vector>

#include "server_fixture.h"

namespace heed::store {
namespace {

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

}  // namespace
}  // namespace heed::store
