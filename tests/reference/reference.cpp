#include "reference.h"

#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "feature_log.h"
#include "number_text.h"

namespace heed::reference {

/// Signals from the first up to, not including, `signal_count` have happened.
struct Reference::Moment {
  const Visitor& visitor;
  std::int64_t now;
  std::size_t attribute_count;  // of `attribute_order`: those set so far
  std::size_t signal_count;
  std::size_t exposure_count;
};

namespace {

/// Whether a signal of this name and id has come before: it counts once for a visitor.
bool is_repeat(const Visitor& visitor, std::size_t index) {
  const Signal& signal = visitor.signals[index];
  if (signal.id.empty()) return false;
  return std::any_of(visitor.signals.begin(),
                     visitor.signals.begin() + static_cast<std::ptrdiff_t>(index),
                     [&](const Signal& s) { return s.name == signal.name && s.id == signal.id; });
}

/// floor(2^32 x + 1/2)
std::uint64_t threshold(double x) {
  return static_cast<std::uint64_t>(std::floor(std::ldexp(x, 32) + 0.5));
}

bool comes_first(const Trigger& a, const Trigger& b) {
  return a.priority != b.priority ? a.priority > b.priority : a.name < b.name;
}

}  // namespace

Value Reference::feature(const Visitor& visitor, const std::string& name) const {
  const Moment moment{visitor, visitor.now, visitor.attribute_order.size(), visitor.signals.size(),
                      visitor.exposures.size()};
  return feature_value(moment, features_.at(name));
}

std::string Reference::campaign_of(const std::string& trigger) const {
  const auto named = std::find_if(triggers_.begin(), triggers_.end(),
                                  [&](const Trigger& other) { return other.name == trigger; });
  return named == triggers_.end() ? std::string() : named->campaign;
}

std::uint64_t Reference::draw(const Moment& moment, const std::string& name) const {
  const std::uint64_t seed = XXH64(site_.data(), site_.size(), 0);
  const Visitor& visitor = moment.visitor;
  const std::string& name_of_unit = visitor.consent == "none" ? visitor.view : visitor.id;
  const std::uint64_t unit = XXH64(name_of_unit.data(), name_of_unit.size(), seed);
  std::uint64_t h = unit ^ XXH64(name.data(), name.size(), seed);
  h ^= h >> 33U;
  h *= 0xff51afd7ed558ccdULL;
  h ^= h >> 33U;
  h *= 0xc4ceb9fe1a85ec53ULL;
  h ^= h >> 33U;
  return h >> 32U;
}

bool Reference::holds(const Moment& moment, const Expression& condition) const {
  return is_true(
      evaluate(condition, [&](const std::string& name) { return lookup(moment, name); }));
}

Value Reference::lookup(const Moment& moment, const std::string& name) const {
  if (name == "time_zone") return time_zone_;
  if (name == "now") return Time{static_cast<double>(moment.now)};
  if (name.rfind("segment.", 0) == 0) return holds(moment, segments_.at(name.substr(8)));
  if (name.rfind("stage.", 0) == 0) {
    const std::string journey = name.substr(6);
    const std::size_t stage = stage_of(moment, journey);
    return stage == 0 ? std::string("none") : journeys_.at(journey)[stage - 1].name;
  }
  if (const auto feature = features_.find(name); feature != features_.end()) {
    return feature_value(moment, feature->second);
  }
  const auto& order = moment.visitor.attribute_order;
  const bool is_hidden =
      moment.visitor.consent == "none" && attribute_sources_.at(name) == "profile";
  for (std::size_t i = is_hidden ? 0 : moment.attribute_count; i-- > 0;) {
    if (order[i].first == name) return order[i].second;
  }
  const auto otherwise = defaults_.find(name);
  return otherwise == defaults_.end() ? Value(Unknown{}) : otherwise->second;
}

/// What a feature takes from a signal: its field, or 1 where it has none; nothing where the signal
/// is not one to take.
std::optional<Value> Reference::counted(const Signal& signal, const std::string& name,
                                        const std::string& field,
                                        const std::optional<Expression>& where) const {
  if (signal.name != name) return std::nullopt;
  const auto value_of = [&](const std::string& wanted) {
    if (wanted == "time_zone") return Value(time_zone_);
    const auto found = signal.fields.find(wanted);
    return found == signal.fields.end() ? Value(Unknown{}) : found->second;
  };
  if (where && !is_true(evaluate(*where, value_of))) return std::nullopt;
  const Value value = field.empty() ? Value(1.0) : value_of(field);
  return is_known(value) ? std::optional(value) : std::nullopt;
}

/// Replays every signal, oldest first, as if nothing had been kept from the last question.
Value Reference::feature_value(const Moment& moment, const Feature& feature) const {
  if (feature.kind == "ratio") {
    const Value above = feature_value(moment, features_.at(feature.signal));
    const Value below = feature_value(moment, features_.at(feature.other));
    if (!is_known(above) || !is_known(below) || std::get<double>(below) == 0) return Unknown{};
    const double ratio = std::get<double>(above) / std::get<double>(below);
    return std::isfinite(ratio) ? Value(ratio) : Value(Unknown{});
  }
  FeatureLog log(feature.kind, feature.window, feature.half_life,
                 XXH64(site_.data(), site_.size(), 0));
  for (std::size_t i = 0; i < moment.signal_count; ++i) {
    if (is_repeat(moment.visitor, i)) continue;
    const Signal& signal = moment.visitor.signals[i];
    log.move_clock(signal.at);
    // A signal that is both steps ends what was open before it opens anew.
    if (!feature.other.empty()) {
      const auto second = counted(signal, feature.other, feature.other_field, feature.other_where);
      if (second) log.take_second(*second, signal.at);
    }
    const auto value = counted(signal, feature.signal, feature.field, feature.where);
    if (value) log.take(*value, signal.at);
  }
  return log.value(moment.now);
}

/// From 1; 0 before the first stage. A sticky stage counts once it has held when something
/// happened.
std::size_t Reference::stage_of(const Moment& moment, const std::string& journey) const {
  const std::vector<Stage>& stages = journeys_.at(journey);
  for (std::size_t stage = stages.size(); stage > 0; --stage) {
    if (holds(moment, stages[stage - 1].when)) return stage;
    if (!stages[stage - 1].sticky) continue;
    for (const Moment& before : history(moment)) {
      if (holds(before, stages[stage - 1].when)) return stage;
    }
  }
  return 0;
}

/// Every moment up to this one at which something happened: attributes first, then signals, heed's
/// own at exposures among them.
std::vector<Reference::Moment> Reference::history(const Moment& moment) const {
  std::vector<Moment> moments;
  const Visitor& visitor = moment.visitor;
  for (std::size_t i = 1; i <= moment.attribute_count; ++i) {
    // A profile fact is not taken without consent: nothing happens.
    const std::string& source = attribute_sources_.at(visitor.attribute_order[i - 1].first);
    if (visitor.consent == "none" && source == "profile") continue;
    moments.push_back({visitor, visitor.began, i, 0, 0});
  }
  for (std::size_t i = 0; i < moment.signal_count; ++i) {
    const Signal& signal = visitor.signals[i];
    if (is_repeat(visitor, i) || signal.name.empty() || signal.name == "refund") continue;
    moments.push_back({visitor, signal.at, moment.attribute_count, i + 1, 0});
  }
  return moments;
}

std::string Reference::microsegment(const Moment& moment) const {
  if (!micro_segments_ && !micro_journey_) return "all";
  std::string segment = "other";
  for (const std::string& name : micro_segments_.value_or(std::vector<std::string>())) {
    if (!holds(moment, segments_.at(name))) continue;
    segment = name;
    break;
  }
  std::string stage = "none";
  if (micro_journey_) stage = std::get<std::string>(lookup(moment, "stage." + *micro_journey_));
  return segment + "/" + stage;
}

/// Whether what was shown before fills a cap: counted one by one, at every question.
bool Reference::used_up(const Moment& moment, const Cap& cap,
                        const std::function<bool(const std::string&)>& is_counted) const {
  constexpr std::int64_t pause = 30 * 60'000;  // ends a session
  std::int64_t session_began = 0;
  std::int64_t last = 0;
  for (std::size_t i = 0; i < moment.signal_count; ++i) {
    const Signal& signal = moment.visitor.signals[i];
    if (signal.name == "refund" || is_repeat(moment.visitor, i)) continue;
    // A clock that goes back takes along what was to happen later; nameless ones do that alone.
    session_began = std::min(session_began, signal.at);
    if (signal.name.empty()) {
      last = std::min(last, signal.at);
      continue;
    }
    if (signal.at - last >= pause) session_began = signal.at;
    last = signal.at;
  }
  std::uint32_t times = 0;
  std::uint32_t in_session = 0;
  bool hot = false;
  const auto now = static_cast<double>(moment.now);
  for (std::size_t i = 0; i < moment.exposure_count; ++i) {
    const Exposure& exposure = moment.visitor.exposures[i];
    if (!is_counted(exposure.trigger)) continue;
    if (static_cast<double>(exposure.at) > now - cap.per) ++times;
    if (static_cast<double>(exposure.at) > now - cap.cool_down) hot = true;
    if (moment.now < last + pause && exposure.at >= session_began) ++in_session;
  }
  return (cap.times > 0 && times >= cap.times) || (cap.session > 0 && in_session >= cap.session) ||
         (cap.cool_down > 0 && hot);
}

bool Reference::capped(const Moment& moment, const Trigger& trigger) const {
  const auto is_own = [&](const std::string& name) { return name == trigger.name; };
  const auto is_campaigns = [&](const std::string& name) {
    return campaign_of(name) == trigger.campaign;
  };
  return used_up(moment, trigger.cap, is_own) ||
         (!trigger.campaign.empty() &&
          used_up(moment, campaign_caps_.at(trigger.campaign), is_campaigns)) ||
         used_up(moment, programme_cap_, [](const std::string&) { return true; });
}

/// Why a trigger whose condition holds may not show, caps aside; empty where nothing stops it.
std::string Reference::obstacle(const Moment& moment, const Trigger& trigger) const {
  const std::string& channel = channels_.at(trigger.slot);
  if (moment.visitor.consent == "none" && (channel == "email" || channel == "app")) {
    return "no_consent";
  }
  if (trigger.from && moment.now < *trigger.from) return "schedule";
  if (trigger.until && moment.now >= *trigger.until) return "schedule";
  if (trigger.layer.empty()) return {};
  const std::uint64_t drawn = draw(moment, "l/" + layer_salts_.at(trigger.layer));
  const bool inside =
      threshold(trigger.range_from) <= drawn && drawn < threshold(trigger.range_until);
  return inside ? std::string() : std::string("layer");
}

Decision Reference::show(const Moment& moment, const Trigger& trigger) const {
  Decision decision;
  decision.slot = trigger.slot;
  decision.trigger = trigger.name;
  decision.held_out = draw(moment, "h/" + trigger.salt) < threshold(trigger.holdout) ||
                      draw(moment, "g/" + programme_salt_) < threshold(programme_holdout_);
  if (decision.held_out) {
    decision.reason = "holdout";
    return decision;
  }
  decision.reason = trigger.split ? "split" : "fixed";
  for (const Part& part : trigger.parts) {
    std::size_t chosen = 0;
    if (trigger.split) {
      const std::uint64_t drawn = draw(moment, "p/" + trigger.salt + "/" + part.name);
      double sum = 0;
      for (const double share : part.shares) sum += share;
      std::uint64_t lower = 0;
      double so_far = 0;
      for (chosen = 0; chosen < part.options.size(); ++chosen) {
        so_far += part.shares[chosen];
        const bool is_last = chosen + 1 == part.options.size();
        const std::uint64_t upper = is_last ? std::uint64_t{1} << 32U : threshold(so_far / sum);
        if (drawn < upper) {
          decision.probability *= std::ldexp(static_cast<double>(upper - lower), -32);
          break;
        }
        lower = upper;
      }
    }
    decision.options.emplace_back(part.name, part.options[chosen]);
  }
  return decision;
}

std::optional<double> Reference::amount(const Amounts& amounts,
                                        const std::string& microsegment) const {
  for (const std::string& key :
       {microsegment, microsegment.substr(0, microsegment.find('/')), std::string()}) {
    if (amounts.count(key) != 0) return amounts.at(key);
  }
  return std::nullopt;
}

double Reference::value(const Trigger& trigger, const std::string& microsegment) const {
  const auto own = amount(trigger.values, microsegment);
  return own ? *own : amount(micro_values_, microsegment).value_or(0);
}

/// The most valuable of the first priority in which any may show.
///
/// @param candidates  by priority, then by name
const Trigger* Reference::winner(const Moment& moment, const std::vector<Trigger>& candidates,
                                 bool heeds_caps, std::string& reason) const {
  const Trigger* best = nullptr;
  const std::string here = microsegment(moment);
  for (const Trigger& trigger : candidates) {
    if (best != nullptr && trigger.priority < best->priority) break;
    if (trigger.when && !holds(moment, *trigger.when)) continue;
    const bool is_capped = heeds_caps && capped(moment, trigger);
    const std::string stopped = is_capped ? "capped" : obstacle(moment, trigger);
    if (!stopped.empty()) {
      if (reason == "no_trigger") reason = stopped;
    } else if (best == nullptr || value(trigger, here) > value(*best, here)) {
      best = &trigger;
    }
  }
  return best;
}

Decision Reference::decide_slot(const Moment& moment, const std::string& slot) const {
  std::vector<Trigger> candidates;
  for (const Trigger& trigger : triggers_) {
    if (trigger.slot == slot) candidates.push_back(trigger);
  }
  std::sort(candidates.begin(), candidates.end(), comes_first);
  const bool is_expired = moment.now >= expires_;
  if (is_expired) candidates.clear();
  std::string reason = is_expired ? "expired" : "no_trigger";
  std::string ignored;
  const Trigger* won = winner(moment, candidates, true, reason);
  const Trigger* free = winner(moment, candidates, false, ignored);
  Decision decision;
  if (won != nullptr) {
    decision = show(moment, *won);
  } else {
    decision.slot = slot;
    decision.reason = reason;
  }
  if (free != won) decision.suppressed = free->name;
  decision.microsegment = microsegment(moment);
  return decision;
}

std::vector<Decision> Reference::decide(const Visitor& visitor) const {
  const Moment moment{visitor, visitor.now, visitor.attribute_order.size(), visitor.signals.size(),
                      visitor.exposures.size()};
  std::vector<Decision> decisions;
  for (const std::string& slot : visitor.slots.value_or(slots_)) {
    Decision decision = decide_slot(moment, slot);
    if (visitor.slots || decision.trigger) decisions.push_back(std::move(decision));
  }
  return decisions;
}

}  // namespace heed::reference
