#include "heed/runtime/draws.h"

#include "heed/base/hash.h"

namespace heed {

using image::Column;

Draws recheck(const Ruleset& ruleset, std::uint64_t unit, TriggerId trigger) {
  Draws draws;
  const auto own_share = ruleset.at<std::uint64_t>(Column::trigger_holdout, trigger.index);
  const auto programme_share = ruleset.at<std::uint64_t>(Column::site_holdout, 0);
  draws.held_out = (own_share != 0 && draw(unit, ruleset.holdout_salt(trigger)) < own_share) ||
                   (programme_share != 0 && draw(unit, ruleset.programme_salt()) < programme_share);
  if (draws.held_out) {
    draws.reason = Reason::holdout;
    return draws;
  }
  const Rows parts = ruleset.part_rows(trigger);
  draws.part_count = static_cast<std::uint8_t>(parts.size());
  const auto policy = ruleset.at<std::uint8_t>(Column::trigger_policy, trigger.index);
  if (policy == static_cast<std::uint8_t>(image::Policy::fixed)) return draws;
  draws.reason = Reason::split;
  for (std::uint32_t part = 0; part < parts.size(); ++part) {
    const Rows options = ruleset.option_rows(parts.begin + part);
    const std::uint64_t drawn = draw(unit, ruleset.part_salt(trigger, part));
    const auto upper = [&](std::uint32_t option) {
      return ruleset.at<std::uint64_t>(Column::option_upper, options.begin + option);
    };
    std::uint32_t chosen = 0;
    while (drawn >= upper(chosen)) ++chosen;  // the last is 2^32, above every draw
    const std::uint64_t width = upper(chosen) - (chosen == 0 ? 0 : upper(chosen - 1));
    draws.options[part] = static_cast<std::uint8_t>(chosen);
    draws.probability *= static_cast<double>(width) / static_cast<double>(share_one);
  }
  return draws;
}

bool in_layer(const Ruleset& ruleset, std::uint64_t unit, TriggerId trigger) {
  const auto layer = ruleset.at<std::uint32_t>(Column::trigger_layer, trigger.index);
  if (layer == none_index) return true;
  const std::uint64_t drawn = draw(unit, ruleset.layer_salt(LayerId{layer}));
  return ruleset.at<std::uint64_t>(Column::trigger_range_from, trigger.index) <= drawn &&
         drawn < ruleset.at<std::uint64_t>(Column::trigger_range_until, trigger.index);
}

std::string variant_text(const Ruleset& ruleset, const Decision& decision) {
  std::string text;
  for (std::size_t part = 0; part < decision.part_count; ++part) {
    if (part != 0) text.append("+", 1);
    text += ruleset.option_name(decision.trigger, part, decision.options[part]);
  }
  return text;
}

std::string microsegment_text(const Ruleset& ruleset, Microsegment microsegment) {
  if (microsegment == Microsegment{}) return std::string(std::string_view("all"));
  std::string text(image::other_segment);
  if (microsegment.segment < ruleset.row_count(Column::micro_segment)) {
    const auto segment = ruleset.at<std::uint32_t>(Column::micro_segment, microsegment.segment);
    text = ruleset.text(Column::segment_name, segment);
  }
  text.append("/", 1);
  const auto journey = ruleset.at<std::uint32_t>(Column::site_journey, 0);
  if (journey == none_index) return text.append(image::no_stage);
  const Rows stages = ruleset.children(Column::journey_stage_count, journey);
  if (microsegment.stage >= stages.size()) return text.append(image::no_stage);
  return text.append(ruleset.text(Column::stage_name, stages.begin + microsegment.stage));
}

}  // namespace heed
