#include "heed/studio/diff.h"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "describe.h"
#include "heed/studio/json_text.h"
#include "map_view.h"
#include "visitor_line.h"

namespace heed::compile {
namespace {

struct Change {
  std::string what;
  std::string name;
  std::string property;  // empty: the whole thing
  std::optional<std::string> before;
  std::optional<std::string> after;
};

using Key = std::pair<std::string, std::string>;
using Things = std::map<Key, std::map<std::string, std::string>>;

Things things_of(const Ruleset& ruleset, std::string_view map) {
  const MapView words(map);
  Things things;
  for (const Described& thing : describe(ruleset)) {
    auto& properties = things[{thing.what, thing.what == "site" ? "" : thing.name}];
    properties = {thing.properties.begin(), thing.properties.end()};
    if (thing.what == "site") properties["site"] = thing.name;
    if (thing.what != "trigger") continue;
    for (const char* key : {"name", "owner", "hypothesis"}) {
      const std::string text = words.trigger(thing.name, key);
      if (!text.empty()) properties[key] = text;
    }
  }
  return things;
}

void compare_properties(const Key& key, const std::map<std::string, std::string>& before,
                        const std::map<std::string, std::string>& after,
                        std::vector<Change>& changes) {
  std::set<std::string> names;
  for (const auto& [name, value] : before) names.insert(name);
  for (const auto& [name, value] : after) names.insert(name);
  for (const std::string& name : names) {
    const auto old_value = before.find(name);
    const auto new_value = after.find(name);
    Change change{key.first, key.second, name, {}, {}};
    if (old_value != before.end()) change.before = old_value->second;
    if (new_value != after.end()) change.after = new_value->second;
    if (change.before != change.after) changes.push_back(std::move(change));
  }
}

std::vector<Change> compare(const Ruleset& before, std::string_view map_before,
                            const Ruleset& after, std::string_view map_after) {
  const Things old_things = things_of(before, map_before);
  const Things new_things = things_of(after, map_after);
  std::vector<Change> changes;
  for (const auto& [key, properties] : old_things) {
    const auto kept = new_things.find(key);
    if (kept == new_things.end()) {
      changes.push_back({key.first, key.second, {}, std::string("present"), {}});
    } else {
      compare_properties(key, properties, kept->second, changes);
    }
  }
  for (const auto& [key, properties] : new_things) {
    if (!old_things.contains(key)) {
      changes.push_back({key.first, key.second, {}, {}, std::string("present")});
    }
  }
  std::stable_sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) {
    return std::tie(a.what, a.name) < std::tie(b.what, b.name);
  });
  return changes;
}

std::string_view kind_of(const Change& change) {
  if (!change.before) return "added";
  return change.after ? "changed" : "removed";
}

std::string shown(const Decision& decision, const Ruleset& ruleset) {
  if (decision.trigger == none_id<struct TriggerTag>) return "(page's own)";
  const std::string trigger(ruleset.name(decision.trigger));
  return decision.held_out ? trigger + " (held out)"
                           : trigger + " " + variant_name(ruleset, decision);
}

// By slot name, what the visitor sees; nothing where the line is refused.
std::optional<std::map<std::string, std::string>> decide(const Ruleset& ruleset,
                                                         std::string_view line) {
  const auto read = read_visitor_line(ruleset, line);
  if (!read) return {};
  const auto session = play_visitor_line(ruleset, *read);
  if (!session) return {};
  std::vector<Decision> decisions;
  session->decide_all(read->now, decisions);
  std::map<std::string, std::string> out;
  for (const Decision& decision : decisions) {
    out.emplace(ruleset.name(decision.slot), shown(decision, ruleset));
  }
  return out;
}

}  // namespace

std::string diff_text(const Ruleset& before, std::string_view map_before, const Ruleset& after,
                      std::string_view map_after) {
  std::string out;
  std::string heading;
  for (const Change& change : compare(before, map_before, after, map_after)) {
    const std::string thing = change.what + (change.name.empty() ? "" : " " + change.name);
    if (change.property.empty()) {
      out += (change.after ? "+ " : "- ") + thing + "\n";
      heading.clear();
      continue;
    }
    if (heading != thing) out += "~ " + thing + "\n";
    heading = thing;
    out += "    " + change.property + ": " + change.before.value_or("(nothing)") + " -> " +
           change.after.value_or("(nothing)") + "\n";
  }
  return out;
}

std::string diff_json(const Ruleset& before, std::string_view map_before, const Ruleset& after,
                      std::string_view map_after) {
  const std::vector<Change> changes = compare(before, map_before, after, map_after);
  const auto optional_text = [](const std::optional<std::string>& text) {
    return text ? json_text(*text) : std::string("null");
  };
  std::string out =
      changes.empty() ? "{\"changed\":false,\"changes\":[" : "{\"changed\":true,\"changes\":[";
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const Change& change = changes[i];
    if (i > 0) out += ',';
    out += "{\"what\":" + json_text(change.what) + ",\"name\":" + json_text(change.name);
    out += ",\"change\":" + json_text(kind_of(change));
    if (!change.property.empty()) {
      out += ",\"property\":" + json_text(change.property);
      out += ",\"before\":" + optional_text(change.before);
      out += ",\"after\":" + optional_text(change.after);
    }
    out += '}';
  }
  return out + "]}";
}

DiffLog::DiffLog(const Ruleset& before, const Ruleset& after) : before_(&before), after_(&after) {
  for (const Ruleset* ruleset : {before_, after_}) {
    for (std::uint32_t row = 0; row < ruleset->slot_count(); ++row) {
      slots_[std::string(ruleset->name(SlotId{row}))];
    }
  }
}

void DiffLog::feed(std::string_view line) {
  if (line.find_first_not_of(" \t\r\n\f\v") == std::string_view::npos) return;
  const auto old_decisions = decide(*before_, line);
  const auto new_decisions = decide(*after_, line);
  if (!old_decisions || !new_decisions) {
    ++refused_count_;
    return;
  }
  ++visitor_count_;
  for (auto& [name, slot] : slots_) {
    const auto in = [&name = name](const std::map<std::string, std::string>& decisions) {
      const auto found = decisions.find(name);
      return found == decisions.end() ? std::string("(no such slot)") : found->second;
    };
    const std::string old_decision = in(*old_decisions);
    const std::string new_decision = in(*new_decisions);
    if (old_decision == new_decision) continue;
    ++slot.changed;
    ++slot.moves[{old_decision, new_decision}];
  }
}

std::string DiffLog::text() const {
  std::string out = std::to_string(visitor_count_) + " visitors";
  if (refused_count_ > 0) out += ", " + std::to_string(refused_count_) + " lines refused";
  out += "\n";
  for (const auto& [name, slot] : slots_) {
    out += name + ": " + std::to_string(slot.changed) + " change\n";
    for (const auto& [move, count] : slot.moves) {
      out += "    " + std::to_string(count) + "  " + move.first + " -> " + move.second + "\n";
    }
  }
  return out;
}

std::string DiffLog::json() const {
  std::string out = "{\"visitors\":" + std::to_string(visitor_count_) +
                    ",\"refused\":" + std::to_string(refused_count_) + ",\"slots\":[";
  bool first_slot = true;
  for (const auto& [name, slot] : slots_) {
    if (!first_slot) out += ',';
    first_slot = false;
    const double share = visitor_count_ == 0 ? 0
                                             : static_cast<double>(slot.changed) /
                                                   static_cast<double>(visitor_count_);
    out += "{\"slot\":" + json_text(name) + ",\"changed\":" + std::to_string(slot.changed);
    out += ",\"share\":" + json_text(share) + ",\"moves\":[";
    bool first_move = true;
    for (const auto& [move, count] : slot.moves) {
      if (!first_move) out += ',';
      first_move = false;
      out += "{\"before\":" + json_text(move.first) + ",\"after\":" + json_text(move.second) +
             ",\"visitors\":" + std::to_string(count) + "}";
    }
    out += "]}";
  }
  return out + "]}";
}

}  // namespace heed::compile
