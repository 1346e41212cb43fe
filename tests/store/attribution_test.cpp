// Which exposure the store credits for an outcome from elsewhere.
#include "heed/base/hash.h"
#include "heed/runtime/draws.h"
#include "server_fixture.h"

namespace heed::store {
namespace {

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

}  // namespace
}  // namespace heed::store
