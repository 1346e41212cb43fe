#include "reader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <utility>

#include "heed/base/limits.h"
#include "heed/studio/time_text.h"
#include "suggest.h"

namespace heed::compile {
namespace {

constexpr std::array<std::string_view, 23> top_keys = {
    "site",          "version",    "expires", "valid_for", "time_zone", "currency",
    "holdout",       "attributes", "signals", "features",  "segments",  "journeys",
    "microsegments", "slots",      "assets",  "templates", "metrics",   "layers",
    "campaigns",     "triggers",   "consent", "cap",       "note"};

constexpr std::array<std::string_view, 2> later_top_keys = {"catalog", "delegations"};

constexpr std::array<std::string_view, 27> reserved_names = {
    "as",    "break",     "const", "continue", "duration", "else",   "false",
    "for",   "function",  "has",   "if",       "import",   "in",     "let",
    "loop",  "namespace", "now",   "null",     "package",  "return", "segment",
    "stage", "timestamp", "true",  "var",      "void",     "while"};

bool is_note(const JsonNode& node) { return node.key == "note" || node.key == "$schema"; }

template <class Visit>
void for_each_note(const JsonNode& node, const Visit& visit) {
  for (const JsonNode& child : node.children) {
    if (node.kind == JsonKind::object && is_note(child)) {
      visit(child);
    } else {
      for_each_note(child, visit);
    }
  }
}

template <class Words>
bool contains(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

std::string with_article(std::string_view word) {
  const bool vowel = std::string_view("aeiou").find(word.substr(0, 1)) != std::string_view::npos;
  return (vowel ? "an " : "a ") + std::string(word);
}

std::string naming(const JsonNode& node) {
  if (node.parent == nullptr) return "the source";
  if (node.parent->kind == JsonKind::array) return "this item";
  return "`" + node.key + "`";
}

void Reader::wrong_type(const JsonNode& node, std::string_view wanted) {
  report_.error(node, {"wrong_type",
                       naming(node) + " must be " + std::string(wanted) + ", not " +
                           std::string(with_article(node.kind)),
                       {}});
}

void Reader::add_file(const JsonNode& root) {
  if (root.kind != JsonKind::object) return wrong_type(root, "an object");
  for_each_duplicate(root, [this](const JsonNode& node) {
    report_.error_at_key(
        node, {"duplicate_key", "`" + node.key + "` is here twice; keep one of them", {}});
  });
  for_each_note(root, [this](const JsonNode& node) {
    if (node.kind == JsonKind::string) return;
    report_.error(node, {"wrong_type",
                         "`" + node.key +
                             "` is for people who read the source: it must be a string, "
                             "and nothing else can have this name",
                         {}});
  });
  std::set<std::string_view> seen;
  for (const JsonNode& child : root.children) {
    if (is_note(child) || !seen.insert(child.key).second) continue;
    if (contains(later_top_keys, child.key)) {
      report_.error_at_key(
          child, {"not_supported", "`" + child.key + "` is not supported yet; remove it", {}});
    } else if (!contains(top_keys, child.key)) {
      report_.error_at_key(child, {"unknown_key", "unknown key `" + child.key + "`",
                                   closest_name(child.key, {top_keys.begin(), top_keys.end()})});
    } else {
      sections_[child.key].push_back(&child);
    }
  }
}

const JsonNode* Reader::scalar(std::string_view name) {
  const auto found = sections_.find(name);
  if (found == sections_.end()) return nullptr;
  const Section& section = found->second;
  for (std::size_t i = 1; i < section.size(); ++i) {
    report_.error_at_key(*section[i],
                         {"duplicate_key",
                          "`" + std::string(name) + "` is also in " +
                              report_.file_name(section[0]->file) + "; keep one of them",
                          {}});
  }
  return section[0];
}

const JsonNode* Reader::place(std::string_view name) const {
  const auto found = sections_.find(name);
  return found == sections_.end() ? nullptr : found->second[0];
}

std::vector<const JsonNode*> Reader::entries(std::string_view name, std::size_t count_max) {
  std::vector<const JsonNode*> all;
  std::map<std::string_view, const JsonNode*> seen;
  const auto found = sections_.find(name);
  if (found == sections_.end()) return all;
  for (const JsonNode* part : found->second) {
    for (const JsonNode* entry : members(*part)) {
      const auto [first, added] = seen.emplace(entry->key, entry);
      if (added) {
        all.push_back(entry);
      } else {
        report_.error_at_key(
            *entry, {"duplicate_key",
                     "`" + entry->key + "` is also in " + report_.file_name(first->second->file) +
                         "; keep one of them",
                     {}});
      }
    }
  }
  if (all.size() > count_max) {
    report_.error_at_key(*all[count_max],
                         {"too_many",
                          "`" + std::string(name) + "` has " + std::to_string(all.size()) +
                              " entries; at most " + std::to_string(count_max) + " are possible",
                          {}});
    all.resize(count_max);
  }
  return all;
}

std::vector<const JsonNode*> Reader::members(const JsonNode& node) {
  std::vector<const JsonNode*> out;
  if (node.kind != JsonKind::object) {
    wrong_type(node, "an object");
    return out;
  }
  std::set<std::string_view> seen;  // a duplicate has been reported with its file
  for (const JsonNode& child : node.children) {
    if (!is_note(child) && seen.insert(child.key).second) out.push_back(&child);
  }
  return out;
}

std::vector<const JsonNode*> Reader::items(const JsonNode& node) {
  std::vector<const JsonNode*> out;
  if (node.kind != JsonKind::array) {
    wrong_type(node, "an array");
    return out;
  }
  for (const JsonNode& child : node.children) out.push_back(&child);
  return out;
}

bool Reader::object(const JsonNode& node, const std::vector<std::string_view>& known,
                    const std::vector<std::string_view>& later) {
  if (node.kind != JsonKind::object) {
    wrong_type(node, "an object");
    return false;
  }
  for (const JsonNode& child : node.children) {
    if (is_note(child) || contains(known, child.key)) continue;
    if (contains(later, child.key)) {
      report_.error_at_key(
          child, {"not_supported", "`" + child.key + "` is not supported yet; remove it", {}});
    } else {
      std::string suggestion = closest_name(child.key, known);
      std::string message = "unknown key `" + child.key + "`";
      if (suggestion.empty()) message += known_sentence(known);
      report_.error_at_key(child, {"unknown_key", std::move(message), std::move(suggestion)});
    }
  }
  return true;
}

std::optional<std::string> Reader::text(const JsonNode& node, std::size_t size_bytes_max,
                                        bool may_be_empty) {
  if (node.kind != JsonKind::string) {
    wrong_type(node, "a string");
    return {};
  }
  if (node.text.empty() && !may_be_empty) {
    report_.error(node, {"empty", naming(node) + " may not be empty; write something", {}});
    return {};
  }
  if (node.text.size() > size_bytes_max) {
    report_.error(node,
                  {"too_large",
                   naming(node) + " has " + std::to_string(node.text.size()) + " bytes; at most " +
                       std::to_string(size_bytes_max) + " are possible: shorten it",
                   {}});
    return {};
  }
  return node.text;
}

std::optional<double> Reader::number(const JsonNode& node) {
  if (node.kind == JsonKind::number) return node.number;
  wrong_type(node, "a number");
  return {};
}

std::optional<std::int64_t> Reader::integer(const JsonNode& node, std::int64_t low,
                                            std::int64_t high) {
  const auto value = number(node);
  if (!value) return {};
  const bool whole = std::floor(*value) == *value;
  if (whole && *value >= static_cast<double>(low) && *value <= static_cast<double>(high)) {
    return static_cast<std::int64_t>(*value);
  }
  report_.error(node, {"out_of_range",
                       naming(node) + " must be a whole number from " + std::to_string(low) +
                           " to " + std::to_string(high),
                       {}});
  return {};
}

std::optional<bool> Reader::boolean(const JsonNode& node) {
  if (node.kind == JsonKind::boolean) return node.boolean;
  wrong_type(node, "true or false");
  return {};
}

std::optional<std::int64_t> Reader::duration(const JsonNode& node) {
  const auto value = node.kind == JsonKind::string ? parse_duration(node.text) : std::nullopt;
  if (value && *value <= limits::time_ms_max) return value;
  report_.error(
      node, {"bad_duration",
             naming(node) + " must be a duration: a whole number and ms, s, m, h, d or w, as in "
                            "\"30m\" or \"7d\"",
             {}});
  return {};
}

std::optional<std::uint64_t> Reader::share(const JsonNode& node) {
  const auto value = number(node);
  if (!value) return {};
  if (*value < 0 || *value > 1) {
    report_.error(node,
                  {"out_of_range", naming(node) + " must be a share from 0 to 1; 5 % is 0.05", {}});
    return {};
  }
  return static_cast<std::uint64_t>(std::floor(*value * static_cast<double>(share_one) + 0.5));
}

std::optional<ShareRange> Reader::share_range(const JsonNode& node) {
  const auto ends = items(node);
  if (node.kind != JsonKind::array) return {};
  if (ends.size() != 2) {
    report_.error(
        node,
        {"wrong_type", naming(node) + " must be two shares, from and until, as in [0, 0.3]", {}});
    return {};
  }
  const auto from = share(*ends[0]);
  const auto until = share(*ends[1]);
  if (!from || !until) return {};
  if (*from >= *until) {
    report_.error(node,
                  {"out_of_range", naming(node) + " is empty: it must end after it starts", {}});
    return {};
  }
  return ShareRange{*from, *until};
}

Cap Reader::cap(const JsonNode& node) {
  Cap cap;
  if (!object(node, {"times", "per", "session", "cool_down"})) return cap;
  const JsonNode* times = node.find("times");
  const JsonNode* per = node.find("per");
  const JsonNode* session = node.find("session");
  const JsonNode* cool_down = node.find("cool_down");
  const auto count = [this](const JsonNode* limit) {
    const auto value = integer(*limit, 1, static_cast<std::int64_t>(limits::cap_times_max));
    return static_cast<std::uint16_t>(value.value_or(0));
  };
  if ((times == nullptr) != (per == nullptr)) {
    report_.error(node, {"missing_key",
                         "`times` of a cap goes with `per`, as in {\"times\": 3, \"per\": \"1d\"}",
                         {}});
  } else if (times != nullptr) {
    const auto span = duration(*per);
    const std::uint16_t allowed = count(times);
    if (span && allowed != 0) {
      cap.times = allowed;
      cap.per_ms = *span;
    }
  } else if (session == nullptr && cool_down == nullptr) {
    report_.error(node,
                  {"missing_key",
                   naming(node) + " limits nothing; give it `times` and `per`, `session` or "
                                  "`cool_down`, as in {\"session\": 1, \"cool_down\": \"4h\"}",
                   {}});
  }
  if (session != nullptr) cap.session = count(session);
  if (cool_down != nullptr) cap.cool_down_ms = duration(*cool_down).value_or(0);
  return cap;
}

std::optional<std::size_t> Reader::word(const JsonNode& node,
                                        const std::vector<std::string_view>& known) {
  if (node.kind != JsonKind::string) {
    wrong_type(node, "one of " + listed(known));
    return {};
  }
  const auto found = std::find(known.begin(), known.end(), node.text);
  if (found != known.end()) return static_cast<std::size_t>(found - known.begin());
  std::string message = naming(node) + " must be " + listed(known) + ", not `" + node.text + "`";
  report_.error(node, {"unknown_word", std::move(message), closest_name(node.text, known)});
  return {};
}

std::uint32_t Reader::reference(const JsonNode& node, std::string_view what,
                                const NameIndex& known) {
  const std::string name(what);
  if (node.kind != JsonKind::string) {
    wrong_type(node, "the name of " + with_article(what));
    return none_index;
  }
  const auto found = known.rows.find(node.text);
  if (found != known.rows.end()) return found->second;
  std::string suggestion = closest_name(node.text, known.names);
  std::string message = "unknown " + name + " `" + node.text + "`";
  if (suggestion.empty()) message += known_sentence(known.names);
  report_.error(node, {"unknown_" + name, std::move(message), std::move(suggestion)});
  return none_index;
}

bool Reader::identifier(const JsonNode& node, std::string_view what) {
  bool plain = !node.key.empty() && node.key.size() <= limits::name_size_bytes_max;
  for (std::size_t i = 0; i < node.key.size(); ++i) {
    const char c = node.key[i];
    const char lower = static_cast<char>(c | 0x20);
    const bool letter = (lower >= 'a' && lower <= 'z') || c == '_';
    if (!letter && (i == 0 || c < '0' || c > '9')) plain = false;
  }
  const std::string name = with_article(what);
  if (!plain) {
    report_.error_at_key(node,
                         {"bad_name",
                          "`" + node.key + "` cannot name " + name +
                              ": letters, digits and _, not starting with a digit, at most 128",
                          {}});
    return false;
  }
  if (contains(reserved_names, node.key)) {
    report_.error_at_key(
        node,
        {"bad_name", "`" + node.key + "` cannot name " + name + ": conditions use the word", {}});
    return false;
  }
  return true;
}

bool Reader::label(const JsonNode& node, std::string_view what, std::string_view refused) {
  return label_text(node, node.key, what, refused);
}

bool Reader::label_text(const JsonNode& node, const std::string& text, std::string_view what,
                        std::string_view refused) {
  const std::string name = with_article(what);
  std::string problem;
  if (text.empty()) problem = "the name of " + name + " may not be empty";
  if (text.size() > limits::name_size_bytes_max) {
    problem = "the name of " + name + " may have at most 128 bytes";
  }
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      problem = "the name of " + name + " may not hold control characters";
    }
    if (refused.find(c) != std::string_view::npos) {
      problem = "the name of " + name + " may not hold `" + std::string(1, c) + "`";
    }
  }
  if (problem.empty()) return true;
  const Finding finding{"bad_name", std::move(problem), {}};
  if (node.kind == JsonKind::string && node.text == text) {
    report_.error(node, finding);
  } else {
    report_.error_at_key(node, finding);
  }
  return false;
}

ConditionDef Reader::condition(const JsonNode& node) {
  ConditionDef def;
  def.node = &node;
  if (node.kind != JsonKind::string) {
    wrong_type(node, "a condition in a string, as in \"country == 'DE'\"");
    return def;
  }
  def.text = node.text;
  auto syntax = parse_condition(def.text);
  if (syntax) {
    def.syntax = std::move(*syntax);
  } else {
    report_.error_inside(node, syntax.error().at, std::move(syntax.error().finding));
  }
  return def;
}

}  // namespace heed::compile
