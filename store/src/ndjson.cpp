#include "ndjson.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include <simdjson.h>

#include "heed/base/limits.h"

namespace heed::store {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t depth_max = 8;
constexpr std::size_t member_count_max = 16;

/// The names of the reasons, by position (docs/formats/outcomes.md).
constexpr std::array<std::string_view, 13> reasons = {
    "fixed",      "split", "bandit",   "recommend", "holdout", "no_trigger", "capped",
    "no_consent", "layer", "schedule", "expired",   "killed",  "unverified"};
static_assert(reasons.size() == outcome::reason_max + 1);

/// The first thing wrong with a batch; what comes after it is not said.
class Problem {
 public:
  void at_line(std::size_t line) { line_ = line; }
  void note(std::string_view path, std::string message) {
    if (first_) return;
    std::string where = "line " + std::to_string(line_);
    if (!path.empty()) where.append(": ").append(path);
    first_ = Malformed{std::move(where), std::move(message)};
  }
  [[nodiscard]] bool found() const { return first_.has_value(); }
  [[nodiscard]] Malformed take() { return std::move(*first_); }

 private:
  std::size_t line_ = 1;
  std::optional<Malformed> first_;
};

/// The members of one JSON object: exactly those named, each once.
class Members {
 public:
  Members(Problem& problem, std::string path, const dom::element& element,
          std::initializer_list<std::string_view> names)
      : problem_(problem), path_(std::move(path)), names_(names) {
    HEED_ASSERT(names_.size() <= values_.size());
    dom::object object;
    if (element.get(object) != simdjson::SUCCESS) {
      problem_.note(path_, "an object is needed");
      return;
    }
    for (const dom::key_value_pair& member : object) take(member);
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (!values_[i]) problem_.note(member_path(names_[i]), "is missing");
    }
  }

  [[nodiscard]] std::string member_path(std::string_view name) const {
    return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
  }

  [[nodiscard]] std::string text(std::string_view name, std::size_t size_bytes_max) const {
    std::string_view text;
    if (!get(name, text, "a string is needed")) return {};
    if (text.size() > size_bytes_max) {
      problem_.note(member_path(name),
                    "is longer than " + std::to_string(size_bytes_max) + " bytes");
      return {};
    }
    return std::string(text);
  }

  /// 64 bits as 16 lower-case hex digits.
  [[nodiscard]] std::uint64_t hex(std::string_view name) const {
    std::string_view text;
    if (!get(name, text, "a string of 16 hex digits is needed")) return 0;
    std::uint64_t value = 0;
    bool valid = text.size() == 16;
    for (const char c : text) {
      const bool digit = c >= '0' && c <= '9';
      valid = valid && (digit || (c >= 'a' && c <= 'f'));
      value = value << 4U | static_cast<std::uint64_t>(digit ? c - '0' : c - 'a' + 10);
    }
    if (!valid) problem_.note(member_path(name), "16 lower-case hex digits are needed");
    return valid ? value : 0;
  }

  [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t low,
                                     std::int64_t high) const {
    std::int64_t value = 0;
    if (!get(name, value, "a whole number is needed")) return low;
    if (value >= low && value <= high) return value;
    problem_.note(member_path(name),
                  "is outside " + std::to_string(low) + " to " + std::to_string(high));
    return low;
  }

  [[nodiscard]] double number(std::string_view name) const {
    double value = 0;
    if (!get(name, value, "a number is needed")) return 0;
    if (std::isfinite(value)) return value == 0 ? 0.0 : value;
    problem_.note(member_path(name), "is too large for a number");
    return 0;
  }

  [[nodiscard]] bool truth(std::string_view name) const {
    bool value = false;
    return get(name, value, "true or false is needed") && value;
  }

  /// Calls `take` with each element of a list, until it says no.
  template <class Take>
  void each_element(std::string_view name, Take take) const {
    dom::array list;
    if (!get(name, list, "a list is needed")) return;
    for (const dom::element& element : list) {
      if (!take(element)) return;
    }
  }

  /// Calls `take` with each member of an object, until it says no.
  template <class Take>
  void each_member(std::string_view name, Take take) const {
    dom::object object;
    if (!get(name, object, "an object is needed")) return;
    for (const dom::key_value_pair& member : object) {
      if (!take(member)) return;
    }
  }

  [[nodiscard]] bool is_null(std::string_view name) const {
    const auto* value = find(name);
    return value != nullptr && value->is_null();
  }

 private:
  void take(const dom::key_value_pair& member) {
    const auto found = std::find(names_.begin(), names_.end(), member.key);
    if (found == names_.end()) {
      problem_.note(member_path(member.key), "is not a known key");
      return;
    }
    auto& value = values_[static_cast<std::size_t>(found - names_.begin())];
    if (value) problem_.note(member_path(member.key), "is given twice");
    value = member.value;
  }

  [[nodiscard]] const dom::element* find(std::string_view name) const {
    const auto found = std::find(names_.begin(), names_.end(), name);
    const auto& value = values_[static_cast<std::size_t>(found - names_.begin())];
    return value ? &*value : nullptr;
  }

  template <class T>
  [[nodiscard]] bool get(std::string_view name, T& value, const char* needed) const {
    const dom::element* element = find(name);
    if (element == nullptr) return false;  // noted as missing
    if (element->get(value) == simdjson::SUCCESS) return true;
    problem_.note(member_path(name), needed);
    return false;
  }

  Problem& problem_;
  std::string path_;
  std::vector<std::string_view> names_;
  std::array<std::optional<dom::element>, member_count_max> values_;
};

std::string nullable_name(const Members& members, std::string_view name) {
  if (members.is_null(name)) return {};
  return members.text(name, limits::name_size_bytes_max);
}

std::uint64_t version(const Members& members) {
  return static_cast<std::uint64_t>(
      members.integer("ruleset", 0, std::numeric_limits<std::int64_t>::max()));
}

outcome::Exposure read_exposure(Problem& problem, const dom::element& element) {
  const Members m(problem, "", element,
                  {"type", "at", "ruleset", "unit", "view", "slot", "trigger", "variant", "options",
                   "probability", "microsegment", "reason", "held_out"});
  outcome::Exposure exposure;
  exposure.at_ms = m.integer("at", 0, limits::time_ms_max);
  exposure.ruleset = version(m);
  exposure.unit = m.hex("unit");
  exposure.view = m.hex("view");
  exposure.slot = m.text("slot", limits::name_size_bytes_max);
  exposure.trigger = nullable_name(m, "trigger");
  exposure.variant = m.text("variant", outcome::variant_size_bytes_max);
  m.each_member("options", [&](const dom::key_value_pair& option) {
    std::string_view name;
    if (option.value.get(name) != simdjson::SUCCESS ||
        std::max(name.size(), option.key.size()) > limits::name_size_bytes_max) {
      problem.note("options", "part and option are strings of at most 128 bytes");
      return false;
    }
    exposure.options.push_back({std::string(option.key), std::string(name)});
    return true;
  });
  if (exposure.options.size() > limits::part_count_max) {
    problem.note("options", "has more than 8 parts");
  }
  const double probability = m.number("probability");
  if (!(probability >= 0 && probability <= 1)) problem.note("probability", "is outside 0 to 1");
  exposure.width =
      problem.found()
          ? 0
          : static_cast<std::uint64_t>(std::llround(probability * static_cast<double>(share_one)));
  exposure.microsegment = m.text("microsegment", outcome::microsegment_size_bytes_max);
  const auto* reason =
      std::find(reasons.begin(), reasons.end(), m.text("reason", limits::name_size_bytes_max));
  if (reason == reasons.end()) problem.note("reason", "is not a known reason");
  exposure.reason = static_cast<std::uint8_t>(reason - reasons.begin());
  exposure.held_out = m.truth("held_out");
  return exposure;
}

outcome::Credit read_credit(Problem& problem, const std::string& path,
                            const dom::element& element) {
  const Members m(problem, path, element,
                  {"view", "slot", "trigger", "variant", "microsegment", "held_out"});
  outcome::Credit credit;
  credit.view = m.hex("view");
  credit.slot = m.text("slot", limits::name_size_bytes_max);
  credit.trigger = m.text("trigger", limits::name_size_bytes_max);
  credit.variant = m.text("variant", outcome::variant_size_bytes_max);
  credit.microsegment = m.text("microsegment", outcome::microsegment_size_bytes_max);
  credit.held_out = m.truth("held_out");
  return credit;
}

outcome::Outcome read_outcome(Problem& problem, const dom::element& element) {
  const Members m(
      problem, "", element,
      {"type", "at", "ruleset", "unit", "metric", "value", "id", "microsegment", "credits"});
  outcome::Outcome outcome;
  outcome.at_ms = m.integer("at", 0, limits::time_ms_max);
  outcome.ruleset = version(m);
  outcome.unit = m.hex("unit");
  outcome.metric = m.text("metric", limits::name_size_bytes_max);
  outcome.value = m.number("value");
  outcome.id = m.text("id", limits::signal_id_size_bytes_max);
  outcome.microsegment = m.text("microsegment", outcome::microsegment_size_bytes_max);
  m.each_element("credits", [&](const dom::element& credit) {
    if (outcome.credits.size() == outcome::credit_count_max) {
      problem.note("credits", "has more than 8 entries");
      return false;
    }
    const std::string path = "credits[" + std::to_string(outcome.credits.size()) + "]";
    outcome.credits.push_back(read_credit(problem, path, credit));
    return true;
  });
  return outcome;
}

/// The value that `spelled` is the name of.
template <class T, std::size_t count>
T read_name(Problem& problem, const Members& members, std::string_view field,
            const T (&candidates)[count]) {
  const std::string spelled = members.text(field, limits::name_size_bytes_max);
  std::string known;
  for (const T candidate : candidates) {
    if (spelled == outcome::name(candidate)) return candidate;
    known += known.empty() ? "" : ", ";
    known += outcome::name(candidate);
  }
  problem.note(field, "is none of " + known);
  return candidates[0];
}

outcome::Dropped read_dropped(Problem& problem, const dom::element& element) {
  using outcome::Class;
  const Members m(problem, "", element, {"type", "at", "class"});
  outcome::Dropped dropped;
  dropped.at_ms = m.integer("at", 0, limits::time_ms_max);
  dropped.what =
      read_name(problem, m, "class", {Class::signal, Class::exposure, Class::driver, Class::goal});
  return dropped;
}

outcome::Suppressed read_suppressed(Problem& problem, const dom::element& element) {
  using outcome::CapLimit;
  using outcome::CapOf;
  const Members m(
      problem, "", element,
      {"type", "at", "ruleset", "unit", "view", "slot", "trigger", "microsegment", "cap", "limit"});
  outcome::Suppressed suppressed;
  suppressed.at_ms = m.integer("at", 0, limits::time_ms_max);
  suppressed.ruleset = version(m);
  suppressed.unit = m.hex("unit");
  suppressed.view = m.hex("view");
  suppressed.slot = m.text("slot", limits::name_size_bytes_max);
  suppressed.trigger = m.text("trigger", limits::name_size_bytes_max);
  suppressed.microsegment = m.text("microsegment", outcome::microsegment_size_bytes_max);
  suppressed.cap =
      read_name(problem, m, "cap", {CapOf::trigger, CapOf::campaign, CapOf::programme});
  suppressed.limit =
      read_name(problem, m, "limit", {CapLimit::times, CapLimit::session, CapLimit::cool_down});
  return suppressed;
}

outcome::Record read_record(Problem& problem, const dom::element& element) {
  std::string_view type;
  if (element["type"].get(type) != simdjson::SUCCESS) {
    problem.note("type", "is missing or not a string");
  } else if (type == "exposure") {
    return read_exposure(problem, element);
  } else if (type == "outcome") {
    return read_outcome(problem, element);
  } else if (type == "refund") {
    return outcome::Refund{read_outcome(problem, element)};
  } else if (type == "dropped") {
    return read_dropped(problem, element);
  } else if (type == "suppressed") {
    return read_suppressed(problem, element);
  } else {
    problem.note("type", "is none of exposure, outcome, refund, dropped, suppressed");
  }
  return {};
}

outcome::BatchHead read_head(Problem& problem, const dom::element& element) {
  const Members m(problem, "", element, {"heed", "device", "epoch", "first", "sent", "ticket"});
  outcome::BatchHead head;
  if (m.integer("heed", 0, std::numeric_limits<std::int64_t>::max()) != 1) {
    problem.note("heed", "only version 1 is known");
  }
  head.device = m.hex("device");
  head.epoch = m.hex("epoch");
  head.first = static_cast<std::uint64_t>(
      m.integer("first", 1, static_cast<std::int64_t>(outcome::sequence_max)));
  head.sent_ms = m.integer("sent", 0, limits::time_ms_max);
  head.ticket = m.text("ticket", outcome::ticket_size_bytes_max);
  return head;
}

/// Gives one line after the other; blank lines are skipped.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool next(std::string_view& line) {
    while (!rest_.empty()) {
      ++number_;
      const std::size_t end = rest_.find('\n');
      line = rest_.substr(0, end);
      rest_ = end == std::string_view::npos ? std::string_view{} : rest_.substr(end + 1);
      if (line.find_first_not_of(" \t\r") != std::string_view::npos) return true;
    }
    return false;
  }
  [[nodiscard]] std::size_t number() const { return number_; }

  /// Bytes of the longest line.
  [[nodiscard]] static std::size_t longest(std::string_view text) {
    std::size_t longest = 0;
    for (std::size_t from = 0; from < text.size();) {
      const std::size_t until = std::min(text.find('\n', from), text.size());
      longest = std::max(longest, until - from);
      from = until + 1;
    }
    return longest;
  }

 private:
  std::string_view rest_;
  std::size_t number_ = 0;
};

}  // namespace

tl::expected<outcome::Batch, Malformed> read_ndjson(std::string_view text) {
  Problem problem;
  dom::parser parser;
  if (text.size() > limits::batch_size_bytes_max) {
    return tl::unexpected<Malformed>({"batch", "is larger than 1 MiB"});
  }
  outcome::Batch batch;
  bool has_head = false;
  std::string_view line;
  if (parser.allocate(Lines::longest(text), depth_max) != simdjson::SUCCESS) {
    return tl::unexpected<Malformed>({"batch", "has a line that is too long"});
  }
  for (Lines lines(text); !problem.found() && lines.next(line);) {
    problem.at_line(lines.number());
    dom::element element;
    const auto code = parser.parse(line.data(), line.size()).get(element);
    if (code != simdjson::SUCCESS) {
      problem.note("", simdjson::error_message(code));
    } else if (!has_head) {
      batch.head = read_head(problem, element);
      has_head = true;
    } else {
      batch.records.push_back(read_record(problem, element));
    }
  }
  if (!has_head) problem.note("", "the first line names the batch: {\"heed\":1,\"device\":...}");
  if (batch.records.size() > outcome::sequence_max - batch.head.first) {
    problem.note("first", "leaves no room for the records");
  }
  if (problem.found()) return tl::unexpected<Malformed>(problem.take());
  return batch;
}

}  // namespace heed::store
