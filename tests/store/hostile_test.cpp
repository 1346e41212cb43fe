// What is thrown at the port: every request gets its own answer and changes nothing.
#include <random>
#include <string>
#include <vector>

#include "server_fixture.h"

namespace heed::store {
namespace {

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

}  // namespace
}  // namespace heed::store
