// The stream of server-sent events.
#include <chrono>
#include <thread>

#include "server_fixture.h"

namespace heed::store {
namespace {

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

}  // namespace
}  // namespace heed::store
