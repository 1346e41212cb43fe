// What signals add up to: windows, times, last values, decayed scores.
#include <cmath>
#include <random>

#include "heed/base/exp2.h"
#include "session_fixture.h"

namespace heed::test {
namespace {

using image::FeatureKind;
using image::Type;

constexpr SignalId signal_0{0};

/// One signal with fields (n number, s string, b boolean, t time, m set) and one feature.
Ruleset with_feature(Feature feature, bool where_s_is_a = false) {
  ImageBuilder b({0});
  b.signal("x", {{"n", Type::number},
                 {"s", Type::string},
                 {"b", Type::boolean},
                 {"t", Type::time},
                 {"m", Type::set}});
  if (where_s_is_a) {
    const auto s = b.input(image::InputKind::field, 1);
    feature.where = b.condition({{b.predicate(s, Op::string_in, {b.string("a")})}});
  }
  b.feature("f", feature);
  b.input(image::InputKind::feature, 0);
  b.slot("slot");
  const auto has = b.predicate(b.input(image::InputKind::feature, 0), Op::present, {});
  b.trigger({.name = "t", .condition = b.condition({{has}})});
  return opened(b);
}

/// The feature's value at a time, as explain shows it.
OwnedValue value_at(const Session& session, TimeMs now) {
  return session.explain(SlotId{0}, now).inputs[0].value;
}

double number_at(const Session& session, TimeMs now) {
  return std::get<double>(value_at(session, now));
}

void see(Session& session, TimeMs now, const std::vector<FieldValue>& fields = {}) {
  ASSERT_EQ(session.observe(signal_0, fields, "", now), Observed::counted);
}

TEST(Features, count_in_a_window_is_exact_at_its_border) {
  const Ruleset ruleset = with_feature({.window_ms = 1'000});
  Session session = session_of(ruleset);
  EXPECT_EQ(number_at(session, at(0)), 0);
  see(session, at(0));
  see(session, at(400));
  EXPECT_EQ(number_at(session, at(400)), 2);
  EXPECT_EQ(number_at(session, at(999)), 2);
  EXPECT_EQ(number_at(session, at(1'000)), 1);  // at > now - window
  EXPECT_EQ(number_at(session, at(1'400)), 0);
}

TEST(Features, count_over_the_session) {
  const Ruleset ruleset = with_feature({});
  Session session = session_of(ruleset);
  for (int i = 0; i < 1'000; ++i) see(session, at(i * 3'600'000LL));
  EXPECT_EQ(number_at(session, at(0)), 1'000);
}

TEST(Features, windows_are_exact_for_as_many_signals_as_they_hold) {
  const Ruleset ruleset = with_feature({.window_ms = 1'000});
  Session session = session_of(ruleset);
  std::vector<std::int64_t> times;
  std::mt19937 random(5);
  std::int64_t now = 0;
  for (int i = 0; i < 5'000; ++i) {
    now += 32 + static_cast<std::int64_t>(random() % 40);  // at most 32 in any window
    times.push_back(now);
    see(session, at(now));
    const std::int64_t later = now + static_cast<std::int64_t>(random() % 1'500);
    const auto inside = std::count_if(times.begin(), times.end(),
                                      [&](std::int64_t t) { return t > later - 1'000; });
    ASSERT_EQ(number_at(session, at(later)), static_cast<double>(inside));
  }
}

TEST(Features, fuller_windows_stay_within_the_stated_error) {
  constexpr std::int64_t window_ms = 100'000;
  const Ruleset ruleset = with_feature({.window_ms = window_ms});
  for (const int gap_ms : {1'000, 100, 20}) {
    Session session = session_of(ruleset);
    std::vector<std::int64_t> times;
    std::mt19937 random(7);
    std::int64_t now = 0;
    double worst = 0;
    std::size_t most = 0;
    for (int i = 0; i < 12'000; ++i) {
      now += static_cast<std::int64_t>(random() % static_cast<unsigned>(2 * gap_ms));
      times.push_back(now);
      see(session, at(now));
      if (i % 16 != 0) continue;
      const std::int64_t later = now + static_cast<std::int64_t>(random() % window_ms);
      const auto first = std::upper_bound(times.begin(), times.end(), later - window_ms);
      const auto inside = static_cast<double>(times.end() - first);
      const auto held = std::upper_bound(times.begin(), times.end(), now - window_ms);
      most = std::max(most, static_cast<std::size_t>(times.end() - held));
      const double counted = number_at(session, at(later));
      ASSERT_GE(counted, inside);
      if (inside > 0) {
        worst = std::max(worst, counted / inside - 1);
      } else {
        ASSERT_EQ(counted, 0);
      }
    }
    ASSERT_LE(session.state().features[0].entries.size(), limits::window_entry_count_max);
    // What the window was counted to hold bounds what it held.
    EXPECT_LT(worst, std::pow(1 + 2.0 * static_cast<double>(most), 1.0 / 16) - 1) << gap_ms;
  }
}

TEST(Features, since_and_last_are_absent_before_the_first_signal) {
  const Ruleset since = with_feature({.kind = FeatureKind::since});
  Session session = session_of(since);
  EXPECT_EQ(value_at(session, at(0)), OwnedValue(Absent{}));
  see(session, at(100));
  EXPECT_EQ(number_at(session, at(100)), 0);
  EXPECT_EQ(number_at(session, at(350)), 250);
  EXPECT_EQ(number_at(session, at(50)), 0);  // a clock that ran backwards
  see(session, at(50));
  EXPECT_EQ(number_at(session, at(350)), 250);
}

TEST(Features, last_keeps_the_latest_value_of_any_scalar_type) {
  const std::vector<std::pair<std::uint32_t, std::vector<Value>>> fields = {
      {0, {1.0, 2.0}}, {1, {"a", "b"}}, {2, {true, false}}, {3, {TimeMs{1}, TimeMs{2}}}};
  for (const auto& [field, values] : fields) {
    const Ruleset ruleset = with_feature({.kind = FeatureKind::last, .field = field});
    Session session = session_of(ruleset);
    EXPECT_EQ(value_at(session, at(0)), OwnedValue(Absent{}));
    for (const Value& value : values) see(session, at(1), {{field, value}});
    see(session, at(2));                       // without the field: the last value stays
    see(session, at(3), {{field, Absent{}}});  // likewise
    OwnedValue expected = own(values.back());
    if (const auto* time = std::get_if<TimeMs>(&expected)) {
      expected = static_cast<double>(time->ms);
    }
    EXPECT_EQ(value_at(session, at(3)), expected);
  }
}

TEST(Features, score_decays_by_half_each_half_life) {
  const Ruleset ruleset = with_feature({.kind = FeatureKind::score, .half_life_ms = 1'000});
  Session session = session_of(ruleset);
  EXPECT_EQ(number_at(session, at(0)), 0);
  see(session, at(0));
  EXPECT_EQ(number_at(session, at(0)), 1);
  EXPECT_EQ(number_at(session, at(1'000)), 0.5);
  see(session, at(1'000));
  EXPECT_EQ(number_at(session, at(1'000)), 1.5);
  EXPECT_EQ(number_at(session, at(1'500)), 1.5 * exp2_neg(0.5));
  EXPECT_EQ(number_at(session, at(0)), 1.5);  // a clock that ran backwards
  see(session, at(0));
  EXPECT_EQ(number_at(session, at(1'000)), 2.5);
  EXPECT_EQ(number_at(session, at(3'000'000)), 0);
}

TEST(Features, score_may_be_weighted_by_a_field) {
  const Ruleset ruleset =
      with_feature({.kind = FeatureKind::score, .field = 0, .half_life_ms = 1'000});
  Session session = session_of(ruleset);
  see(session, at(0), {{0, 10.0}});
  see(session, at(1'000), {{0, -2.0}});
  EXPECT_EQ(number_at(session, at(1'000)), 3);
  see(session, at(2'000));  // no weight: nothing to count
  EXPECT_EQ(number_at(session, at(2'000)), 1.5);
  const double huge = std::numeric_limits<double>::max();
  see(session, at(2'000), {{0, huge}});
  see(session, at(2'000), {{0, huge}});  // would be infinite
  EXPECT_EQ(number_at(session, at(2'000)), huge);
}

TEST(Features, where_filters_by_the_signals_fields) {
  const Ruleset ruleset = with_feature({}, true);
  Session session = session_of(ruleset);
  see(session, at(0), {{1, "a"}});
  see(session, at(0), {{1, "b"}});
  see(session, at(0), {{1, Absent{}}});
  see(session, at(0));
  EXPECT_EQ(number_at(session, at(0)), 1);
}

TEST(Observe, fields_are_checked_before_anything_changes) {
  const Ruleset ruleset = with_feature({});
  Session session = session_of(ruleset);
  const auto refused = [&](const std::vector<FieldValue>& fields, std::string_view id = {}) {
    const Result<Observed> result = session.observe(signal_0, fields, id, at(0));
    if (result) return std::string("accepted");
    return std::string(name(result.error().code)) + " " + std::to_string(result.error().where);
  };
  EXPECT_EQ(refused({{0, 1.0}, {5, 1.0}}), "unknown_field 1");
  EXPECT_EQ(refused({{0, 1.0}, {0, 1.0}}), "too_many 1");
  EXPECT_EQ(refused({{0, "1"}}), "wrong_type 0");
  EXPECT_EQ(refused({{1, "a"}, {0, std::nan("")}}), "not_finite 1");
  EXPECT_EQ(refused({{1, "\xff"}}), "not_utf8 0");
  EXPECT_EQ(refused({}, std::string(129, 'i')), "bad_id 0");
  EXPECT_EQ(refused({}, "\xff"), "bad_id 0");
  EXPECT_EQ(session.observe(SignalId{1}, {}, "", at(0)).error().code, ErrorCode::unknown_signal);
  EXPECT_EQ(session, session_of(ruleset));
  EXPECT_EQ(refused({{0, 1.0}, {1, "a"}, {2, true}, {3, TimeMs{0}}, {4, Members()}}), "accepted");
}

TEST(Observe, an_id_counts_once) {
  const Ruleset ruleset = with_feature({});
  Session session = session_of(ruleset);
  EXPECT_EQ(session.observe(signal_0, {}, "order-1", at(0)), Observed::counted);
  EXPECT_EQ(session.observe(signal_0, {}, "order-1", at(5)), Observed::repeated);
  EXPECT_EQ(session.observe(signal_0, {}, "order-2", at(5)), Observed::counted);
  EXPECT_EQ(number_at(session, at(5)), 2);
}

TEST(Observe, the_latest_ids_are_remembered) {
  const Ruleset ruleset = with_feature({});
  Session session = session_of(ruleset);
  const auto id = [](std::size_t i) { return "id" + std::to_string(i); };
  for (std::size_t i = 0; i <= limits::seen_id_count_max; ++i) {
    EXPECT_EQ(session.observe(signal_0, {}, id(i), at(0)), Observed::counted);
  }
  EXPECT_EQ(session.observe(signal_0, {}, id(1), at(0)), Observed::repeated);
  EXPECT_EQ(session.observe(signal_0, {}, id(0), at(0)), Observed::counted);  // forgotten
}

}  // namespace
}  // namespace heed::test
