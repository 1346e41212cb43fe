#include "heed/studio/diff.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>
#include <vector>

#include "describe.h"
#include "heed/studio/json_text.h"
#include "map_view.h"

namespace heed::compile {
namespace {

// `meaning` decides whether something changed; `words` are shown.
struct Value {
  std::string meaning;
  std::string words;
};
using Properties = std::vector<std::pair<std::string, Value>>;  // in the order of `describe`

struct Thing {
  std::size_t rank = 0;  // of its kind: facts come before what is built on them
  std::string what;
  std::string name;
  std::string title;  // a trigger's, for people
  Properties properties;

  [[nodiscard]] auto key() const { return std::tie(rank, name); }
};

struct Change {
  const Thing* before = nullptr;  // null: added
  const Thing* after = nullptr;   // null: removed
  std::vector<std::string> properties;

  [[nodiscard]] const Thing& thing() const { return after ? *after : *before; }
};

constexpr std::array<std::string_view, 12> kinds = {"site",    "attribute", "signal",   "feature",
                                                    "segment", "journey",   "metric",   "slot",
                                                    "asset",   "layer",     "campaign", "trigger"};

// What maps alone hold; of triggers there is more.
constexpr std::array<std::pair<std::string_view, const char*>, 5> read_by_people = {
    {{"layer", "owner"},
     {"layer", "reserved"},
     {"campaign", "owner"},
     {"asset", "tags"},
     {"asset", "version"}}};

constexpr std::string_view nothing = "(none)";
constexpr std::size_t line_size_max = 96;
constexpr std::size_t label_size_max = 24;

std::string author_words(const MapView& map, const Thing& thing, const std::string& property) {
  if (thing.what == "trigger" && property == "when") return map.trigger(thing.name, "when");
  if (thing.what == "segment" && property == "when") return map.segment(thing.name);
  if (thing.what == "feature" && property.ends_with("where")) {
    return map.feature(thing.name, property);
  }
  constexpr std::string_view stage = "stage ";
  if (thing.what == "journey" && property.starts_with(stage)) {
    return map.stage(thing.name, property.substr(stage.size()));
  }
  return {};
}

void add(Thing& thing, const char* property, const std::string& text) {
  if (!text.empty()) thing.properties.push_back({property, {text, text}});
}

/// Everything, by kind and name.
///
/// @param words  empty where only the image counts
std::vector<Thing> things_of(const Ruleset& ruleset, const MapView& words) {
  std::vector<Thing> things;
  for (const Described& described : describe(ruleset)) {
    Thing thing;
    const auto* const kind = std::find(kinds.begin(), kinds.end(), described.what);
    thing.rank = static_cast<std::size_t>(kind - kinds.begin());
    thing.what = described.what;
    thing.name = thing.what == "site" ? "" : described.name;
    if (thing.what == "site") add(thing, "site", described.name);
    for (const char* property : {"name", "owner", "hypothesis"}) {
      if (thing.what == "trigger") add(thing, property, words.trigger(thing.name, property));
    }
    if (thing.what == "trigger") thing.title = words.trigger(thing.name, "name");
    for (const auto& [what, property] : read_by_people) {
      if (thing.what == what) add(thing, property, words.of(what, thing.name, property));
    }
    for (const auto& [property, value] : described.properties) {
      std::string text = author_words(words, thing, property);
      thing.properties.push_back({property, {value, text.empty() ? value : text}});
    }
    things.push_back(std::move(thing));
  }
  std::sort(things.begin(), things.end(),
            [](const Thing& a, const Thing& b) { return a.key() < b.key(); });
  return things;
}

const Value* find(const Thing* thing, const std::string& property) {
  if (thing == nullptr) return nullptr;
  for (const auto& [name, value] : thing->properties) {
    if (name == property) return &value;
  }
  return nullptr;
}

std::vector<std::string> changed_properties(const Thing& before, const Thing& after) {
  std::vector<std::string> changed;
  for (const auto& [name, value] : before.properties) {
    const Value* now = find(&after, name);
    if (now == nullptr || now->meaning != value.meaning) changed.push_back(name);
  }
  for (const auto& [name, value] : after.properties) {
    if (find(&before, name) == nullptr) changed.push_back(name);
  }
  return changed;
}

std::vector<Change> compare(const std::vector<Thing>& before, const std::vector<Thing>& after) {
  std::vector<Change> changes;
  auto old_thing = before.begin();
  auto new_thing = after.begin();
  while (old_thing != before.end() || new_thing != after.end()) {
    if (new_thing == after.end() ||
        (old_thing != before.end() && old_thing->key() < new_thing->key())) {
      changes.push_back({&*old_thing++, nullptr, {}});
    } else if (old_thing == before.end() || new_thing->key() < old_thing->key()) {
      changes.push_back({nullptr, &*new_thing++, {}});
    } else {
      Change change{&*old_thing, &*new_thing, changed_properties(*old_thing, *new_thing)};
      if (!change.properties.empty()) changes.push_back(std::move(change));
      ++old_thing;
      ++new_thing;
    }
  }
  return changes;
}

struct Compared {
  std::vector<Thing> before;
  std::vector<Thing> after;
  std::vector<Change> changes;  // borrowed from both
};

/// Words are compared with words only: a map on one side alone is left out.
Compared compare(const Ruleset& before, std::string_view map_before, const Ruleset& after,
                 std::string_view map_after) {
  const MapView none("");
  const MapView words_before(map_before);
  const MapView words_after(map_after);
  const bool both = words_before.fits(before) && words_after.fits(after);
  Compared compared{things_of(before, both ? words_before : none),
                    things_of(after, both ? words_after : none),
                    {}};
  compared.changes = compare(compared.before, compared.after);
  return compared;
}

std::string_view kind_of(const Change& change) {
  if (change.before == nullptr) return "added";
  return change.after ? "changed" : "removed";
}

std::string padded(std::string text, std::size_t size) {
  if (text.size() < size) text.append(size - text.size(), ' ');
  return text;
}

// One line where it fits, else the new value below the old one.
std::string property_line(const std::string& label, const Value* before, const Value* after) {
  const std::string old_words = before ? before->words : std::string(nothing);
  const std::string new_words = after ? after->words : std::string(nothing);
  std::string out = "    " + label + "  " + old_words;
  const bool fits = out.size() + 4 + new_words.size() <= line_size_max;
  const std::string below = "\n" + std::string(label.size() + 3, ' ') + "-> ";
  return out + (fits ? " -> " : below) + new_words + "\n";
}

std::string change_text(const Change& change) {
  const Thing& thing = change.thing();
  std::string out = change.before == nullptr ? "+ " : change.after ? "~ " : "- ";
  out += thing.what + (thing.name.empty() ? "" : " " + thing.name);
  if (!thing.title.empty()) out += "  \"" + thing.title + "\"";
  out += "\n";
  std::vector<std::string> names = change.properties;
  if (change.before == nullptr) {
    for (const auto& [name, value] : thing.properties) names.push_back(name);
  }
  std::size_t width = 0;
  for (const std::string& name : names) width = std::max(width, name.size());
  width = std::min(width, label_size_max);
  for (const std::string& name : names) {
    if (change.before == nullptr) {
      if (name == "name") continue;  // in the heading
      out += "    " + padded(name, width) + "  " + find(&thing, name)->words + "\n";
    } else {
      out +=
          property_line(padded(name, width), find(change.before, name), find(change.after, name));
    }
  }
  return out;
}

std::string value_json(const Value* value) {
  return value ? json_text(value->words) : std::string("null");
}

std::string change_json(const Change& change) {
  const Thing& thing = change.thing();
  std::string out = "{\"what\":" + json_text(thing.what) + ",\"name\":" + json_text(thing.name) +
                    ",\"change\":" + json_text(kind_of(change)) + ",\"properties\":[";
  std::vector<std::string> names = change.properties;
  if (names.empty()) {
    for (const auto& [name, value] : thing.properties) names.push_back(name);
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    out += (i > 0 ? ",{" : "{") + std::string("\"property\":") + json_text(names[i]) +
           ",\"before\":" + value_json(find(change.before, names[i])) +
           ",\"after\":" + value_json(find(change.after, names[i])) + "}";
  }
  return out + "]}";
}

std::string counts_text(const std::vector<Change>& changes) {
  std::string out;
  for (const std::string_view kind : {"added", "removed", "changed"}) {
    const auto count = std::count_if(changes.begin(), changes.end(),
                                     [&](const Change& change) { return kind_of(change) == kind; });
    if (count > 0)
      out += (out.empty() ? "" : ", ") + std::to_string(count) + " " + std::string(kind);
  }
  return out;
}

}  // namespace

std::string diff_text(const Ruleset& before, std::string_view map_before, const Ruleset& after,
                      std::string_view map_after) {
  const Compared compared = compare(before, map_before, after, map_after);
  std::string out;
  for (const Change& change : compared.changes) out += change_text(change);
  return out.empty() ? out : out + counts_text(compared.changes) + "\n";
}

std::string diff_json(const Ruleset& before, std::string_view map_before, const Ruleset& after,
                      std::string_view map_after) {
  const Compared compared = compare(before, map_before, after, map_after);
  std::string out = "{\"changed\":";
  out += compared.changes.empty() ? "false" : "true";
  out += ",\"same_bytes\":";
  out += same_bytes(before, after) ? "true" : "false";
  out += ",\"changes\":[";
  for (std::size_t i = 0; i < compared.changes.size(); ++i) {
    out += (i > 0 ? "," : "") + change_json(compared.changes[i]);
  }
  return out + "]}";
}

bool same_bytes(const Ruleset& before, const Ruleset& after) {
  return before.body_hash() == after.body_hash();
}

bool map_fits(const Ruleset& ruleset, std::string_view map) { return MapView(map).fits(ruleset); }

}  // namespace heed::compile
