#include "live.h"

#include <charconv>

#include "json.h"

namespace heed::store {
namespace {

constexpr std::chrono::milliseconds read_pause{100};

std::string id_of(std::uint64_t boot, std::uint64_t step) {
  return hex16(boot) + "-" + std::to_string(step);
}

/// The step that `id` names; 0, which none has, where it is not of this opening.
std::uint64_t step_of(std::string_view id, std::uint64_t boot) {
  const std::string prefix = hex16(boot) + "-";
  if (id.substr(0, prefix.size()) != prefix) return 0;
  std::uint64_t step = 0;
  const auto end = std::from_chars(id.data() + prefix.size(), id.data() + id.size(), step);
  return end.ec == std::errc{} && end.ptr == id.data() + id.size() ? step : 0;
}

std::string head_of(const Report& report) {
  JsonWriter json;
  write_facts(json, report.facts);
  json.key("delivery").raw(delivery_json(report)).key("ledger").raw(ledger_json(report));
  return json.take();
}

}  // namespace

bool LiveCounts::is_due(std::uint64_t change, std::uint64_t queued, Steady::time_point now) const {
  if (step_ == 0) return true;
  return (change != change_ || queued != queued_) && now - read_at_ >= read_pause;
}

void LiveCounts::update(const Report& report, std::uint64_t change, Steady::time_point now) {
  change_ = change;
  queued_ = report.queued;
  read_at_ = now;
  at_ms_ = report.at_ms;
  bool is_new = step_ == 0;
  const std::uint64_t next = step_ + 1;
  if (std::string head = head_of(report); head != head_) {
    head_ = std::move(head);
    is_new = true;
  }
  for (const TriggerReport& trigger : report.triggers) {
    std::string json = trigger_json(trigger, report.facts);
    Known& known = triggers_[trigger.name];
    if (known.json == json) continue;
    known = {std::move(json), next};
    is_new = true;
  }
  if (is_new) step_ = next;
}

std::optional<LiveEvent> LiveCounts::since(std::uint64_t boot, std::string_view last_id) const {
  std::uint64_t heard = step_of(last_id, boot);
  if (heard > step_) heard = 0;
  if (heard == step_) return std::nullopt;
  JsonWriter json;
  json.object().member("at", at_ms_).member("whole", heard == 0).raw(head_);
  json.key("triggers").array();
  for (const auto& [name, known] : triggers_) {
    if (known.step > heard) json.raw(known.json);
  }
  return LiveEvent{id_of(boot, step_), json.end_array().end_object().take()};
}

}  // namespace heed::store
