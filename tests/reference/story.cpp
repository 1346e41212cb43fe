#include "story.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "heed/runtime/session.h"
#include "heed/studio/decide_lines.h"
#include "session_value.h"

namespace heed::reference {
namespace {

class Story {
 public:
  Story(const Pair& pair, const Index* index, const std::string& line)
      : pair_(pair),
        index_(index),
        told_(pair.oracle.read_line(line)),
        future_(told_.signals),
        session_(Session::create(pair.ruleset, told_.id, TimeMs{told_.began}, Level::device, 1)
                     .value()) {
    session_.use(index);
    told_.signals.clear();
    told_.consent = "device";
    std::erase_if(future_, [](const Signal& signal) { return signal.name == "refund"; });
    told_.slots.reset();
    // The story begins when its first signal comes.
    if (!future_.empty()) told_.began = future_.front().at;
    for (const auto& [name, value] : told_.attribute_order) {
      std::vector<std::string_view> members;
      const auto id = pair_.ruleset.find_attribute(name).value();
      require(session_.set(id, session_value(value, members), TimeMs{told_.began}).has_value(),
              "an attribute is refused");
    }
  }

  std::string tell(Random& random) {
    for (const Signal& signal : future_) {
      now_ = signal.at;
      observe(signal);
      if (random.chance(20)) travel();
      if (random.chance(60)) now_ += 1 + static_cast<std::int64_t>(random.below(3));
      if (&signal != &future_.back() && (&signal)[1].at <= now_) continue;
      view(random);
      if (!wrong_.empty()) return wrong_;
    }
    now_ = std::max(now_, told_.now) + 1;
    for (int i = 0; i < 4 && wrong_.empty(); ++i) {
      travel();
      view(random);
      now_ += static_cast<std::int64_t>(random.below(2) == 0 ? 500 : 86'400'000);
    }
    return wrong_;
  }

 private:
  void require(bool holds, const std::string& otherwise) {
    if (!holds && wrong_.empty()) wrong_ = otherwise + " at " + std::to_string(now_);
  }

  void observe(const Signal& signal) {
    const SignalId id = pair_.ruleset.find_signal(signal.name).value();
    std::vector<std::vector<std::string_view>> members(signal.fields.size());
    std::vector<FieldValue> fields;
    for (const auto& [name, value] : signal.fields) {
      const std::uint32_t field = pair_.ruleset.find_field(id, name).value();
      fields.push_back({field, session_value(value, members[fields.size()])});
    }
    require(session_.observe(id, fields, signal.id, TimeMs{now_}).has_value(),
            "a signal is refused");
    told_.signals.push_back(signal);
  }

  /// The session goes through a snapshot, as between edge and browser. Profile facts do not travel,
  /// so that a story with any stays where it is.
  void travel() {
    if (pair_.json.find("profile") != std::string::npos) return;
    Array<std::byte> snapshot;
    session_.save(snapshot);
    auto restored =
        Session::restore(pair_.ruleset, snapshot, told_.id, TimeMs{now_}, Level::device, view_);
    require(restored.has_value(), "its own snapshot is refused");
    if (!restored) return;
    require(*restored == session_, "a session comes back another");
    session_ = std::move(*restored);
    session_.use(index_);
  }

  /// A page view: every slot is decided and compared, and most of what is shown is exposed.
  void view(Random& random) {
    told_.now = now_;
    session_.begin_view(++view_);
    heed::Array<heed::Decision> decisions;
    session_.decide_all(TimeMs{now_}, decisions);
    told_.slots.emplace();
    for (const auto& decision : decisions) {
      told_.slots->emplace_back(pair_.ruleset.name(decision.slot));
    }
    const std::vector<Decision> expected = pair_.oracle.decide(told_);
    require(decisions.size() == expected.size(), "another number of slots");
    // Before anything is exposed: an exposure may fill a cap that another slot's trigger shares.
    if (!decisions.empty()) {
      const std::size_t i = random.below(decisions.size());
      explain(decisions[i], expected[i]);
    }
    for (std::size_t i = 0; i < decisions.size() && wrong_.empty(); ++i) {
      compare(decisions[i], expected[i]);
      if (!expected[i].trigger || !random.chance(80)) continue;
      require(session_.expose(decisions[i], TimeMs{now_}) == Exposed::counted,
              "an exposure does not count");
      require(session_.expose(decisions[i], TimeMs{now_}) == Exposed::repeated,
              "an exposure counts twice");
      told_.exposures.push_back({*expected[i].trigger, now_});
      told_.signals.push_back(exposure_signal(decisions[i], expected[i]));
    }
  }

  /// What heed itself observes when a decision is seen.
  Signal exposure_signal(const heed::Decision& decision, const Decision& expected) const {
    Signal signal;
    signal.name = "heed_exposure";
    signal.at = now_;
    signal.fields["slot"] = expected.slot;
    signal.fields["trigger"] = *expected.trigger;
    signal.fields["variant"] = compile::variant_name(pair_.ruleset, decision);
    signal.fields["microsegment"] = expected.microsegment;
    signal.fields["held_out"] = expected.held_out;
    const std::string campaign = pair_.oracle.campaign_of(*expected.trigger);
    if (!campaign.empty()) signal.fields["campaign"] = campaign;
    return signal;
  }

  /// What is explained is what was decided: the same decision, and its trigger won.
  void explain(const heed::Decision& decision, const Decision& expected) {
    const Explanation why = session_.explain(decision.slot, TimeMs{now_});
    require(why.decision == decision, "an explanation of another decision");
    TriggerId won = none_id<struct TriggerTag>;
    for (const Candidate& candidate : why.candidates) {
      if (candidate.outlook == Outlook::won) won = candidate.trigger;
      const bool unmet = candidate.outlook == Outlook::unmet;
      require(unmet || candidate.failures.empty(), "a test fails of a condition that holds");
    }
    require(won == decision.trigger, "another winner in the explanation");
    const bool held_back = why.suppressed != none_id<struct TriggerTag>;
    require(held_back == expected.suppressed.has_value() &&
                (!held_back || pair_.ruleset.name(why.suppressed) == *expected.suppressed),
            "caps hold back another");
  }

  void compare(const heed::Decision& decision, const Decision& expected) {
    const std::string slot = " in slot " + expected.slot;
    require(name(decision.reason) == expected.reason, "another reason" + slot);
    require((decision.trigger != none_id<TriggerTag>) == expected.trigger.has_value(),
            "a winner against none" + slot);
    if (!expected.trigger || !wrong_.empty()) return;
    require(pair_.ruleset.name(decision.trigger) == *expected.trigger, "another winner" + slot);
    require(decision.held_out == expected.held_out, "held out or not" + slot);
    require(decision.probability == expected.probability, "another probability" + slot);
    require(
        compile::microsegment_name(pair_.ruleset, decision.microsegment) == expected.microsegment,
        "another microsegment" + slot);
    std::string variant;
    for (const auto& [part, option] : expected.options) {
      variant += (variant.empty() ? "" : "+") + option;
    }
    require(compile::variant_name(pair_.ruleset, decision) == variant, "another variant" + slot);
  }

  std::string wrong_;
  const Pair& pair_;
  const Index* index_;
  Visitor told_;
  std::vector<Signal> future_;
  Session session_;
  std::int64_t now_ = 0;
  std::uint64_t view_ = 1;
};

}  // namespace

std::string tell_story(Random& random, const Pair& pair, const Index* index,
                       const std::string& line) {
  return Story(pair, index, line).tell(random);
}

}  // namespace heed::reference
