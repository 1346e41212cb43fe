#include "journeys.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "heed/measure/quantile.h"
#include "json.h"

namespace heed::store {
namespace {

const std::string everybody;

bool stands_in(const Stay& stay, const std::string& segment, std::size_t stage) {
  return stay.stage == stage && (segment == everybody || stay.segment == segment);
}

std::optional<double> mean(double sum, std::uint64_t count) {
  return count == 0 ? std::nullopt : std::optional(sum / static_cast<double>(count));
}

void write_transition(JsonWriter& json, const std::string& from, const std::string& to,
                      const Transition& transition) {
  std::vector<double> times_ms = transition.times_ms;
  std::sort(times_ms.begin(), times_ms.end());
  json.object().member("from", from).member("to", to).member("count", transition.count);
  json.member("visitors", transition.visitors);
  json.member("median_ms", measure::quantile(times_ms, 0.5));
  json.member("p90_ms", measure::quantile(times_ms, 0.9)).end_object();
}

void write_fate(JsonWriter& json, const std::string& from, const StageFate& fate) {
  json.object().member("from", from).member("reached", fate.reached);
  json.member("moved_on", fate.moved_on).member("waiting", fate.waiting);
  json.member("lost", fate.lost());
  json.member("value_moved_on", mean(fate.value_moved_on, fate.moved_on));
  json.member("value_lost", mean(fate.value_lost, fate.lost()));
  json.member("loss", fate.loss()).end_object();
}

void write_segment(JsonWriter& json, const std::string& name, const SegmentJourney& segment,
                   const std::vector<std::string>& stages) {
  json.object().member("segment", name == everybody ? std::nullopt : std::optional(name));
  json.member("visitors", segment.visitors).key("stages").array();
  for (std::size_t i = 0; i < stages.size(); ++i) {
    json.object().member("stage", stages[i]).member("visitors", segment.stages[i].reached);
    json.end_object();
  }
  json.end_array().key("transitions").array();
  for (const auto& [ends, transition] : segment.transitions) {
    write_transition(json, stages[ends.first], stages[ends.second], transition);
  }
  json.end_array().key("losses").array();
  for (std::size_t i = 0; i + 1 < stages.size(); ++i) {
    write_fate(json, stages[i], segment.stages[i]);
  }
  json.end_array().end_object();
}

void write_costliest(JsonWriter& json, const Journeys& journeys,
                     const std::vector<std::string>& stages) {
  const std::string* name = nullptr;
  std::size_t from = 0;
  double most = 0;
  for (const auto& [segment, journey] : journeys.segments()) {
    if (segment == everybody) continue;
    for (std::size_t i = 0; i + 1 < stages.size(); ++i) {
      const std::optional<double> loss = journey.stages[i].loss();
      if (!loss || *loss <= most) continue;
      name = &segment;
      from = i;
      most = *loss;
    }
  }
  json.key("costliest");
  if (name == nullptr) {
    json.null();
    return;
  }
  json.object().member("segment", *name).member("from", stages[from]);
  json.member("lost", journeys.segments().at(*name).stages[from].lost());
  json.member("loss", most).end_object();
}

/// Hands whole visitors to the fold.
class Gather {
 public:
  Gather(const SiteFacts& facts, std::int64_t now_ms)
      : facts_(facts), journeys_(facts.stages.size(), now_ms, facts.window_ms_max.value_or(0)) {}

  void earned(std::uint64_t unit, std::string_view metric, double value) {
    if (facts_.goals.empty() || facts_.goals.count(std::string(metric)) != 0) {
      values_[unit] += value;
    }
  }
  void stay(std::uint64_t unit, std::int64_t at_ms, std::string_view microsegment) {
    if (!stays_.empty() && unit != unit_) finish();
    const std::size_t slash = microsegment.rfind('/');
    const auto stage =
        slash == std::string_view::npos
            ? facts_.stages.end()
            : std::find(facts_.stages.begin(), facts_.stages.end(), microsegment.substr(slash + 1));
    if (stage == facts_.stages.end()) {
      ++unknown_;
      return;
    }
    unit_ = unit;
    stays_.push_back({at_ms, std::string(microsegment.substr(0, slash)),
                      static_cast<std::size_t>(stage - facts_.stages.begin())});
  }
  const Journeys& journeys() {
    if (!stays_.empty()) finish();
    return journeys_;
  }
  [[nodiscard]] std::uint64_t unknown() const { return unknown_; }

 private:
  void finish() {
    const auto value = values_.find(unit_);
    journeys_.add(stays_, value == values_.end() ? 0 : value->second);
    stays_.clear();
  }

  const SiteFacts& facts_;
  Journeys journeys_;
  std::unordered_map<std::uint64_t, double> values_;
  std::vector<Stay> stays_;  // of the visitor that is being read
  std::uint64_t unit_ = 0;
  std::uint64_t unknown_ = 0;
};

}  // namespace

std::optional<double> StageFate::loss() const {
  const auto on = mean(value_moved_on, moved_on);
  const auto off = mean(value_lost, lost());
  if (!on || !off) return std::nullopt;
  return static_cast<double>(lost()) * (*on - *off);
}

SegmentJourney& Journeys::segment(const std::string& name) {
  SegmentJourney& found = segments_[name];
  found.stages.resize(stage_count_);
  return found;
}

void Journeys::add(std::span<const Stay> stays, double value) {
  std::set<std::string> names = {everybody};
  for (const Stay& stay : stays) names.insert(stay.segment);
  for (const std::string& name : names) add_fates(name, stays, value);
  add_transitions(stays);
}

void Journeys::add_fates(const std::string& name, std::span<const Stay> stays, double value) {
  SegmentJourney& journey = segment(name);
  ++journey.visitors;
  for (std::size_t stage = 0; stage < stage_count_; ++stage) {
    const auto stands = [&](const Stay& stay) { return stands_in(stay, name, stage); };
    const auto first = std::find_if(stays.begin(), stays.end(), stands);
    if (first == stays.end()) continue;
    StageFate& fate = journey.stages[stage];
    ++fate.reached;
    const auto is_later = [stage](const Stay& stay) { return stay.stage > stage; };
    if (std::any_of(first, stays.end(), is_later)) {
      ++fate.moved_on;
      fate.value_moved_on += value;
      continue;
    }
    const auto last = std::find_if(stays.rbegin(), stays.rend(), stands);
    if (last->at_ms > now_ms_ - window_ms_) {
      ++fate.waiting;
    } else {
      fate.value_lost += value;
    }
  }
}

void Journeys::add_transitions(std::span<const Stay> stays) {
  std::set<std::pair<std::string, std::pair<std::size_t, std::size_t>>> counted;
  std::int64_t entered_ms = stays.front().at_ms;
  for (std::size_t i = 1; i < stays.size(); ++i) {
    const Stay& before = stays[i - 1];
    const Stay& after = stays[i];
    if (after.stage == before.stage) continue;
    const auto ends = std::pair(before.stage, after.stage);
    for (const std::string& name : {everybody, before.segment}) {
      Transition& transition = segment(name).transitions[ends];
      ++transition.count;
      transition.times_ms.push_back(static_cast<double>(after.at_ms - entered_ms));
      if (counted.emplace(name, ends).second) ++transition.visitors;
    }
    entered_ms = after.at_ms;
  }
}

std::optional<std::string> journeys_json(StateReader& reader, SiteId site, const SiteFacts& facts,
                                         std::int64_t now_ms) {
  Gather gather(facts, now_ms);
  const bool ok = reader.read_paths(
      site,
      [&gather](std::uint64_t unit, std::string_view metric, double value) {
        gather.earned(unit, metric, value);
      },
      [&gather](std::uint64_t unit, std::int64_t at_ms, std::string_view microsegment) {
        gather.stay(unit, at_ms, microsegment);
      });
  if (!ok) return std::nullopt;
  const Journeys& journeys = gather.journeys();
  JsonWriter json;
  json.object().member("site", facts.site);
  write_facts(json, facts);
  json.member("at", now_ms).member("journey", facts.journey).key("stages").array();
  for (const std::string& stage : facts.stages) json.value(stage);
  json.end_array().key("metrics").array();
  for (const std::string& goal : facts.goals) json.value(goal);
  json.end_array().member("window_ms", facts.window_ms_max.value_or(0));
  json.member("unknown", gather.unknown()).key("segments").array();
  for (const auto& [name, segment] : journeys.segments()) {
    write_segment(json, name, segment, facts.stages);
  }
  json.end_array();
  write_costliest(json, journeys, facts.stages);
  return json.end_object().take();
}

}  // namespace heed::store
