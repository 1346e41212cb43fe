#include "heed/studio/diff_log.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "describe.h"
#include "heed/studio/json_text.h"
#include "visitor_line.h"

namespace heed::compile {
namespace {

constexpr std::size_t example_count_max = 3;
constexpr std::size_t move_count_shown_max = 8;
constexpr std::string_view own_content = "the slot's fallback";

bool shows(const Decision& decision) {
  return decision.trigger != none_id<struct TriggerTag> && !decision.held_out;
}

std::string counted(std::uint64_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

double share_of(std::uint64_t count, std::uint64_t total) {
  return total == 0 ? 0 : static_cast<double>(count) / static_cast<double>(total);
}

// Whole per cents; what is neither nobody nor everybody never reads as if it were.
std::string percent_text(std::uint64_t count, std::uint64_t total) {
  if (count == 0) return "0 %";
  if (count == total) return "100 %";
  const double percent = share_of(count, total) * 100;
  if (percent < 1) return "under 1 %";
  if (percent > 99) return "over 99 %";
  return json_text(std::floor(percent + 0.5)) + " %";
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

std::string right(const std::string& text, std::size_t width) {
  return std::string(width > text.size() ? width - text.size() : 0, ' ') + text;
}

bool has_caps(const Ruleset& ruleset) {
  for (const Described& thing : describe(ruleset)) {
    for (const auto& property : thing.properties) {
      if (property.first == "cap") return true;
    }
  }
  return false;
}

// Every asset's kind and properties as one text: equal texts look equal.
std::vector<std::string> asset_contents(const Ruleset& ruleset) {
  std::vector<std::string> contents;
  for (const Described& thing : describe(ruleset)) {
    if (thing.what != "asset") continue;
    std::string content;
    for (const auto& [key, value] : thing.properties) {
      content.append(key).append("=").append(value).append("\n");
    }
    contents.push_back(std::move(content));
  }
  return contents;
}

std::map<std::string_view, std::uint32_t> assets_by_name(const Ruleset& ruleset) {
  std::map<std::string_view, std::uint32_t> rows;
  for (std::uint32_t row = 0; row < ruleset.row_count(image::Column::asset_name); ++row) {
    rows.emplace(ruleset.text(image::Column::asset_name, row), row);
  }
  return rows;
}

/// Index of each name; `names` sorted and without repeats.
std::size_t index_of(const std::vector<std::string>& names, std::string_view name) {
  return static_cast<std::size_t>(std::lower_bound(names.begin(), names.end(), name) -
                                  names.begin());
}

void sort_unique(std::vector<std::string>& names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

}  // namespace

DiffLog::DiffLog(const Ruleset& before, const Ruleset& after) {
  sides_[0].ruleset = &before;
  sides_[1].ruleset = &after;
  std::vector<std::string> slots;
  std::vector<std::string> triggers;
  for (const Side& side : sides_) {
    for (std::uint32_t row = 0; row < side.ruleset->slot_count(); ++row) {
      slots.emplace_back(side.ruleset->name(SlotId{row}));
    }
    for (std::uint32_t row = 0; row < side.ruleset->trigger_count(); ++row) {
      triggers.emplace_back(side.ruleset->name(TriggerId{row}));
    }
  }
  sort_unique(slots);
  sort_unique(triggers);
  for (std::string& name : slots) slots_.push_back({name, {}, {}, 0, 0, {}});
  for (std::string& name : triggers) reaches_.push_back({name, 0, 0, 0, 0});
  for (std::size_t i = 0; i < sides_.size(); ++i) {
    Side& side = sides_[i];
    side.asset_contents = asset_contents(*side.ruleset);
    const auto assets = assets_by_name(*side.ruleset);
    for (std::uint32_t row = 0; row < side.ruleset->slot_count(); ++row) {
      const std::size_t index = index_of(slots, side.ruleset->name(SlotId{row}));
      side.slots.push_back(index);
      slots_[index].ids[i] = SlotId{row};
      const auto fallback = side.ruleset->at<std::uint32_t>(image::Column::slot_fallback, row);
      if (fallback == none_index) continue;
      const std::string_view name = side.ruleset->string(fallback);
      const auto asset = assets.find(name);
      slots_[index].fallbacks[i] = {
          std::string(name), asset == assets.end() ? "" : side.asset_contents[asset->second]};
    }
    for (std::uint32_t row = 0; row < side.ruleset->trigger_count(); ++row) {
      side.reaches.push_back(index_of(triggers, side.ruleset->name(TriggerId{row})));
    }
  }
}

std::optional<LineError> DiffLog::feed(std::string_view line) {
  ++line_;
  if (is_blank_line(line)) return {};
  if (line.back() == '\r') line.remove_suffix(1);
  Asked asked;
  if (auto error = decide(line, asked)) {
    ++refused_count_;
    return error;
  }
  ++visitor_count_;
  bool changed = false;
  for (const std::size_t index : asked.slots) {
    changed = count(slots_[index], asked.visitor) || changed;
  }
  if (changed) ++changed_count_;
  return {};
}

std::optional<LineError> DiffLog::decide(std::string_view line, Asked& asked) {
  std::array<std::optional<LineError>, 2> errors;
  std::array<std::vector<std::string>, 2> unknown;
  for (std::size_t i = 0; i < sides_.size(); ++i) {
    Side& side = sides_[i];
    auto read = read_visitor_line(*side.ruleset, line);
    const auto session = read ? play_visitor_line(*side.ruleset, *read)
                              : tl::expected<Session, LineError>(tl::unexpect, read.error());
    if (!session) {
      errors[i] = session.error();
      continue;
    }
    session->decide_all(read->now, side.decisions);
    asked.visitor = read->visitor;
    if (read->slots) {
      for (const SlotId slot : *read->slots) asked.slots.insert(side.slots[slot.index]);
    } else {
      asked.slots.insert(side.slots.begin(), side.slots.end());
    }
    unknown[i] = std::move(read->unknown);
  }
  if (errors[0] && errors[1]) return errors[0];
  if (errors[0])
    return LineError{errors[0]->code, errors[0]->message + ", in the ruleset before",
                     errors[0]->column};
  if (errors[1])
    return LineError{errors[1]->code, errors[1]->message + ", in the ruleset after",
                     errors[1]->column};
  warn(unknown[0], unknown[1]);
  return {};
}

// What only one of them knows is part of the difference, and no warning.
void DiffLog::warn(const std::vector<std::string>& before, const std::vector<std::string>& after) {
  for (const std::string& sentence : after) {
    const bool both = std::find(before.begin(), before.end(), sentence) != before.end();
    if (both && known_warnings_.insert(sentence).second) {
      warnings_.push_back(sentence + "; it is ignored");
    }
  }
}

std::vector<std::string> DiffLog::take_warnings() { return std::exchange(warnings_, {}); }

Decision DiffLog::decision_of(const Side& side, std::optional<SlotId> slot) {
  return slot ? side.decisions[slot->index] : Decision{};
}

bool DiffLog::count(Slot& slot, const std::string& visitor) {
  const Decision before = decision_of(sides_[0], slot.ids[0]);
  const Decision after = decision_of(sides_[1], slot.ids[1]);
  ++slot.visitor_count;
  count_reach(before, after);
  if (!shows(before) && !shows(after) && slot.fallbacks[0] == slot.fallbacks[1]) return false;
  const Shown old_shown = shown_by(0, slot, before);
  const Shown new_shown = shown_by(1, slot, after);
  const auto old_contents = contents_of(0, slot, before);
  const auto new_contents = contents_of(1, slot, after);
  const bool same_choice = old_shown == new_shown;
  if (same_choice && old_contents == new_contents) return false;
  ++slot.changed_count;
  Move& move = slot.moves[{old_shown, new_shown}];
  if (move.visitor_count++ == 0) {
    move.looks_same = old_contents == new_contents;
    for (const auto& [part, option] : old_shown.options) {
      if (same_choice && old_contents.at(part) != new_contents.at(part)) {
        move.content.push_back(option);
      }
    }
    if (same_choice && !shows(before)) move.content.push_back(old_shown.fallback);
  }
  if (move.examples.size() < example_count_max) move.examples.push_back({visitor, line_});
  return true;
}

void DiffLog::count_reach(const Decision& before, const Decision& after) {
  Reach* const old_reach = before.trigger == none_id<struct TriggerTag>
                               ? nullptr
                               : &reaches_[sides_[0].reaches[before.trigger.index]];
  Reach* const new_reach = after.trigger == none_id<struct TriggerTag>
                               ? nullptr
                               : &reaches_[sides_[1].reaches[after.trigger.index]];
  if (old_reach != nullptr) ++old_reach->before;
  if (new_reach != nullptr) ++new_reach->after;
  if (old_reach == new_reach) return;
  if (old_reach != nullptr) ++old_reach->loses;
  if (new_reach != nullptr) ++new_reach->gains;
}

DiffLog::Shown DiffLog::shown_by(std::size_t side, const Slot& slot,
                                 const Decision& decision) const {
  const Ruleset& ruleset = *sides_[side].ruleset;
  Shown shown;
  if (!shows(decision)) {
    shown.fallback = slot.fallbacks[side].name;
    return shown;
  }
  shown.trigger = ruleset.name(decision.trigger);
  for (std::size_t part = 0; part < decision.part_count; ++part) {
    shown.options.emplace_back(ruleset.part_name(decision.trigger, part),
                               ruleset.option_name(decision.trigger, part, decision.options[part]));
  }
  return shown;
}

std::string DiffLog::content_of(const Side& side, const Decision& decision, std::size_t part) {
  const std::uint8_t option = decision.options[part];
  const AssetId asset = side.ruleset->option_asset(decision.trigger, part, option);
  if (asset != none_id<struct AssetTag>) return side.asset_contents[asset.index];
  return std::string(side.ruleset->option_name(decision.trigger, part, option));
}

std::map<std::string, std::string> DiffLog::contents_of(std::size_t index, const Slot& slot,
                                                        const Decision& decision) const {
  const Side& side = sides_[index];
  std::map<std::string, std::string> contents;
  const Fallback& seen = slot.fallbacks[index];
  if (!shows(decision)) contents.emplace("", seen.content.empty() ? seen.name : seen.content);
  for (std::size_t part = 0; shows(decision) && part < decision.part_count; ++part) {
    contents.emplace(side.ruleset->part_name(decision.trigger, part),
                     content_of(side, decision, part));
  }
  return contents;
}

std::string DiffLog::Shown::text(Parts parts) const {
  if (trigger.empty()) {
    return std::string(own_content) + (fallback.empty() ? "" : "  " + fallback);
  }
  std::string variant;
  for (const auto& [part, option] : options) {
    if (!variant.empty()) variant += '+';
    if (parts == Parts::named) variant.append(part) += '=';
    variant += option;
  }
  return variant.empty() ? trigger : trigger + "  " + variant;
}

std::string DiffLog::Shown::json() const {
  if (trigger.empty()) return "null";
  std::string variant;
  std::string members;
  for (const auto& [part, option] : options) {
    variant += (variant.empty() ? "" : "+") + option;
    members += (members.empty() ? "" : ",") + json_text(part) + ":" + json_text(option);
  }
  return "{\"trigger\":" + json_text(trigger) + ",\"variant\":" + json_text(variant) +
         ",\"options\":{" + members + "}}";
}

std::vector<const DiffLog::Moves::value_type*> DiffLog::most_first(const Slot& slot) {
  std::vector<const Moves::value_type*> moves;
  for (const Moves::value_type& move : slot.moves) moves.push_back(&move);
  std::stable_sort(moves.begin(), moves.end(), [](const auto* a, const auto* b) {
    return a->second.visitor_count > b->second.visitor_count;
  });
  return moves;
}

std::string DiffLog::slot_text(const Slot& slot) const {
  std::string out = slot.name + ": " + std::to_string(slot.changed_count) + " of " +
                    counted(slot.visitor_count, "visitor", "visitors") + " (" +
                    percent_text(slot.changed_count, slot.visitor_count) + ")";
  if (!slot.ids[0]) out += ", a new slot";
  if (!slot.ids[1]) out += ", a slot that goes";
  out += "\n";
  const std::size_t width = std::max<std::size_t>(4, std::to_string(slot.changed_count).size());
  const std::string below = std::string(width + 3, ' ') + "-> ";
  const auto moves = most_first(slot);
  const std::size_t shown = std::min(moves.size(), move_count_shown_max);
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& [seen, move] = *moves[i];
    // Options of one name stand apart by their parts.
    const bool alike = move.content.empty() && seen.first.text() == seen.second.text();
    const auto parts = alike ? Parts::named : Parts::unnamed;
    out += "  " + right(std::to_string(move.visitor_count), width) + "  " + seen.first.text(parts) +
           "\n";
    out += move.content.empty()
               ? below + seen.second.text(parts) +
                     (move.looks_same ? ", which looks the same\n" : "\n")
               : below + "the same, with new content of " + joined(move.content) + "\n";
    std::vector<std::string> examples;
    for (const Example& example : move.examples) {
      examples.push_back(example.visitor + " (line " + std::to_string(example.line) + ")");
    }
    out += std::string(width + 6, ' ') + "such as " + joined(examples) + "\n";
  }
  std::uint64_t rest = slot.changed_count;
  for (std::size_t i = 0; i < shown; ++i) rest -= moves[i]->second.visitor_count;
  if (moves.size() > shown) {
    out += std::string(width + 4, ' ') + "and " +
           counted(moves.size() - shown, "other change", "other changes") + ", " +
           counted(rest, "visitor", "visitors") + "; --json lists all\n";
  }
  return out;
}

std::string DiffLog::triggers_text() const {
  std::size_t name_width = 7;
  for (const Reach& reach : reaches_) {
    if (reach.gains + reach.loses > 0) name_width = std::max(name_width, reach.trigger.size());
  }
  const std::size_t width = std::max<std::size_t>(7, std::to_string(visitor_count_).size() + 1);
  std::string out;
  for (const Reach& reach : reaches_) {
    if (reach.gains + reach.loses == 0) continue;
    if (out.empty()) {
      out = "trigger" + std::string(name_width - 7, ' ') + right("before", width) +
            right("after", width) + right("gains", width) + right("loses", width) + "\n";
    }
    out += reach.trigger + std::string(name_width - reach.trigger.size(), ' ');
    for (const std::uint64_t count : {reach.before, reach.after, reach.gains, reach.loses}) {
      out += right(std::to_string(count), width);
    }
    out += "\n";
  }
  return out;
}

std::string DiffLog::text() const {
  if (visitor_count_ == 0) return "no visitors to decide for\n";
  std::string out = std::to_string(changed_count_) + " of " +
                    counted(visitor_count_, "visitor", "visitors") + " (" +
                    percent_text(changed_count_, visitor_count_) + ") would see something else\n";
  std::vector<std::string> same;
  for (const Slot& slot : slots_) {
    if (slot.visitor_count == 0) continue;
    if (slot.changed_count == 0) {
      same.push_back(slot.name);
    } else {
      out += "\n" + slot_text(slot);
    }
  }
  if (changed_count_ > 0 && !same.empty()) out += "\nno change in " + joined(same) + "\n";
  if (has_caps(*sides_[0].ruleset) || has_caps(*sides_[1].ruleset)) {
    out += "\ncaps are left out: a log says what visitors did, not what they have been shown\n";
  }
  const std::string triggers = triggers_text();
  return triggers.empty() ? out : out + "\n" + triggers;
}

std::string DiffLog::slot_json(const Slot& slot) {
  std::string out = "{\"slot\":" + json_text(slot.name);
  out += ",\"in\":";
  out += !slot.ids[0] ? "\"after\"" : !slot.ids[1] ? "\"before\"" : "\"both\"";
  out += ",\"visitors\":" + std::to_string(slot.visitor_count);
  out += ",\"changed\":" + std::to_string(slot.changed_count);
  out += ",\"share\":" + json_text(share_of(slot.changed_count, slot.visitor_count));
  out += ",\"moves\":[";
  bool first_move = true;
  for (const auto* entry : most_first(slot)) {
    const auto& [seen, move] = *entry;
    out += first_move ? "{" : ",{";
    first_move = false;
    out += "\"before\":" + seen.first.json() + ",\"after\":" + seen.second.json();
    const auto name = [](const Shown& shown) {
      return shown.fallback.empty() ? std::string("null") : json_text(shown.fallback);
    };
    out +=
        ",\"fallback\":{\"before\":" + name(seen.first) + ",\"after\":" + name(seen.second) + "}";
    out += ",\"content\":[";
    for (std::size_t i = 0; i < move.content.size(); ++i) {
      out += (i > 0 ? "," : "") + json_text(move.content[i]);
    }
    out += move.looks_same ? "],\"looks_same\":true" : "],\"looks_same\":false";
    out += ",\"visitors\":" + std::to_string(move.visitor_count) + ",\"examples\":[";
    for (std::size_t i = 0; i < move.examples.size(); ++i) {
      out += (i > 0 ? ",{" : "{") + std::string("\"visitor\":") +
             json_text(move.examples[i].visitor) +
             ",\"line\":" + std::to_string(move.examples[i].line) + "}";
    }
    out += "]}";
  }
  return out + "]}";
}

std::string DiffLog::json() const {
  std::string out = "{\"visitors\":" + std::to_string(visitor_count_) +
                    ",\"refused\":" + std::to_string(refused_count_) +
                    ",\"changed\":" + std::to_string(changed_count_) +
                    ",\"share\":" + json_text(share_of(changed_count_, visitor_count_)) +
                    ",\"slots\":[";
  for (std::size_t i = 0; i < slots_.size(); ++i) out += (i > 0 ? "," : "") + slot_json(slots_[i]);
  out += "],\"triggers\":[";
  bool first = true;
  for (const Reach& reach : reaches_) {
    if (reach.before + reach.after == 0) continue;
    out += first ? "{" : ",{";
    first = false;
    out +=
        "\"trigger\":" + json_text(reach.trigger) + ",\"before\":" + std::to_string(reach.before) +
        ",\"after\":" + std::to_string(reach.after) + ",\"gains\":" + std::to_string(reach.gains) +
        ",\"loses\":" + std::to_string(reach.loses) + "}";
  }
  return out + "]}";
}

}  // namespace heed::compile
