#include "rulesets.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <variant>

#include "draws.h"
#include "heed/base/hash.h"
#include "heed/runtime/image.h"

namespace heed::store {

using image::Column;

namespace {

// A layer's name, or the slot's where the trigger joins none; never 0.
std::uint64_t layer_of(const Ruleset& ruleset, const outcome::Exposure& exposure) {
  const auto trigger = ruleset.find_trigger(exposure.trigger);
  const auto layer =
      trigger ? ruleset.at<std::uint32_t>(Column::trigger_layer, trigger->index) : none_index;
  std::string key(layer == none_index ? "s/" : "l/");
  key += layer == none_index ? std::string_view(exposure.slot)
                             : ruleset.text(Column::layer_name, layer);
  return xxh64(key, 0) | 1U;
}

std::uint64_t window_of(const Ruleset& ruleset, const outcome::Outcome& outcome) {
  for (std::size_t row = 0; row < ruleset.row_count(Column::metric_name); ++row) {
    if (ruleset.text(Column::metric_name, row) != outcome.metric) continue;
    return ruleset.at<std::uint64_t>(Column::metric_window_ms, row);
  }
  return 0;
}

}  // namespace

void Rulesets::add(const std::string& site, const Published& published, Ruleset ruleset) {
  const std::unique_lock lock(mutex_);
  std::deque<Kept>& kept = sites_[site];
  // Two may be published at once; the newest stays first.
  const auto place = std::find_if(kept.begin(), kept.end(), [&published](const Kept& one) {
    return one.published.version < published.version;
  });
  kept.insert(place, {published, std::move(ruleset)});
  if (kept.size() > open_count_max) kept.pop_back();
}

const std::deque<Rulesets::Kept>* Rulesets::find(std::string_view site) const {
  const auto found = sites_.find(site);
  return found == sites_.end() ? nullptr : &found->second;
}

std::optional<Published> Rulesets::newest(std::string_view site) const {
  const std::shared_lock lock(mutex_);
  const auto* kept = find(site);
  return kept == nullptr ? std::nullopt : std::optional(kept->front().published);
}

void Rulesets::describe(SiteFacts& facts) const {
  const std::shared_lock lock(mutex_);
  const auto* kept = find(facts.site);
  if (kept == nullptr) return;
  const Ruleset& ruleset = kept->front().ruleset;
  facts.ruleset = kept->front().published.version;
  facts.currency = std::string(ruleset.text(Column::site_currency, 0));
  std::int64_t window_ms = 0;
  for (std::size_t row = 0; row < ruleset.row_count(Column::metric_name); ++row) {
    window_ms = std::max(window_ms, static_cast<std::int64_t>(
                                        ruleset.at<std::uint64_t>(Column::metric_window_ms, row)));
    if (ruleset.at<std::uint8_t>(Column::metric_goal, row) != 0) {
      facts.goals.emplace(ruleset.text(Column::metric_name, row));
    }
  }
  facts.window_ms_max = window_ms;
  const auto journey = ruleset.at<std::uint32_t>(Column::site_journey, 0);
  if (journey == none_index) return;
  facts.journey = std::string(ruleset.text(Column::journey_name, journey));
  facts.stages.emplace_back(image::no_stage);
  const Rows stages = ruleset.children(Column::journey_stage_count, journey);
  for (std::size_t i = 0; i < stages.size(); ++i) {
    facts.stages.emplace_back(ruleset.text(Column::stage_name, stages.begin + i));
  }
}

std::vector<std::uint64_t> Rulesets::attribution(std::string_view site,
                                                 const outcome::Batch& batch) const {
  const std::shared_lock lock(mutex_);
  const auto* kept = find(site);
  if (kept == nullptr) return {};
  const auto ruleset_of = [kept](std::uint64_t version) -> const Ruleset& {
    const auto named = std::find_if(kept->begin(), kept->end(), [version](const Kept& one) {
      return one.published.version == version;
    });
    return named == kept->end() ? kept->front().ruleset : named->ruleset;
  };
  std::vector<std::uint64_t> attribution;
  attribution.reserve(batch.records.size());
  for (const outcome::Record& record : batch.records) {
    std::uint64_t fact = 0;
    if (const auto* exposure = std::get_if<outcome::Exposure>(&record)) {
      if (!exposure->trigger.empty()) fact = layer_of(ruleset_of(exposure->ruleset), *exposure);
    } else if (const auto* outcome = std::get_if<outcome::Outcome>(&record)) {
      if (outcome->credits.empty()) fact = window_of(ruleset_of(outcome->ruleset), *outcome);
    }
    attribution.push_back(fact);
  }
  return attribution;
}

std::vector<std::byte> Rulesets::refused(std::string_view site, const outcome::Batch& batch) const {
  std::vector<std::byte> refused;
  const std::shared_lock lock(mutex_);
  const auto* kept = find(site);
  if (kept == nullptr) return refused;
  for (std::size_t i = 0; i < batch.records.size(); ++i) {
    const auto* exposure = std::get_if<outcome::Exposure>(&batch.records[i]);
    if (exposure == nullptr) continue;
    const auto named = std::find_if(kept->begin(), kept->end(), [exposure](const Kept& one) {
      return one.published.version == exposure->ruleset;
    });
    if (named == kept->end() || draws_agree(named->ruleset, *exposure)) continue;
    refused.resize(batch.records.size());
    refused[i] = std::byte{1};
  }
  return refused;
}

}  // namespace heed::store
