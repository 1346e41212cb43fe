// The promise itself: what was acknowledged survives SIGKILL, and nothing counts twice.
#include <atomic>
#include <random>
#include <thread>

#include "client.h"
#include "records.h"

namespace heed::store {
namespace {

constexpr int kill_count = 10;
constexpr int sender_count = 4;
const std::string outcomes_path = "/v1/shop.example/outcomes";
const Client::Headers binary = {{"Content-Type", "application/vnd.heed.outcomes"}};

std::int64_t now_ms() { return system_clock().now_ms(); }

/// A device that sends visitors, one a batch: an exposure and a purchase of 1 each.
class Sender {
 public:
  explicit Sender(std::uint64_t device) : device_(device), random_(device) {}

  /// Sends until the store is gone or `stop`; what got no answer is sent again next time.
  void run(std::uint16_t port, const std::atomic<bool>& stop) {
    Client client(port);
    while (!stop && client.connected()) {
      const std::uint64_t batch_number = acknowledged_ + 1;
      const HttpReply reply = client.send("POST", outcomes_path, bytes(batch_number), binary);
      if (reply.status == 0) return;
      ASSERT_EQ(reply.status, 200) << reply.body;
      const Json answer(reply.body);
      ASSERT_EQ(answer.integer("/mark"), static_cast<std::int64_t>(2 * batch_number));
      acknowledged_ = batch_number;
      if (random_() % 4 == 0) {  // an answer that was lost on its way: the device repeats itself
        const std::uint64_t older = 1 + random_() % acknowledged_;
        if (client.send("POST", outcomes_path, bytes(older), binary).status == 0) return;
      }
    }
  }

  /// The store still has all that it acknowledged.
  void expect_kept(std::uint16_t port) const {
    Client client(port);
    const auto b = batch(device_, 1, {});
    const auto empty = outcome::write_batch(b);
    const HttpReply reply = client.send("POST", outcomes_path, text(empty), binary);
    ASSERT_EQ(reply.status, 200);
    EXPECT_GE(Json(reply.body).integer("/mark"), static_cast<std::int64_t>(2 * acknowledged_));
  }

  [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_; }

 private:
  static std::string text(const std::vector<std::byte>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  [[nodiscard]] std::string bytes(std::uint64_t batch_number) const {
    const std::uint64_t unit = device_ << 32U | batch_number;
    auto e = exposure(unit, unit, batch_number % 2 == 0 ? "" : "a");
    auto o = outcome_of(unit, 1, "order-" + std::to_string(unit));
    e.at_ms = o.at_ms = now_ms();
    auto b = batch(device_, 2 * batch_number - 1, {e, o});
    b.head.sent_ms = now_ms();
    return text(outcome::write_batch(b));
  }

  std::uint64_t device_;
  std::uint64_t acknowledged_ = 0;  // batches
  std::mt19937_64 random_;
};

TEST(Kill, no_acknowledged_outcome_is_lost_and_none_counts_twice) {
  const TemporaryFolder folder;
  const std::vector<std::string> command = {HEED_COMMAND, "serve",  "--dir",
                                            folder.path,  "--port", "0"};
  std::vector<Sender> senders;
  for (int i = 1; i <= sender_count; ++i) senders.emplace_back(static_cast<std::uint64_t>(i));
  std::mt19937 random(11);
  for (int kill = 0; kill < kill_count; ++kill) {
    Process store(command);
    ASSERT_NE(store.port, 0);
    for (const Sender& sender : senders) sender.expect_kept(store.port);
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    for (Sender& sender : senders) {
      threads.emplace_back([&] { sender.run(store.port, stop); });
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100 + random() % 300));
    EXPECT_EQ(store.end(SIGKILL), -SIGKILL);  // under load: every sender has a batch in flight
    stop = true;
    for (std::thread& thread : threads) thread.join();
  }
  Process store(command);
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (Sender& sender : senders) threads.emplace_back([&] { sender.run(store.port, stop); });
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  stop = true;
  for (std::thread& thread : threads) thread.join();

  std::int64_t sent = 0;
  for (const Sender& sender : senders) sent += static_cast<std::int64_t>(sender.acknowledged());
  EXPECT_GT(sent, 100);
  Client client(store.port);
  const Json report(client.send("GET", "/v1/shop.example/report").body);
  EXPECT_EQ(report.integer("/ledger/exposures"), sent);
  EXPECT_EQ(report.integer("/ledger/outcomes"), sent);
  EXPECT_EQ(report.integer("/ledger/repeated_ids"), 0);
  EXPECT_EQ(report.integer("/ledger/repeated_views"), 0);
  EXPECT_EQ(report.integer("/ledger/missing"), 0);
  EXPECT_GT(report.integer("/ledger/repeated"), 0);
  std::int64_t visitors = 0;
  double value = 0;
  for (const char* arm : {"/triggers/0/arms/0", "/triggers/0/arms/1"}) {
    visitors += report.integer(std::string(arm) + "/visitors");
    value += report.number(std::string(arm) + "/metrics/revenue/value");
    EXPECT_EQ(report.integer(std::string(arm) + "/visitors"),
              report.integer(std::string(arm) + "/metrics/revenue/conversions"));
  }
  EXPECT_EQ(visitors, sent);
  EXPECT_DOUBLE_EQ(value, static_cast<double>(sent));
  EXPECT_EQ(store.end(SIGTERM), 0) << "asked to stop, it stops";
  EXPECT_FALSE(std::filesystem::exists(folder.path + "/open")) << "and closes its folder";
}

}  // namespace
}  // namespace heed::store
