// Exposures, attribution, refunds, consent, and the records that leave.
#include "session_fixture.h"
#include "support/rich_image.h"

namespace heed::test {
namespace {

using outcome::Credit;
using outcome::Exposure;
using outcome::Outcome;
using outcome::Refund;

/// Three slots: `a` and `b` share the layer "home", `c` is its own; a purchase feeds two metrics.
ImageBuilder shop_builder() {
  ImageBuilder b;
  b.signal("purchase", {{"revenue", image::Type::number}});
  b.signal("email");
  b.metric("revenue", 0, 0, true, 7 * day_ms);
  b.metric("orders", 0, none, false, hour_ms);
  b.metric("emails", 1, none, false, day_ms);
  for (const auto* slot : {"a", "b", "c"}) b.slot(slot);
  b.layer("home");
  const auto always = b.condition({{}});
  Trigger trigger{.name = "ta", .slot = 0, .condition = always, .layer = 0, .range_until = half};
  trigger.policy = image::Policy::split;
  trigger.parts = {{"title", {{"x", half}, {"y", share_one}}}, {"offer", {{"o", share_one}}}};
  b.trigger(trigger);
  b.trigger({.name = "tb", .slot = 1, .condition = always, .layer = 0, .range_from = half});
  b.trigger({.name = "tc", .slot = 2, .condition = always, .holdout = half});
  b.attribute("fact", image::Type::boolean, image::Source::profile);
  b.attribute("device", image::Type::string, image::Source::request);
  return b;
}

class Shop : public ::testing::Test {
 protected:
  Session session(std::string_view visitor, Level level = Level::device) const {
    return session_of(ruleset, visitor, level);
  }
  Decision decide(const Session& from, std::uint32_t slot) const {
    return from.decide(SlotId{slot}, at(0));
  }
  Exposed expose(Session& into, std::uint32_t slot, std::int64_t ms = 0) const {
    return into.expose(into.decide(SlotId{slot}, at(ms)), at(ms));
  }
  Result<Observed> buy(Session& into, double revenue, std::string_view id, std::int64_t ms) const {
    const FieldValue field{0, revenue};
    return into.observe(SignalId{0}, std::span(&field, 1), id, at(ms));
  }
  /// In the layer's first half, so that `ta` may win; held out from `tc` as asked.
  std::string visitor(bool held_out) const {
    return visitor_where([&](const std::string& name) {
      const Session s = session(name);
      return decide(s, 0).trigger.index == 0 && decide(s, 2).held_out == held_out;
    });
  }

  Ruleset ruleset = opened(shop_builder());
};

TEST_F(Shop, an_exposure_is_recorded_once_a_view_and_slot) {
  Session s = session(visitor(true));
  const Decision decision = decide(s, 0);
  EXPECT_EQ(s.expose(decision, at(5)), Exposed::counted);
  EXPECT_EQ(s.expose(decision, at(6)), Exposed::repeated);
  s.begin_view(2);
  EXPECT_EQ(s.expose(decision, at(7)), Exposed::counted);
  EXPECT_EQ(expose(s, 2), Exposed::counted);
  const auto records = drained(s);
  ASSERT_EQ(records.size(), 3U);
  const auto& first = std::get<Exposure>(records[0]);
  EXPECT_EQ(first.at_ms, t0 + 5);
  EXPECT_EQ(first.ruleset, 7U);
  EXPECT_EQ(first.unit, s.unit());
  EXPECT_EQ(first.view, 1U);
  EXPECT_EQ(first.slot, "a");
  EXPECT_EQ(first.trigger, "ta");
  EXPECT_EQ(first.variant, variant_text(ruleset, decision));
  ASSERT_EQ(first.options.size(), 2U);
  EXPECT_EQ(first.options[0].part, "title");
  EXPECT_EQ(first.options[0].option, decision.options[0] == 0 ? "x" : "y");
  EXPECT_EQ(first.options[1], (outcome::PartOption{"offer", "o"}));
  EXPECT_EQ(first.microsegment, "all");
  EXPECT_EQ(first.reason, static_cast<std::uint8_t>(Reason::split));
  EXPECT_FALSE(first.held_out);
  EXPECT_EQ(std::get<Exposure>(records[1]).view, 2U);
  const auto& held = std::get<Exposure>(records[2]);
  EXPECT_TRUE(held.held_out);
  EXPECT_EQ(held.variant, "");
  EXPECT_TRUE(held.options.empty());
  EXPECT_EQ(held.reason, static_cast<std::uint8_t>(Reason::holdout));
  EXPECT_TRUE(drained(s).empty());
}

TEST_F(Shop, the_probability_that_leaves_is_the_draws_own) {
  Session s = session(visitor(false));
  Decision decision = decide(s, 0);
  decision.probability = 0.001;  // whatever the page says
  decision.reason = Reason::bandit;
  ASSERT_EQ(s.expose(decision, at(0)), Exposed::counted);
  const auto records = drained(s);
  EXPECT_EQ(std::get<Exposure>(records[0]).width, half);
  EXPECT_EQ(std::get<Exposure>(records[0]).reason, static_cast<std::uint8_t>(Reason::split));
}

TEST_F(Shop, what_this_unit_did_not_draw_is_not_measured) {
  Session s = session(visitor(false));
  Decision decision = decide(s, 0);
  const Session before = s;
  const auto refused = [&](Decision changed) {
    EXPECT_EQ(s.expose(changed, at(0)), Exposed::not_measured);
  };
  refused(Decision{});
  Decision changed = decision;
  changed.options[0] ^= 1;
  refused(changed);
  changed = decision;
  changed.held_out = true;
  refused(changed);
  changed = decision;
  changed.part_count = 1;
  refused(changed);
  changed = decision;
  changed.slot = SlotId{1};
  refused(changed);
  // All of it drawn as this unit draws, but of a trigger in the layer's other half.
  const Draws other = recheck(ruleset, s.unit(), TriggerId{1});
  changed = decision;
  changed.slot = SlotId{1};
  changed.trigger = TriggerId{1};
  changed.held_out = other.held_out;
  changed.part_count = other.part_count;
  changed.options = other.options;
  refused(changed);
  changed = decision;
  changed.trigger = TriggerId{99};
  refused(changed);
  EXPECT_EQ(s, before);
  EXPECT_TRUE(drained(s).empty());
}

TEST(Outcomes, say_where_their_signal_brought_the_visitor) {
  const Ruleset ruleset = opened(rich_builder());
  Session s = session_of(ruleset);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(s.observe(SignalId{Rich::view}, {}, "", at(i)));
  drained(s);
  ASSERT_TRUE(s.observe(SignalId{Rich::purchase}, {}, "o1", at(10)));
  const auto bought = drained(s);
  ASSERT_FALSE(bought.empty());
  EXPECT_EQ(std::get<Outcome>(bought[0]).microsegment, "other/bought");
  ASSERT_TRUE(s.refund(SignalId{Rich::purchase}, "o1", at(10 + day_ms)));
  const auto refunded = drained(s);
  ASSERT_FALSE(refunded.empty());
  EXPECT_EQ(std::get<Refund>(refunded[0]).outcome.microsegment, "other/consider");
}

TEST_F(Shop, an_outcome_credits_the_last_exposure_of_each_layer) {
  Session s = session(visitor(false));
  ASSERT_EQ(expose(s, 0, 0), Exposed::counted);
  ASSERT_EQ(expose(s, 2, 10), Exposed::counted);
  s.begin_view(2);
  ASSERT_EQ(expose(s, 0, 20), Exposed::counted);
  drained(s);
  ASSERT_EQ(buy(s, 42.5, "order-1", 30), Observed::counted);
  const auto records = drained(s);
  ASSERT_EQ(records.size(), 2U);
  const auto& revenue = std::get<Outcome>(records[0]);
  EXPECT_EQ(revenue.metric, "revenue");
  EXPECT_EQ(revenue.value, 42.5);
  EXPECT_EQ(revenue.id, "order-1");
  EXPECT_EQ(revenue.at_ms, t0 + 30);
  EXPECT_EQ(revenue.unit, s.unit());
  ASSERT_EQ(revenue.credits.size(), 2U);
  EXPECT_EQ(revenue.credits[0].slot, "c");
  EXPECT_EQ(revenue.credits[0].view, 1U);
  EXPECT_EQ(revenue.credits[1].slot, "a");
  EXPECT_EQ(revenue.credits[1].view, 2U);
  EXPECT_EQ(revenue.credits[1].trigger, "ta");
  EXPECT_EQ(revenue.credits[1].microsegment, "all");
  const auto& orders = std::get<Outcome>(records[1]);
  EXPECT_EQ(orders.metric, "orders");
  EXPECT_EQ(orders.value, 1);
  EXPECT_EQ(orders.credits, revenue.credits);
}

TEST_F(Shop, attribution_windows_are_each_metrics_own_and_half_open) {
  Session s = session(visitor(false));
  ASSERT_EQ(expose(s, 0, 0), Exposed::counted);
  drained(s);
  const auto credits = [&](std::int64_t ms) {
    EXPECT_TRUE(buy(s, 1, "", ms));
    const auto records = drained(s);
    return std::pair(std::get<Outcome>(records[0]).credits.size(),
                     std::get<Outcome>(records[1]).credits.size());
  };
  EXPECT_EQ(credits(hour_ms - 1), std::pair(1UL, 1UL));
  EXPECT_EQ(credits(hour_ms), std::pair(1UL, 0UL));
  EXPECT_EQ(credits(7 * day_ms - 1), std::pair(1UL, 0UL));
  EXPECT_EQ(credits(7 * day_ms), std::pair(0UL, 0UL));
}

TEST_F(Shop, held_out_exposures_earn_credit_too) {
  Session s = session(visitor(true));
  ASSERT_EQ(expose(s, 2), Exposed::counted);
  drained(s);
  ASSERT_EQ(buy(s, 1, "", 1), Observed::counted);
  const auto records = drained(s);
  ASSERT_EQ(std::get<Outcome>(records[0]).credits.size(), 1U);
  EXPECT_TRUE(std::get<Outcome>(records[0]).credits[0].held_out);
}

TEST_F(Shop, an_outcome_without_its_value_counts_as_zero) {
  Session s = session("u");
  ASSERT_EQ(s.observe(SignalId{0}, {}, "", at(0)), Observed::counted);
  const auto records = drained(s);
  EXPECT_EQ(std::get<Outcome>(records[0]).value, 0);
  EXPECT_EQ(std::get<Outcome>(records[1]).value, 1);
}

TEST_F(Shop, credits_are_as_many_as_an_outcome_holds_the_latest_first_to_stay) {
  ImageBuilder b;
  b.signal("buy");
  b.metric("m", 0, none, true, day_ms);
  const auto always = b.condition({{}});
  for (std::uint32_t i = 0; i < 12; ++i) {
    const std::string suffix = std::to_string(10 + i);
    b.slot("s" + suffix);
    b.trigger({.name = "t" + suffix, .slot = i, .condition = always});
  }
  const Ruleset many = opened(b);
  Session s = session_of(many);
  for (std::uint32_t i = 0; i < 12; ++i) {
    ASSERT_EQ(s.expose(s.decide(SlotId{i}, at(i)), at(i)), Exposed::counted);
  }
  drained(s);
  ASSERT_TRUE(s.observe(SignalId{0}, {}, "", at(20)));
  const auto records = drained(s);
  const auto& credits = std::get<Outcome>(records[0]).credits;
  ASSERT_EQ(credits.size(), outcome::credit_count_max);
  EXPECT_EQ(credits.back().slot, "s21");
  EXPECT_EQ(credits.front().slot, "s" + std::to_string(22 - outcome::credit_count_max));
}

TEST_F(Shop, a_refund_takes_back_what_the_outcome_gave_once) {
  Session s = session(visitor(false));
  ASSERT_EQ(expose(s, 0), Exposed::counted);
  ASSERT_EQ(buy(s, 42.5, "order-1", 1), Observed::counted);
  const auto before = drained(s);
  ASSERT_EQ(s.refund(SignalId{0}, "order-1", at(2)), Observed::counted);
  EXPECT_EQ(s.refund(SignalId{0}, "order-1", at(3)), Observed::repeated);
  const auto records = drained(s);
  ASSERT_EQ(records.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    Outcome expected = std::get<Outcome>(before[i + 1]);
    expected.at_ms = t0 + 2;
    EXPECT_EQ(std::get<Refund>(records[i]).outcome, expected);
  }
  EXPECT_EQ(buy(s, 42.5, "order-1", 4), Observed::repeated);  // it has been counted
}

TEST_F(Shop, a_refund_of_the_unknown_is_for_the_store_to_settle) {
  Session s = session("u");
  ASSERT_EQ(s.refund(SignalId{0}, "elsewhere", at(2)), Observed::counted);
  const auto records = drained(s);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(std::get<Refund>(records[0]).outcome.value, 0);
  EXPECT_EQ(std::get<Refund>(records[0]).outcome.id, "elsewhere");
  EXPECT_TRUE(std::get<Refund>(records[0]).outcome.credits.empty());
  EXPECT_EQ(s.refund(SignalId{0}, "", at(0)).error().code, ErrorCode::bad_id);
  EXPECT_EQ(s.refund(SignalId{0}, "\xff", at(0)).error().code, ErrorCode::bad_id);
  EXPECT_EQ(s.refund(SignalId{2}, "x", at(0)).error().code, ErrorCode::unknown_signal);
}

TEST_F(Shop, a_repeated_thank_you_page_counts_nothing) {
  Session s = session("u");
  ASSERT_EQ(buy(s, 10, "o", 0), Observed::counted);
  drained(s);
  const Session before = s;
  EXPECT_EQ(buy(s, 10, "o", 5), Observed::repeated);
  EXPECT_TRUE(drained(s).empty());
  EXPECT_EQ(s, before);
  EXPECT_EQ(s.observe(SignalId{1}, {}, "o", at(6)), Observed::counted);  // another signal's id
}

TEST_F(Shop, at_level_none_nothing_leaves_and_nothing_is_kept) {
  Session s = session("u1", Level::none);
  EXPECT_EQ(expose(s, 2), Exposed::not_measured);
  EXPECT_EQ(buy(s, 10, "o", 0), Observed::counted);
  EXPECT_EQ(s.refund(SignalId{0}, "o", at(1)), Observed::counted);
  EXPECT_TRUE(drained(s).empty());
  EXPECT_TRUE(saved(s).empty());
  EXPECT_EQ(s.set(AttributeId{0}, true, at(0)).error().code, ErrorCode::no_consent);
  EXPECT_TRUE(s.set(AttributeId{1}, "mobile", at(0)));
  EXPECT_TRUE(s.state().outcomes.empty());
}

TEST_F(Shop, at_level_none_draws_last_one_view) {
  Session s = session("u1", Level::none);
  const std::uint64_t unit = s.unit();
  EXPECT_EQ(session("another", Level::none).unit(), unit);
  EXPECT_TRUE(buy(s, 10, "o", 0));
  s.begin_view(2);
  EXPECT_NE(s.unit(), unit);
  EXPECT_EQ(buy(s, 10, "o", 0), Observed::counted);  // the view before is forgotten
}

TEST_F(Shop, lowering_the_level_to_none_forgets) {
  Session s = session(visitor(false));
  ASSERT_TRUE(s.set(AttributeId{0}, true, at(0)));
  ASSERT_TRUE(s.set(AttributeId{1}, "mobile", at(0)));
  ASSERT_EQ(expose(s, 0), Exposed::counted);
  ASSERT_EQ(buy(s, 1, "o", 0), Observed::counted);
  s.set_level(Level::none, at(1));
  EXPECT_EQ(s.level(), Level::none);
  EXPECT_TRUE(drained(s).empty());
  EXPECT_TRUE(saved(s).empty());
  EXPECT_EQ(own(s.state().attributes[0]), OwnedValue(Absent{}));
  EXPECT_EQ(own(s.state().attributes[1]), OwnedValue(std::string("mobile")));
  EXPECT_TRUE(s.state().exposures.empty());
  EXPECT_TRUE(s.state().seen_ids.empty());
  EXPECT_TRUE(s.state().exposed_slots.empty());
}

TEST_F(Shop, raising_the_level_measures_what_is_decided_afterwards) {
  // Someone whom the view and the visitor give different titles.
  const std::string name = visitor_where([&](const std::string& candidate) {
    const Decision by_view = decide(session(candidate, Level::none), 0);
    const Decision by_visitor = decide(session(candidate), 0);
    return by_visitor.trigger.index == 0 && by_view.options != by_visitor.options;
  });
  Session s = session(name, Level::none);
  const Decision stale = decide(s, 0);
  s.set_level(Level::device, at(1));
  EXPECT_EQ(s.unit(), session(name).unit());
  EXPECT_EQ(s.expose(stale, at(1)), Exposed::not_measured);
  EXPECT_EQ(expose(s, 0, 1), Exposed::counted);
  EXPECT_EQ(drained(s).size(), 1U);
}

TEST_F(Shop, classes_say_what_a_record_is_worth) {
  Session s = session(visitor(false));
  expose(s, 0);
  EXPECT_TRUE(buy(s, 1, "", 0));
  Array<PendingRecord> pending;
  s.drain(pending);
  ASSERT_EQ(pending.size(), 3U);
  EXPECT_EQ(pending[0].priority, outcome::Class::exposure);
  EXPECT_EQ(pending[1].priority, outcome::Class::goal);
  EXPECT_EQ(pending[2].priority, outcome::Class::driver);
}

Array<std::byte> bytes_of(int i) { return {static_cast<std::byte>(i & 255)}; }

TEST(PendingRecords, leave_in_order) {
  Pending pending;
  for (int i = 0; i < 10; ++i) pending.push(outcome::Class::exposure, i, bytes_of(i));
  Array<PendingRecord> out;
  pending.drain(out);
  ASSERT_EQ(out.size(), 10U);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(out[static_cast<std::size_t>(i)].bytes, bytes_of(i));
  pending.drain(out);
  EXPECT_EQ(out.size(), 10U);
}

TEST(PendingRecords, the_least_worth_is_shed_first_and_counted_in_its_place) {
  using outcome::Class;
  Pending pending;
  constexpr auto room = static_cast<int>(limits::pending_record_count_max);
  pending.push(Class::goal, 0, bytes_of(0));
  for (int i = 1; i < room - 1; ++i) pending.push(Class::exposure, i, bytes_of(i));
  pending.push(Class::driver, room - 1, bytes_of(1));
  for (int i = 0; i < 3; ++i) pending.push(Class::goal, room + i, bytes_of(2));
  Array<PendingRecord> out;
  pending.drain(out);
  ASSERT_EQ(out.size(), limits::pending_record_count_max + 3);
  EXPECT_EQ(out[0].priority, Class::goal);
  for (std::size_t i = 1; i <= 3; ++i) {
    EXPECT_EQ(std::get<outcome::Dropped>(*outcome::read_record(out[i].bytes)),
              (outcome::Dropped{3, Class::exposure}));  // the three oldest; the last at 3
  }
  EXPECT_EQ(out[4].bytes, bytes_of(4));
  EXPECT_EQ(out.back().priority, Class::goal);
}

TEST(PendingRecords, nothing_is_lost_uncounted) {
  using outcome::Class;
  Pending pending;
  std::size_t pushed[5] = {};
  for (int i = 0; i < 10'000; ++i) {
    const auto what = static_cast<Class>(1 + (i * 7) % 4);
    ++pushed[static_cast<std::size_t>(what)];
    pending.push(what, i, bytes_of(i));
  }
  Array<PendingRecord> out;
  pending.drain(out);
  std::size_t found[5] = {};
  std::size_t kept_count = 0;
  for (const PendingRecord& record : out) {
    ++found[static_cast<std::size_t>(record.priority)];
    if (record.bytes.size() == 1) {
      ++kept_count;
      EXPECT_EQ(record.priority, Class::goal);
    }
  }
  EXPECT_EQ(kept_count, limits::pending_record_count_max);
  for (std::size_t i = 1; i <= 4; ++i) EXPECT_EQ(found[i], pushed[i]);
}

}  // namespace
}  // namespace heed::test
