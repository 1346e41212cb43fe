#include "heed/store/store.h"

#include <atomic>
#include <thread>

#include "fault_disk.h"
#include "records.h"

namespace heed::store {
namespace {

constexpr const char* ledger = "/ledger/";
std::string in_ledger(const char* name) { return std::string(ledger) + name; }
std::string arm_metric(int arm, const char* what) {
  return "/triggers/0/arms/" + std::to_string(arm) + "/metrics/revenue/" + what;
}

TEST_F(StoreTest, a_batch_is_counted_once_however_often_it_is_sent) {
  open();
  const auto b = batch(1, 1, {exposure(10, 7), outcome_of(10, 42.5, "o1")});
  EXPECT_EQ(take(b).value(), (Taken{.mark = 2, .accepted = 2}));
  EXPECT_EQ(take(b).value(), (Taken{.mark = 2, .repeated = 2}));
  open();
  EXPECT_EQ(take(b).value(), (Taken{.mark = 2, .repeated = 2})) << "after a restart too";
  const Json r = report();
  EXPECT_EQ(r.integer(in_ledger("batches")), 3);
  EXPECT_EQ(r.integer(in_ledger("records")), 2);
  EXPECT_EQ(r.integer(in_ledger("repeated")), 4);
  EXPECT_EQ(r.integer(arm_metric(0, "conversions")), 1);
  EXPECT_DOUBLE_EQ(r.number(arm_metric(0, "value")), 42.5);
}

TEST_F(StoreTest, batches_may_come_out_of_order_and_overlap) {
  open();
  EXPECT_EQ(take(batch(1, 3, {exposure(10, 3), exposure(10, 4)}))->mark, 0);
  EXPECT_EQ(report().integer(in_ledger("missing")), 2);
  EXPECT_EQ(take(batch(1, 2, {exposure(10, 2), exposure(10, 3), exposure(10, 4)})).value(),
            (Taken{.mark = 0, .accepted = 1, .repeated = 2}));
  EXPECT_EQ(take(batch(1, 1, {exposure(10, 1)})).value(), (Taken{.mark = 4, .accepted = 1}));
  EXPECT_EQ(report().integer(in_ledger("missing")), 0);
  EXPECT_EQ(report().integer(in_ledger("exposures")), 4);
}

TEST_F(StoreTest, a_ninth_interval_is_a_gap_with_the_mark) {
  open();
  (void)take(batch(1, 1, {exposure(10, 1)}));
  for (std::uint64_t i = 1; i <= 8; ++i) (void)take(batch(1, 10 * i, {exposure(10, 10 * i)}));
  const auto answer = take(batch(1, 200, {exposure(10, 200)}));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().status, 409);
  EXPECT_EQ(answer.error().code, "gap");
  EXPECT_EQ(answer.error().mark, 1);
  EXPECT_EQ(report().integer(in_ledger("records")), 9);
}

TEST_F(StoreTest, an_exposure_seen_by_edge_and_browser_counts_once) {
  open();
  (void)take(batch(1, 1, {exposure(10, 7)}));
  (void)take(batch(2, 1, {exposure(10, 7)}));
  const Json r = report();
  EXPECT_EQ(r.integer(in_ledger("repeated_views")), 1);
  EXPECT_EQ(r.integer("/triggers/0/exposures"), 1);
  EXPECT_EQ(r.integer("/triggers/0/arms/0/visitors"), 1);
}

TEST_F(StoreTest, a_reloaded_thank_you_page_counts_once_from_any_device) {
  open();
  (void)take(batch(1, 1, {exposure(10, 7), outcome_of(10, 42.5, "order-1")}));
  EXPECT_EQ(take(batch(2, 1, {outcome_of(10, 42.5, "order-1")})).value(),
            (Taken{.mark = 1, .accepted = 1, .repeated_ids = 1}));
  EXPECT_DOUBLE_EQ(report().number(arm_metric(0, "value")), 42.5);
  (void)take(batch(2, 2, {outcome_of(11, 1, "order-1"), outcome_of(10, 1, "order-1", "email")}));
  EXPECT_EQ(report().integer(in_ledger("repeated_ids")), 1) << "another unit or metric is another";
}

TEST_F(StoreTest, outcomes_without_an_id_all_count) {
  open();
  (void)take(batch(1, 1, {exposure(10, 7), outcome_of(10, 1, ""), outcome_of(10, 2, "")}));
  EXPECT_EQ(report().integer(arm_metric(0, "conversions")), 1) << "one visitor";
  EXPECT_DOUBLE_EQ(report().number(arm_metric(0, "value")), 3);
}

TEST_F(StoreTest, a_refund_takes_value_and_conversion_back_once) {
  open();
  const outcome::Refund refund{outcome_of(10, 0, "o1")};
  (void)take(batch(1, 1, {exposure(10, 7), outcome_of(10, 0.1, "o1"), outcome_of(10, 0.2, "o2")}));
  (void)take(batch(1, 4, {refund}));
  EXPECT_DOUBLE_EQ(report().number(arm_metric(0, "value")), 0.2);
  EXPECT_EQ(report().integer(arm_metric(0, "conversions")), 1);
  EXPECT_EQ(take(batch(2, 1, {refund}))->repeated_ids, 1);
  (void)take(batch(1, 5, {outcome::Refund{outcome_of(10, 5, "o2")}}));
  const Json r = report();
  EXPECT_FALSE(r.has(arm_metric(0, "value"))) << "nobody has converted";
  EXPECT_EQ(r.integer(in_ledger("refunds")), 3);
}

TEST_F(StoreTest, a_part_taken_back_leaves_the_conversion) {
  open();
  (void)take(batch(
      1, 1,
      {exposure(10, 7), outcome_of(10, 40, "o1"), outcome::Refund{outcome_of(10, 15, "o1")}}));
  EXPECT_DOUBLE_EQ(report().number(arm_metric(0, "value")), 25);
  EXPECT_EQ(report().integer(arm_metric(0, "conversions")), 1);
}

TEST_F(StoreTest, a_refund_that_comes_first_waits_for_its_outcome) {
  open();
  (void)take(batch(1, 1, {exposure(10, 7), outcome::Refund{outcome_of(10, 15, "o1")}}));
  EXPECT_EQ(report().integer(in_ledger("refunds_waiting")), 1);
  (void)take(batch(1, 3, {outcome_of(10, 40, "o1")}));
  const Json r = report();
  EXPECT_EQ(r.integer(in_ledger("refunds_waiting")), 0);
  EXPECT_DOUBLE_EQ(r.number(arm_metric(0, "value")), 25);
  EXPECT_EQ(take(batch(1, 4, {outcome_of(10, 40, "o1")}))->repeated_ids, 1);
}

TEST_F(StoreTest, a_refund_without_an_id_or_below_zero_is_refused_alone) {
  open();
  const auto answer = take(batch(1, 1,
                                 {outcome::Refund{outcome_of(10, 1, "")},
                                  outcome::Refund{outcome_of(10, -1, "o1")}, exposure(10, 7)}));
  EXPECT_EQ(answer.value(), (Taken{.mark = 3, .accepted = 1, .refused = 2}));
}

TEST_F(StoreTest, a_visitor_stays_in_the_arm_of_the_first_exposure) {
  open();
  (void)take(batch(1, 1, {exposure(10, 1, "a"), exposure(10, 2, "b"), outcome_of(10, 5, "o1")}));
  const Json r = report();
  EXPECT_EQ(r.text("/triggers/0/arms/0/arm"), "a");
  EXPECT_EQ(r.integer("/triggers/0/arms/0/visitors"), 1);
  EXPECT_EQ(r.integer("/triggers/0/arms/1/visitors"), 0);
  EXPECT_EQ(r.integer("/triggers/0/arms/1/exposures"), 1);
  EXPECT_DOUBLE_EQ(r.number(arm_metric(0, "value")), 5);
}

TEST_F(StoreTest, an_outcome_before_its_exposure_waits_for_it) {
  open();
  (void)take(batch(1, 1, {outcome_of(10, 5, "o1")}));
  EXPECT_FALSE(report().has("/triggers/0"));
  (void)take(batch(1, 2, {exposure(10, 7, "")}));
  const Json r = report();
  EXPECT_EQ(r.text("/triggers/0/arms/0/arm"), "holdout");
  EXPECT_EQ(r.integer(arm_metric(0, "conversions")), 1);
}

TEST_F(StoreTest, a_credit_to_two_layers_of_one_trigger_is_one_conversion) {
  open();
  auto o = outcome_of(10, 5, "o1");
  o.credits.push_back(o.credits[0]);
  (void)take(batch(1, 1, {exposure(10, 7), o}));
  EXPECT_DOUBLE_EQ(report().number(arm_metric(0, "value")), 5);
}

TEST_F(StoreTest, old_records_are_refused_one_by_one_and_counted) {
  open();
  auto old = exposure(10, 7);
  old.at_ms = start_ms - 31LL * 24 * 3600 * 1000;
  const auto b = batch(1, 1, {old, exposure(10, 8)});
  EXPECT_EQ(take(b).value(), (Taken{.mark = 2, .accepted = 1, .too_old = 1}));
  EXPECT_EQ(take(b).value(), (Taken{.mark = 2, .repeated = 2})) << "its number is marked as seen";
}

TEST_F(StoreTest, a_wrong_clock_is_corrected_by_when_the_batch_left) {
  open();
  auto e = exposure(10, 7);
  e.at_ms = 1000;  // 1970
  auto b = batch(1, 1, {e});
  b.head.sent_ms = 2000;
  EXPECT_EQ(take(b)->accepted, 1);
  EXPECT_EQ(report().integer(in_ledger("skewed_batches")), 1);
}

TEST_F(StoreTest, dropped_records_are_counted_by_class) {
  open();
  (void)take(batch(1, 1,
                   {outcome::Dropped{start_ms, outcome::Class::driver},
                    outcome::Dropped{start_ms, outcome::Class::goal}}));
  EXPECT_EQ(report().integer("/ledger/dropped/driver"), 1);
  EXPECT_EQ(report().integer("/ledger/dropped/goal"), 1);
  EXPECT_EQ(report().integer(in_ledger("records")), 2);
}

TEST_F(StoreTest, what_caps_held_back_is_counted_by_cap_limit_and_visitor) {
  open();
  auto session = suppressed(2, 13, outcome::CapOf::campaign);
  session.limit = outcome::CapLimit::session;
  ASSERT_TRUE(take(batch(1, 1,
                         {exposure(1, 10), suppressed(1, 11), suppressed(1, 12), session,
                          suppressed(3, 14), suppressed(3, 14)})));
  const Json r = report();
  EXPECT_EQ(r.integer("/triggers/0/exposures"), 1) << "what was held back was not exposed";
  EXPECT_EQ(r.integer("/triggers/0/arms/0/visitors"), 1);
  EXPECT_EQ(r.integer("/triggers/0/suppressed/count"), 4);
  EXPECT_EQ(r.integer("/triggers/0/suppressed/visitors"), 3);
  EXPECT_EQ(r.text("/triggers/0/suppressed/by/0/cap"), "trigger");
  EXPECT_EQ(r.text("/triggers/0/suppressed/by/0/limit"), "times");
  EXPECT_EQ(r.integer("/triggers/0/suppressed/by/0/count"), 3);
  EXPECT_EQ(r.text("/triggers/0/suppressed/by/1/cap"), "campaign");
  EXPECT_EQ(r.text("/triggers/0/suppressed/by/1/limit"), "session");
  EXPECT_EQ(r.integer("/triggers/0/suppressed/by/1/count"), 1);
  EXPECT_EQ(r.integer("/ledger/suppressed"), 5);
  EXPECT_EQ(r.integer("/ledger/repeated_views"), 1);
  EXPECT_EQ(r.integer("/ledger/records"), 6);
}

TEST_F(StoreTest, a_view_is_exposed_and_held_back_independently) {
  open();
  // Another trigger won the slot that a cap had kept the first from: both are told of one view.
  auto other = exposure(1, 10);
  other.trigger = "u";
  ASSERT_TRUE(take(batch(1, 1, {other, suppressed(1, 10)})));
  const Json r = report();
  EXPECT_EQ(r.text("/triggers/0/trigger"), "t") << "a trigger that nobody has seen is listed too";
  EXPECT_EQ(r.integer("/triggers/0/suppressed/count"), 1);
  EXPECT_FALSE(r.has("/triggers/0/arms/0"));
  EXPECT_EQ(r.text("/triggers/1/trigger"), "u");
  EXPECT_EQ(r.integer("/triggers/1/exposures"), 1);
  EXPECT_EQ(r.integer("/ledger/repeated_views"), 0);
}

TEST_F(StoreTest, lift_compares_shown_with_held_out) {
  open();
  std::vector<outcome::Record> records;
  for (std::uint64_t unit = 0; unit < 4000; ++unit) {
    const bool held = unit % 2 == 0;
    records.emplace_back(exposure(unit, unit, held ? "" : "a"));
    if (unit % 10 < (held ? 2 : 8))
      records.emplace_back(outcome_of(unit, 10, std::to_string(unit)));
  }
  for (std::uint64_t from = 0; from < records.size(); from += 1000) {
    const auto until = std::min<std::size_t>(from + 1000, records.size());
    ASSERT_TRUE(take(batch(1, from + 1,
                           {records.begin() + static_cast<std::ptrdiff_t>(from),
                            records.begin() + static_cast<std::ptrdiff_t>(until)})));
  }
  const Json r = report();
  EXPECT_EQ(r.text("/triggers/0/state"), "clear");
  EXPECT_EQ(r.text("/triggers/0/lift/0/measure"), "rate");
  EXPECT_EQ(r.text("/triggers/0/lift/0/treatment"), "shown");
  EXPECT_EQ(r.text("/triggers/0/lift/0/control"), "holdout");
  EXPECT_DOUBLE_EQ(r.number("/triggers/0/lift/0/difference"), 0.8 - 0.2);
  EXPECT_GT(r.number("/triggers/0/lift/0/low"), 0);
  EXPECT_DOUBLE_EQ(r.number("/triggers/0/lift/1/difference"), 8 - 2);
  EXPECT_EQ(r.integer("/triggers/0/arms/1/visitors"), 2000);
}

TEST_F(StoreTest, groups_tell_visitors_apart_by_where_they_were_first_exposed) {
  open();
  const auto in = [](std::uint64_t unit, std::uint64_t view, const std::string& microsegment,
                     const std::string& variant) {
    auto e = exposure(unit, view, variant);
    e.microsegment = microsegment;
    return e;
  };
  ASSERT_TRUE(take(batch(1, 1,
                         {in(1, 1, "parents/aware", "a"), in(1, 2, "parents/bought", "a"),
                          in(2, 3, "parents/bought", ""), in(3, 4, "other/aware", "a"),
                          in(4, 5, "all", "a"), outcome_of(1, 5, "o1"), outcome_of(3, 7, "o2")})));
  const auto by = [this](GroupBy group) {
    return Json(store->report(site, "", ReportForm::json, group).value());
  };
  const auto at = [](int group, const std::string& rest) {
    return "/triggers/0/groups/" + std::to_string(group) + rest;
  };
  const Json cells = by(GroupBy::microsegment);
  const char* const names[] = {"all", "other/aware", "parents/aware", "parents/bought"};
  for (int i = 0; i < 4; ++i) EXPECT_EQ(cells.text(at(i, "/group")), names[i]);
  EXPECT_FALSE(cells.has(at(4, "")));
  EXPECT_EQ(cells.number(at(2, "/arms/0/metrics/revenue/value")), 5);
  EXPECT_EQ(cells.integer(at(3, "/arms/0/visitors")), 0) << "the visitor came in another cell";
  EXPECT_EQ(cells.integer(at(3, "/arms/0/exposures")), 1);
  EXPECT_EQ(cells.text(at(3, "/arms/1/arm")), "holdout");

  const Json segments = by(GroupBy::segment);
  EXPECT_EQ(segments.text(at(2, "/group")), "parents");
  EXPECT_EQ(segments.integer(at(2, "/arms/0/visitors")), 1);
  EXPECT_EQ(segments.integer(at(2, "/arms/0/exposures")), 2);
  EXPECT_EQ(segments.integer(at(2, "/arms/1/visitors")), 1);
  const Json stages = by(GroupBy::stage);
  EXPECT_EQ(stages.text(at(1, "/group")), "aware");
  EXPECT_EQ(stages.integer(at(1, "/arms/0/visitors")), 2);
  EXPECT_EQ(stages.number(at(1, "/arms/0/metrics/revenue/value")), 12);
  EXPECT_FALSE(report().has("/triggers/0/groups"));
  EXPECT_EQ(report().integer("/triggers/0/arms/0/visitors"), 3);
  EXPECT_EQ(report().integer("/triggers/0/arms/0/exposures"), 4);
}

TEST_F(StoreTest, an_unknown_site_has_no_report) {
  open();
  const auto answer = store->report("nobody", "", ReportForm::json);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().status, 404);
  EXPECT_EQ(answer.error().code, "unknown_site");
}

TEST_F(StoreTest, a_spreadsheet_cannot_be_made_to_run_a_name) {
  open();
  auto e = exposure(10, 7);
  e.trigger = "=cmd|'/c calc'!A1\"";
  (void)take(batch(1, 1, {e}));
  const std::string csv = store->report(site, "", ReportForm::csv).value();
  EXPECT_NE(csv.find("\r\n\"'=cmd|'/c calc'!A1\"\"\","), std::string::npos) << csv;
}

TEST_F(StoreTest, malformed_bodies_change_nothing) {
  open();
  const std::vector<std::byte> good = outcome::write_batch(batch(1, 1, {exposure(10, 7)}));
  for (std::size_t size = 0; size < good.size(); ++size) {
    const auto answer = store->take(site, std::span(good).first(size));
    ASSERT_FALSE(answer) << size;
    EXPECT_EQ(answer.error().status, 400);
    EXPECT_EQ(answer.error().code, "malformed");
  }
  EXPECT_FALSE(*store->live(site, ""));
  EXPECT_EQ(take(batch(1, 1, {exposure(10, 7)}))->accepted, 1);
}

TEST_F(StoreTest, two_cannot_hold_one_folder) {
  open();
  StoreOptions options;
  options.folder = folder.path;
  const auto second = Store::open(options, clock);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "folder_in_use");
}

TEST_F(StoreTest, concurrent_senders_are_all_counted) {
  open();
  std::vector<std::thread> senders;
  std::atomic<int> taken{0};
  for (std::uint64_t device = 1; device <= 8; ++device) {
    senders.emplace_back([this, device, &taken] {
      for (std::uint64_t i = 1; i <= 50; ++i) {
        taken += take(batch(device, i, {exposure(device, device * 1000 + i)})) ? 1 : 0;
      }
    });
  }
  for (std::thread& sender : senders) sender.join();
  EXPECT_EQ(taken, 400);
  EXPECT_EQ(report().integer(in_ledger("exposures")), 400);
  EXPECT_LT(store->throughput().commits, 400) << "batches that come together share a commit";
}

TEST_F(StoreTest, a_full_disk_is_said_and_the_same_batch_is_taken_later) {
  FaultDisk disk;
  open({.vfs = FaultDisk::name});
  const auto b = batch(1, 1, {exposure(10, 7), outcome_of(10, 5, "o1")});
  for (int fault_after = 0; fault_after < 40; ++fault_after) {
    disk.fail_after(fault_after);
    const auto answer = take(b);
    const bool struck = disk.struck();
    disk.heal();
    if (!struck) break;
    if (answer) continue;  // durable before the fault: only the derived state was hit
    EXPECT_EQ(answer.error().status, 503) << fault_after;
    EXPECT_EQ(answer.error().code, "storage");
    EXPECT_TRUE(answer.error().retry_after_s);
    EXPECT_FALSE(store->ready());
  }
  ASSERT_TRUE(take(b));
  EXPECT_TRUE(store->ready());
  const Json r = report();
  EXPECT_EQ(r.integer(in_ledger("exposures")), 1);
  EXPECT_EQ(r.integer(in_ledger("outcomes")), 1);
  EXPECT_DOUBLE_EQ(r.number(arm_metric(0, "value")), 5);
}

}  // namespace
}  // namespace heed::store
