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
  constexpr Size value{sizeof(WeighedValue) + sku_size + 1, sku_size + 12};
  const auto entries = [](std::size_t count, std::size_t snapshot_each) {
    return Size{count * sizeof(FeatureEntry), count * snapshot_each};
  };
  constexpr std::size_t head = 4;
  Size most;
  if (kind == FeatureKind::distinct) {
    most = entries(limits::distinct_value_count_max + 1, 4 + 6);
  } else if (image::adds_up(kind)) {
    most = entries(has_window ? limits::window_entry_count_max + 1 : 1, 6 + 9);
  } else if (image::is_sequence(kind)) {
    most = entries(limits::sequence_item_count_max + 1, 4 + 6);
  } else {
    const std::size_t values = kind == FeatureKind::top                                  ? 16
                               : kind == FeatureKind::first || kind == FeatureKind::last ? 1
                                                                                         : 0;
    most = entries(1, 6 + 9);
    most.bytes += values * value.bytes;
    most.snapshot += values * value.snapshot;
  }
  most.snapshot += head;
  return most;
}

class Listener {
 public:
  explicit Listener(const Ruleset& ruleset) : ruleset_(ruleset) {}

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

}  // namespace
}  // namespace heed::reference
