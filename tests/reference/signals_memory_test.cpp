// A session with features of every kind holds no more after a million signals than what
// docs/formats/features.md says that each keeps at most; nor does its snapshot. HEED_LONG feeds ten
// million.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "heed/runtime/session.h"
#include "heed/studio/compile.h"
#include "random.h"
#include "support/allocations.h"

namespace heed::reference {
namespace {

using image::FeatureKind;
using test::bytes_held;

constexpr std::size_t signals_short = 1'000'000;
constexpr std::size_t signals_long = 10'000'000;
constexpr std::size_t warm_up = 20'000;
constexpr std::size_t between_looks = 500;
constexpr std::size_t sku_size = 40;  // no text of this size lies in a std::string itself

struct Size {
  std::size_t bytes = 0;
  std::size_t snapshot = 0;

  void take_most(Size other) {
    bytes = std::max(bytes, other.bytes);
    snapshot = std::max(snapshot, other.snapshot);
  }
};

FeatureKind kind_of(const Ruleset& ruleset, std::size_t row) {
  return static_cast<FeatureKind>(ruleset.at<std::uint8_t>(image::Column::feature_kind, row));
}

/// What one feature keeps at most: in memory one more than it keeps, while it makes room.
Size most_of(FeatureKind kind, bool has_window) {
  constexpr Size value{11 + sku_size, sku_size + 12};
  const auto entries = [](std::size_t count, std::size_t bytes_each, std::size_t snapshot_each) {
    return Size{count * bytes_each, count * snapshot_each};
  };
  constexpr std::size_t head = 4;
  Size most;
  if (kind == FeatureKind::distinct) {
    most = entries(limits::distinct_value_count_max + 1, 11, 4 + 6);
  } else if (image::adds_up(kind)) {
    const std::size_t each = kind == FeatureKind::mean ? 19 : kind == FeatureKind::count ? 11 : 15;
    most = entries(has_window ? limits::window_entry_count_max + 1 : 1, each, 6 + 9);
  } else if (image::is_sequence(kind)) {
    most = entries(limits::sequence_item_count_max + 1, 11, 4 + 6);
  } else {
    const std::size_t values = kind == FeatureKind::top                                  ? 16
                               : kind == FeatureKind::first || kind == FeatureKind::last ? 1
                                                                                         : 0;
    most = entries(1, 15, 6 + 9);
    // Room for values grows by a quarter.
    most.bytes += values * value.bytes + (values + 1) * value.bytes / 4;
    most.snapshot += values * value.snapshot;
  }
  most.snapshot += head;
  return most;
}

class Listener {
 public:
  /// Decides once: what a decision made ready, signals change.
  explicit Listener(const Ruleset& ruleset) : ruleset_(ruleset), index_(ruleset) {
    before_ = bytes_held;
    session_.use(&index_);
    Array<Winner> winners;
    session_.winners(TimeMs{now_}, winners);
    before_ += winners.capacity() * sizeof(Winner);
    winners_ = std::move(winners);
  }

  void hear(std::size_t number) {
    now_ += static_cast<std::int64_t>(random_.below(100));
    std::string sku = "sku" + std::to_string(random_.below(500));
    sku.resize(sku_size, '-');
    const std::string_view skus[] = {sku};
    const double price = static_cast<double>(random_.below(100'000)) / 7;
    const std::string id = "signal" + std::to_string(number);
    const std::uint64_t which = random_.below(10);
    if (which < 7) {
      observe("view", {{"sku", std::string_view(sku)}, {"price", price}}, id);
    } else if (which < 9) {
      observe("buy", {{"skus", Members(skus)}, {"price", price}}, id);
    } else {
      observe("ping", {}, id);
    }
  }

  [[nodiscard]] Size size() const {
    Array<std::byte> snapshot;
    session_.save(snapshot);
    return {bytes_held - before_ - snapshot.capacity(), snapshot.size()};
  }
  [[nodiscard]] const Session& session() const { return session_; }

 private:
  void observe(std::string_view name,
               std::initializer_list<std::pair<std::string_view, Value>> given,
               std::string_view id) {
    const SignalId signal = ruleset_.find_signal(name).value();
    std::vector<FieldValue> fields;
    for (const auto& [field, value] : given) {
      fields.push_back({ruleset_.find_field(signal, field).value(), value});
    }
    ASSERT_TRUE(session_.observe(signal, fields, id, TimeMs{now_}).has_value());
  }

  const Ruleset& ruleset_;
  Index index_;
  Array<Winner> winners_;
  Random random_{20261122};
  std::int64_t now_ = 1'800'000'000'000;
  std::size_t before_ = bytes_held;
  Session session_ = Session::create(ruleset_, "u1", TimeMs{now_}, Level::device, 1).value();
};

/// What features and signal ids add to a session that has heard nothing.
Size most_of(const Ruleset& ruleset, Size fresh) {
  Size most = fresh;
  most.bytes += 2 * sizeof(std::uint64_t) * limits::seen_id_count_max;
  most.snapshot += 16 + 8 * limits::seen_id_count_max;
  for (std::size_t row = 0; row < ruleset.row_count(image::Column::feature_name); ++row) {
    const bool has_window = ruleset.at<std::int64_t>(image::Column::feature_window_ms, row) != 0;
    const Size feature = most_of(kind_of(ruleset, row), has_window);
    most.bytes += feature.bytes;
    most.snapshot += feature.snapshot;
  }
  return most;
}

Ruleset every_kind() {
  std::ifstream file(HEED_SOURCE_DIR "/tests/reference/interleavings.heed.json");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const compile::SourceFile source{"a.heed.json", text};
  const auto result = compile::compile(std::span(&source, 1), {});
  EXPECT_TRUE(result.compiled) << compile::to_text(result.diagnostics);
  return Ruleset::open(result.compiled->image).value();
}

TEST(SignalsMemory, nothing_grows_with_the_number_of_signals) {
  const Ruleset ruleset = every_kind();
  std::set<FeatureKind> kinds;
  for (std::size_t row = 0; row < ruleset.row_count(image::Column::feature_name); ++row) {
    kinds.insert(kind_of(ruleset, row));
  }
  ASSERT_EQ(kinds.size(), image::feature_forms.size()) << "every kind";

  const bool is_long = std::getenv("HEED_LONG") != nullptr;
  const std::size_t count = is_long ? signals_long : signals_short;
  Listener listener(ruleset);
  const Size bound = most_of(ruleset, listener.size());
  Size early;
  Size late;
  for (std::size_t i = 1; i <= count; ++i) {
    listener.hear(i);
    if (i % between_looks != 0) continue;
    const Size size = listener.size();
    ASSERT_LE(size.bytes, bound.bytes) << "after " << i;
    ASSERT_LE(size.snapshot, bound.snapshot) << "after " << i;
    (i <= warm_up ? early : late).take_most(size);
  }
  EXPECT_LE(late.bytes, early.bytes) << "what the first windows filled is enough for all";
  // Counts and sums without a window, written as long as they are, have a few digits more.
  EXPECT_LE(late.snapshot, early.snapshot + early.snapshot / 50);
  std::cout << count << " signals: " << late.bytes << " bytes held of at most " << bound.bytes
            << ", snapshot " << late.snapshot << " of at most " << bound.snapshot << "\n";
}

TEST(SignalsMemory, nothing_grows_with_the_number_of_attributes_set_between_two_decisions) {
  const std::string text =
      R"({"site": "shop.example", "version": 1,
    "expires": "2250-01-01T00:00:00Z", "slots": {"hero": {}},
    "attributes": {"a": {"type": "number"}, "b": {"type": "number"}, "c": {"type": "string"}},
    "triggers": {"t": {"slot": "hero", "when": "a + b > 3.0 && c != 'x'",
                       "parts": {"text": ["here"]}}}})";
  const compile::SourceFile source{"a.heed.json", text};
  const auto result = compile::compile(std::span(&source, 1), {});
  ASSERT_TRUE(result.compiled) << compile::to_text(result.diagnostics);
  const Ruleset ruleset = Ruleset::open(result.compiled->image).value();
  const Index index(ruleset);
  const TimeMs now{1'800'000'000'000};
  Session session = Session::create(ruleset, "u1", now, Level::device, 1).value();
  session.use(&index);
  const auto set = [&](int i) {
    const std::string size(static_cast<std::size_t>(i % 100), 'y');
    ASSERT_TRUE(session.set(AttributeId{0}, i * 1.0, now).has_value());
    ASSERT_TRUE(session.set(AttributeId{1}, -i * 1.0, now).has_value());
    ASSERT_TRUE(session.set(AttributeId{2}, std::string_view(size), now).has_value());
  };
  EXPECT_EQ(session.decide(SlotId{0}, now).reason, Reason::no_trigger);
  for (int i = 0; i < 1'000; ++i) set(i);
  const std::size_t before = bytes_held;
  for (int i = 0; i < 100'000; ++i) set(i);
  EXPECT_EQ(bytes_held, before);
  ASSERT_TRUE(session.set(AttributeId{1}, 5.0, now).has_value());
  EXPECT_EQ(session.decide(SlotId{0}, now).reason, Reason::fixed) << "all of it is seen";
}

}  // namespace
}  // namespace heed::reference
