// Why a slot shows what it shows.
#include "heed/base/hash.h"
#include "session_fixture.h"

namespace heed::test {
namespace {

OwnedValue value_of(const Explanation& explanation, std::uint32_t input) {
  for (const InputValue& value : explanation.inputs) {
    if (value.input.index == input) return value.value;
  }
  ADD_FAILURE() << "input " << input << " is not explained";
  return Absent{};
}

std::uint32_t input_of(const Ruleset& ruleset, PredicateId predicate) {
  return ruleset.at<std::uint32_t>(Column::predicate_input, predicate.index);
}

TEST(Explain, unmet_conditions_name_every_test_that_fails) {
  const Ruleset ruleset = opened(rich_builder());
  const Session session = session_of(ruleset);
  const Explanation why = session.explain(SlotId{Rich::hero}, at(0));
  EXPECT_EQ(why.decision, session.decide(SlotId{Rich::hero}, at(0)));
  ASSERT_EQ(why.candidates.size(), 2U);
  const Candidate& school = why.candidates[0];
  EXPECT_EQ(school.trigger.index, Rich::school);
  EXPECT_EQ(school.outlook, Outlook::unmet);
  ASSERT_EQ(school.failures.size(), 2U);  // has_children; kids_intent >= 2
  EXPECT_EQ(input_of(ruleset, school.failures[0]), Rich::in_children);
  EXPECT_EQ(input_of(ruleset, school.failures[1]), Rich::in_kids);
  EXPECT_EQ(value_of(why, Rich::in_children), OwnedValue(Absent{}));
  EXPECT_EQ(value_of(why, Rich::in_kids), OwnedValue(0.0));
  ASSERT_EQ(why.candidates[1].failures.size(), 3U);
  EXPECT_EQ(value_of(why, Rich::in_hour), OwnedValue(12.0));  // the hour's default
}

TEST(Explain, computed_predicates_show_every_input) {
  const Ruleset ruleset = opened(rich_builder());
  Session session = session_of(ruleset);
  const std::vector<std::string_view> members = {"bags"};
  ASSERT_TRUE(session.set(AttributeId{Rich::seen}, Members(members), at(0)));
  const Explanation why = session.explain(SlotId{Rich::side}, at(0));
  const Candidate& sale = why.candidates[1];
  EXPECT_EQ(sale.outlook, Outlook::unmet);
  ASSERT_EQ(sale.failures.size(), 1U);
  EXPECT_EQ(input_of(ruleset, sale.failures[0]), none_index);
  EXPECT_EQ(value_of(why, Rich::in_device), OwnedValue(std::string("desktop")));
  EXPECT_EQ(value_of(why, Rich::in_seen), OwnedValue(Array<std::string>{"bags"}));
  EXPECT_EQ(value_of(why, Rich::in_since), OwnedValue(Absent{}));
  EXPECT_EQ(value_of(why, Rich::in_now), OwnedValue(static_cast<double>(t0)));
  EXPECT_EQ(why.candidates[0].outlook, Outlook::won);
}

TEST(Explain, draws_caps_and_schedule_are_shown) {
  ImageBuilder b;
  b.put(Column::site_holdout, 0, std::uint64_t{1'000});
  b.slot("s");
  b.layer("l");
  b.campaign("c", 5, day_ms);
  const auto always = b.condition({{}});
  Trigger first{.name = "a", .priority = 2, .condition = always, .until_ms = t0};
  first.campaign = 0;
  Trigger second{.name = "b", .priority = 1, .condition = always, .layer = 0};
  second.holdout = 77;
  second.cap_times = 2;
  second.cap_per_ms = hour_ms;
  second.policy = image::Policy::split;
  second.parts = {{"p", {{"x", half}, {"y", share_one}}}};
  b.trigger(first);
  b.trigger(second);
  b.trigger({.name = "c", .condition = always});
  const Ruleset ruleset = opened(b);
  Session session = session_of(ruleset);
  session.expose(session.decide(SlotId{0}, at(0)), at(0));
  const Explanation why = session.explain(SlotId{0}, at(1));
  const std::uint64_t seed = xxh64("t", 0);
  const auto drawn = [&](std::string_view name) { return draw(session.unit(), xxh64(name, seed)); };
  EXPECT_EQ(why.programme_holdout.until, 1'000U);
  EXPECT_EQ(why.programme_holdout.drawn, drawn("g/2027Q1"));
  EXPECT_EQ(why.candidates[0].outlook, Outlook::stopped);
  EXPECT_EQ(why.candidates[0].stopped_by, Reason::schedule);
  EXPECT_EQ(why.candidates[0].until.ms, t0);
  EXPECT_EQ(why.candidates[0].campaign_cap.times_max, 5);
  const Candidate& won = why.candidates[1];
  EXPECT_EQ(won.outlook, Outlook::won);
  EXPECT_EQ(won.cap.times, 1);
  EXPECT_EQ(won.cap.times_max, 2);
  EXPECT_EQ(won.cap.per_ms, hour_ms);
  EXPECT_EQ(won.layer.drawn, drawn("l/l"));
  EXPECT_EQ(won.holdout.until, 77U);
  EXPECT_EQ(won.holdout.drawn, drawn("h/b"));
  ASSERT_EQ(won.parts.size(), 1U);
  EXPECT_EQ(won.parts[0].bucket.drawn, drawn("p/b/p"));
  EXPECT_TRUE(won.parts[0].bucket.inside());
  EXPECT_EQ(won.parts[0].option, why.decision.options[0]);
  EXPECT_EQ(won.priority, 1);
  EXPECT_TRUE(won.joins_layer);
  EXPECT_FALSE(why.candidates[0].joins_layer);
  EXPECT_EQ(why.candidates[2].outlook, Outlook::eligible);
}

TEST(Explain, expiry_and_unknown_slots) {
  const Ruleset ruleset = opened(rich_builder());
  const Session session = session_of(ruleset);
  const Explanation expired = session.explain(SlotId{Rich::side}, ruleset.expires());
  EXPECT_EQ(expired.decision.reason, Reason::expired);
  EXPECT_EQ(expired.candidates[0].stopped_by, Reason::expired);
  const Explanation unknown = session.explain(SlotId{9}, at(0));
  EXPECT_TRUE(unknown.candidates.empty());
}

TEST(Explain, agrees_with_decide_for_everyone) {
  const Ruleset ruleset = opened(rich_builder());
  for (int i = 0; i < 500; ++i) {
    Session session = session_of(ruleset, std::to_string(i));
    ASSERT_TRUE(session.set(AttributeId{Rich::has_children}, i % 2 == 0, at(0)));
    ASSERT_TRUE(session.set(AttributeId{Rich::hour}, double(i % 24), at(0)));
    for (std::uint32_t slot = 0; slot < 3; ++slot) {
      const Explanation why = session.explain(SlotId{slot}, at(0));
      TriggerId winner = none_id<struct TriggerTag>;
      Reason reason = Reason::no_trigger;
      for (const Candidate& candidate : why.candidates) {
        const bool stopped = candidate.outlook == Outlook::stopped;
        if (stopped && reason == Reason::no_trigger) reason = candidate.stopped_by;
        if (candidate.outlook == Outlook::won) {
          winner = candidate.trigger;
          const bool held = candidate.holdout.inside() || why.programme_holdout.inside();
          EXPECT_EQ(held, why.decision.held_out);
          break;
        }
      }
      EXPECT_EQ(winner, why.decision.trigger);
      if (winner.index == none_index) {
        EXPECT_EQ(reason, why.decision.reason);
      }
    }
  }
}

}  // namespace
}  // namespace heed::test
