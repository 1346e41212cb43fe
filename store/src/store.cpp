#include "heed/store/store.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <limits>
#include <mutex>
#include <utility>

#include <sodium.h>

#include "folder.h"
#include "heed/base/hash.h"
#include "heed/base/utf8.h"
#include "heed/runtime/ruleset.h"
#include "heed/trust/files.h"
#include "heed/trust/sodium.h"
#include "heed/trust/verify.h"
#include "journeys.h"
#include "json.h"
#include "live.h"
#include "log.h"
#include "ndjson.h"
#include "patches.h"
#include "report.h"
#include "rulesets.h"
#include "site_map.h"
#include "state.h"
#include "ticket.h"
#include "writer.h"

namespace heed::store {
namespace {

constexpr std::size_t site_size_bytes_max = 128;
constexpr std::size_t map_size_bytes_max = 32U * 1024 * 1024;
constexpr std::size_t history_count_max = 500;
constexpr int busy_retry_after_s = 1;

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool is_site(std::string_view site) {
  const auto is_plain = [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != '/'; };
  return !site.empty() && site.size() <= site_size_bytes_max && is_utf8(site) &&
         std::all_of(site.begin(), site.end(), is_plain);
}

// HTTP status of what trust and Ruleset::open find: 400 the bytes are not a ruleset, 403 the keys
// do not hold, 422 the content.
int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::too_large:
      return 413;
    case ErrorCode::truncated:
    case ErrorCode::not_a_ruleset:
    case ErrorCode::malformed_signature:
      return 400;
    case ErrorCode::unsigned_ruleset:
    case ErrorCode::unknown_key:
    case ErrorCode::bad_signature:
    case ErrorCode::too_few_signatures:
      return 403;
    default:
      return 422;
  }
}

std::string advice(ErrorCode code) {
  switch (code) {
    case ErrorCode::unsigned_ruleset:
      return "the ruleset carries no signature: run heed sign X --key K first";
    case ErrorCode::unknown_key:
      return "no key of the site's keyring has signed this ruleset";
    case ErrorCode::bad_signature:
      return "a signature by a known key does not fit these bytes: they were changed after signing";
    case ErrorCode::too_few_signatures:
      return "fewer keys have signed than the keyring asks for";
    case ErrorCode::wrong_site:
      return "the ruleset was made for another site";
    case ErrorCode::expired:
      return "the ruleset has expired: sign it again with a later expiry";
    case ErrorCode::wrong_abi:
      return "the ruleset was built by another version of heed: build it again";
    default:
      return "the bytes are not a whole, signed ruleset: build, sign and send the file again";
  }
}

tl::unexpected<Refusal> refuse_ruleset(const Error& error) {
  return refuse(status_of(error.code), std::string(name(error.code)), advice(error.code),
                "byte " + std::to_string(error.where));
}

tl::unexpected<Refusal> refuse_version(std::uint64_t newest) {
  return refuse(
      409, "version",
      "version " + std::to_string(newest) + " is the newest here: publish a higher version",
      "version");
}

tl::unexpected<Refusal> unknown_site() {
  return refuse(404, "unknown_site", "nothing has been published or sent for this site", "site");
}

tl::unexpected<Refusal> storage(const std::string& message) {
  return refuse(503, "storage", message);
}

// As `Ruleset::hash`: the header holds the hash of the rest.
std::uint64_t image_hash(std::span<const std::byte> image) {
  return xxh64(text_of(image.first(image::header_size_bytes)), 0);
}

Answer<trust::Keyring> read_keyring(std::string_view json, std::string_view site) {
  auto keyring = trust::read_keyring(json);
  if (!keyring) {
    return refuse(400, keyring.error().code, keyring.error().message, keyring.error().where);
  }
  if (keyring->site != site) {
    return refuse(422, "wrong_site", "the keyring speaks for '" + keyring->site + "'", "$.site");
  }
  return *std::move(keyring);
}

struct Opened {
  std::unique_ptr<Log> log;
  std::unique_ptr<State> state;
};

// The state is derived: one that is damaged, of another version, or ahead of its log is made anew.
Answer<Opened> open_files(const Folder& folder, const std::string& vfs) {
  const auto check = folder.was_left_open() ? Log::Check::quick : Log::Check::none;
  auto log = Log::open(folder.log_path(), vfs, check);
  if (!log) return storage(log.error());
  auto state = State::open(folder.state_path(), vfs);
  if (!state || (*state)->applied_id() > (*log)->last_id()) {
    state = tl::unexpected<std::string>("");  // closes the file
    folder.remove_state();
    state = State::open(folder.state_path(), vfs);
  }
  if (!state) return storage(state.error());
  if (const auto folded = (*log)->replay_into(**state); !folded) return storage(folded.error());
  return Opened{*std::move(log), *std::move(state)};
}

}  // namespace

class Store::Parts {
 public:
  Parts(const StoreOptions& given, const Clock& the_clock) : options(given), clock(the_clock) {}

  [[nodiscard]] Answer<void> start();
  [[nodiscard]] Answer<BatchJob> prepare(std::string_view site, std::span<const std::byte> bytes);
  [[nodiscard]] Answer<std::optional<Ticket>> check_ticket(std::string_view site,
                                                           const outcome::Batch& batch,
                                                           std::vector<std::byte>& refused) const;
  [[nodiscard]] std::optional<std::string> keyring_json(std::string_view site);
  [[nodiscard]] Answer<Report> read_report(std::string_view site);
  void open_rulesets(const std::string& site);
  void note_change(std::string_view site);
  /// Grows whenever the site's counts or rulesets change; 0 for a site that is not known.
  [[nodiscard]] std::uint64_t change_count(std::string_view site) const;

  const StoreOptions options;
  const Clock& clock;
  std::unique_ptr<Folder> folder;
  Rulesets rulesets;
  Patches patches;

  std::mutex read_mutex;  // guards the readers and the cached facts
  std::unique_ptr<LogReader> log_reader;
  std::unique_ptr<StateReader> state_reader;
  std::map<std::string, SiteNames, std::less<>> names;  // of triggers, by site

  mutable std::mutex change_mutex;
  std::map<std::string, std::uint64_t, std::less<>> changes;
  std::uint64_t boot = 0;  // tells this opening from every other
  std::mutex live_mutex;   // held while `read_mutex` is taken, never the other way round
  std::map<std::string, LiveCounts> live;  // by site
  std::atomic<std::uint64_t> refused_batches{0};
  std::unique_ptr<Writer> writer;  // last: its thread uses all of the above
};

Answer<void> Store::Parts::start() {
  for (const auto& [site, json] : options.keyrings) {
    if (const auto keyring = read_keyring(json, site); !keyring) {
      return tl::unexpected<Refusal>(keyring.error());
    }
  }
  randombytes_buf(&boot, sizeof boot);
  auto held = Folder::hold(options.folder);
  if (!held) return tl::unexpected<Refusal>(held.error());
  folder = *std::move(held);
  auto opened = open_files(*folder, options.vfs);
  if (!opened) return tl::unexpected<Refusal>(opened.error());
  auto log = LogReader::open(folder->log_path(), options.vfs);
  if (!log) return storage(log.error());
  auto state = StateReader::open(folder->state_path(), options.vfs);
  if (!state) return storage(state.error());
  log_reader = *std::move(log);
  state_reader = *std::move(state);
  for (const std::string& site : log_reader->sites()) {
    open_rulesets(site);
    changes[site] = 1;
  }
  writer = std::make_unique<Writer>(std::move(opened->log), std::move(opened->state), clock,
                                    options.queue_size_bytes_max,
                                    [this](std::string_view site) { note_change(site); });
  return {};
}

// Rulesets were verified when they were published. One that this version cannot open is still
// served; its draws go unchecked.
void Store::Parts::open_rulesets(const std::string& site) {
  const auto id = log_reader->find_site(site);
  if (const auto map = log_reader->map(*id))
    names[site] = read_site_names(*map).value_or(SiteNames{});
  for (const StoredRuleset& stored : log_reader->newest_rulesets(*id, Rulesets::open_count_max)) {
    const auto envelope = trust::split(stored.bytes);
    if (!envelope) continue;
    auto ruleset = Ruleset::open(envelope->image);
    if (ruleset) rulesets.add(site, {stored.version, stored.hash}, *std::move(ruleset));
  }
}

void Store::Parts::note_change(std::string_view site) {
  const std::scoped_lock lock(change_mutex);
  const auto found = changes.find(site);
  if (found == changes.end()) {
    changes.emplace(site, 1);
  } else {
    ++found->second;
  }
}

Answer<std::unique_ptr<Store>> Store::open(const StoreOptions& options, const Clock& clock) {
  auto parts = std::make_unique<Parts>(options, clock);
  if (auto started = parts->start(); !started) return tl::unexpected<Refusal>(started.error());
  return std::unique_ptr<Store>(new Store(std::move(parts)));  // NOLINT: private constructor
}

Store::Store(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Store::~Store() {
  parts_->writer.reset();
  parts_->state_reader.reset();
  parts_->log_reader.reset();
  parts_->folder->close_cleanly();
}

Answer<std::optional<Ticket>> Store::Parts::check_ticket(std::string_view site,
                                                         const outcome::Batch& batch,
                                                         std::vector<std::byte>& refused) const {
  if (!options.ticket_key) return std::nullopt;
  const auto ticket = read_ticket(batch.head.ticket, *options.ticket_key);
  if (!ticket || ticket->site != site) {
    return refuse(403, "bad_ticket", "the batch carries no ticket that this store signed",
                  "ticket");
  }
  if (clock.now_ms() >= ticket->expiry_ms) {
    return refuse(403, "ticket_expired", "send the records again with a newer ticket", "ticket");
  }
  for (std::size_t i = 0; i < batch.records.size(); ++i) {
    const auto unit = outcome::unit(batch.records[i]);
    if (!unit || *unit == ticket->seed) continue;
    refused.resize(batch.records.size());
    refused[i] = std::byte{1};  // a ticket speaks for one visitor
  }
  return *ticket;
}

Answer<BatchJob> Store::Parts::prepare(std::string_view site, std::span<const std::byte> bytes) {
  if (!is_site(site)) return refuse(404, "unknown_site", "a site is 1 to 128 bytes", "site");
  if (bytes.size() > limits::batch_size_bytes_max) {
    return refuse(413, "too_large", "a batch has at most 1 MiB: send fewer records at once");
  }
  BatchJob job;
  job.site = std::string(site);
  if (outcome::is_binary_batch(bytes)) {
    auto batch = outcome::read_batch(bytes);
    if (!batch) {
      return refuse(400, "malformed", "not a batch: " + std::string(name(batch.error().code)),
                    "byte " + std::to_string(batch.error().where));
    }
    job.batch = *std::move(batch);
    job.bytes.assign(bytes.begin(), bytes.end());
  } else {
    auto batch = read_ndjson(text_of(bytes));
    if (!batch) {
      return refuse(400, "malformed", batch.error().where + ": " + batch.error().message,
                    batch.error().where);
    }
    job.batch = *std::move(batch);
    job.bytes = outcome::write_batch(job.batch);
  }
  job.refused = rulesets.refused(site, job.batch);
  job.attribution = rulesets.attribution(site, job.batch);
  auto ticket = check_ticket(site, job.batch, job.refused);
  if (!ticket) return tl::unexpected<Refusal>(ticket.error());
  job.ticket = *std::move(ticket);
  return job;
}

void Store::submit(std::string_view site, std::span<const std::byte> bytes, Done done) {
  auto job = parts_->prepare(site, bytes);
  if (!job) {
    ++parts_->refused_batches;
    done(tl::unexpected<Refusal>(job.error()));
    return;
  }
  job->done = std::move(done);
  if (parts_->writer->submit(*job)) return;
  ++parts_->refused_batches;
  auto busy = refuse(429, "busy", "more is waiting than can be written: send this again later");
  busy.value().retry_after_s = busy_retry_after_s;
  job->done(std::move(busy));
}

Answer<Taken> Store::take(std::string_view site, std::span<const std::byte> bytes) {
  std::promise<Answer<Taken>> promise;
  submit(site, bytes, [&promise](Answer<Taken> answer) { promise.set_value(std::move(answer)); });
  return promise.get_future().get();
}

std::optional<std::string> Store::Parts::keyring_json(std::string_view site) {
  if (const auto pinned = options.keyrings.find(std::string(site));
      pinned != options.keyrings.end()) {
    return pinned->second;
  }
  const std::scoped_lock lock(read_mutex);
  const auto id = log_reader->find_site(site);
  return id ? log_reader->keyring(*id) : std::nullopt;
}

Answer<Published> Store::publish(std::string_view site, std::span<const std::byte> bytes,
                                 std::string_view who) {
  const auto json = parts_->keyring_json(site);
  if (!json) {
    return refuse(403, "no_keyring",
                  "the store does not know whose signatures count for this site: PUT its keyring, "
                  "or start with --keyring FILE",
                  "site");
  }
  const auto keyring = read_keyring(*json, site);
  if (!keyring) return tl::unexpected<Refusal>(keyring.error());
  const std::int64_t now_ms = parts_->clock.now_ms();
  const auto verified =
      trust::verify(bytes, *keyring, {.site = site, .now_ms = now_ms}, trust::sodium_verifier());
  if (!verified) return refuse_ruleset(verified.error());
  auto ruleset = Ruleset::open(verified->image);
  if (!ruleset) return refuse_ruleset(ruleset.error());
  const Published published{verified->header.version, image_hash(verified->image)};
  if (published.version == 0 ||
      published.version > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return refuse(422, "version", "the ruleset was signed without a usable version", "version");
  }
  const StoredRuleset stored{published.version, published.hash, {bytes.begin(), bytes.end()}};
  std::string signed_by = std::string(who) + "; signed by";
  for (const trust::KeyId& id : verified->signers) signed_by += " " + trust::to_hex(id);
  bool is_new = true;
  const auto written = parts_->writer->act([&](Log& log) -> Answer<void> {
    const SiteId id = log.site_id(site);
    const auto newest = log.newest(id);
    if (newest && newest->version == stored.version && newest->bytes == stored.bytes) {
      is_new = false;
      return {};
    }
    if (newest && newest->version >= stored.version) return refuse_version(newest->version);
    log.put_ruleset(id, stored, {now_ms, signed_by, "publish", stored.version, stored.hash});
    return {};
  });
  if (!written) return tl::unexpected<Refusal>(written.error());
  if (is_new) parts_->rulesets.add(std::string(site), published, *std::move(ruleset));
  parts_->note_change(site);
  return published;
}

Answer<void> Store::put_map(std::string_view site, std::string_view json, std::string_view who) {
  if (json.size() > map_size_bytes_max) return refuse(413, "too_large", "a map has at most 32 MiB");
  auto names = read_site_names(json);
  if (!names) {
    return refuse(400, "malformed_map", "not a heedmap: " + names.error(), "$");
  }
  const auto newest = parts_->rulesets.newest(site);
  if (!newest) return refuse(404, "no_ruleset", "publish the ruleset before its map", "site");
  const auto written = parts_->writer->act([&](Log& log) -> Answer<void> {
    log.put_map(log.site_id(site), newest->version, json,
                {parts_->clock.now_ms(), std::string(who), "map", newest->version, 0});
    return {};
  });
  if (!written) return written;
  {
    const std::scoped_lock lock(parts_->read_mutex);
    parts_->names[std::string(site)] = *std::move(names);
  }
  parts_->note_change(site);
  return {};
}

Answer<void> Store::put_source(std::string_view site, std::uint64_t version, std::string_view json,
                               std::string_view who) {
  if (json.size() > map_size_bytes_max)
    return refuse(413, "too_large", "a source has at most 32 MiB");
  if (const auto problem = problem_of_source(json); !problem.empty()) {
    return refuse(400, "malformed_source", "not a source: " + problem, "$");
  }
  const auto of = ruleset(site, version);
  if (!of) return tl::unexpected<Refusal>(of.error());
  return parts_->writer->act([&](Log& log) -> Answer<void> {
    log.put_source(log.site_id(site), of->version, json,
                   {parts_->clock.now_ms(), std::string(who), "source", of->version, 0});
    return {};
  });
}

Answer<void> Store::put_keyring(std::string_view site, std::string_view json,
                                std::string_view who) {
  if (!is_site(site)) return refuse(404, "unknown_site", "a site is 1 to 128 bytes", "site");
  if (parts_->options.keyrings.count(std::string(site)) != 0) {
    return refuse(403, "pinned_keyring", "this site's keyring was given with --keyring", "site");
  }
  if (const auto keyring = read_keyring(json, site); !keyring) {
    return tl::unexpected<Refusal>(keyring.error());
  }
  return parts_->writer->act([&](Log& log) -> Answer<void> {
    log.put_keyring(log.site_id(site), json,
                    {parts_->clock.now_ms(), std::string(who), "keyring", 0, xxh64(json, 0)});
    return {};
  });
}

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

std::uint64_t Store::Parts::change_count(std::string_view site) const {
  const std::scoped_lock lock(change_mutex);
  const auto found = changes.find(site);
  return found == changes.end() ? 0 : found->second;
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

bool Store::ready() const { return parts_->writer->ready(); }

Throughput Store::throughput() const {
  Throughput totals = parts_->writer->throughput();
  totals.refused_batches = parts_->refused_batches;
  return totals;
}

Answer<void> rebuild(const StoreOptions& options) {
  auto folder = Folder::hold(options.folder);
  if (!folder) return tl::unexpected<Refusal>(folder.error());
  (*folder)->remove_state();
  const auto opened = open_files(**folder, options.vfs);
  if (!opened) return tl::unexpected<Refusal>(opened.error());
  (*folder)->close_cleanly();
  return {};
}

}  // namespace heed::store
