// Opening and closing a folder, and what its parts share.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include <sodium.h>

#include "heed/base/utf8.h"
#include "heed/runtime/ruleset.h"
#include "heed/trust/verify.h"
#include "store_parts.h"

namespace heed::store {
namespace {

constexpr std::size_t site_size_bytes_max = 128;

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

bool is_site(std::string_view site) {
  const auto is_plain = [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != '/'; };
  return !site.empty() && site.size() <= site_size_bytes_max && is_utf8(site) &&
         std::all_of(site.begin(), site.end(), is_plain);
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

tl::unexpected<Refusal> unknown_site() {
  return refuse(404, "unknown_site", "nothing has been published or sent for this site", "site");
}

tl::unexpected<Refusal> storage(const std::string& message) {
  return refuse(503, "storage", message);
}

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

std::uint64_t Store::Parts::change_count(std::string_view site) const {
  const std::scoped_lock lock(change_mutex);
  const auto found = changes.find(site);
  return found == changes.end() ? 0 : found->second;
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
