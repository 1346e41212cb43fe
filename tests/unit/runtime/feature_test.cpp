// What signals add up to: windows, times, last values, decayed scores.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <set>

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

/// The signals whose time lies in (from, to].
struct Log {
  std::vector<std::int64_t> times;
  std::vector<double> numbers;

  [[nodiscard]] std::vector<double> inside(std::int64_t from, std::int64_t to) const {
    const auto begin = std::upper_bound(times.begin(), times.end(), from) - times.begin();
    const auto end = std::upper_bound(times.begin(), times.end(), to) - times.begin();
    return {numbers.begin() + begin, numbers.begin() + end};
  }
};

double added_up(FeatureKind kind, const std::vector<double>& numbers) {
  const double sum = std::accumulate(numbers.begin(), numbers.end(), 0.0);
  switch (kind) {
    case FeatureKind::count:
      return static_cast<double>(numbers.size());
    case FeatureKind::mean:
      return sum / static_cast<double>(numbers.size());
    case FeatureKind::min:
      return *std::min_element(numbers.begin(), numbers.end());
    case FeatureKind::max:
      return *std::max_element(numbers.begin(), numbers.end());
    default:
      return sum;
  }
}

/// Whether the value is that of a window that begins up to a grid's cell early.
bool is_of_a_window(FeatureKind kind, const Log& log, std::int64_t now, std::int64_t window_ms,
                    double value) {
  const std::int64_t late_ms =
      window_ms / (static_cast<std::int64_t>(limits::window_entry_count_max) - 1);
  const auto exact = log.inside(now - window_ms, now);
  for (std::size_t more = 0;; ++more) {
    const auto begin =
        log.times.end() - std::upper_bound(log.times.begin(), log.times.end(), now - window_ms);
    const auto at = log.times.size() - static_cast<std::size_t>(begin);
    if (at < more) return false;
    const std::size_t first = at - more;
    if (more > 0 && log.times[first] <= now - window_ms - late_ms) return false;
    const std::vector<double> numbers(log.numbers.begin() + static_cast<std::ptrdiff_t>(first),
                                      log.numbers.end());
    if (!numbers.empty() && added_up(kind, numbers) == value) return true;
  }
}

TEST(Features, fuller_windows_begin_less_than_a_cell_early) {
  constexpr std::int64_t window_ms = 100'000;
  for (const FeatureKind kind : {FeatureKind::count, FeatureKind::sum, FeatureKind::mean,
                                 FeatureKind::min, FeatureKind::max}) {
    const bool counts = kind == FeatureKind::count;
    const Ruleset ruleset =
        with_feature({.kind = kind, .field = counts ? none : 0U, .window_ms = window_ms});
    for (const int gap_ms : {1'000, 100, 20}) {
      Session session = session_of(ruleset);
      Log log;
      std::mt19937 random(7);
      std::int64_t now = 0;
      for (int i = 0; i < 6'000; ++i) {
        now += static_cast<std::int64_t>(random() % static_cast<unsigned>(2 * gap_ms));
        // Quarters: sums are exact whatever their order.
        const double number = static_cast<double>(1 + random() % 4'000) / 4;
        log.times.push_back(now);
        log.numbers.push_back(number);
        see(session, at(now), {{0, number}});
        if (i % 16 != 0) continue;
        const std::int64_t later = now + static_cast<std::int64_t>(random() % window_ms);
        const OwnedValue value = value_at(session, at(later));
        if (const auto* number_then = std::get_if<double>(&value);
            number_then && *number_then != 0) {
          ASSERT_TRUE(is_of_a_window(kind, log, later, window_ms, *number_then)) << gap_ms;
        } else {
          ASSERT_TRUE(log.inside(later - window_ms, later).empty());
        }
      }
      ASSERT_LE(session.state().features[0].size(), limits::window_entry_count_max);
    }
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
  EXPECT_EQ(number_at(session, at(350)), 300);
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
  EXPECT_EQ(number_at(session, at(1'000)), 1.25);  // what came before moved back with it
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

// @source  science: decayed score, half-life 7 days, ages 0, 3 and 14 days
TEST(Features, score_has_the_published_value) {
  constexpr std::int64_t day = 86'400'000;
  const Ruleset ruleset = with_feature({.kind = FeatureKind::score, .half_life_ms = 7 * day});
  Session session = session_of(ruleset);
  for (const std::int64_t at_day : {0, 11, 14}) see(session, at(at_day * day));
  EXPECT_NEAR(number_at(session, at(14 * day)), 1 + std::exp2(-3.0 / 7) + 0.25, 1e-9);
  EXPECT_NEAR(number_at(session, at(14 * day)), 1.992997, 5e-7);
}

// @source  science: Hawkes with an exponential kernel, mu .02, alpha .3, beta .1, events 0, 10, 14
TEST(Features, a_score_is_the_state_of_a_hawkes_process) {
  // 2^(-t / h) = e^(-beta t) where h = ln 2 / beta. In days, so that the grid of 1 ms on which a
  // half-life lies is 1e-9 of it.
  constexpr double day = 86'400'000;
  const auto half_life_ms = static_cast<std::uint64_t>(std::round(day * std::log(2.0) / 0.1));
  const Ruleset ruleset = with_feature({.kind = FeatureKind::score, .half_life_ms = half_life_ms});
  Session session = session_of(ruleset);
  const auto on = [](int days) { return at(days * static_cast<std::int64_t>(day)); };
  for (const int event : {0, 10, 14}) see(session, on(event));
  const double rate = 0.02 + 0.3 * 0.1 * number_at(session, on(20));
  EXPECT_NEAR(rate, 0.0515608, 5e-8);
  EXPECT_NEAR(rate, 0.02 + 0.03 * (std::exp(-2.0) + std::exp(-1.0) + std::exp(-0.6)), 1e-9);
}

TEST(Features, sums_and_their_kin_without_and_with_signals) {
  struct Case {
    FeatureKind kind;
    double expected;
  };
  for (const auto& [kind, expected] : {Case{FeatureKind::sum, 6}, Case{FeatureKind::mean, 2},
                                       Case{FeatureKind::min, -1}, Case{FeatureKind::max, 5}}) {
    for (const std::uint64_t window_ms : {0U, 1'000U}) {
      const Ruleset ruleset = with_feature({.kind = kind, .field = 0, .window_ms = window_ms});
      Session session = session_of(ruleset);
      const OwnedValue before = kind == FeatureKind::sum ? OwnedValue(0.0) : OwnedValue(Absent{});
      EXPECT_EQ(value_at(session, at(0)), before);
      see(session, at(0), {{0, 100.0}});
      if (window_ms == 0) session = session_of(ruleset);
      see(session, at(1'000), {{0, 5.0}});
      see(session, at(1'100), {{0, -1.0}});
      see(session, at(1'200), {{0, 2.0}});
      see(session, at(1'300));  // without the field: nothing to add
      EXPECT_EQ(number_at(session, at(1'300)), expected);
      if (window_ms != 0) {
        EXPECT_EQ(value_at(session, at(2'200)), before);
      }
    }
  }
}

TEST(Features, sums_stay_finite) {
  const Ruleset ruleset = with_feature({.kind = FeatureKind::sum, .field = 0});
  Session session = session_of(ruleset);
  const double huge = std::numeric_limits<double>::max();
  see(session, at(0), {{0, huge}});
  see(session, at(0), {{0, huge}});
  EXPECT_EQ(number_at(session, at(0)), huge);
}

TEST(Features, distinct_is_exact_to_its_bound_and_slides) {
  const Ruleset ruleset =
      with_feature({.kind = FeatureKind::distinct, .field = 1, .window_ms = 1'000});
  Session session = session_of(ruleset);
  EXPECT_EQ(number_at(session, at(0)), 0);
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < limits::distinct_value_count_max; ++i) {
      see(session, at(round * 100), {{1, std::string_view("value" + std::to_string(i))}});
    }
  }
  EXPECT_EQ(number_at(session, at(200)), static_cast<double>(limits::distinct_value_count_max));
  see(session, at(700), {{1, "value0"}});
  EXPECT_EQ(number_at(session, at(1'200)), 1);
  EXPECT_EQ(number_at(session, at(1'700)), 0);
}

TEST(Features, distinct_counts_members_and_every_type) {
  const std::vector<std::string_view> members = {"a", "b", "c"};
  const std::vector<std::pair<std::uint32_t, std::vector<Value>>> fields = {
      {0, {0.0, -0.0, 1.0}},
      {1, {"a", "b", "a"}},
      {2, {true, false, true}},
      {3, {TimeMs{1}, TimeMs{2}, TimeMs{1}}},
      {4, {Members(std::span(members).first(1)), Members(std::span(members).first(2))}}};
  for (const auto& [field, values] : fields) {
    const Ruleset ruleset = with_feature({.kind = FeatureKind::distinct, .field = field});
    Session session = session_of(ruleset);
    for (const Value& value : values) see(session, at(0), {{field, value}});
    EXPECT_EQ(number_at(session, at(0)), 2) << field;
  }
}

TEST(Features, distinct_beyond_its_bound_has_the_stated_error) {
  const Ruleset ruleset = with_feature({.kind = FeatureKind::distinct, .field = 1});
  double squares = 0;
  constexpr int runs = 200;
  for (int run = 0; run < runs; ++run) {
    Session session = session_of(ruleset);
    constexpr int value_count = 3'000;
    for (int i = 0; i < value_count; ++i) {
      const std::string value = std::to_string(run) + "/" + std::to_string(i);
      see(session, at(0), {{1, std::string_view(value)}});
    }
    const double error = number_at(session, at(0)) / value_count - 1;
    squares += error * error;
    ASSERT_LE(session.state().features[0].size(), limits::distinct_value_count_max);
  }
  EXPECT_LT(std::sqrt(squares / runs), 0.17);  // 1.2 / sqrt(64) = 0.15, and its own error
}

TEST(Features, top_is_the_most_frequent_and_of_equals_the_latest) {
  const Ruleset ruleset = with_feature({.kind = FeatureKind::top, .field = 1});
  Session session = session_of(ruleset);
  EXPECT_EQ(value_at(session, at(0)), OwnedValue(Absent{}));
  for (const char* value : {"a", "b", "b", "a", "c"}) see(session, at(0), {{1, value}});
  EXPECT_EQ(value_at(session, at(0)), OwnedValue(std::string("a")));
  see(session, at(0), {{1, "b"}});
  EXPECT_EQ(value_at(session, at(0)), OwnedValue(std::string("b")));
  const std::string long_text(limits::top_text_size_bytes_max + 1, 'x');
  for (int i = 0; i < 9; ++i) see(session, at(0), {{1, std::string_view(long_text)}});
  EXPECT_EQ(value_at(session, at(0)), OwnedValue(std::string("b")));
}

TEST(Features, top_keeps_what_is_frequent_among_any_number) {
  const Ruleset ruleset = with_feature({.kind = FeatureKind::top, .field = 1});
  Session session = session_of(ruleset);
  for (int i = 0; i < 10'000; ++i) {
    const std::string rare = "rare" + std::to_string(i);
    see(session, at(0), {{1, i % 5 == 0 ? std::string_view("often") : std::string_view(rare)}});
  }
  EXPECT_EQ(value_at(session, at(0)), OwnedValue(std::string("often")));
  EXPECT_EQ(values_of(session.state().features[0]).size(), limits::top_value_count_max);
}

TEST(Features, top_with_a_half_life_forgets) {
  const Ruleset ruleset =
      with_feature({.kind = FeatureKind::top, .field = 1, .half_life_ms = 1'000});
  Session session = session_of(ruleset);
  for (int i = 0; i < 3; ++i) see(session, at(0), {{1, "old"}});
  see(session, at(1'000), {{1, "new"}});
  EXPECT_EQ(value_at(session, at(1'000)), OwnedValue(std::string("old")));
  see(session, at(2'000), {{1, "new"}});  // 1.5 against 0.75
  EXPECT_EQ(value_at(session, at(2'000)), OwnedValue(std::string("new")));
}

TEST(Features, first_keeps_the_first_value) {
  const Ruleset ruleset = with_feature({.kind = FeatureKind::first, .field = 1});
  Session session = session_of(ruleset);
  see(session, at(0));
  EXPECT_EQ(value_at(session, at(0)), OwnedValue(Absent{}));
  for (const char* value : {"a", "b"}) see(session, at(0), {{1, value}});
  EXPECT_EQ(value_at(session, at(0)), OwnedValue(std::string("a")));
}

/// Signals `see` (n number, s string) and `buy` (s string, m set); feature 0 is `f`.
Ruleset with_features(const std::vector<Feature>& features) {
  ImageBuilder b({0});
  b.signal("see", {{"n", Type::number}, {"s", Type::string}});
  b.signal("buy", {{"s", Type::string}, {"m", Type::set}});
  for (std::uint32_t i = 0; i < features.size(); ++i)
    b.feature("f" + std::to_string(i), features[i]);
  b.slot("slot");
  const auto has = b.predicate(b.input(image::InputKind::feature, 0), Op::present, {});
  b.trigger({.name = "t", .condition = b.condition({{has}})});
  return opened(b);
}

TEST(Features, a_ratio_divides_and_is_unknown_without_a_divisor) {
  const Ruleset ruleset =
      with_features({{.kind = FeatureKind::ratio, .signal = none, .other = 1, .other_field = 2},
                     {.signal = 1, .window_ms = 1'000},
                     {.signal = 0, .window_ms = 2'000}});
  Session session = session_of(ruleset);
  EXPECT_EQ(value_at(session, at(0)), OwnedValue(Absent{}));
  ASSERT_TRUE(session.observe(SignalId{1}, {}, "", at(0)));
  EXPECT_EQ(value_at(session, at(0)), OwnedValue(Absent{}));
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(session.observe(SignalId{0}, {}, "", at(0)));
  EXPECT_EQ(number_at(session, at(0)), 0.25);
  EXPECT_EQ(number_at(session, at(1'000)), 0);
  EXPECT_EQ(value_at(session, at(2'000)), OwnedValue(Absent{}));
}

TEST(Features, missed_turns_when_its_time_is_over_and_back_when_it_comes) {
  const Ruleset ruleset =
      with_features({{.kind = FeatureKind::missed, .signal = 0, .window_ms = 1'000, .other = 1}});
  Session session = session_of(ruleset);
  const auto missed = [&](std::int64_t ms) { return std::get<bool>(value_at(session, at(ms))); };
  EXPECT_FALSE(missed(0));
  ASSERT_TRUE(session.observe(SignalId{0}, {}, "", at(0)));
  ASSERT_TRUE(session.observe(SignalId{0}, {}, "", at(900)));  // its time runs since the first
  EXPECT_FALSE(missed(999));
  EXPECT_TRUE(missed(1'000));
  ASSERT_TRUE(session.observe(SignalId{1}, {}, "", at(1'500)));
  EXPECT_FALSE(missed(9'000));
}

TEST(Features, a_sequence_about_the_same_item_tells_items_apart) {
  const Ruleset ruleset = with_features({{.kind = FeatureKind::missed,
                                          .signal = 0,
                                          .field = 1,
                                          .window_ms = 1'000,
                                          .other = 1,
                                          .other_field = 1}});
  Session session = session_of(ruleset);
  const auto missed = [&](std::int64_t ms) { return std::get<bool>(value_at(session, at(ms))); };
  const std::vector<std::string_view> bought = {"a", "z"};
  const auto see_item = [&](std::string_view item, std::int64_t ms) {
    const FieldValue fields[] = {{1, item}};
    ASSERT_TRUE(session.observe(SignalId{0}, fields, "", at(ms)));
  };
  see_item("a", 0);
  see_item("b", 500);
  const FieldValue fields[] = {{1, Members(bought)}};
  ASSERT_TRUE(session.observe(SignalId{1}, fields, "", at(600)));
  EXPECT_FALSE(missed(1'400));
  EXPECT_TRUE(missed(1'500));  // b
  for (int i = 0; i < 100; ++i) see_item(std::to_string(i), 700);
  EXPECT_EQ(session.state().features[0].size(), limits::sequence_item_count_max);
  EXPECT_TRUE(missed(1'500));
}

TEST(Features, followed_is_reached_in_order_and_in_time) {
  const Ruleset ruleset =
      with_features({{.kind = FeatureKind::followed, .signal = 0, .window_ms = 1'000, .other = 1}});
  Session session = session_of(ruleset);
  const auto followed = [&](std::int64_t ms) { return std::get<bool>(value_at(session, at(ms))); };
  ASSERT_TRUE(session.observe(SignalId{1}, {}, "", at(0)));
  ASSERT_TRUE(session.observe(SignalId{0}, {}, "", at(100)));
  EXPECT_FALSE(followed(100));
  ASSERT_TRUE(session.observe(SignalId{1}, {}, "", at(1'101)));  // 1 ms late
  EXPECT_FALSE(followed(1'101));
  ASSERT_TRUE(session.observe(SignalId{0}, {}, "", at(2'000)));
  ASSERT_TRUE(session.observe(SignalId{0}, {}, "", at(2'900)));
  ASSERT_TRUE(session.observe(SignalId{1}, {}, "", at(3'900)));
  EXPECT_TRUE(followed(3'900));
  EXPECT_TRUE(followed(1'000'000'000));
}

TEST(Features, what_a_wrong_clock_put_ahead_moves_back) {
  const Ruleset ruleset = with_feature({.window_ms = 1'000});
  constexpr std::int64_t ten_years = 3'650LL * 86'400'000;
  Session session = session_of(ruleset);
  see(session, at(ten_years));
  see(session, at(0));
  EXPECT_EQ(number_at(session, at(0)), 2);
  EXPECT_EQ(number_at(session, at(1'000)), 0);
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
