// Who wins a slot, and what is drawn (docs/formats/ruleset.md, "Arbitration" and "Draws").
#include <cmath>

#include "heed/base/hash.h"
#include "session_fixture.h"

namespace heed::test {
namespace {

constexpr SlotId slot_0{0};

/// One slot, one always-true condition, and the triggers given.
Ruleset with_triggers(std::vector<Trigger> triggers,
                      image::Channel channel = image::Channel::page) {
  ImageBuilder b;
  b.slot("hero", channel);
  b.layer("home");
  b.campaign("c", 2, hour_ms);
  const auto always = b.condition({{}});
  for (Trigger& trigger : triggers) {
    trigger.condition = always;
    b.trigger(trigger);
  }
  return opened(b);
}

std::uint64_t seed_of(std::string_view site) { return xxh64(site, 0); }

TEST(Decide, first_trigger_in_static_order_wins) {
  const Ruleset ruleset = with_triggers({{.name = "z", .priority = 5}, {.name = "a"}});
  const Decision decision = session_of(ruleset).decide(slot_0, at(0));
  EXPECT_EQ(ruleset.name(decision.trigger), "z");
  EXPECT_EQ(decision.reason, Reason::fixed);
  EXPECT_EQ(decision.probability, 1);
  EXPECT_EQ(decision.part_count, 1);
}

TEST(Decide, no_trigger_and_unknown_slot) {
  const Ruleset ruleset = with_triggers({});
  const Session session = session_of(ruleset);
  EXPECT_EQ(session.decide(slot_0, at(0)).reason, Reason::no_trigger);
  EXPECT_EQ(session.decide(SlotId{9}, at(0)).reason, Reason::no_trigger);
  EXPECT_EQ(session.decide(SlotId{9}, at(0)).trigger.index, none_index);
  std::vector<Decision> all;
  session.decide_all(at(0), all);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0], session.decide(slot_0, at(0)));
}

TEST(Decide, after_expiry_everything_falls_back) {
  const Ruleset ruleset = with_triggers({{.name = "a"}});
  const Session session = session_of(ruleset);
  EXPECT_EQ(session.decide(slot_0, TimeMs{ruleset.expires().ms - 1}).reason, Reason::fixed);
  EXPECT_EQ(session.decide(slot_0, ruleset.expires()).reason, Reason::expired);
  EXPECT_EQ(session.decide(slot_0, ruleset.expires()).trigger.index, none_index);
}

TEST(Decide, schedule_is_half_open) {
  const Ruleset ruleset = with_triggers({{.name = "a", .from_ms = t0 + 10, .until_ms = t0 + 20}});
  const Session session = session_of(ruleset);
  EXPECT_EQ(session.decide(slot_0, at(9)).reason, Reason::schedule);
  EXPECT_EQ(session.decide(slot_0, at(10)).reason, Reason::fixed);
  EXPECT_EQ(session.decide(slot_0, at(19)).reason, Reason::fixed);
  EXPECT_EQ(session.decide(slot_0, at(20)).reason, Reason::schedule);
}

TEST(Decide, a_stopped_trigger_makes_room_for_the_next) {
  const Ruleset ruleset =
      with_triggers({{.name = "a", .priority = 1, .until_ms = t0}, {.name = "b"}});
  const Decision decision = session_of(ruleset).decide(slot_0, at(0));
  EXPECT_EQ(ruleset.name(decision.trigger), "b");
  EXPECT_EQ(decision.reason, Reason::fixed);
}

TEST(Decide, the_reason_is_that_of_the_first_trigger_stopped) {
  Trigger by_layer{.name = "a", .layer = 0, .range_until = 0};
  Trigger by_schedule{.name = "b", .until_ms = t0};
  EXPECT_EQ(session_of(with_triggers({by_layer, by_schedule})).decide(slot_0, at(0)).reason,
            Reason::layer);
  by_layer.name = "c";
  const Ruleset ruleset = with_triggers({by_schedule, by_layer});
  EXPECT_EQ(session_of(ruleset).decide(slot_0, at(0)).reason, Reason::schedule);
}

TEST(Decide, cap_is_asked_before_schedule_and_schedule_before_layer) {
  Trigger trigger{.name = "a", .layer = 0, .range_until = 0, .until_ms = t0 + 100};
  Ruleset ruleset = with_triggers({trigger});
  EXPECT_EQ(session_of(ruleset).decide(slot_0, at(100)).reason, Reason::schedule);
  trigger.layer = none;
  trigger.range_until = share_one;
  trigger.cap_times = 1;
  trigger.cap_per_ms = hour_ms;
  ruleset = with_triggers({trigger});
  Session session = session_of(ruleset);
  EXPECT_EQ(session.expose(session.decide(slot_0, at(0)), at(0)), Exposed::counted);
  EXPECT_EQ(session.decide(slot_0, at(100)).reason, Reason::capped);
}

TEST(Decide, messages_need_consent) {
  const Ruleset mail = with_triggers({{.name = "a"}}, image::Channel::email);
  EXPECT_EQ(session_of(mail, "u", Level::none).decide(slot_0, at(0)).reason, Reason::no_consent);
  EXPECT_EQ(session_of(mail, "u", Level::session).decide(slot_0, at(0)).reason, Reason::fixed);
  const Ruleset page = with_triggers({{.name = "a"}}, image::Channel::popup);
  EXPECT_EQ(session_of(page, "u", Level::none).decide(slot_0, at(0)).reason, Reason::fixed);
}

TEST(Decide, unit_is_the_hash_of_the_visitor_under_the_site) {
  const Ruleset ruleset = with_triggers({});
  EXPECT_EQ(session_of(ruleset, "u1").unit(), xxh64("u1", seed_of("t")));
  EXPECT_EQ(session_of(ruleset, "u1", Level::none, 0xa1b2c3d4e5f60718).unit(),
            xxh64("a1b2c3d4e5f60718", seed_of("t")));
}

TEST(Decide, visitor_ids_are_checked) {
  const Ruleset ruleset = with_triggers({});
  const auto create = [&](std::string_view visitor) {
    return Session::create(ruleset, visitor, at(0), Level::device, 1);
  };
  EXPECT_EQ(create("").error().code, ErrorCode::bad_visitor);
  EXPECT_EQ(create(std::string(129, 'v')).error().code, ErrorCode::bad_visitor);
  EXPECT_EQ(create("\xff").error().code, ErrorCode::bad_visitor);
  EXPECT_TRUE(create(std::string(128, 'v')));
}

TEST(Draws, follow_the_published_formula) {
  Trigger trigger{.name = "a", .layer = 0, .holdout = share_one / 4};
  trigger.policy = image::Policy::split;
  trigger.range_until = half;
  trigger.parts = {{"title", {{"x", half / 2}, {"y", share_one}}},
                   {"offer", {{"p", half}, {"q", half}, {"r", share_one}}}};
  const Ruleset ruleset = with_triggers({trigger});
  const std::uint64_t seed = seed_of("t");
  int held_out_count = 0;
  for (int i = 0; i < 2'000; ++i) {
    const std::string visitor = "v" + std::to_string(i);
    const std::uint64_t unit = xxh64(visitor, seed);
    const auto drawn = [&](std::string_view name) {
      return std::uint64_t{draw(unit, xxh64(name, seed))};
    };
    const Decision decision = session_of(ruleset, visitor).decide(slot_0, at(0));
    if (drawn("l/home") >= half) {
      EXPECT_EQ(decision.reason, Reason::layer);
      continue;
    }
    EXPECT_EQ(decision.held_out, drawn("h/a") < share_one / 4);
    if (decision.held_out) {
      ++held_out_count;
      EXPECT_EQ(decision.reason, Reason::holdout);
      EXPECT_EQ(decision.part_count, 0);
      EXPECT_EQ(decision.probability, 1);
      continue;
    }
    EXPECT_EQ(decision.reason, Reason::split);
    EXPECT_EQ(decision.options[0], drawn("p/a/title") < half / 2 ? 0 : 1);
    EXPECT_EQ(decision.options[1], drawn("p/a/offer") < half ? 0 : 2);  // "q" has no share
    EXPECT_EQ(decision.probability, (decision.options[0] == 0 ? 0.25 : 0.75) * 0.5);
    const Draws again = recheck(ruleset, unit, decision.trigger);
    EXPECT_EQ(again.options, decision.options);
    EXPECT_EQ(again.probability, decision.probability);
    EXPECT_TRUE(in_layer(ruleset, unit, decision.trigger));
  }
  EXPECT_NEAR(held_out_count, 250, 60);
}

TEST(Draws, a_salt_of_its_own_stands_for_the_name) {
  Trigger renamed{.name = "new", .holdout = half, .salt = "old"};
  const Ruleset before = with_triggers({{.name = "old", .holdout = half}});
  const Ruleset after = with_triggers({renamed});
  for (int i = 0; i < 200; ++i) {
    const std::string visitor = std::to_string(i);
    EXPECT_EQ(session_of(before, visitor).decide(slot_0, at(0)).held_out,
              session_of(after, visitor).decide(slot_0, at(0)).held_out);
  }
}

TEST(Draws, ends_of_the_range) {
  const Ruleset nobody = with_triggers({{.name = "a", .holdout = 0}});
  const Ruleset everybody = with_triggers({{.name = "a", .holdout = share_one}});
  for (int i = 0; i < 200; ++i) {
    EXPECT_FALSE(session_of(nobody, std::to_string(i)).decide(slot_0, at(0)).held_out);
    EXPECT_TRUE(session_of(everybody, std::to_string(i)).decide(slot_0, at(0)).held_out);
  }
}

TEST(Draws, the_programme_holds_out_across_triggers) {
  ImageBuilder b;
  b.put(Column::site_holdout, 0, std::uint64_t{half});
  b.slot("s");
  b.slot("t");
  const auto always = b.condition({{}});
  b.trigger({.name = "a", .slot = 0, .condition = always});
  b.trigger({.name = "b", .slot = 1, .condition = always});
  const Ruleset ruleset = opened(b);
  const std::uint64_t seed = seed_of("t");
  for (int i = 0; i < 200; ++i) {
    const std::string visitor = std::to_string(i);
    const bool held = draw(xxh64(visitor, seed), xxh64("g/2027Q1", seed)) < half;
    const Session session = session_of(ruleset, visitor);
    EXPECT_EQ(session.decide(SlotId{0}, at(0)).held_out, held);
    EXPECT_EQ(session.decide(SlotId{1}, at(0)).held_out, held);
  }
}

TEST(Draws, a_held_out_visitor_never_gets_the_next_trigger) {
  const Ruleset ruleset =
      with_triggers({{.name = "a", .priority = 1, .holdout = share_one}, {.name = "b"}});
  const Decision decision = session_of(ruleset).decide(slot_0, at(0));
  EXPECT_EQ(ruleset.name(decision.trigger), "a");
  EXPECT_EQ(decision.reason, Reason::holdout);
}

TEST(Caps, count_exposures_in_a_sliding_window) {
  const Ruleset ruleset = with_triggers({{.name = "a", .cap_times = 2, .cap_per_ms = hour_ms}});
  Session session = session_of(ruleset);
  const auto expose_at = [&](std::int64_t ms, std::uint64_t view) {
    session.begin_view(view);
    return session.expose(session.decide(slot_0, at(ms)), at(ms));
  };
  EXPECT_EQ(expose_at(0, 1), Exposed::counted);
  EXPECT_EQ(expose_at(1'000, 2), Exposed::counted);
  EXPECT_EQ(session.decide(slot_0, at(1'000)).reason, Reason::capped);
  EXPECT_EQ(session.decide(slot_0, at(hour_ms - 1)).reason, Reason::capped);
  EXPECT_EQ(session.decide(slot_0, at(hour_ms)).reason, Reason::fixed);  // the first is out
  EXPECT_EQ(expose_at(hour_ms, 3), Exposed::counted);
  EXPECT_EQ(session.decide(slot_0, at(hour_ms + 999)).reason, Reason::capped);
  EXPECT_EQ(session.decide(slot_0, at(hour_ms + 1'000)).reason, Reason::fixed);
}

TEST(Caps, triggers_of_a_campaign_share_one) {
  ImageBuilder b;
  b.slot("s");
  b.slot("t");
  b.campaign("c", 2, hour_ms);
  const auto always = b.condition({{}});
  b.trigger({.name = "a", .slot = 0, .condition = always, .campaign = 0});
  b.trigger({.name = "b", .slot = 1, .condition = always, .campaign = 0});
  const Ruleset ruleset = opened(b);
  Session session = session_of(ruleset);
  session.expose(session.decide(SlotId{0}, at(0)), at(0));
  EXPECT_EQ(session.decide(SlotId{1}, at(0)).reason, Reason::fixed);
  session.expose(session.decide(SlotId{1}, at(0)), at(0));
  EXPECT_EQ(session.decide(SlotId{0}, at(0)).reason, Reason::capped);
  EXPECT_EQ(session.decide(SlotId{1}, at(0)).reason, Reason::capped);
}

TEST(Caps, held_out_exposures_count_too) {
  const Ruleset ruleset =
      with_triggers({{.name = "a", .holdout = share_one, .cap_times = 1, .cap_per_ms = hour_ms}});
  Session session = session_of(ruleset);
  EXPECT_EQ(session.expose(session.decide(slot_0, at(0)), at(0)), Exposed::counted);
  EXPECT_EQ(session.decide(slot_0, at(1)).reason, Reason::capped);
}

TEST(Caps, a_clock_that_runs_backwards_does_no_harm) {
  const Ruleset ruleset = with_triggers({{.name = "a", .cap_times = 1, .cap_per_ms = hour_ms}});
  Session session = session_of(ruleset);
  session.expose(session.decide(slot_0, at(day_ms)), at(day_ms));
  EXPECT_EQ(session.decide(slot_0, at(0)).reason, Reason::capped);
  EXPECT_EQ(session.decide(slot_0, at(day_ms + hour_ms)).reason, Reason::fixed);
  EXPECT_EQ(session.decide(slot_0, TimeMs{std::numeric_limits<std::int64_t>::min()}).reason,
            Reason::capped);
  EXPECT_EQ(session.decide(slot_0, TimeMs{std::numeric_limits<std::int64_t>::max()}).reason,
            Reason::expired);
}

TEST(Texts, variant_and_microsegment) {
  const Ruleset ruleset = opened(rich_builder());
  Decision decision;
  decision.trigger = TriggerId{Rich::school};
  decision.part_count = 2;
  decision.options = {1, 0};
  EXPECT_EQ(variant_text(ruleset, decision), "t_save+o_none");
  EXPECT_EQ(variant_text(ruleset, Decision{}), "");
  EXPECT_EQ(microsegment_text(ruleset, {0, 1}), "parents/consider");
  EXPECT_EQ(microsegment_text(ruleset, {2, 3}), "other/none");
  EXPECT_EQ(microsegment_text(ruleset, {}), "all");
}

TEST(Names, every_reason_has_one) {
  EXPECT_EQ(name(Reason::fixed), "fixed");
  EXPECT_EQ(name(Reason::unverified), "unverified");
  for (int i = 0; i <= static_cast<int>(Reason::unverified); ++i) {
    EXPECT_FALSE(name(static_cast<Reason>(i)).empty());
  }
}

TEST(Names, are_found) {
  const Ruleset ruleset = opened(rich_builder());
  EXPECT_EQ(ruleset.find_attribute("hour"), AttributeId{Rich::hour});
  EXPECT_EQ(ruleset.find_attribute("hero"), std::nullopt);  // a slot's name
  EXPECT_EQ(ruleset.find_attribute("nothing"), std::nullopt);
  EXPECT_EQ(ruleset.find_signal("purchase"), SignalId{Rich::purchase});
  EXPECT_EQ(ruleset.find_field(SignalId{Rich::view}, "price"), 2U);
  EXPECT_EQ(ruleset.find_field(SignalId{Rich::purchase}, "price"), std::nullopt);
  EXPECT_EQ(ruleset.find_slot("mail"), SlotId{Rich::mail});
  EXPECT_EQ(ruleset.find_trigger("sale"), TriggerId{Rich::sale});
  EXPECT_EQ(ruleset.triggers(SlotId{Rich::side}).begin, Rich::everyone);
  EXPECT_EQ(ruleset.triggers(SlotId{Rich::side}).end, Rich::reminder);
  EXPECT_EQ(ruleset.part_name(TriggerId{Rich::school}, 1), "offer");
  EXPECT_EQ(ruleset.option_name(TriggerId{Rich::school}, 1, 1), "o_10pct");
  EXPECT_EQ(ruleset.option_count(TriggerId{Rich::school}, 1), 2U);
  EXPECT_EQ(ruleset.option_asset(TriggerId{Rich::school}, 1, 1), AssetId{2});
  EXPECT_EQ(ruleset.option_asset(TriggerId{Rich::everyone}, 0, 0).index, none_index);
}

}  // namespace
}  // namespace heed::test
