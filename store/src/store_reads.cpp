// What is asked of a store: rulesets and what belongs to them, reports, the live counts.
#include <algorithm>
#include <utility>

#include "journeys.h"
#include "json.h"
#include "store_parts.h"

namespace heed::store {
namespace {

constexpr std::size_t history_count_max = 500;

}  // namespace

Answer<ServedRuleset> Store::ruleset(std::string_view site, std::uint64_t version) {
  const std::scoped_lock lock(parts_->read_mutex);
  const auto id = parts_->log_reader->find_site(site);
  auto stored = id ? parts_->log_reader->ruleset(*id, version) : std::nullopt;
  if (!parts_->log_reader->take_ok()) return storage("the ruleset could not be read");
  if (!stored)
    return refuse(404, "no_ruleset", "no such version of this site's ruleset", "version");
  return ServedRuleset{stored->version, stored->hash, std::move(stored->bytes), false};
}

Answer<ServedRuleset> Store::update(std::string_view site, std::uint64_t have) {
  auto newest = ruleset(site, 0);
  if (!newest) return newest;
  auto patch = parts_->patches.find(site, newest->version, newest->bytes, have, [&] {
    auto base = ruleset(site, have);
    return base ? std::move(base->bytes) : Patches::Bytes();
  });
  if (patch.empty()) return newest;
  return ServedRuleset{newest->version, newest->hash, std::move(patch), true};
}

Answer<std::string> Store::keyring(std::string_view site) {
  auto json = parts_->keyring_json(site);
  if (!json) return refuse(404, "no_keyring", "the store has no keyring for this site", "site");
  return *std::move(json);
}

Answer<std::string> Store::map(std::string_view site) {
  const std::scoped_lock lock(parts_->read_mutex);
  const auto id = parts_->log_reader->find_site(site);
  auto json = id ? parts_->log_reader->map(*id) : std::nullopt;
  if (!parts_->log_reader->take_ok()) return storage("the map could not be read");
  if (!json) return refuse(404, "no_map", "nobody has sent a map for this site", "site");
  return *std::move(json);
}

Answer<std::string> Store::source(std::string_view site, std::uint64_t version) {
  const auto of = ruleset(site, version);
  if (!of) return tl::unexpected<Refusal>(of.error());
  const std::scoped_lock lock(parts_->read_mutex);
  const auto id = parts_->log_reader->find_site(site);
  auto json = id ? parts_->log_reader->source(*id, of->version) : std::nullopt;
  if (!parts_->log_reader->take_ok()) return storage("the source could not be read");
  if (!json) return refuse(404, "no_source", "nobody has sent this version's source", "version");
  return *std::move(json);
}

Answer<std::string> Store::history(std::string_view site) {
  const std::scoped_lock lock(parts_->read_mutex);
  const auto id = parts_->log_reader->find_site(site);
  const auto versions =
      id ? parts_->log_reader->history(*id, history_count_max) : std::vector<PastVersion>();
  if (!parts_->log_reader->take_ok()) return storage("the history could not be read");
  if (versions.empty()) return refuse(404, "no_ruleset", "nothing has been published", "site");
  JsonWriter json;
  json.object().member("site", site).key("versions").array();
  for (const PastVersion& past : versions) {
    json.object().member("version", past.version).member("hash", hex16(past.hash));
    json.member("size_bytes", past.size_bytes).member("at", past.at_ms);
    json.member("who", past.who).member("has_source", past.has_source).end_object();
  }
  return json.end_array().end_object().take();
}

Answer<Report> Store::Parts::read_report(std::string_view site) {
  Report report;
  report.facts.site = std::string(site);
  report.at_ms = clock.now_ms();
  rulesets.describe(report.facts);
  const std::scoped_lock lock(read_mutex);
  const auto id = log_reader->find_site(site);
  if (!id) return unknown_site();
  if (const auto known = names.find(site); known != names.end()) report.facts.named = known->second;
  report.traffic = log_reader->traffic(*id);
  const bool state_ok = state_reader->read(*id, report);
  report.queued = writer->queued(site);
  if (!log_reader->take_ok() || !state_ok) return storage("the counts could not be read");
  return report;
}

Answer<std::string> Store::report(std::string_view site, std::string_view trigger, ReportForm form,
                                  GroupBy by) {
  auto report = parts_->read_report(site);
  if (!report) return tl::unexpected<Refusal>(report.error());
  if (!trigger.empty()) {
    auto& all = report->triggers;
    const auto is_other = [trigger](const TriggerReport& one) { return one.name != trigger; };
    all.erase(std::remove_if(all.begin(), all.end(), is_other), all.end());
    if (all.empty()) {
      return refuse(404, "unknown_trigger", "nothing has been counted for this trigger", "trigger");
    }
  }
  return form == ReportForm::csv ? report_csv(*report) : report_json(*report, by);
}

Answer<std::string> Store::journeys(std::string_view site) {
  SiteFacts facts;
  facts.site = std::string(site);
  parts_->rulesets.describe(facts);
  std::optional<SiteId> id;
  {
    const std::scoped_lock lock(parts_->read_mutex);
    id = parts_->log_reader->find_site(site);
    if (!parts_->log_reader->take_ok()) return storage("the site could not be read");
  }
  if (!id) return unknown_site();
  if (facts.journey.empty()) {
    return refuse(404, "no_journey",
                  "the site's newest ruleset names no journey: say which one counts with "
                  "\"microsegments\": {\"journey\": ...}, and publish it",
                  "microsegments.journey");
  }
  // A connection of its own: a long reading must not keep reports and the live stream waiting.
  auto reader = StateReader::open(parts_->folder->state_path(), parts_->options.vfs);
  if (!reader) return storage(reader.error());
  auto json = journeys_json(**reader, *id, facts, parts_->clock.now_ms());
  if (!json) return storage("the visitors could not be read");
  return *std::move(json);
}

Answer<std::optional<LiveEvent>> Store::live(std::string_view site, std::string_view last_id) {
  const std::uint64_t change = parts_->change_count(site);
  if (change == 0) return std::nullopt;
  const auto now = LiveCounts::Steady::now();
  const std::scoped_lock lock(parts_->live_mutex);
  LiveCounts& counts = parts_->live[std::string(site)];
  if (counts.is_due(change, parts_->writer->queued(site), now)) {
    const auto report = parts_->read_report(site);
    if (!report) return tl::unexpected<Refusal>(report.error());
    counts.update(*report, change, now);
  }
  return counts.since(parts_->boot, last_id);
}

std::optional<Published> Store::newest(std::string_view site) const {
  return parts_->rulesets.newest(site);
}

}  // namespace heed::store
