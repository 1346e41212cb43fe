#include "ticket.h"

#include "records.h"

namespace heed::store {
namespace {

constexpr std::string_view key = "secret";

Ticket ticket(std::uint64_t unit, std::uint64_t quota) {
  return {std::string(site), unit, start_ms, start_ms + 1000, quota};
}

TEST(Ticket, what_the_edge_signs_is_read) {
  // Made with WebCrypto: HMAC-SHA-256 keyed "secret" over
  // "shop.example\n000000000000000a\n1\n2\n3".
  const auto read =
      read_ticket("c2hvcC5leGFtcGxlCjAwMDAwMDAwMDAwMDAwMGEKMQoyCjM.yMzMIOW_CXNHlMm3Py_YJA", key);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->site, "shop.example");
  EXPECT_EQ(read->seed, 10);
  EXPECT_EQ(read->issued_ms, 1);
  EXPECT_EQ(read->expiry_ms, 2);
  EXPECT_EQ(read->quota, 3);
}

TEST(Ticket, any_changed_character_is_refused) {
  const std::string good = write_ticket(ticket(10, 5), key);
  ASSERT_TRUE(read_ticket(good, key));
  EXPECT_FALSE(read_ticket(good, "another"));
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = bad[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(read_ticket(bad, key)) << i;
    EXPECT_FALSE(read_ticket(good.substr(0, i), key)) << i;
  }
}

class TicketStoreTest : public StoreTest {
 protected:
  void SetUp() override { open({.ticket_key = std::string(key)}); }
  outcome::Batch with(const std::string& text, outcome::Batch b) {
    b.head.ticket = text;
    return b;
  }
};

TEST_F(TicketStoreTest, a_batch_without_a_ticket_of_ours_changes_nothing) {
  for (const std::string& text :
       {std::string(), std::string("x.y"), write_ticket(ticket(10, 9), "another"),
        write_ticket({"other.example", 10, start_ms, start_ms + 1000, 9}, key)}) {
    const auto answer = take(with(text, batch(1, 1, {exposure(10, 7)})));
    ASSERT_FALSE(answer) << text;
    EXPECT_EQ(answer.error().status, 403);
    EXPECT_EQ(answer.error().code, "bad_ticket");
  }
  EXPECT_FALSE(*store->live(site, ""));
}

TEST_F(TicketStoreTest, an_expired_ticket_asks_for_a_newer_one) {
  const auto b = with(write_ticket(ticket(10, 9), key), batch(1, 1, {exposure(10, 7)}));
  clock.now = start_ms + 1000;
  EXPECT_EQ(take(b).error().code, "ticket_expired");
  clock.now = start_ms + 999;
  EXPECT_EQ(take(b)->accepted, 1);
}

TEST_F(TicketStoreTest, a_ticket_speaks_for_one_visitor) {
  const auto answer =
      take(with(write_ticket(ticket(10, 9), key), batch(1, 1, {exposure(10, 7), exposure(11, 8)})));
  EXPECT_EQ(answer.value(), (Taken{.mark = 2, .accepted = 1, .refused = 1}));
}

TEST_F(TicketStoreTest, records_beyond_the_quota_are_refused_also_after_a_restart) {
  const std::string text = write_ticket(ticket(10, 3), key);
  EXPECT_EQ(take(with(text, batch(1, 1, {exposure(10, 1), exposure(10, 2)})))->accepted, 2);
  EXPECT_EQ(take(with(text, batch(1, 1, {exposure(10, 1), exposure(10, 2)})))->repeated, 2)
      << "repeats cost nothing";
  open({.ticket_key = std::string(key)});
  EXPECT_EQ(take(with(text, batch(1, 3, {exposure(10, 3), exposure(10, 4)}))).value(),
            (Taken{.mark = 4, .accepted = 1, .refused = 1}));
}

}  // namespace
}  // namespace heed::store
