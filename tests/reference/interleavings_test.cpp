// Any interleaving of signals, exposures, time steps (also backwards), saves, restores and
// decisions gives the features and decisions that replaying the log by the naive model gives.
// Failures shrink. RC_PARAMS repeats a run (seed=...), HEED_LONG runs the full number.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdlib>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "heed/runtime/index.h"
#include "heed/runtime/session.h"
#include "heed/studio/compile.h"
#include "heed/studio/decide_lines.h"
#include "interleaving.h"

namespace heed::reference {
namespace {

constexpr int sequences_short = 4'000;
constexpr int sequences_long = 100'000;

}  // namespace

std::ostream& operator<<(std::ostream& out, const Event& event) {
  return out << '{' << int{event.what} << ',' << int{event.item} << ',' << int{event.number} << ','
             << int{event.step} << '}';
}

}  // namespace heed::reference

namespace rc {
template <>
struct Arbitrary<heed::reference::Event> {
  static Gen<heed::reference::Event> arbitrary() {
    using heed::reference::Event;
    const auto below = [](std::uint8_t count) { return gen::inRange<std::uint8_t>(0, count); };
    return gen::build<Event>(gen::set(&Event::what, below(Event::what_count)),
                             gen::set(&Event::item, below(Event::item_count)),
                             gen::set(&Event::number, below(Event::number_count)),
                             gen::set(&Event::step, below(Event::step_count)));
  }
};
}  // namespace rc

namespace heed::reference {
namespace {

const Ruleset& ruleset() {
  static const Ruleset opened = [] {
    const compile::SourceFile file{"a.heed.json", interleavings_source()};
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
    for (const Deed& deed : telling_.take(event)) {
      switch (deed.what) {
        case Deed::Do::observe:
          observe(deed.signal, deed.fields);
          break;
        case Deed::Do::travel:
          travel();
          break;
        case Deed::Do::decide:
        case Deed::Do::decide_and_expose:
          decide(deed.what == Deed::Do::decide_and_expose);
      }
    }
  }

  [[nodiscard]] TimeMs now() const { return TimeMs{telling_.now()}; }

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
    const auto observed = session_.observe(signal, given, "", now());
    if (!observed) RC_FAIL(std::string(heed::name(observed.error().code)));
  }

  void travel() {
    Array<std::byte> snapshot;
    session_.save(snapshot);
    auto restored =
        Session::restore(ruleset(), snapshot, "u1", now(), Level::device, telling_.view());
    RC_ASSERT(restored.has_value());
    Array<std::byte> again;
    restored->save(again);
    if (now().ms >= latest_ms()) {
      RC_ASSERT(*restored == session_);
      RC_ASSERT(again == snapshot);
    }
    session_ = std::move(*restored);
    session_.use(index_);
  }

  [[nodiscard]] std::int64_t latest_ms() const { return session_.state().clock_ms; }

  void decide(bool expose) {
    const std::vector<Decision> expected = telling_.decide();
    session_.begin_view(telling_.view());
    heed::Array<heed::Decision> decisions;
    session_.decide_all(now(), decisions);
    RC_ASSERT(decisions.size() == expected.size());
    for (std::size_t i = 0; i < decisions.size(); ++i) {
      const TriggerId held_back = session_.explain(decisions[i].slot, now()).suppressed;
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
      RC_ASSERT(session_.expose(decisions[i], now()) == Exposed::counted);
    }
    if (expose) telling_.expose(expected);
  }

  void compare_features() {
    const auto all = ruleset().find_slot("all").value();
    const Explanation why = session_.explain(all, now());
    RC_ASSERT(why.inputs.size() == ruleset().row_count(image::Column::feature_name));
    for (const InputValue& input : why.inputs) {
      const auto row = ruleset().at<std::uint32_t>(image::Column::input_row, input.input.index);
      const std::string name(ruleset().text(image::Column::feature_name, row));
      const Value expected = telling_.feature(name);
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

  Telling telling_;
  const Index* index_ = nullptr;
  Session session_ =
      Session::create(ruleset(), "u1", now(), Level::device, telling_.view()).value();
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
