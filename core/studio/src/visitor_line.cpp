#include "visitor_line.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "heed/base/limits.h"
#include "heed/studio/time_text.h"
#include "json_tree.h"

namespace heed::compile {
namespace {

using image::Column;
using image::Type;

std::string quoted(std::string_view name) { return "`" + std::string(name) + "`"; }

std::string_view type_name(Type type) {
  constexpr std::string_view names[] = {"true or false", "a number", "a string",
                                        "an array of strings",
                                        "a time such as \"2026-11-20T10:00:00Z\", or milliseconds"};
  return names[static_cast<std::size_t>(type)];
}

// Reads the line's members; the first fault ends it.
class LineReader {
 public:
  LineReader(const Ruleset& ruleset, VisitorLine& line) : ruleset_(ruleset), line_(line) {}

  bool read(const JsonNode& root) {
    if (root.kind != JsonKind::object) {
      return wrong_type("a line", "an object", root);
    }
    for_each_duplicate(root, [this](const JsonNode& node) {
      fault_at(node.key_at, "duplicate_key",
               "the key " + quoted(node.key) + " is here twice; keep one of them");
    });
    if (error_) return false;
    for (const JsonNode& member : root.children) {
      if (!is_known_key(member.key)) unknown("unknown key " + quoted(member.key));
    }
    return visitor(root) && now(root) && consent(root) && view(root) && attributes(root) &&
           signals(root) && slots(root);
  }

  [[nodiscard]] LineError error() const { return *error_; }

 private:
  bool fault(const JsonNode& where, std::string code, std::string message) {
    return fault_at(where.at, std::move(code), std::move(message));
  }

  bool fault_at(std::size_t byte, std::string code, std::string message) {
    if (!error_) error_ = LineError{std::move(code), std::move(message), byte + 1};
    return false;
  }

  bool wrong_type(std::string_view what, std::string_view wanted, const JsonNode& node) {
    return fault(node, "wrong_type",
                 std::string(what) + " must be " + std::string(wanted) + ", not " +
                     std::string(with_article(node.kind)));
  }

  void unknown(std::string sentence) { line_.unknown.push_back(std::move(sentence)); }

  static bool is_known_key(std::string_view key) {
    constexpr std::string_view known[] = {"visitor", "now",     "attributes", "signals",
                                          "slots",   "consent", "view",       "note"};
    return std::find(std::begin(known), std::end(known), key) != std::end(known);
  }

  bool visitor(const JsonNode& root) {
    const JsonNode* node = root.find("visitor");
    if (node == nullptr)
      return fault(root, "missing_key", "`visitor` is missing; give the visitor's id");
    if (node->kind != JsonKind::string) return wrong_type("`visitor`", "a string", *node);
    if (node->text.empty() || node->text.size() > limits::visitor_size_bytes_max) {
      return fault(
          *node, "bad_visitor",
          "`visitor` must have 1 to 128 bytes; it has " + std::to_string(node->text.size()));
    }
    line_.visitor = node->text;
    return true;
  }

  bool time(const std::string& what, const JsonNode& node, TimeMs& out) {
    if (node.kind == JsonKind::string) {
      const auto time = parse_time(node.text);
      if (!time) {
        return fault(node, "bad_time",
                     what +
                         " must be an RFC 3339 time such as \"2026-11-20T10:00:00Z\", or "
                         "milliseconds since 1970; it is " +
                         quoted(node.text));
      }
      out = *time;
      return true;
    }
    if (node.kind != JsonKind::number) {
      return wrong_type(what, "an RFC 3339 time, or milliseconds since 1970", node);
    }
    const auto max = static_cast<double>(limits::time_ms_max);
    if (std::floor(node.number) != node.number || std::fabs(node.number) > max) {
      return fault(node, "bad_time",
                   what +
                       " must be a whole number of milliseconds since 1970, as far as a "
                       "date can go");
    }
    out = TimeMs{static_cast<std::int64_t>(node.number)};
    return true;
  }

  bool now(const JsonNode& root) {
    const JsonNode* node = root.find("now");
    if (node == nullptr) {
      return fault(root, "missing_key",
                   "`now` is missing; give the time to decide at, as in "
                   "\"2026-11-20T10:00:00Z\"");
    }
    return time("`now`", *node, line_.now);
  }

  bool consent(const JsonNode& root) {
    const JsonNode* node = root.find("consent");
    if (node == nullptr) return true;
    if (node->kind != JsonKind::string) return wrong_type("`consent`", "a string", *node);
    constexpr std::string_view levels[] = {"none", "session", "device", "account"};
    const auto found = std::find(std::begin(levels), std::end(levels), node->text);
    if (found == std::end(levels)) {
      return fault(*node, "unknown_word",
                   "`consent` must be none, session, device or account, not " + quoted(node->text));
    }
    line_.level = static_cast<Level>(found - std::begin(levels));
    return true;
  }

  bool view(const JsonNode& root) {
    const JsonNode* node = root.find("view");
    if (node == nullptr) return true;
    if (node->kind != JsonKind::string) return wrong_type("`view`", "a string", *node);
    bool hex = node->text.size() == 16;
    for (const char c : node->text) {
      const bool digit = c >= '0' && c <= '9';
      if (!digit && !(c >= 'a' && c <= 'f')) hex = false;
      line_.view = line_.view << 4U | static_cast<std::uint64_t>(digit ? c - '0' : c - 'a' + 10);
    }
    return hex || fault(*node, "bad_view", "`view` must be 16 lower-case hexadecimal digits");
  }

  bool value(const std::string& what, const JsonNode& node, Type type, OwnedValue& out) {
    switch (type) {
      case Type::boolean:
        if (node.kind != JsonKind::boolean) break;
        out = node.boolean;
        return true;
      case Type::number:
        if (node.kind != JsonKind::number) break;
        out = node.number;
        return true;
      case Type::string:
        if (node.kind != JsonKind::string) break;
        out = node.text;
        return within_limit(what, node);
      case Type::set:
        if (node.kind != JsonKind::array) break;
        return members(what, node, out);
      case Type::time: {
        TimeMs read;
        if (!time(what, node, read)) return false;
        out = read;
        return true;
      }
    }
    return wrong_type(what, type_name(type), node);
  }

  bool within_limit(const std::string& what, const JsonNode& node) {
    return node.text.size() <= limits::string_size_bytes_max ||
           fault(node, "too_large",
                 what + " has " + std::to_string(node.text.size()) +
                     " bytes; at most 1024 are possible: shorten it");
  }

  bool members(const std::string& what, const JsonNode& node, OwnedValue& out) {
    if (node.children.size() > limits::set_member_count_max) {
      return fault(node, "too_many",
                   what + " has " + std::to_string(node.children.size()) +
                       " members; at most 256 are possible: leave some out");
    }
    Array<std::string> texts;
    for (const JsonNode& member : node.children) {
      if (member.kind != JsonKind::string)
        return wrong_type("a member of " + what, "a string", member);
      if (!within_limit("a member of " + what, member)) return false;
      texts.push_back(member.text);
    }
    out = std::move(texts);
    return true;
  }

  bool attributes(const JsonNode& root) {
    const JsonNode* node = root.find("attributes");
    if (node == nullptr) return true;
    if (node->kind != JsonKind::object) return wrong_type("`attributes`", "an object", *node);
    for (const JsonNode& member : node->children) {
      const auto attribute = ruleset_.find_attribute(member.key);
      if (!attribute) {
        unknown("unknown attribute " + quoted(member.key));
        continue;
      }
      VisitorLine::Fact fact{*attribute, {}};
      if (!value("attribute " + quoted(member.key), member, ruleset_.type(*attribute),
                 fact.value)) {
        return false;
      }
      line_.facts.push_back(std::move(fact));
    }
    return true;
  }

  bool signals(const JsonNode& root) {
    const JsonNode* node = root.find("signals");
    if (node == nullptr) return true;
    if (node->kind != JsonKind::array) return wrong_type("`signals`", "an array", *node);
    for (const JsonNode& item : node->children) {
      if (!signal(item)) return false;
    }
    std::stable_sort(
        line_.signals.begin(), line_.signals.end(),
        [](const VisitorLine::Signal& a, const VisitorLine::Signal& b) { return a.at < b.at; });
    return true;
  }

  bool signal(const JsonNode& node) {
    if (node.kind != JsonKind::object) return wrong_type("a signal", "an object", node);
    const JsonNode* name = node.find("name");
    if (name == nullptr)
      return fault(node, "missing_key", "a signal needs its `name`, as in {\"name\": \"view\"}");
    if (name->kind != JsonKind::string) return wrong_type("a signal's `name`", "a string", *name);
    const std::string what = "signal " + quoted(name->text);
    VisitorLine::Signal made;
    made.at = line_.now;
    made.refund = name->text == "refund";
    if (!signal_keys(node, what, made)) return false;
    if (made.refund) return refund(node, std::move(made));
    const auto signal = ruleset_.find_signal(name->text);
    if (!signal) {
      unknown("unknown signal " + quoted(name->text));
      return true;
    }
    made.signal = *signal;
    const JsonNode* fields = node.find("fields");
    if (fields != nullptr && !signal_fields(*fields, what, made)) return false;
    line_.signals.push_back(std::move(made));
    return true;
  }

  // `at` and `id`, and that there is nothing else.
  bool signal_keys(const JsonNode& node, const std::string& what, VisitorLine::Signal& made) {
    for (const JsonNode& member : node.children) {
      const std::string& key = member.key;
      if (key == "at") {
        if (!time("`at` of " + what, member, made.at)) return false;
        if (made.at > line_.now) {
          return fault(member, "at_after_now",
                       what + " happens at " + time_text(made.at) + ", after `now` (" +
                           time_text(line_.now) + "); give an earlier `at`, or a later `now`");
        }
      } else if (key == "id") {
        if (member.kind != JsonKind::string)
          return wrong_type("`id` of " + what, "a string", member);
        if (member.text.size() > limits::signal_id_size_bytes_max) {
          return fault(member, "bad_id", "`id` of " + what + " has over 128 bytes; shorten it");
        }
        made.id = member.text;
      } else if (key != "name" && key != "fields" && key != "note" &&
                 !(made.refund && key == "of")) {
        unknown("unknown key " + quoted(key) + " of " + what);
      }
    }
    return true;
  }

  bool signal_fields(const JsonNode& node, const std::string& what, VisitorLine::Signal& made) {
    if (node.kind != JsonKind::object) return wrong_type("`fields` of " + what, "an object", node);
    const Rows rows = ruleset_.children(Column::signal_field_count, made.signal.index);
    for (const JsonNode& member : node.children) {
      const auto field = ruleset_.find_field(made.signal, member.key);
      if (!field) {
        unknown("unknown field " + quoted(member.key) + " of " + what);
        continue;
      }
      const auto type =
          static_cast<Type>(ruleset_.at<std::uint8_t>(Column::field_type, rows.begin + *field));
      VisitorLine::Field read{*field, {}};
      if (!value("field " + quoted(member.key) + " of " + what, member, type, read.value))
        return false;
      made.fields.push_back(std::move(read));
    }
    return true;
  }

  bool refund(const JsonNode& node, VisitorLine::Signal made) {
    if (made.id.empty()) {
      return fault(node, "missing_key", "a refund needs the `id` of the signal that it takes back");
    }
    const JsonNode* of = node.find("of");
    if (of != nullptr && of->kind != JsonKind::string) return wrong_type("`of`", "a string", *of);
    if (of != nullptr && !ruleset_.find_signal(of->text)) {
      unknown("unknown signal " + quoted(of->text));
      return true;
    }
    for (std::uint32_t row = 0; row < ruleset_.signal_count(); ++row) {
      if (of != nullptr && ruleset_.name(SignalId{row}) != of->text) continue;
      made.signal = SignalId{row};
      line_.signals.push_back(made);
    }
    return true;
  }

  bool slots(const JsonNode& root) {
    const JsonNode* node = root.find("slots");
    if (node == nullptr) return true;
    if (node->kind != JsonKind::array) return wrong_type("`slots`", "an array", *node);
    line_.slots.emplace();
    for (const JsonNode& item : node->children) {
      if (item.kind != JsonKind::string) return wrong_type("a slot", "a string", item);
      if (const auto slot = ruleset_.find_slot(item.text)) {
        line_.slots->push_back(*slot);
      } else {
        unknown("unknown slot " + quoted(item.text));
      }
    }
    return true;
  }

  const Ruleset& ruleset_;
  VisitorLine& line_;
  std::optional<LineError> error_;
};

// Lends an owned value for one call.
class Lent {
 public:
  explicit Lent(const OwnedValue& value) {
    if (const auto* flag = std::get_if<bool>(&value)) value_ = *flag;
    if (const auto* number = std::get_if<double>(&value)) value_ = *number;
    if (const auto* text = std::get_if<std::string>(&value)) value_ = std::string_view(*text);
    if (const auto* time = std::get_if<TimeMs>(&value)) value_ = *time;
    if (const auto* members = std::get_if<Array<std::string>>(&value)) {
      members_.assign(members->begin(), members->end());
      value_ = Members(members_);
    }
  }
  Lent(const Lent&) = delete;
  Lent& operator=(const Lent&) = delete;

  [[nodiscard]] const Value& value() const { return value_; }

 private:
  std::vector<std::string_view> members_;
  Value value_;
};

tl::unexpected<LineError> refused(ErrorCode code, std::string_view what) {
  return tl::unexpected(LineError{std::string(name(code)),
                                  std::string(what) + " was refused: " + std::string(name(code))});
}

Result<Observed> play_signal(Session& session, const VisitorLine::Signal& signal) {
  if (signal.refund) return session.refund(signal.signal, signal.id, signal.at);
  std::vector<FieldValue> fields;
  std::vector<std::vector<std::string_view>> members;
  members.reserve(signal.fields.size());  // spans into it stay valid
  for (const VisitorLine::Field& field : signal.fields) {
    FieldValue value{field.field, {}};
    if (const auto* set = std::get_if<Array<std::string>>(&field.value)) {
      members.emplace_back(set->begin(), set->end());
      value.value = Members(members.back());
    } else {
      value.value = Lent(field.value).value();
    }
    fields.push_back(value);
  }
  return session.observe(signal.signal, fields, signal.id, signal.at);
}

}  // namespace

tl::expected<VisitorLine, LineError> read_visitor_line(const Ruleset& ruleset,
                                                       std::string_view line) {
  if (line.size() > line_size_bytes_max) {
    return tl::unexpected(LineError{
        "too_large", "the line is over 1 MiB; give one visitor a line, and fewer signals each"});
  }
  const auto root = parse_json(line);
  if (!root) {
    return tl::unexpected(LineError{root.error().code, root.error().message, root.error().at + 1});
  }
  VisitorLine made;
  LineReader reader(ruleset, made);
  if (!reader.read(*root)) return tl::unexpected(reader.error());
  return made;
}

tl::expected<Session, LineError> play_visitor_line(const Ruleset& ruleset,
                                                   const VisitorLine& line) {
  // Facts are known before the first signal happens.
  const TimeMs start =
      line.signals.empty() ? line.now : std::min(line.now, line.signals.front().at);
  auto session = Session::create(ruleset, line.visitor, start, line.level, line.view);
  if (!session) return refused(session.error().code, "the visitor");
  for (const VisitorLine::Fact& fact : line.facts) {
    const Lent lent(fact.value);
    const auto set = session->set(fact.attribute, lent.value(), start);
    // Without consent a profile is not read: the fact is as if it were not there.
    if (!set && set.error().code != ErrorCode::no_consent) {
      return refused(set.error().code, "attribute " + quoted(ruleset.name(fact.attribute)));
    }
  }
  for (const VisitorLine::Signal& signal : line.signals) {
    const auto observed = play_signal(*session, signal);
    if (!observed) {
      return refused(observed.error().code, "signal " + quoted(ruleset.name(signal.signal)));
    }
  }
  return std::move(*session);
}

}  // namespace heed::compile
