// Any interleaving of signals, exposures, time steps (also backwards), saves, restores and
// decisions gives the features and decisions that replaying the log by the naive model gives.
// Failures shrink. RC_PARAMS repeats a run (seed=...), HEED_LONG runs the full number.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "heed/runtime/index.h"
#include "heed/runtime/session.h"
#include "heed/studio/compile.h"
#include "heed/studio/decide_lines.h"
#include "reference.h"

namespace heed::reference {
namespace {

constexpr int sequences_short = 4'000;
constexpr int sequences_long = 100'000;

const std::string& source() {
  static const std::string text = [] {
    std::ifstream file(HEED_SOURCE_DIR "/tests/reference/interleavings.heed.json");
    return std::string(std::istreambuf_iterator<char>(file), {});
  }();
  return text;
}

/// What happens next; numbers are taken modulo what there is to choose from.
struct Event {
  std::uint8_t what = 0;
  std::uint8_t item = 0;
  std::uint8_t number = 0;
  std::uint8_t step = 0;

  friend std::ostream& operator<<(std::ostream& out, const Event& event) {
    return out << '{' << int{event.what} << ',' << int{event.item} << ',' << int{event.number}
               << ',' << int{event.step} << '}';
  }
};

}  // namespace
}  // namespace heed::reference

namespace rc {
template <>
struct Arbitrary<heed::reference::Event> {
  static Gen<heed::reference::Event> arbitrary() {
    using heed::reference::Event;
    return gen::build<Event>(gen::set(&Event::what, gen::inRange<std::uint8_t>(0, 16)),
                             gen::set(&Event::item, gen::inRange<std::uint8_t>(0, 80)),
                             gen::set(&Event::number, gen::inRange<std::uint8_t>(0, 40)),
                             gen::set(&Event::step, gen::inRange<std::uint8_t>(0, 40)));
  }
};
}  // namespace rc

namespace heed::reference {
namespace {

std::string item_name(int item) {
  return item < 2 ? std::string(1, "ab"[item]) : "item" + std::to_string(item % 100);
}

const Reference& oracle() {
  static const Reference reference(source());
  return reference;
}

const Ruleset& ruleset() {
  static const Ruleset opened = [] {
    const compile::SourceFile file{"a.heed.json", source()};
    const auto result = compile::compile(std::span(&file, 1), {});
    if (!result.compiled) throw std::runtime_error(compile::to_text(result.diagnostics));
    return Ruleset::open(result.compiled->image).value();
  }();
  return opened;
}

class Interleaving {
 public:
  explicit Interleaving(bool indexed) {
    static const Index rows(ruleset());
    if (indexed) index_ = &rows;
    session_.use(index_);
    told_.id = "u1";
    told_.began = told_.now = now_;
    told_.slots = {"hero", "side", "all"};
  }

  void run(const std::vector<Event>& events) {
    for (const Event& event : events) {
      step(event);
      compare_features();
    }
    decide(false);
  }

 private:
  void step(const Event& event) {
    move_time(event.step);
    switch (event.what % 16) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        return view(event);
      case 5:
      case 6:
        return buy(event);
      case 7:
        return observe("ping", {});
      case 8:
        for (int i = 0; i < 40; ++i) view({0, static_cast<std::uint8_t>(event.item + i), 3, 0});
        return;
      case 9:
      case 10:
        return travel();
      case 11:
      case 12:
        return decide(false);
      case 13:
      case 14:
        return decide(true);
      default:
        now_ += event.number % 2 == 0 ? 40'000 : -30'000;
    }
  }

  void move_time(std::uint8_t step) {
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

  void view(const Event& event) {
    const std::string sku = item_name(event.item);
    const double price = event.number / 4.0;
    if (event.number == 39) return observe("view", {{"sku", sku}});
    observe("view", {{"sku", sku}, {"price", price}});
  }

  void buy(const Event& event) {
    Set skus;
    for (int i = 0; i < event.number % 4; ++i) {
      skus.insert(item_name(event.item + i));
    }
    observe("buy", {{"skus", skus}, {"price", static_cast<double>(event.number)}});
  }

  void observe(const std::string& name, const std::map<std::string, Value>& fields) {
    const SignalId signal = ruleset().find_signal(name).value();
    std::vector<std::string_view> members;
    std::vector<FieldValue> given;
    for (const auto& [field, value] : fields) {
      const std::uint32_t at = ruleset().find_field(signal, field).value();
      if (const auto* set = std::get_if<Set>(&value)) {
        members.assign(set->begin(), set->end());
        given.push_back({at, Members(members)});
      } else if (const auto* text = std::get_if<std::string>(&value)) {
        given.push_back({at, std::string_view(*text)});
      } else {
        given.push_back({at, std::get<double>(value)});
      }
    }
    const auto observed = session_.observe(signal, given, "", TimeMs{now_});
    if (!observed) RC_FAIL(std::string(heed::name(observed.error().code)));
    tell({name, now_, fields, ""});
  }

  /// Something happened: what was to happen later happened now.
  void tell(Signal signal) {
    for (Exposure& exposure : told_.exposures) exposure.at = std::min(exposure.at, signal.at);
    told_.signals.push_back(std::move(signal));
  }

  void travel() {
    Array<std::byte> snapshot;
    session_.save(snapshot);
    auto restored = Session::restore(ruleset(), snapshot, "u1", TimeMs{now_}, Level::device, view_);
    RC_ASSERT(restored.has_value());
    Array<std::byte> again;
    restored->save(again);
    if (now_ >= latest_ms()) {
      RC_ASSERT(*restored == session_);
      RC_ASSERT(again == snapshot);
    }
    session_ = std::move(*restored);
    session_.use(index_);
    tell({"", now_, {}, ""});  // a clock that runs behind takes everything along
  }

  [[nodiscard]] std::int64_t latest_ms() const { return session_.state().clock_ms; }

  void decide(bool expose) {
    told_.now = now_;
    session_.begin_view(++view_);
    std::vector<heed::Decision> decisions;
    session_.decide_all(TimeMs{now_}, decisions);
    const std::vector<Decision> expected = oracle().decide(told_);
    RC_ASSERT(decisions.size() == expected.size());
    for (std::size_t i = 0; i < decisions.size(); ++i) {
      const TriggerId held_back = session_.explain(decisions[i].slot, TimeMs{now_}).suppressed;
      RC_ASSERT((held_back != none_id<TriggerTag>) == expected[i].suppressed.has_value());
      if (expected[i].suppressed) {
        RC_ASSERT(std::string(ruleset().name(held_back)) == *expected[i].suppressed);
      }
      const bool won = decisions[i].trigger != none_id<TriggerTag>;
      RC_ASSERT(won == expected[i].trigger.has_value());
      RC_ASSERT(std::string(name(decisions[i].reason)) == expected[i].reason);
      if (!won) continue;
      RC_ASSERT(std::string(ruleset().name(decisions[i].trigger)) == *expected[i].trigger);
      RC_ASSERT(compile::microsegment_name(ruleset(), decisions[i].microsegment) ==
                expected[i].microsegment);
    }
    for (std::size_t i = 0; expose && i < decisions.size(); ++i) {
      if (!expected[i].trigger) continue;
      RC_ASSERT(session_.expose(decisions[i], TimeMs{now_}) == Exposed::counted);
      told_.exposures.push_back({*expected[i].trigger, now_});
      tell({"heed_exposure", now_, {{"slot", expected[i].slot}}, ""});
    }
  }

  void compare_features() {
    told_.now = now_;
    const auto all = ruleset().find_slot("all").value();
    const Explanation why = session_.explain(all, TimeMs{now_});
    for (const InputValue& input : why.inputs) {
      const auto row = ruleset().at<std::uint32_t>(image::Column::input_row, input.input.index);
      const std::string name(ruleset().text(image::Column::feature_name, row));
      const Value expected = oracle().feature(told_, name);
      if (const auto* number = std::get_if<double>(&input.value)) {
        const auto* span = std::get_if<Duration>(&expected);
        RC_ASSERT((span != nullptr ? span->ms == *number : expected == Value(*number)));
      } else if (const auto* truth = std::get_if<bool>(&input.value)) {
        RC_ASSERT(expected == Value(*truth));
      } else if (const auto* text = std::get_if<std::string>(&input.value)) {
        RC_ASSERT(expected == Value(*text));
      } else {
        RC_ASSERT(!is_known(expected));
      }
    }
  }

  std::int64_t now_ = 1'800'000'000'000;
  std::uint64_t view_ = 1;
  const Index* index_ = nullptr;
  Session session_ = Session::create(ruleset(), "u1", TimeMs{now_}, Level::device, view_).value();
  Visitor told_;
};

TEST(Interleavings, features_and_decisions_are_those_of_a_replayed_log) {
  rc::detail::TestParams params = rc::detail::configuration().testParams;
  params.maxSuccess = std::getenv("HEED_LONG") != nullptr ? sequences_long : sequences_short;
  params.maxSize = 60;
  const auto property = [](const std::vector<Event>& events, bool indexed) {
    Interleaving(indexed).run(events);
  };
  rc::detail::TestMetadata metadata;
  metadata.id = "interleavings";
  const auto result = rc::detail::checkTestable(property, metadata, params);
  if (result.is<rc::detail::SuccessResult>()) {
    std::cout << params.maxSuccess << " sequences, seed " << params.seed << "\n";
    return;
  }
  std::ostringstream said;
  rc::detail::printResultMessage(result, said);
  FAIL() << said.str();
}

}  // namespace
}  // namespace heed::reference
