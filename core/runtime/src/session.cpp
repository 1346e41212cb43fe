#include "heed/runtime/session.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "arbitration.h"
#include "contest.h"
#include "evaluation.h"
#include "feature.h"
#include "feature_shape.h"
#include "heed/base/hash.h"
#include "heed/base/utf8.h"
#include "heed/runtime/draws.h"
#include "keys.h"

namespace heed {
namespace {

using image::Column;
using image::FeatureKind;

std::string hex16(std::uint64_t value) {
  std::string text(16, '0');
  for (std::size_t i = 16; i-- > 0; value >>= 4U) text[i] = "0123456789abcdef"[value & 15U];
  return text;
}

/// Ids are remembered as 48 bits: a wrong repeat is a chance of 5e-13 a remembered id.
constexpr unsigned id_key_shift = 16;

std::uint64_t refund_key(std::uint64_t key) { return fmix64(key) >> id_key_shift; }

template <class T>
void keep_newest(Array<T>& values, std::size_t count_max) {
  if (values.size() <= count_max) return;
  values.erase(values.begin(), values.end() - static_cast<std::ptrdiff_t>(count_max));
}

bool has_sticky_stages(const Ruleset& ruleset) {
  for (std::uint32_t row = 0; row < ruleset.row_count(Column::stage_sticky); ++row) {
    if (ruleset.at<std::uint8_t>(Column::stage_sticky, row) != 0) return true;
  }
  return false;
}

Result<void> check_id(std::string_view id) {
  if (id.size() > limits::signal_id_size_bytes_max || !is_utf8(id)) {
    return fail(ErrorCode::bad_id);
  }
  return {};
}

Result<void> check_fields(const Ruleset& ruleset, SignalId signal,
                          std::span<const FieldValue> fields) {
  const Rows declared = ruleset.children(Column::signal_field_count, signal.index);
  std::uint32_t given = 0;  // a bit a field
  static_assert(limits::field_count_max <= 32);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].field >= declared.size()) return fail(ErrorCode::unknown_field, i);
    const std::uint32_t bit = std::uint32_t{1} << fields[i].field;
    if ((given & bit) != 0) return fail(ErrorCode::too_many, i);
    given |= bit;
    const auto type = static_cast<image::Type>(
        ruleset.at<std::uint8_t>(Column::field_type, declared.begin + fields[i].field));
    if (Result<void> checked = check_value(fields[i].value, type, i); !checked) return checked;
  }
  return {};
}

}  // namespace

Session::Session(const Ruleset& ruleset, std::uint64_t visitor_unit, Level level,
                 std::uint64_t view)
    : ruleset_(&ruleset),
      visitor_unit_(visitor_unit),
      level_(level),
      has_sticky_stages_(has_sticky_stages(ruleset)) {
  state_.attributes.resize(ruleset.attribute_count());
  const auto feature_count = static_cast<std::uint32_t>(ruleset.row_count(Column::feature_name));
  state_.features.reserve(feature_count);
  for (std::uint32_t row = 0; row < feature_count; ++row) {
    state_.features.push_back(FeatureState(shape_of(ruleset, row).members));
  }
  state_.entered.resize(ruleset.row_count(Column::journey_name));
  state_.view = view;
}

Result<Session> Session::create(const Ruleset& ruleset, std::string_view visitor, TimeMs /*now*/,
                                Level level, std::uint64_t view) {
  if (visitor.empty() || visitor.size() > limits::visitor_size_bytes_max || !is_utf8(visitor)) {
    return fail(ErrorCode::bad_visitor);
  }
  return Session(ruleset, xxh64(visitor, ruleset.site_hash()), level, view);
}

Level Session::level() const { return level_; }

std::uint64_t Session::unit() const {
  if (level_ != Level::none) return visitor_unit_;
  return xxh64(hex16(state_.view), ruleset_->site_hash());
}

Result<Observed> Session::observe(SignalId signal, std::span<const FieldValue> fields,
                                  std::string_view id, TimeMs now) {
  now = in_range(now);
  if (signal.index >= ruleset_->signal_count())
    return fail(ErrorCode::unknown_signal, signal.index);
  Result<void> checked = check_fields(*ruleset_, signal, fields);
  if (checked) checked = check_id(id);
  if (!checked) return fail(checked.error().code, checked.error().where);
  if (!id.empty() && !remember_id(id_key(signal, id))) return Observed::repeated;
  move_clock(now);
  feed(signal, fields, now);
  enter_stages(now);
  count_metrics(signal, fields, id, now);
  return Observed::counted;
}

void Session::feed(SignalId signal, std::span<const FieldValue> fields, TimeMs now) {
  Evaluation evaluation(*ruleset_, signal, fields);
  bool fed = false;
  const auto take = [&](std::uint32_t row, Step step, Column where_column) {
    const auto where = ruleset_->at<std::uint32_t>(where_column, row);
    if (where != none_index && !evaluation.condition(where)) return;
    observe_feature(*ruleset_, FeatureId{row}, step, fields, now, state_.features[row]);
    matcher_.feature_changed(row);
    fed = true;
  };
  const auto kind = [&](std::uint32_t row) {
    return static_cast<FeatureKind>(ruleset_->at<std::uint8_t>(Column::feature_kind, row));
  };
  const auto count = static_cast<std::uint32_t>(state_.features.size());
  for (std::uint32_t row = 0; row < count; ++row) {
    // A signal that is both steps of a sequence ends what was open before it opens anew.
    if (ruleset_->at<std::uint32_t>(Column::feature_other, row) == signal.index &&
        image::is_sequence(kind(row))) {
      take(row, Step::second, Column::feature_other_where);
    }
    if (ruleset_->at<std::uint32_t>(Column::feature_signal, row) == signal.index) {
      take(row, Step::first, Column::feature_where);
    }
  }
  for (std::uint32_t row = 0; fed && row < count; ++row) {
    if (kind(row) == FeatureKind::ratio) matcher_.feature_changed(row);
  }
}

void Session::feed_own(std::string_view name, std::span<const FieldValue> fields, TimeMs now) {
  const auto signal = ruleset_->find_signal(name);
  // A ruleset that declares its fields otherwise hears nothing.
  if (signal && check_fields(*ruleset_, *signal, fields)) feed(*signal, fields, now);
}

void Session::move_clock(TimeMs now) {
  if (now.ms < state_.clock_ms) {
    const auto not_after = [now](std::int64_t& at_ms) { at_ms = std::min(at_ms, now.ms); };
    for (FeatureState& feature : state_.features) {
      feature.move_clock(now);
    }
    for (Array<CapState>* caps :
         {&state_.trigger_caps, &state_.campaign_caps, &state_.programme_caps}) {
      for (CapState& cap : *caps) {
        for (std::int64_t& at_ms : cap.times_ms) not_after(at_ms);
      }
    }
    for (LayerExposure& exposure : state_.exposures) not_after(exposure.at_ms);
    not_after(state_.session_from_ms);
    matcher_.everything_changed();
  }
  if (now.ms - state_.clock_ms >= limits::session_gap_ms) state_.session_from_ms = now.ms;
  state_.clock_ms = now.ms;
}

Result<Observed> Session::refund(SignalId signal, std::string_view id, TimeMs now) {
  now = in_range(now);
  if (signal.index >= ruleset_->signal_count())
    return fail(ErrorCode::unknown_signal, signal.index);
  if (id.empty() || !check_id(id)) return fail(ErrorCode::bad_id);
  const std::uint64_t key = id_key(signal, id);
  if (!remember_id(refund_key(key))) return Observed::repeated;
  for (std::uint32_t row = 0; row < ruleset_->row_count(Column::metric_name); ++row) {
    if (ruleset_->at<std::uint32_t>(Column::metric_signal, row) == signal.index) {
      refund_metric(MetricId{row}, key, id, now);
    }
  }
  return Observed::counted;
}

namespace {

Decision decision_of(const Winner& winner, Microsegment microsegment) {
  return {winner.slot,     winner.trigger, winner.options, winner.part_count,
          winner.held_out, winner.reason,  microsegment,   winner.probability};
}

}  // namespace

Decision Session::decide(SlotId slot, TimeMs now) const {
  Winner made;
  const Microsegment microsegment = winner(slot, now, made);
  return decision_of(made, microsegment);
}

void Session::decide_all(TimeMs now, Array<Decision>& out) const {
  now = in_range(now);
  Arbitration arbitration(*ruleset_, state_, level_, unit(), now);
  const auto slot_count = static_cast<std::uint32_t>(ruleset_->slot_count());
  out.clear();
  out.reserve(slot_count);
  if (matcher_.index() == nullptr) {
    for (std::uint32_t slot = 0; slot < slot_count; ++slot) {
      out.push_back(arbitration.decide(SlotId{slot}));
    }
    return;
  }
  matcher_.refresh(*ruleset_, state_, now);
  Array<Winner> won;
  Array<Reason> stopped(slot_count,
                        arbitration.is_expired() ? Reason::expired : Reason::no_trigger);
  if (!arbitration.is_expired()) {
    Contest(matcher_, arbitration, unit()).decide_all(won, &stopped);
  }
  Winner nobody;
  for (nobody.slot.index = 0; nobody.slot.index < slot_count; ++nobody.slot.index) {
    nobody.reason = stopped[nobody.slot.index];
    out.push_back(decision_of(nobody, matcher_.microsegment()));
  }
  for (const Winner& winner : won) {
    out[winner.slot.index] = decision_of(winner, matcher_.microsegment());
  }
}

Explanation Session::explain(SlotId slot, TimeMs now) const {
  return Arbitration(*ruleset_, state_, level_, unit(), in_range(now)).explain(slot);
}

bool Session::is_own(const Decision& decision) const {
  if (decision.trigger.index >= ruleset_->trigger_count()) return false;
  if (ruleset_->slot(decision.trigger) != decision.slot) return false;
  const Draws draws = recheck(*ruleset_, unit(), decision.trigger);
  return draws.held_out == decision.held_out && draws.part_count == decision.part_count &&
         draws.options == decision.options && in_layer(*ruleset_, unit(), decision.trigger);
}

Exposed Session::expose(const Decision& decision, TimeMs now) {
  now = in_range(now);
  if (level_ == Level::none) return Exposed::not_measured;
  if (decision.trigger == none_id<TriggerTag>) return note_suppressed(decision, now);
  if (!is_own(decision)) return Exposed::not_measured;
  Array<std::uint32_t>& slots = state_.exposed_slots;
  const auto at = std::lower_bound(slots.begin(), slots.end(), decision.slot.index);
  if (at != slots.end() && *at == decision.slot.index) return Exposed::repeated;
  slots.insert(at, decision.slot.index);
  note_suppressed(decision, now);
  move_clock(now);
  const std::uint32_t row = decision.trigger.index;
  const auto campaign = ruleset_->at<std::uint32_t>(Column::trigger_campaign, row);
  count_cap(state_.trigger_caps, row, image::trigger_cap, now);
  if (campaign != none_index) {
    count_cap(state_.campaign_caps, campaign, image::campaign_cap, now);
  }
  count_cap(state_.programme_caps, 0, image::site_cap, now);
  credit_next(decision, now);
  const auto campaign_name =
      campaign == none_index ? Value{} : Value{ruleset_->text(Column::campaign_name, campaign)};
  const outcome::Credit& credit = state_.exposures.back().credit;
  const FieldValue fields[] = {{0, credit.slot},   {1, credit.trigger},      {2, credit.variant},
                               {3, campaign_name}, {4, credit.microsegment}, {5, credit.held_out}};
  feed_own(image::exposure_signal, fields, now);
  enter_stages(now);
  return Exposed::counted;
}

Exposed Session::note_suppressed(const Decision& decision, TimeMs now) {
  Array<std::uint32_t>& slots = state_.suppressed_slots;
  const auto at = std::lower_bound(slots.begin(), slots.end(), decision.slot.index);
  if (at != slots.end() && *at == decision.slot.index) return Exposed::repeated;
  Arbitration arbitration(*ruleset_, state_, level_, unit(), now);
  const auto found = arbitration.suppressed(decision.slot, decision.trigger);
  if (!found) return Exposed::not_measured;
  slots.insert(at, decision.slot.index);
  outcome::Suppressed record;
  record.at_ms = now.ms;
  record.ruleset = ruleset_->version();
  record.unit = unit();
  record.view = state_.view;
  record.slot = ruleset_->name(decision.slot);
  record.trigger = ruleset_->name(found->trigger);
  record.microsegment = microsegment_text(*ruleset_, arbitration.microsegment());
  record.cap = found->cap;
  record.limit = found->limit;
  Array<std::byte> bytes;
  outcome::append(record, bytes);
  pending_.push(outcome::Class::signal, now.ms, std::move(bytes));
  return Exposed::counted;
}

void Session::count_cap(Array<CapState>& caps, std::uint32_t row, const image::CapColumns& columns,
                        TimeMs now) {
  const std::size_t times = remembered_times(*ruleset_, columns, row);
  if (times == 0) return;
  CapState* cap = caps.begin() + place_of(caps, row);
  if (cap == caps.end() || cap->row != row) cap = caps.insert(cap, CapState{row, {}});
  Array<std::int64_t>& times_ms = cap->times_ms;
  times_ms.insert(std::upper_bound(times_ms.begin(), times_ms.end(), now.ms), now.ms);
  keep_newest(times_ms, times);
}

void Session::credit_next(const Decision& decision, TimeMs now) {
  const Draws draws = recheck(*ruleset_, unit(), decision.trigger);
  outcome::Exposure record;
  record.at_ms = now.ms;
  record.ruleset = ruleset_->version();
  record.unit = unit();
  record.view = state_.view;
  record.slot = ruleset_->name(decision.slot);
  record.trigger = ruleset_->name(decision.trigger);
  record.variant = variant_text(*ruleset_, decision);
  for (std::size_t part = 0; part < decision.part_count; ++part) {
    record.options.push_back(
        {std::string(ruleset_->part_name(decision.trigger, part)),
         std::string(ruleset_->option_name(decision.trigger, part, decision.options[part]))});
  }
  record.width = static_cast<std::uint64_t>(
      std::floor(draws.probability * static_cast<double>(share_one) + 0.5));
  record.microsegment = microsegment_text(*ruleset_, decision.microsegment);
  record.reason = static_cast<std::uint8_t>(draws.reason);
  record.held_out = decision.held_out;
  Array<std::byte> bytes;
  outcome::append(record, bytes);
  pending_.push(outcome::Class::exposure, now.ms, std::move(bytes));

  const std::uint32_t layer = layer_key(*ruleset_, decision.trigger);
  const auto is_same = [layer](const LayerExposure& e) { return e.layer == layer; };
  Array<LayerExposure>& exposures = state_.exposures;
  const auto same = std::find_if(exposures.begin(), exposures.end(), is_same);
  if (same != exposures.end()) exposures.erase(same);
  state_.exposures.push_back({layer, now.ms,
                              outcome::Credit{record.view, std::move(record.slot),
                                              std::move(record.trigger), std::move(record.variant),
                                              std::move(record.microsegment), record.held_out}});
  // An outcome has room for this many credits: an older exposure can earn none any more.
  keep_newest(state_.exposures, outcome::credit_count_max);
}

std::uint64_t Session::id_key(SignalId signal, std::string_view id) const {
  const std::uint64_t seed = xxh64(ruleset_->name(signal), ruleset_->site_hash());
  return xxh64(id, seed) >> id_key_shift;
}

bool Session::remember_id(std::uint64_t key) {
  Array<std::uint64_t>& seen = state_.seen_ids;
  if (std::find(seen.begin(), seen.end(), key) != seen.end()) return false;
  seen.push_back(key);
  keep_newest(seen, limits::seen_id_count_max);
  return true;
}

outcome::Outcome Session::outcome_of(MetricId metric, std::string_view id, TimeMs now) const {
  outcome::Outcome record;
  record.at_ms = now.ms;
  record.ruleset = ruleset_->version();
  record.unit = unit();
  record.metric = ruleset_->name(metric);
  record.id = id;
  const Microsegment stands =
      Arbitration(*ruleset_, state_, level_, record.unit, now).microsegment();
  record.microsegment = microsegment_text(*ruleset_, stands);
  return record;
}

void Session::count_metrics(SignalId signal, std::span<const FieldValue> fields,
                            std::string_view id, TimeMs now) {
  if (level_ == Level::none) return;
  for (std::uint32_t row = 0; row < ruleset_->row_count(Column::metric_name); ++row) {
    if (ruleset_->at<std::uint32_t>(Column::metric_signal, row) != signal.index) continue;
    outcome::Outcome record = outcome_of(MetricId{row}, id, now);
    const auto value_field = ruleset_->at<std::uint32_t>(Column::metric_value, row);
    record.value = value_field == none_index ? 1 : 0;
    for (const FieldValue& field : fields) {
      const auto* number = std::get_if<double>(&field.value);
      if (field.field == value_field && number != nullptr) record.value = *number + 0.0;
    }
    const auto window_ms = ruleset_->at<std::int64_t>(Column::metric_window_ms, row);
    for (const LayerExposure& exposure : state_.exposures) {
      if (exposure.at_ms > now.ms - window_ms) record.credits.push_back(exposure.credit);
    }
    Array<std::byte> bytes;
    outcome::append(record, bytes);
    pending_.push(class_of(MetricId{row}), now.ms, std::move(bytes));
    feed_outcome(record, now);
    enter_stages(now);
    if (id.empty()) continue;
    state_.outcomes.push_back(
        {id_key(signal, id), std::move(record.metric), record.value, std::move(record.credits)});
    keep_newest(state_.outcomes, limits::outcome_count_max);
  }
}

void Session::feed_outcome(const outcome::Outcome& record, TimeMs now) {
  Array<FieldValue> fields{{0, record.metric}, {1, record.value}};
  if (!record.credits.empty()) {  // the latest exposure that it credits
    const outcome::Credit& credit = record.credits.back();
    const FieldValue credited[] = {{2, credit.slot},
                                   {3, credit.trigger},
                                   {4, credit.variant},
                                   {5, credit.microsegment},
                                   {6, credit.held_out}};
    fields.insert(fields.end(), std::begin(credited), std::end(credited));
  }
  feed_own(image::outcome_signal, {fields.data(), fields.size()}, now);
}

void Session::refund_metric(MetricId metric, std::uint64_t key, std::string_view id, TimeMs now) {
  if (level_ == Level::none) return;
  outcome::Refund record{outcome_of(metric, id, now)};
  const auto is_kept = [&](const KeptOutcome& kept) {
    return kept.key == key && kept.metric == record.outcome.metric;
  };
  const auto kept = std::find_if(state_.outcomes.begin(), state_.outcomes.end(), is_kept);
  if (kept != state_.outcomes.end()) {
    record.outcome.value = kept->value;
    record.outcome.credits = std::move(kept->credits);
    state_.outcomes.erase(kept);
  }
  Array<std::byte> bytes;
  outcome::append(record, bytes);
  pending_.push(class_of(metric), now.ms, std::move(bytes));
}

outcome::Class Session::class_of(MetricId metric) const {
  return ruleset_->at<std::uint8_t>(Column::metric_goal, metric.index) != 0
             ? outcome::Class::goal
             : outcome::Class::driver;
}

void Session::forget_signals() {
  for (FeatureState& feature : state_.features) feature.clear();
  state_.entered.assign(state_.entered.size(), 0);
  state_.clock_ms = 0;
  state_.session_from_ms = 0;
  state_.trigger_caps.clear();
  state_.campaign_caps.clear();
  state_.programme_caps.clear();
  state_.exposures.clear();
  state_.exposed_slots.clear();
  state_.suppressed_slots.clear();
  state_.seen_ids.clear();
  state_.outcomes.clear();
  matcher_.everything_changed();
}

void Session::begin_view(std::uint64_t view) {
  state_.view = view;
  state_.exposed_slots.clear();
  state_.suppressed_slots.clear();
  if (level_ == Level::none) forget_signals();
}

void Session::set_level(Level level, TimeMs now) {
  level_ = level;
  if (level != Level::none) return;
  forget_signals();
  pending_.clear();
  for (std::uint32_t row = 0; row < state_.attributes.size(); ++row) {
    if (is_profile_fact(*ruleset_, AttributeId{row})) state_.attributes.set(row, Absent{});
  }
  matcher_.everything_changed();
  enter_stages(in_range(now));
}

void Session::drain(Array<PendingRecord>& out) { pending_.drain(out); }

}  // namespace heed
