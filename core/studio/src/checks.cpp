#include "checks.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "condition/shadow_index.h"
#include "describe.h"
#include "heed/base/calendar.h"
#include "heed/studio/time_text.h"
#include "suggest.h"

namespace heed::compile {
namespace {

// Comparing all pairs of a slot's triggers stops here; beyond it only those that match everyone are
// looked at.
constexpr std::size_t pair_count_max = 4'000'000;
constexpr std::int64_t expiry_warning_ms = 14 * day_ms;

std::string quoted(const std::string& name) { return "`" + name + "`"; }

std::string range_text(const ShareRange& range) {
  return "[" + share_text(range.from) + ", " + share_text(range.until) + "]";
}

struct Claim {
  bool reserved = false;
  ShareRange range;
  std::string owner;
  const JsonNode* node = nullptr;
};

void check_layer(Reader& reader, const LayerDef& layer, std::vector<Claim> claims) {
  std::stable_sort(claims.begin(), claims.end(),
                   [](const Claim& a, const Claim& b) { return a.range.from < b.range.from; });
  const Claim* widest = nullptr;
  for (const Claim& claim : claims) {
    if (widest != nullptr && claim.range.from < widest->range.until) {
      // Of two, the one to move: a reserved range is another tool's.
      const Claim& wrong = claim.reserved ? *widest : claim;
      const Claim& kept = claim.reserved ? claim : *widest;
      reader.report().error(
          *wrong.node, {"layer_overlap",
                        quoted(wrong.owner) + " holds " + range_text(wrong.range) + " of layer " +
                            quoted(layer.name) + ", which overlaps " + range_text(kept.range) +
                            " of " + quoted(kept.owner) + "; ranges of one layer may not overlap",
                        {}});
    }
    if (widest == nullptr || claim.range.until > widest->range.until) widest = &claim;
  }
}

void check_layers(Reader& reader, const Model& model) {
  std::vector<std::vector<Claim>> claims(model.layers.size());
  for (std::size_t row = 0; row < model.layers.size(); ++row) {
    for (const LayerDef::Reserved& reserved : model.layers[row].reserved) {
      claims[row].push_back({true, reserved.range, reserved.name, reserved.node});
    }
  }
  for (const TriggerDef& trigger : model.triggers) {
    if (trigger.layer == none_index) continue;
    claims[trigger.layer].push_back(
        {false, trigger.range, trigger.name, trigger.node->find("layer")});
  }
  for (std::size_t row = 0; row < model.layers.size(); ++row) {
    check_layer(reader, model.layers[row], std::move(claims[row]));
  }
}

bool always_lets_through(const Model& model, const TriggerDef& trigger) {
  const bool campaign_cap =
      trigger.campaign != none_index && !model.campaigns[trigger.campaign].cap.is_none();
  return trigger.cap.is_none() && !campaign_cap && model.site.cap.is_none();
}

// Whether `first`, which is asked before, takes every visitor that `second` could have.
bool shadows(const Model& model, const TriggerDef& first, const TriggerDef& second) {
  // Whoever is worth more comes before its name's place.
  const bool by_value = !first.values.empty() || !second.values.empty();
  if (first.priority == second.priority && by_value) return false;
  if (first.from_ms > second.from_ms || first.until_ms < second.until_ms) return false;
  const bool everyone = first.range.from == 0 && first.range.until == share_one;
  const bool wider = first.layer == second.layer && first.range.from <= second.range.from &&
                     first.range.until >= second.range.until;
  if (!everyone && !wider) return false;
  return covers(model.variables, first.condition.terms, second.condition.terms);
}

void check_shadows(Reader& reader, const Model& model, std::size_t begin, std::size_t end) {
  const std::size_t count = end - begin;
  const bool compare_all = count < 2 || count * (count - 1) / 2 <= pair_count_max;
  ShadowIndex open;
  for (std::size_t i = begin; i < end; ++i) {
    const TriggerDef& second = model.triggers[i];
    const std::size_t place = open.first(second.condition.terms, [&](std::size_t earlier) {
      return shadows(model, model.triggers[earlier], second);
    });
    if (place != ShadowIndex::nowhere) {
      const TriggerDef& first = model.triggers[place];
      const JsonNode* when = second.node->find("when");
      reader.report().error(
          when == nullptr ? *second.node : *when,
          {"shadowed",
           quoted(second.name) + " can never show: " + quoted(first.name) +
               " is asked first in slot " + quoted(model.slots[second.slot].name) +
               " and takes every visitor that matches here; give this a higher `priority`, or "
               "narrow " +
               quoted(first.name),
           {}});
    }
    if (always_lets_through(model, second) && !second.condition.terms.empty() &&
        (compare_all || is_always(second.condition.terms))) {
      open.add(i, second.condition.terms);
    }
  }
}

void check_triggers(Reader& reader, const Model& model) {
  for (const TriggerDef& trigger : model.triggers) {
    if (!trigger.condition.terms.empty()) continue;
    reader.report().error(*trigger.condition.node,
                          {"unreachable",
                           "no visitor can match this, so " + quoted(trigger.name) +
                               " can never show; look for tests that exclude each other",
                           {}});
  }
  for (std::size_t begin = 0; begin < model.triggers.size();) {
    std::size_t end = begin;
    while (end < model.triggers.size() && model.triggers[end].slot == model.triggers[begin].slot)
      ++end;
    check_shadows(reader, model, begin, end);
    begin = end;
  }
}

// What some condition reads.
std::set<InputKey> read_inputs(const Model& model) {
  std::set<InputKey> inputs;
  for (std::uint32_t id = 0; id < model.variables.size(); ++id) {
    const Variable& variable = model.variables[id];
    if (variable.kind != Variable::Kind::program) inputs.insert(variable.input);
    for (const Step& step : variable.program) inputs.insert(step.input);
  }
  return inputs;
}

void warn_unused(Reader& reader, const JsonNode& node, const std::string& what) {
  reader.report().warning_at_key(
      node,
      {"unused", what + " " + quoted(node.key) + " is used by nothing; remove it, or use it", {}});
}

void check_unused(Reader& reader, const Model& model) {
  const std::set<InputKey> inputs = read_inputs(model);
  const auto unread = [&](const auto& defs, image::InputKind kind, const std::string& what) {
    for (std::uint32_t row = 0; row < defs.size(); ++row) {
      if (!inputs.contains({kind, row})) warn_unused(reader, *defs[row].node, what);
    }
  };
  const auto unused = [&](const auto& defs, const std::string& what) {
    for (const auto& def : defs) {
      if (!def.used) warn_unused(reader, *def.node, what);
    }
  };
  unread(model.attributes, image::InputKind::attribute, "attribute");
  std::set<std::uint32_t> divided;
  for (const FeatureDef& feature : model.features) {
    if (feature.kind == image::FeatureKind::ratio) {
      divided.insert({feature.other, feature.other_field});
    }
  }
  for (std::uint32_t row = 0; row < model.features.size(); ++row) {
    if (divided.contains(row) || inputs.contains({image::InputKind::feature, row})) continue;
    warn_unused(reader, *model.features[row].node, "feature");
  }
  const auto& micro = model.site.micro_segments;
  for (std::uint32_t row = 0; row < model.segments.size(); ++row) {
    const bool listed = std::find(micro.begin(), micro.end(), row) != micro.end();
    if (!listed && !inputs.contains({image::InputKind::segment, row})) {
      warn_unused(reader, *model.segments[row].node, "segment");
    }
  }
  for (std::uint32_t row = 0; row < model.journeys.size(); ++row) {
    if (row != model.site.journey && !inputs.contains({image::InputKind::journey, row})) {
      warn_unused(reader, *model.journeys[row].node, "journey");
    }
  }
  unused(model.signals, "signal");
  unused(model.slots, "slot");
  unused(model.templates, "template");
  unused(model.layers, "layer");
  unused(model.campaigns, "campaign");
  std::set<std::string> fallbacks;
  for (const SlotDef& slot : model.slots) fallbacks.insert(slot.fallback.value_or(""));
  for (const AssetDef& asset : model.assets) {
    if (!asset.used && !fallbacks.contains(asset.name)) warn_unused(reader, *asset.node, "asset");
  }
}

void check_groups(Reader& reader, const Model& model) {
  for (const SegmentDef& segment : model.segments) {
    if (!segment.condition.terms.empty()) continue;
    reader.report().warning(
        *segment.node, {"unreachable", "no visitor can be in segment " + quoted(segment.name), {}});
  }
  for (const JourneyDef& journey : model.journeys) {
    bool anyone = false;
    for (const StageDef& stage : journey.stages) {
      anyone = anyone || is_always(stage.condition.terms);
      if (!stage.condition.terms.empty()) continue;
      reader.report().warning(
          *stage.condition.node,
          {"unreachable", "no visitor can be at stage " + quoted(stage.name), {}});
    }
    if (anyone) continue;
    reader.report().warning_at_key(
        *journey.node,
        {"stage_none",
         "a visitor may be at no stage of " + quoted(journey.name) +
             ", which is called `none`; to avoid it, start with a stage whose `when` is \"true\"",
         {}});
  }
}

// A fallback may be a name that only the page knows; one that is almost an asset's is a slip.
void check_fallbacks(Reader& reader, const Model& model) {
  const NameIndex assets = index_names(model.assets);
  for (const SlotDef& slot : model.slots) {
    if (!slot.fallback || assets.rows.contains(*slot.fallback)) continue;
    std::string close = closest_name(*slot.fallback, assets.names);
    if (close.empty()) continue;
    reader.report().warning(
        *slot.node->find("fallback"),
        {"missing_asset", "fallback " + quoted(*slot.fallback) + " is no asset", std::move(close)});
  }
}

void check_plain_options(Reader& reader, const Model& model) {
  const NameIndex assets = index_names(model.assets);
  for (const TriggerDef& trigger : model.triggers) {
    if (!trigger.template_name.empty()) continue;
    for (const PartDef& part : trigger.parts) {
      const bool all_assets =
          !part.options.empty() &&
          std::all_of(part.options.begin(), part.options.end(),
                      [&](const OptionDef& option) { return assets.rows.contains(option.name); });
      if (!all_assets) continue;
      reader.report().warning(
          *part.node, {"plain_option",
                       "without a `template` these options are plain texts, not the assets of "
                       "the same names; name a template to show the assets",
                       {}});
    }
  }
}

void check_expiry(Reader& reader, const Model& model) {
  if (!reader.options().now || model.site.expires_ms == 0) return;
  const std::int64_t left_ms = model.site.expires_ms - reader.options().now->ms;
  if (left_ms >= expiry_warning_ms) return;
  const std::string when = time_text(TimeMs{model.site.expires_ms});
  const Finding finding =
      left_ms <= 0
          ? Finding{"expired", "the ruleset expired at " + when + "; give a later `expires`", {}}
          : Finding{
                "expires_soon",
                "the ruleset expires at " + when + ", in less than 14 days; give a later `expires`",
                {}};
  if (model.site.expires_node != nullptr) {
    reader.report().warning(*model.site.expires_node, finding);
  } else {
    reader.report().warning_without_place(finding);
  }
}

}  // namespace

void check_reach(Reader& reader, const Model& model) {
  check_layers(reader, model);
  check_triggers(reader, model);
}

void check_habits(Reader& reader, const Model& model) {
  check_groups(reader, model);
  check_unused(reader, model);
  check_fallbacks(reader, model);
  check_plain_options(reader, model);
  check_expiry(reader, model);
}

}  // namespace heed::compile
