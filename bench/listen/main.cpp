// What a signal costs that feeds ten features, and what a session holds that has 50 attributes and
// 20 features: native and as WebAssembly from this one source. What the features say is checked
// against plain sums before anything is timed.
//
//   listen_bench FILE.heed      the ruleset of bench/listen.mjs; prints a line a figure
//   {"figure","value","unit"}
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "heed/runtime/index.h"
#include "heed/runtime/session.h"
#include "match/clock.h"
#include "match/memory.h"

namespace heed::bench {
namespace {

constexpr std::int64_t began_ms = 1'795'168'800'000;
constexpr std::size_t batch_size = 4096;
constexpr int repeat_count = 9;

struct View {
  std::int64_t at_ms;
  std::size_t category;
  double price;
};

void print(const char* figure, double value, const char* unit) {
  std::printf("{\"figure\":\"%s\",\"value\":%.5g,\"unit\":\"%s\"}\n", figure, value, unit);
}

std::string category_name(std::size_t category) { return "category" + std::to_string(category); }

class Shop {
 public:
  explicit Shop(const Ruleset& ruleset) : ruleset_(ruleset), index_(ruleset) {
    for (std::size_t i = 0; i < 8; ++i) categories_.push_back(category_name(i));
  }

  [[nodiscard]] Session start() const {
    Session session =
        Session::create(ruleset_, "visitor", TimeMs{began_ms}, Level::device, 1).value();
    session.use(&index_);
    return session;
  }

  void set_attributes(Session& session) const {
    const std::string_view members[] = {"first", "second"};
    for (std::uint32_t row = 0; row < ruleset_.attribute_count(); ++row) {
      const auto type =
          static_cast<image::Type>(ruleset_.at<std::uint8_t>(image::Column::attribute_type, row));
      Value value = row * 1.5;
      if (type == image::Type::string) value = std::string_view("a value of 24 characters");
      if (type == image::Type::set) value = Members(members);
      if (type == image::Type::boolean) value = true;
      if (!session.set(AttributeId{row}, value, TimeMs{began_ms})) std::abort();
    }
  }

  void view(Session& session, const View& view) const {
    const FieldValue fields[] = {{category_, std::string_view(categories_[view.category])},
                                 {price_, view.price}};
    if (!session.observe(view_, fields, "", TimeMs{view.at_ms})) std::abort();
  }

  void observe(Session& session, std::string_view signal, std::string_view sku, double price,
               std::int64_t at_ms) const {
    const SignalId id = *ruleset_.find_signal(signal);
    const FieldValue fields[] = {{*ruleset_.find_field(id, "sku"), sku},
                                 {*ruleset_.find_field(id, "price"), price}};
    if (!session.observe(id, fields, "", TimeMs{at_ms})) std::abort();
  }

  [[nodiscard]] double number(const Session& session, std::string_view name, TimeMs now) const {
    const Explanation why = session.explain(*ruleset_.find_slot("hero"), now);
    for (const InputValue& input : why.inputs) {
      const auto row = ruleset_.at<std::uint32_t>(image::Column::input_row, input.input.index);
      const auto kind = static_cast<image::InputKind>(
          ruleset_.at<std::uint8_t>(image::Column::input_kind, input.input.index));
      if (kind != image::InputKind::feature) continue;
      if (ruleset_.text(image::Column::feature_name, row) != name) continue;
      if (const auto* found = std::get_if<double>(&input.value)) return *found;
      if (const auto* text = std::get_if<std::string>(&input.value)) return text->back() - '0';
    }
    return -1;
  }

 private:
  const Ruleset& ruleset_;
  Index index_;
  std::vector<std::string> categories_;
  SignalId view_ = *ruleset_.find_signal("view");
  std::uint32_t category_ = *ruleset_.find_field(view_, "category");
  std::uint32_t price_ = *ruleset_.find_field(view_, "price");
};

std::vector<View> views(std::size_t count, std::int64_t apart_ms) {
  std::vector<View> made;
  std::uint32_t x = 20261122;
  for (std::size_t i = 0; i < count; ++i) {
    x = x * 1664525U + 1013904223U;
    const std::int64_t at_ms = began_ms + static_cast<std::int64_t>(i + 1) * apart_ms;
    made.push_back({at_ms, x >> 29U, (x >> 8U & 0xfffU) / 4.0});
  }
  return made;
}

/// Whether what a thousand views a minute apart leave behind is what plain sums say.
bool is_right(const Shop& shop) {
  const std::vector<View> seen = views(1000, 60'000);
  Session session = shop.start();
  for (const View& view : seen) shop.view(session, view);
  const TimeMs now{seen.back().at_ms + 1};
  double recent = 0;
  double spent = 0;
  double dearest = 0;
  double total = 0;
  double intent = 0;
  std::set<std::size_t> kinds;
  for (const View& view : seen) {
    const bool is_recent = view.at_ms > now.ms - 1'800'000;
    recent += is_recent ? 1 : 0;
    spent += is_recent ? view.price : 0;
    dearest = std::max(dearest, view.price);
    total += view.price;
    intent = intent * __builtin_exp2(-60'000.0 / 259'200'000) + view.price;
    kinds.insert(view.category);
  }
  intent *= __builtin_exp2(-1.0 / 259'200'000);
  const auto is = [&](const char* name, double expected, double within) {
    const double value = shop.number(session, name, now);
    if (value >= expected - within && value <= expected + within) return true;
    std::fprintf(stderr, "listen_bench: %s is %.17g, not %.17g\n", name, value, expected);
    return false;
  };
  return is("views_30m", recent, 0) && is("views", 1000, 0) && is("spent_30m", spent, 0) &&
         is("usual_price", total / 1000, 1e-9 * total) && is("dearest", dearest, 0) &&
         is("breadth", static_cast<double>(kinds.size()), 0) && is("since_view", 1, 0) &&
         is("came_for", static_cast<double>(seen[0].category), 0) &&
         is("intent", intent, 1e-9 * intent) && shop.number(session, "favourite", now) >= 0;
}

/// The median of a view's cost once a first batch has filled the windows.
double observe_us(const Shop& shop, std::int64_t apart_ms) {
  const std::vector<View> all = views(batch_size * (repeat_count + 1), apart_ms);
  Session session = shop.start();
  shop.set_attributes(session);
  for (std::size_t i = 0; i < batch_size; ++i) shop.view(session, all[i]);
  std::vector<double> repeats;
  for (std::size_t repeat = 1; repeat <= repeat_count; ++repeat) {
    repeats.push_back(microseconds_each(
        batch_size, [&](std::size_t i) { shop.view(session, all[repeat * batch_size + i]); }));
  }
  std::sort(repeats.begin(), repeats.end());
  return repeats[repeat_count / 2];
}

/// What a session holds that has decided, after so many of each signal.
std::size_t held(const Shop& shop, std::size_t view_count, std::size_t cart_count) {
  Array<Winner> winners;
  winners.reserve(64);  // the caller's, and room enough that deciding takes no more
  const std::vector<View> seen = views(view_count, 30'000);
  const std::size_t before = held_bytes();
  Session session = shop.start();
  shop.set_attributes(session);
  for (const View& view : seen) shop.view(session, view);
  for (std::size_t i = 0; i < cart_count; ++i) {
    const std::int64_t at_ms = seen.back().at_ms + static_cast<std::int64_t>(i) * 1000;
    shop.observe(session, "cart_add", "article-" + std::to_string(i), 9.5, at_ms);
    if (i % 3 == 0) shop.observe(session, "purchase", "article-x", 9.5, at_ms);
  }
  session.winners(TimeMs{began_ms + 86'400'000}, winners);
  return sizeof session + held_bytes() - before;
}

int run(const char* path) {
  std::ifstream in(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const auto ruleset = Ruleset::open(std::as_bytes(std::span(bytes.data(), bytes.size())));
  if (!ruleset) {
    std::fprintf(stderr, "listen_bench: %s is no ruleset\n", path);
    return 1;
  }
  const Shop shop(*ruleset);
  if (!is_right(shop)) return 1;
  print("observe feeds ten features, 30 in a window", observe_us(shop, 60'000), "us");
  print("observe feeds ten features, windows full", observe_us(shop, 1'000), "us");
  held(shop, 1, 1);
  print("a session of a visit: 20 views, 3 carts", static_cast<double>(held(shop, 20, 3)), "bytes");
  print("a session with every window full", static_cast<double>(held(shop, 5000, 500)), "bytes");
  return 0;
}

}  // namespace
}  // namespace heed::bench

int main(int argument_count, char** arguments) {
  if (argument_count != 2) {
    std::fprintf(stderr, "usage: listen_bench FILE.heed\n");
    return 2;
  }
  return heed::bench::run(arguments[1]);
}
