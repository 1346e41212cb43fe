// What the live stream tells, and to whom.
#include <thread>

#include "records.h"

namespace heed::store {
namespace {

class Live : public StoreTest {
 protected:
  /// The next event for who has `last_id`; a reading may be due only in a moment.
  LiveEvent next(const std::string& last_id = "") {
    for (int i = 0; i < 400; ++i) {
      auto event = store->live(site, last_id).value();
      if (event) return *std::move(event);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ADD_FAILURE() << "no event after " << last_id;
    return {"", "{}"};
  }
  void send_exposure(std::uint64_t sequence, const std::string& trigger) {
    auto e = exposure(sequence, sequence);
    e.trigger = trigger;
    ASSERT_TRUE(take(batch(1, sequence, {e})));
  }
};

TEST_F(Live, a_site_that_nobody_knows_has_no_event) {
  open();
  EXPECT_FALSE(store->live("nobody", "").value());
}

TEST_F(Live, the_first_event_is_whole_and_the_next_tells_what_changed) {
  open();
  send_exposure(1, "a");
  send_exposure(2, "b");
  const LiveEvent first = next();
  const Json whole(first.data);
  EXPECT_TRUE(whole.truth("/whole"));
  EXPECT_EQ(whole.integer("/ledger/exposures"), 2);
  EXPECT_EQ(whole.text("/triggers/0/trigger"), "a");
  EXPECT_EQ(whole.text("/triggers/1/trigger"), "b");
  EXPECT_FALSE(store->live(site, first.id).value()) << "there is nothing more to tell";

  send_exposure(3, "b");
  const LiveEvent second = next(first.id);
  const Json changed(second.data);
  EXPECT_FALSE(changed.truth("/whole"));
  EXPECT_EQ(changed.integer("/ledger/exposures"), 3);
  EXPECT_EQ(changed.text("/triggers/0/trigger"), "b");
  EXPECT_EQ(changed.integer("/triggers/0/exposures"), 2);
  EXPECT_FALSE(changed.has("/triggers/1"));
  EXPECT_TRUE(Json(next().data).has("/triggers/1")) << "who comes now is told all";
}

TEST_F(Live, who_missed_events_is_told_the_sum_of_them) {
  open();
  send_exposure(1, "a");
  const LiveEvent first = next();
  send_exposure(2, "b");
  const LiveEvent second = next(first.id);
  send_exposure(3, "c");
  (void)next(second.id);
  const Json missed(next(first.id).data);
  EXPECT_FALSE(missed.truth("/whole"));
  EXPECT_EQ(missed.text("/triggers/0/trigger"), "b");
  EXPECT_EQ(missed.text("/triggers/1/trigger"), "c");
}

TEST_F(Live, ids_of_another_opening_or_of_nobody_are_told_all) {
  open();
  send_exposure(1, "a");
  const LiveEvent before = next();
  open();
  const LiveEvent after = next(before.id);
  EXPECT_TRUE(Json(after.data).truth("/whole"));
  EXPECT_NE(after.id, before.id);
  const std::string boot = after.id.substr(0, after.id.find('-') + 1);
  for (const std::string& strange : {std::string("x"), boot, boot + "9", boot + "-1", boot + "1x",
                                     boot + "18446744073709551616", std::string(1000, '1')}) {
    EXPECT_TRUE(Json(next(strange).data).truth("/whole")) << strange;
  }
}

TEST_F(Live, delivery_adds_up) {
  open();
  auto old = exposure(5, 5);
  old.at_ms = start_ms - 31LL * 24 * 3600 * 1000;
  outcome::Refund nameless{outcome_of(1, 0, "")};
  ASSERT_TRUE(take(batch(1, 1, {exposure(1, 1), old, nameless})));
  ASSERT_TRUE(take(batch(1, 6, {exposure(2, 2)})));  // 4 and 5 are on their way
  const Json live(next().data);
  EXPECT_EQ(live.integer("/delivery/sent"), 6);
  EXPECT_EQ(live.integer("/delivery/acknowledged"), 4);
  EXPECT_EQ(live.integer("/delivery/counted"), 2);
  EXPECT_EQ(live.integer("/delivery/refused"), 2);
  EXPECT_EQ(live.integer("/delivery/in_flight"), 2);
  const Json r = report();
  for (const char* field : {"sent", "acknowledged", "counted", "refused", "in_flight"}) {
    const std::string at = std::string("/delivery/") + field;
    EXPECT_EQ(r.integer(at), live.integer(at)) << field;
  }
}

}  // namespace
}  // namespace heed::store
