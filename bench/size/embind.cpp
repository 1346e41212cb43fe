// The runtime as it would be with Embind: names and objects cross instead of bytes. Built by `./dev
// bench size` alone, so that leaving Embind out of the visitor's download stays a measured choice.
#include <emscripten/bind.h>
#include <emscripten/val.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/runtime/ruleset.h"
#include "heed/runtime/session.h"

namespace heed {
namespace {

using emscripten::val;

std::optional<Ruleset> ruleset;

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

bool open(const std::string& image) {
  auto opened = Ruleset::open(bytes_of(image));
  if (!opened) return false;
  ruleset.emplace(std::move(*opened));
  return true;
}

val to_bytes(std::span<const std::byte> bytes) {
  const auto* start = reinterpret_cast<const unsigned char*>(bytes.data());
  return val::global("Uint8Array").new_(val(emscripten::typed_memory_view(bytes.size(), start)));
}

/// A value of JavaScript's; text is kept by `texts`, which is as long as there are values.
Value value_of(const val& value, std::vector<std::string>& texts) {
  if (value.isNumber()) return value.as<double>();
  if (value.isString()) return std::string_view(texts.emplace_back(value.as<std::string>()));
  if (value.isTrue() || value.isFalse()) return value.isTrue();
  return Absent{};
}

class BoundSession {
 public:
  /// @param snapshot  bytes of `save`, or nothing
  BoundSession(const std::string& visitor, const std::string& snapshot, double now)
      : session_(
            *Session::restore(*ruleset, bytes_of(snapshot), visitor, at(now), Level::device, 1)) {}

  bool set(const std::string& name, const val& value, double now) {
    const auto attribute = ruleset->find_attribute(name);
    std::vector<std::string> texts;
    texts.reserve(1);
    return attribute && session_.set(*attribute, value_of(value, texts), at(now)).has_value();
  }

  bool observe(const std::string& name, const val& fields, double now) {
    const auto signal = ruleset->find_signal(name);
    if (!signal) return false;
    const auto names =
        emscripten::vecFromJSArray<std::string>(val::global("Object").call<val>("keys", fields));
    std::vector<std::string> texts;
    texts.reserve(names.size());
    std::vector<FieldValue> values;
    for (const auto& field_name : names) {
      const auto field = ruleset->find_field(*signal, field_name);
      if (!field) return false;
      values.push_back({*field, value_of(fields[field_name], texts)});
    }
    return session_.observe(*signal, values, {}, at(now)).has_value();
  }

  bool refund(const std::string& name, const std::string& id, double now) {
    const auto signal = ruleset->find_signal(name);
    return signal && session_.refund(*signal, id, at(now)).has_value();
  }

  bool expose(const std::string& slot, double now) {
    const auto id = ruleset->find_slot(slot);
    return id && session_.expose(session_.decide(*id, at(now)), at(now)) == Exposed::counted;
  }

  void set_level(int level, double now) { session_.set_level(static_cast<Level>(level), at(now)); }
  void begin_view(double view) { session_.begin_view(static_cast<std::uint64_t>(view)); }

  [[nodiscard]] val save() const {
    Array<std::byte> snapshot;
    session_.save(snapshot);
    return to_bytes(snapshot);
  }

  [[nodiscard]] val drain() {
    Array<PendingRecord> records;
    session_.drain(records);
    val result = val::array();
    for (const auto& record : records) result.call<void>("push", to_bytes(record.bytes));
    return result;
  }

  [[nodiscard]] val explain(const std::string& slot, double now) const {
    val result = val::array();
    const auto id = ruleset->find_slot(slot);
    if (!id) return result;
    for (const auto& candidate : session_.explain(*id, at(now)).candidates) {
      val entry = val::object();
      entry.set("trigger", std::string(ruleset->name(candidate.trigger)));
      entry.set("outlook", static_cast<int>(candidate.outlook));
      entry.set("stopped_by", std::string(name(candidate.stopped_by)));
      result.call<void>("push", entry);
    }
    return result;
  }

  [[nodiscard]] val decide(const std::string& slot, double now) const {
    const auto id = ruleset->find_slot(slot);
    val result = val::object();
    if (!id) return result;
    const Decision decision = session_.decide(*id, at(now));
    result.set("slot", slot);
    if (decision.trigger == none_id<struct TriggerTag>) return result;
    result.set("trigger", std::string(ruleset->name(decision.trigger)));
    val options = val::object();
    for (std::size_t part = 0; part < decision.part_count; ++part) {
      const auto option = ruleset->option_name(decision.trigger, part, decision.options[part]);
      options.set(std::string(ruleset->part_name(decision.trigger, part)), std::string(option));
    }
    result.set("options", options);
    result.set("probability", decision.probability);
    result.set("reason", std::string(name(decision.reason)));
    return result;
  }

 private:
  static TimeMs at(double now) { return TimeMs{static_cast<std::int64_t>(now)}; }

  Session session_;
};

}  // namespace
}  // namespace heed

EMSCRIPTEN_BINDINGS(heed_runtime) {
  emscripten::function("open", &heed::open);
  emscripten::class_<heed::BoundSession>("Session")
      .constructor<std::string, std::string, double>()
      .function("set", &heed::BoundSession::set)
      .function("observe", &heed::BoundSession::observe)
      .function("decide", &heed::BoundSession::decide)
      .function("refund", &heed::BoundSession::refund)
      .function("expose", &heed::BoundSession::expose)
      .function("setLevel", &heed::BoundSession::set_level)
      .function("beginView", &heed::BoundSession::begin_view)
      .function("save", &heed::BoundSession::save)
      .function("drain", &heed::BoundSession::drain)
      .function("explain", &heed::BoundSession::explain);
}
