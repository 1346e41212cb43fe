// Who wins a slot, and what is drawn (docs/formats/ruleset.md, "Arbitration" and "Draws").
#include <cmath>

#include "heed/base/hash.h"
#include "heed/runtime/index.h"
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
  Array<Decision> all;
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

/// What `decide` says at `ms`, and when the cap of the first candidate that has one frees.
struct Said {
  Reason reason = Reason::no_trigger;
  std::int64_t frees = -1;  // after t0

  friend bool operator==(const Said&, const Said&) = default;
};
Said said(const Session& session, std::int64_t ms) {
  const Explanation why = session.explain(slot_0, at(ms));
  Said out{why.decision.reason, -1};
  for (const CapUse& cap :
       {why.candidates[0].cap, why.candidates[0].campaign_cap, why.candidates[0].programme_cap}) {
    if (cap.full()) out.frees = std::max(out.frees, cap.frees.ms - t0);
  }
  return out;
}

void expose_in_new_view(Session& session, std::int64_t ms, std::uint64_t view) {
  session.begin_view(view);
  ASSERT_EQ(session.expose(session.decide(slot_0, at(ms)), at(ms)), Exposed::counted);
}

TEST(Caps, a_cool_down_keeps_exposures_apart) {
  const Ruleset ruleset = with_triggers({{.name = "a", .cap_cool_down_ms = hour_ms}});
  Session session = session_of(ruleset);
  expose_in_new_view(session, 0, 1);
  EXPECT_EQ(said(session, 0), (Said{Reason::capped, hour_ms}));
  EXPECT_EQ(said(session, hour_ms - 1), (Said{Reason::capped, hour_ms}));
  EXPECT_EQ(said(session, hour_ms), (Said{Reason::fixed, -1}));
  EXPECT_EQ(session.explain(slot_0, at(1)).candidates[0].cap.reached, outcome::CapLimit::cool_down);
}

TEST(Caps, a_session_ends_with_a_pause_of_half_an_hour) {
  ImageBuilder b;
  b.slot("hero");
  b.signal("ping");
  b.trigger({.name = "a", .condition = b.condition({{}}), .cap_session = 2});
  const Ruleset ruleset = opened(b);
  Session session = session_of(ruleset);
  constexpr std::int64_t gap_ms = limits::session_gap_ms;
  expose_in_new_view(session, 0, 1);
  expose_in_new_view(session, gap_ms - 1, 2);
  EXPECT_EQ(said(session, gap_ms), (Said{Reason::capped, 2 * gap_ms - 1}));
  // Whatever happens keeps the session going, so that the cap frees later.
  ASSERT_TRUE(session.observe(SignalId{0}, {}, "", at(2 * gap_ms - 2)));
  EXPECT_EQ(said(session, 2 * gap_ms - 1), (Said{Reason::capped, 3 * gap_ms - 2}));
  EXPECT_EQ(said(session, 3 * gap_ms - 2), (Said{Reason::fixed, -1}));
  expose_in_new_view(session, 3 * gap_ms - 2, 3);
  EXPECT_EQ(said(session, 3 * gap_ms - 1), (Said{Reason::fixed, -1})) << "one of the new session";
}

TEST(Caps, count_what_was_seen_so_that_slots_decided_together_may_pass_one) {
  ImageBuilder b;
  b.slot("s");
  b.slot("t");
  b.campaign("c", 1, hour_ms);
  const auto always = b.condition({{}});
  b.trigger({.name = "a", .slot = 0, .condition = always, .campaign = 0});
  b.trigger({.name = "b", .slot = 1, .condition = always, .campaign = 0});
  const Ruleset ruleset = opened(b);
  const Index index(ruleset);
  for (const Index* by : {static_cast<const Index*>(nullptr), &index}) {
    Session session = session_of(ruleset);
    session.use(by);
    Array<Decision> all;
    session.decide_all(at(0), all);
    ASSERT_EQ(all.size(), 2U);
    for (const Decision& decision : all) {
      EXPECT_EQ(decision.reason, Reason::fixed);
      EXPECT_EQ(session.decide(decision.slot, at(0)), decision) << "one by one is the same";
    }
    // Both were shown, so both are measured, and nothing more is shown.
    for (const Decision& decision : all) {
      EXPECT_EQ(session.expose(decision, at(0)), Exposed::counted);
    }
    session.decide_all(at(1), all);
    for (const Decision& decision : all) EXPECT_EQ(decision.reason, Reason::capped);
    EXPECT_EQ(drained(session).size(), 2U) << "neither holds the other back";
  }
}

TEST(Caps, of_the_programme_count_everything_together) {
  ImageBuilder b;
  b.put(Column::site_cap_times, 0, std::uint16_t{2});
  b.put(Column::site_cap_per_ms, 0, std::uint64_t{day_ms});
  b.put(Column::site_cap_cool_down_ms, 0, std::uint64_t{10});
  b.slot("s");
  b.slot("t");
  const auto always = b.condition({{}});
  b.trigger({.name = "a", .slot = 0, .condition = always});
  b.trigger({.name = "b", .slot = 1, .condition = always, .holdout = share_one});
  const Ruleset ruleset = opened(b);
  Session session = session_of(ruleset);
  session.expose(session.decide(SlotId{1}, at(0)), at(0));
  EXPECT_EQ(said(session, 5), (Said{Reason::capped, 10})) << "held out, it was seen too";
  session.expose(session.decide(SlotId{0}, at(10)), at(10));
  EXPECT_EQ(said(session, 11), (Said{Reason::capped, day_ms}));
  EXPECT_EQ(session.explain(SlotId{1}, at(11)).candidates[0].programme_cap.times, 2);
  EXPECT_EQ(said(session, day_ms), (Said{Reason::fixed, -1}));
}

TEST(Caps, who_is_held_back_is_said_and_recorded_once_a_view_and_slot) {
  const Ruleset ruleset = with_triggers(
      {{.name = "a", .priority = 1, .cap_session = 1}, {.name = "b", .cap_cool_down_ms = hour_ms}});
  Session session = session_of(ruleset);
  expose_in_new_view(session, 0, 1);
  EXPECT_EQ(drained(session).size(), 1U);
  session.begin_view(2);
  const Decision second = session.decide(slot_0, at(1));
  EXPECT_EQ(ruleset.name(second.trigger), "b");
  EXPECT_EQ(ruleset.name(session.explain(slot_0, at(1)).suppressed), "a");
  EXPECT_EQ(session.expose(second, at(1)), Exposed::counted);
  EXPECT_EQ(session.expose(second, at(1)), Exposed::repeated);
  const auto records = drained(session);
  ASSERT_EQ(records.size(), 2U);
  const outcome::Suppressed held_back{t0 + 1,
                                      ruleset.version(),
                                      session.unit(),
                                      2,
                                      "hero",
                                      "a",
                                      "all",
                                      outcome::CapOf::trigger,
                                      outcome::CapLimit::session};
  EXPECT_EQ(std::get<outcome::Suppressed>(records[0]), held_back);
  EXPECT_TRUE(std::holds_alternative<outcome::Exposure>(records[1]));
  // Where nobody wins at all, seeing the fallback is what counts.
  session.begin_view(3);
  const Decision nobody = session.decide(slot_0, at(2));
  EXPECT_EQ(nobody.reason, Reason::capped);
  EXPECT_EQ(session.expose(nobody, at(2)), Exposed::counted);
  EXPECT_EQ(session.expose(nobody, at(2)), Exposed::repeated);
  EXPECT_EQ(std::get<outcome::Suppressed>(drained(session).at(0)).trigger, "a");
  session.begin_view(4);
  EXPECT_EQ(session.expose(session.decide(slot_0, at(day_ms)), at(day_ms)), Exposed::counted);
  EXPECT_EQ(drained(session).size(), 1U) << "nobody is held back a day later";
}

TEST(Caps, who_is_stopped_otherwise_too_is_not_held_back_by_a_cap) {
  const Ruleset ruleset =
      with_triggers({{.name = "a", .until_ms = t0 + 5, .cap_cool_down_ms = hour_ms}});
  Session session = session_of(ruleset);
  expose_in_new_view(session, 0, 1);
  EXPECT_EQ(session.explain(slot_0, at(4)).suppressed, TriggerId{0});
  EXPECT_EQ(session.explain(slot_0, at(5)).suppressed, none_id<struct TriggerTag>);
  session.begin_view(2);
  EXPECT_EQ(session.expose(session.decide(slot_0, at(5)), at(5)), Exposed::not_measured);
}

TEST(Caps, of_a_session_travel) {
  const Ruleset ruleset = with_triggers({{.name = "a", .cap_session = 2}});
  Session session = session_of(ruleset, "v1");
  expose_in_new_view(session, 0, 1);
  expose_in_new_view(session, 1, 2);
  Array<std::byte> bytes;
  session.save(bytes);
  const auto restored = Session::restore(ruleset, bytes, "v1", at(2), Level::device, 3);
  ASSERT_TRUE(restored);
  EXPECT_EQ(said(*restored, 2), (Said{Reason::capped, 1 + limits::session_gap_ms}));
}

/// Two segments, a journey of two stages: six microsegments. Attributes: in, stage.
ImageBuilder valued() {
  ImageBuilder b({1, 2});
  b.attribute("in", image::Type::boolean);
  b.attribute("at", image::Type::number);
  const auto in = b.input(image::InputKind::attribute, 0);
  const auto stage = b.input(image::InputKind::attribute, 1);
  b.segment("members", b.condition({{b.predicate(in, Op::is_true, {})}}));
  b.journey("j", {{"one", b.condition({{b.predicate(stage, Op::number_in, {0, 1})}})},
                  {"two", b.condition({{b.predicate(stage, Op::number_in, {1, none})}})}});
  b.put(Column::site_journey, 0, std::uint32_t{0});
  b.push(Column::micro_segment, std::uint32_t{0});
  b.slot("hero");
  b.condition({{}});
  return b;
}
constexpr std::uint32_t valued_always = 3;

TEST(Values, decide_among_those_of_the_first_priority) {
  ImageBuilder b = valued();
  b.value(Column::micro_value_cell, 0, 2.5);  // members/one
  b.trigger({.name = "top", .priority = 1, .condition = valued_always, .cap_session = 1});
  b.trigger({.name = "a", .condition = valued_always});
  b.trigger({.name = "b", .condition = valued_always, .values = {{1, 7}, {none, 2}}});
  b.trigger({.name = "c", .condition = valued_always, .values = {{1, 7}, {5, -1}}});
  const Ruleset ruleset = opened(b);
  const Index index(ruleset);
  Session session = session_of(ruleset);
  const auto winner = [&](std::optional<bool> in, std::optional<double> stage) {
    EXPECT_TRUE(session.set(AttributeId{0}, in ? Value{*in} : Value{}, at(0)));
    EXPECT_TRUE(session.set(AttributeId{1}, stage ? Value{*stage} : Value{}, at(0)));
    session.use(nullptr);
    const Decision scanned = session.decide(slot_0, at(1));
    session.use(&index);
    EXPECT_EQ(session.decide(slot_0, at(1)), scanned);
    return std::string(ruleset.name(scanned.trigger));
  };
  EXPECT_EQ(winner(true, 1), "top") << "priority comes before value";
  session.expose(session.decide(slot_0, at(0)), at(0));
  EXPECT_EQ(winner(true, 1), "a") << "2.5 of the microsegment, b has 2, c the microsegment's 2.5";
  EXPECT_EQ(winner(true, 2), "b") << "7 and 7: the name decides";
  EXPECT_EQ(winner(std::nullopt, std::nullopt), "b") << "2 against 0 and -1 in other/none";
  const Explanation why = session.explain(slot_0, at(1));
  EXPECT_EQ(why.candidates[1].value, 0);
  EXPECT_EQ(why.candidates[2].value, 2);
  EXPECT_EQ(why.candidates[3].value, -1);
  EXPECT_EQ(why.candidates[2].outlook, Outlook::won);
  EXPECT_EQ(why.candidates[1].outlook, Outlook::eligible);
  EXPECT_EQ(ruleset.name(why.suppressed), "top");
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
