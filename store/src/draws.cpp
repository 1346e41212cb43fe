#include "draws.h"

#include <cmath>
#include <cstdint>
#include <string>

#include "heed/base/hash.h"
#include "heed/runtime/image.h"

namespace heed::store {
namespace {

using image::Column;

bool is_held_out(const Ruleset& ruleset, TriggerId trigger, std::uint64_t unit) {
  return draw(unit, ruleset.holdout_salt(trigger)) <
             ruleset.at<std::uint64_t>(Column::trigger_holdout, trigger.index) ||
         draw(unit, ruleset.programme_salt()) < ruleset.at<std::uint64_t>(Column::site_holdout, 0);
}

struct Drawn {
  std::uint32_t option_row = 0;
  std::uint64_t width = share_one;
};

Drawn draw_option(const Ruleset& ruleset, std::uint32_t part_row, std::uint64_t unit) {
  const Rows options = ruleset.children(Column::part_option_count, part_row);
  const std::uint32_t drawn = draw(unit, ruleset.part_salt(part_row));
  std::uint64_t lower = 0;
  for (std::uint32_t row = options.begin; row < options.end; ++row) {
    const auto upper = ruleset.at<std::uint64_t>(Column::option_upper, row);
    if (drawn < upper) return {row, upper - lower};
    lower = upper;
  }
  return {options.begin, 0};
}

bool options_agree(const Ruleset& ruleset, TriggerId trigger, const outcome::Exposure& exposure) {
  const Rows parts = ruleset.children(Column::trigger_part_count, trigger.index);
  if (exposure.options.size() != parts.size()) return false;
  const bool fixed = ruleset.at<std::uint8_t>(Column::trigger_policy, trigger.index) ==
                     static_cast<std::uint8_t>(image::Policy::fixed);
  double probability = 1;
  std::string variant;
  for (std::uint32_t row = parts.begin; row < parts.end; ++row) {
    Drawn drawn{ruleset.children(Column::part_option_count, row).begin, share_one};
    if (!fixed) drawn = draw_option(ruleset, row, exposure.unit);
    const outcome::PartOption& claimed = exposure.options[row - parts.begin];
    const std::string_view option = ruleset.text(Column::option_name, drawn.option_row);
    if (claimed.part != ruleset.text(Column::part_name, row) || claimed.option != option) {
      return false;
    }
    probability *= static_cast<double>(drawn.width) / static_cast<double>(share_one);
    variant.append(variant.empty() ? "" : "+").append(option);
  }
  const double claimed = static_cast<double>(exposure.width);
  return exposure.variant == variant &&
         std::fabs(claimed - probability * static_cast<double>(share_one)) <= 1;
}

}  // namespace

bool draws_agree(const Ruleset& ruleset, const outcome::Exposure& exposure) {
  if (exposure.trigger.empty()) return true;
  const auto trigger = ruleset.find_trigger(exposure.trigger);
  if (!trigger || ruleset.name(ruleset.slot(*trigger)) != exposure.slot) return false;
  if (is_held_out(ruleset, *trigger, exposure.unit) != exposure.held_out) return false;
  return exposure.held_out || options_agree(ruleset, *trigger, exposure);
}

}  // namespace heed::store
