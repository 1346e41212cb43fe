#include "interleaving.h"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace heed::reference {
namespace {

std::string item_name(int item) {
  return item < 2 ? std::string(1, "ab"[item]) : "item" + std::to_string(item % 100);
}

}  // namespace

const std::string& interleavings_source() {
  static const std::string text = [] {
    std::ifstream file(HEED_SOURCE_DIR "/tests/reference/interleavings.heed.json");
    return std::string(std::istreambuf_iterator<char>(file), {});
  }();
  return text;
}

const Reference& interleavings_oracle() {
  static const Reference reference(interleavings_source());
  return reference;
}

Telling::Telling() {
  told_.id = "u1";
  told_.began = told_.now = now_;
  told_.slots = {"hero", "side", "all"};
}

std::vector<Deed> Telling::take(const Event& event) {
  move_time(event.step);
  const int what = event.what % Event::what_count;
  if (what < 5) return {see(event)};
  if (what < 7) return {buy(event)};
  if (what == 7) return {observe("ping", {})};
  if (what == 8) {
    std::vector<Deed> many;
    for (int i = 0; i < 40; ++i) {
      many.push_back(see({0, static_cast<std::uint8_t>(event.item + i), 3, 0}));
    }
    return many;
  }
  if (what < 11) {
    tell({"", now_, {}, ""});  // a clock that runs behind takes everything along
    return {{Deed::Do::travel, "", {}}};
  }
  if (what < 13) return {{Deed::Do::decide, "", {}}};
  if (what < 15) return {{Deed::Do::decide_and_expose, "", {}}};
  now_ += event.number % 2 == 0 ? 40'000 : -30'000;
  return {};
}

void Telling::move_time(std::uint8_t step) {
  constexpr std::int64_t ten_years_ms = 3'652LL * 86'400'000;
  constexpr std::int64_t steps[] = {0,      0,      1,      500,    1'000, 1'999,  2'000,  9'999,
                                    10'000, 29'999, 30'000, 60'000, -1,    -1'000, -60'000};
  constexpr std::int64_t pause_ms = 1'800'000;  // ends a session
  if (step < std::size(steps)) now_ += steps[step];
  if (step == 16) now_ += pause_ms - 1;
  if (step == 17) now_ += pause_ms;
  if (step == 20) now_ += ten_years_ms;
  if (step == 21) now_ -= ten_years_ms;
  now_ = std::max<std::int64_t>(now_, 0);
}

Deed Telling::see(const Event& event) {
  const std::string sku = item_name(event.item);
  if (event.number == 39) return observe("view", {{"sku", sku}});
  return observe("view", {{"sku", sku}, {"price", event.number / 4.0}});
}

Deed Telling::buy(const Event& event) {
  Set skus;
  for (int i = 0; i < event.number % 4; ++i) skus.insert(item_name(event.item + i));
  return observe("buy", {{"skus", skus}, {"price", static_cast<double>(event.number)}});
}

Deed Telling::observe(const std::string& name, std::map<std::string, Value> fields) {
  tell({name, now_, fields, ""});
  return {Deed::Do::observe, name, std::move(fields)};
}

/// Something happened: what was to happen later happened now.
void Telling::tell(Signal signal) {
  for (Exposure& exposure : told_.exposures) exposure.at = std::min(exposure.at, signal.at);
  told_.signals.push_back(std::move(signal));
}

std::vector<Decision> Telling::decide() {
  told_.now = now_;
  ++view_;
  return interleavings_oracle().decide(told_);
}

void Telling::expose(const std::vector<Decision>& decisions) {
  for (const Decision& decision : decisions) {
    if (!decision.trigger) continue;
    told_.exposures.push_back({*decision.trigger, now_});
    tell({"heed_exposure", now_, {{"slot", decision.slot}}, ""});
  }
}

Value Telling::feature(const std::string& name) {
  told_.now = now_;
  return interleavings_oracle().feature(told_, name);
}

}  // namespace heed::reference
