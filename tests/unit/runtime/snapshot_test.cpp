// Sessions that travel: exact, canonical, bounded, and true to another version of the ruleset
// (docs/formats/snapshot.md).
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "heed/base/bytes.h"
#include "heed/base/hash.h"
#include "session_fixture.h"

namespace heed::test {
namespace {

/// A session that has lived: something in every part of its memory.
Session lived(const Ruleset& ruleset, int events = 400, unsigned seed = 1) {
  Session s = session_of(ruleset, "v" + std::to_string(seed));
  std::mt19937 random(seed);
  const auto pick = [&](unsigned n) { return static_cast<unsigned>(random()) % n; };
  const std::vector<std::string_view> words = {"kids", "home", "bags", "", "\xc3\xa9t\xc3\xa9"};
  const std::vector<std::string_view> members = {"bags", "a", "zz"};
  std::int64_t now = 0;
  for (int i = 0; i < events; ++i) {
    now += pick(20) == 0 ? pick(3 * day_ms) : pick(5 * minute_ms);
    const std::string id = pick(2) == 0 ? "" : "id" + std::to_string(pick(100));
    switch (pick(8)) {
      case 0:
        static_cast<void>(s.set(AttributeId{Rich::device}, words[pick(5)], at(now)));
        static_cast<void>(s.set(AttributeId{Rich::hour}, double(pick(24)), at(now)));
        break;
      case 1:
        static_cast<void>(
            s.set(AttributeId{Rich::seen}, Members(std::span(members).first(pick(3))), at(now)));
        static_cast<void>(s.set(AttributeId{Rich::since}, TimeMs{t0 - pick(10)}, at(now)));
        break;
      case 2:
        s.begin_view(static_cast<std::uint64_t>(i));
        break;
      case 3:
        s.expose(s.decide(SlotId{pick(3)}, at(now)), at(now));
        break;
      case 4: {
        const FieldValue revenue{1, double(pick(10'000)) / 100};
        EXPECT_TRUE(s.observe(SignalId{Rich::purchase}, std::span(&revenue, 1), id, at(now)));
        break;
      }
      case 5:
        if (!id.empty()) {
          EXPECT_TRUE(s.refund(SignalId{Rich::purchase}, id, at(now)));
        }
        break;
      default: {
        const FieldValue fields[] = {{1, words[pick(5)]}, {2, double(pick(50))}};
        EXPECT_TRUE(s.observe(SignalId{Rich::view}, fields, "", at(now)));
      }
    }
  }
  return s;
}

Result<Session> restored(const Ruleset& ruleset, std::span<const std::byte> bytes,
                         const Session& of, std::string_view visitor,
                         TimeMs now = at(1'000 * day_ms)) {
  return Session::restore(ruleset, bytes, visitor, now, Level::device, of.state().view);
}

TEST(Snapshot, restores_exactly_what_was_saved) {
  const Ruleset ruleset = opened(rich_builder());
  for (unsigned seed = 1; seed <= 60; ++seed) {
    const Session session = lived(ruleset, static_cast<int>(seed) * 10, seed);
    const Array<std::byte> bytes = saved(session);
    const Result<Session> again = restored(ruleset, bytes, session, "v" + std::to_string(seed));
    ASSERT_TRUE(again) << name(again.error().code) << " at " << again.error().where;
    EXPECT_EQ(*again, session);
    EXPECT_EQ(saved(*again), bytes);
    Array<Decision> before;
    Array<Decision> after;
    session.decide_all(at(500 * day_ms), before);
    again->decide_all(at(500 * day_ms), after);
    EXPECT_EQ(before, after);
  }
}

TEST(Snapshot, a_fresh_session_is_small) {
  const Ruleset ruleset = opened(rich_builder());
  const Session session = session_of(ruleset);
  EXPECT_LE(saved(session).size(), 50U);
  EXPECT_EQ(*restored(ruleset, saved(session), session, "u1"), session);
}

TEST(Snapshot, an_ordinary_session_fits_a_cookie) {
  const Ruleset ruleset = opened(rich_builder());
  Session s = session_of(ruleset);
  ASSERT_TRUE(s.set(AttributeId{Rich::device}, "mobile", at(0)));
  for (int i = 0; i < 20; ++i) {
    const FieldValue fields[] = {{1, "kids"}, {2, 10.0}};
    ASSERT_TRUE(s.observe(SignalId{Rich::view}, fields, "r" + std::to_string(i), at(i * 40'000)));
  }
  for (std::uint32_t slot = 0; slot < 3; ++slot) {
    s.expose(s.decide(SlotId{slot}, at(900'000)), at(900'000));
  }
  ASSERT_TRUE(s.observe(SignalId{Rich::purchase}, {}, "order-1", at(901'000)));
  EXPECT_LE(saved(s).size(), 640U);
  EXPECT_LE(saved(s).size(), limits::cookie_snapshot_size_bytes_max);
}

TEST(Snapshot, what_is_over_the_size_is_shed_oldest_first) {
  const Ruleset ruleset = opened(rich_builder());
  const Session session = lived(ruleset, 2'000, 3);
  ASSERT_FALSE(session.state().outcomes.empty());
  Array<std::byte> bytes;
  const std::size_t size = saved(session).size();
  session.save(bytes, size - 1);
  EXPECT_LT(bytes.size(), size);
  const Session less = *restored(ruleset, bytes, session, "v3");
  ASSERT_FALSE(less.state().outcomes.empty());
  EXPECT_EQ(less.state().outcomes.back(), session.state().outcomes.back());
  EXPECT_LT(less.state().outcomes.size(), session.state().outcomes.size());
  session.save(bytes, 700);
  EXPECT_LE(bytes.size(), 700U);
  const Session least = *restored(ruleset, bytes, session, "v3");
  EXPECT_EQ(least.state().features, session.state().features);
  EXPECT_EQ(least.state().trigger_caps, session.state().trigger_caps);
  session.save(bytes, 50);
  EXPECT_TRUE(bytes.empty());
}

TEST(Snapshot, nothing_and_level_none_give_a_fresh_session) {
  const Ruleset ruleset = opened(rich_builder());
  const Session session = lived(ruleset);
  EXPECT_EQ(*Session::restore(ruleset, {}, "u1", at(0), Level::device, 1), session_of(ruleset));
  const auto none_level = Session::restore(ruleset, saved(session), "v1", at(0), Level::none, 1);
  EXPECT_EQ(*none_level, session_of(ruleset, "v1", Level::none));
}

TEST(Snapshot, profile_facts_neither_travel_nor_are_believed) {
  const Ruleset ruleset = opened(rich_builder());
  Session session = session_of(ruleset);
  ASSERT_TRUE(session.set(AttributeId{Rich::has_children}, true, at(0)));
  EXPECT_EQ(*restored(ruleset, saved(session), session, "u1"), session_of(ruleset));

  // The same fact, told by a ruleset in which it was the page's to say.
  ImageBuilder page = rich_builder();
  page.put(Column::attribute_source, Rich::has_children, image::Source::page);
  const Ruleset lenient = opened(page);
  Session forged = session_of(lenient);
  ASSERT_TRUE(forged.set(AttributeId{Rich::has_children}, true, at(0)));
  EXPECT_EQ(*restored(ruleset, saved(forged), forged, "u1"), session_of(ruleset));
}

TEST(Snapshot, another_view_may_expose_again) {
  const Ruleset ruleset = opened(rich_builder());
  Session session = session_of(ruleset);
  ASSERT_EQ(session.expose(session.decide(SlotId{Rich::side}, at(0)), at(0)), Exposed::counted);
  const auto expose_in = [&](std::uint64_t view) {
    Session again = *Session::restore(ruleset, saved(session), "u1", at(1), Level::device, view);
    return again.expose(again.decide(SlotId{Rich::side}, at(1)), at(1));
  };
  EXPECT_EQ(expose_in(1), Exposed::repeated);
  EXPECT_EQ(expose_in(2), Exposed::counted);
}

TEST(Snapshot, times_after_now_become_now) {
  const Ruleset ruleset = opened(rich_builder());
  Session session = session_of(ruleset);
  ASSERT_TRUE(session.observe(SignalId{Rich::purchase}, {}, "", at(365 * day_ms)));
  const Session again = *restored(ruleset, saved(session), session, "u1", at(0));
  EXPECT_EQ(again.state().features[Rich::since_buy].at_ms(0), t0);
}

/// The rich ruleset with its rows in another order, more of some and fewer of others.
Ruleset next_version() {
  using image::FeatureKind;
  using image::Type;
  ImageBuilder b({0, 2, 12, 20}, "shop.example");
  b.attribute("fresh", Type::number);
  b.attribute("seen", Type::set);
  b.attribute("hour", Type::string);  // changed its type
  b.attribute("device", Type::string, image::Source::request);
  b.signal("email_given");
  const auto view = b.signal("product_view", {{"price", Type::number}, {"category", Type::string}});
  b.feature("count_of_views", {FeatureKind::count, view});                   // renamed: was `views`
  b.feature("views_30m", {FeatureKind::count, view, none, 20 * minute_ms});  // changed
  b.feature("last_category", {FeatureKind::last, view, 1});
  const auto kids =
      b.predicate(b.input(image::InputKind::field, 1), Op::string_in, {b.string("kids")});
  const auto dear = b.computed(code({{Instruction::load, b.input(image::InputKind::field, 0)},
                                     {Instruction::push_number, b.number(20)},
                                     Instruction::less,
                                     Instruction::logical_not}));
  b.feature("kids_intent",
            {FeatureKind::score, view, none, 0, 3 * day_ms, b.condition({{kids}, {dear}})});
  const auto never = b.condition({});
  b.journey("loyalty", {{"old", never, true}, {"new", never, true}});
  b.journey("purchase", {{"consider", never}, {"aware", never, true}});
  b.slot("side");
  b.slot("hero");
  b.campaign("bts_2027", 2, 7 * day_ms);
  b.trigger({.name = "back_to_school",
             .slot = 1,
             .condition = never,
             .cap_times = 2,
             .cap_per_ms = day_ms,
             .campaign = 0});
  return opened(b);
}

TEST(Snapshot, another_version_keeps_what_it_still_defines) {
  const Ruleset before = opened(rich_builder());
  const std::string visitor = visitor_where([&](const std::string& name) {
    Session s = session_of(before, name);
    static_cast<void>(s.set(AttributeId{Rich::has_children}, true, at(0)));
    return s.decide(SlotId{Rich::hero}, at(0)).trigger.index == Rich::school;
  });
  Session s = session_of(before, visitor);
  const std::vector<std::string_view> members = {"bags"};
  ASSERT_TRUE(s.set(AttributeId{Rich::has_children}, true, at(0)));
  ASSERT_TRUE(s.set(AttributeId{Rich::device}, "mobile", at(0)));
  ASSERT_TRUE(s.set(AttributeId{Rich::hour}, 7.0, at(0)));
  ASSERT_TRUE(s.set(AttributeId{Rich::seen}, Members(members), at(0)));
  for (int i = 0; i < 4; ++i) {
    const FieldValue fields[] = {{1, "kids"}, {2, 5.0}};
    ASSERT_TRUE(s.observe(SignalId{Rich::view}, fields, "", at(i)));
  }
  for (std::uint64_t view = 2; view < 5; ++view) {
    s.begin_view(view);
    ASSERT_EQ(s.expose(s.decide(SlotId{Rich::hero}, at(9)), at(static_cast<std::int64_t>(view))),
              Exposed::counted);
  }
  const Ruleset after = next_version();
  const Session kept = *restored(after, saved(s), s, visitor);
  const State& state = kept.state();
  EXPECT_EQ(own(state.attributes[0]), OwnedValue(Absent{}));
  EXPECT_EQ(own(state.attributes[1]), OwnedValue(Array<std::string>{"bags"}));
  EXPECT_EQ(own(state.attributes[2]), OwnedValue(Absent{}));
  EXPECT_EQ(own(state.attributes[3]), OwnedValue(std::string("mobile")));
  EXPECT_EQ(state.features[0][0].count, 4U);
  EXPECT_TRUE(state.features[1].is_fresh());
  EXPECT_EQ(values_of(state.features[2])[0], OwnedValue(std::string("kids")));
  EXPECT_EQ(state.features[3], s.state().features[Rich::kids_intent]);
  EXPECT_EQ(state.entered[0], 2U);  // "new" is the second stage now
  EXPECT_EQ(state.entered[1], 0U);  // "consider" is not sticky any more
  ASSERT_EQ(state.trigger_caps.size(), 1U);
  EXPECT_EQ(state.trigger_caps[0].times_ms, (Array<std::int64_t>{t0 + 3, t0 + 4}));
  ASSERT_EQ(state.campaign_caps.size(), 1U);
  EXPECT_EQ(state.exposed_slots, Array<std::uint32_t>{1});
  ASSERT_EQ(state.exposures.size(), 1U);
  EXPECT_EQ(state.exposures[0].credit.trigger, "back_to_school");
}

/// What the fuzzer of snapshots starts from: an odd byte, and what is between head and checksum.
std::string fuzzer_seed(const Ruleset& ruleset, unsigned seed) {
  constexpr std::size_t head_size_bytes = 13;
  const Array<std::byte> bytes = saved(lived(ruleset, static_cast<int>(60 * seed), seed));
  std::string out = "1";
  for (std::size_t i = head_size_bytes; i + 4 < bytes.size(); ++i) {
    out += static_cast<char>(bytes[i]);
  }
  return out;
}

TEST(Snapshot, the_seeds_of_its_fuzzer_are_of_this_format) {
  const Ruleset ruleset = opened(rich_builder());
  for (unsigned seed = 1; seed <= 4; ++seed) {
    const std::string path =
        HEED_SOURCE_DIR "/tests/fuzz/corpus/restore/lived_" + std::to_string(seed);
    const std::string wanted = fuzzer_seed(ruleset, seed);
    if (std::getenv("HEED_UPDATE_GOLDEN") != nullptr) {
      std::ofstream(path, std::ios::binary) << wanted;
    } else {
      std::ifstream file(path, std::ios::binary);
      EXPECT_TRUE(std::string(std::istreambuf_iterator<char>(file), {}) == wanted) << path;
    }
  }
}

TEST(Snapshot, other_sites_and_visitors_are_refused) {
  const Ruleset ruleset = opened(rich_builder());
  const Session session = lived(ruleset);
  const Array<std::byte> bytes = saved(session);
  EXPECT_EQ(restored(ruleset, bytes, session, "v2").error().code, ErrorCode::wrong_visitor);
  EXPECT_EQ(restored(ruleset, bytes, session, "").error().code, ErrorCode::bad_visitor);
  ImageBuilder other({0}, "other.example");
  EXPECT_EQ(restored(opened(other), bytes, session, "v1").error().code, ErrorCode::wrong_site);
}

TEST(Snapshot, every_cut_and_every_flipped_bit_is_refused) {
  const Ruleset ruleset = opened(rich_builder());
  const Session session = lived(ruleset);
  Array<std::byte> bytes = saved(session);
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    EXPECT_FALSE(restored(ruleset, std::span(bytes).first(cut), session, "v1")) << cut;
  }
  for (std::size_t i = 0; i < bytes.size() * 8; i += 3) {
    bytes[i / 8] ^= static_cast<std::byte>(1U << i % 8);
    const Result<Session> refused = restored(ruleset, bytes, session, "v1");
    ASSERT_FALSE(refused) << i;
    EXPECT_EQ(refused.error().code, ErrorCode::malformed_snapshot);
    bytes[i / 8] ^= static_cast<std::byte>(1U << i % 8);
  }
  bytes.resize(limits::snapshot_size_bytes_max + 1);
  EXPECT_EQ(restored(ruleset, bytes, session, "v1").error().code, ErrorCode::too_large);
  EXPECT_EQ(restored(ruleset, std::span(bytes).first(3), session, "v1").error().code,
            ErrorCode::truncated);
}

TEST(Snapshot, forged_bytes_with_a_true_checksum_are_refused_or_harmless) {
  const Ruleset ruleset = opened(rich_builder());
  const Session session = lived(ruleset, 200, 5);
  const Array<std::byte> sound = saved(session);
  std::mt19937 random(11);
  std::size_t accepted_count = 0;
  for (int round = 0; round < 20'000; ++round) {
    Array<std::byte> bytes = sound;
    for (unsigned edit = 0; edit <= random() % 2; ++edit) {
      bytes[13 + random() % (bytes.size() - 17)] = static_cast<std::byte>(random());
    }
    const std::size_t size = bytes.size() - 4;
    const std::string_view body(reinterpret_cast<const char*>(bytes.data()), size);
    store_le(std::span(bytes), size, static_cast<std::uint32_t>(xxh64(body, 0)));
    Result<Session> forged = restored(ruleset, bytes, session, "v5");
    if (!forged) continue;
    ++accepted_count;
    Array<Decision> decisions;
    forged->decide_all(at(day_ms), decisions);
    for (const Decision& decision : decisions) forged->expose(decision, at(day_ms));
    ASSERT_TRUE(forged->observe(SignalId{Rich::purchase}, {}, "forged", at(day_ms)));
    drained(*forged);
    const Array<std::byte> again = saved(*forged);
    ASSERT_TRUE(restored(ruleset, again, *forged, "v5"));
  }
  EXPECT_GT(accepted_count, 0U);
}

}  // namespace
}  // namespace heed::test
