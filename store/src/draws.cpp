#include "draws.h"

#include <cmath>
#include <cstddef>
#include <string>

#include "heed/base/hash.h"
#include "heed/runtime/draws.h"

namespace heed::store {
namespace {

bool options_agree(const Ruleset& ruleset, TriggerId trigger, const Draws& draws,
                   const outcome::Exposure& exposure) {
  if (exposure.options.size() != draws.part_count) return false;
  std::string variant;
  for (std::size_t part = 0; part < draws.part_count; ++part) {
    const outcome::PartOption& claimed = exposure.options[part];
    const std::string_view option = ruleset.option_name(trigger, part, draws.options[part]);
    if (claimed.part != ruleset.part_name(trigger, part) || claimed.option != option) return false;
    variant.append(part == 0 ? "" : "+").append(option);
  }
  // A product of several widths is rounded once on its way to an integer.
  const double width = draws.probability * static_cast<double>(share_one);
  return exposure.variant == variant && std::fabs(static_cast<double>(exposure.width) - width) <= 1;
}

}  // namespace

bool draws_agree(const Ruleset& ruleset, const outcome::Exposure& exposure) {
  if (exposure.trigger.empty()) return true;
  const auto trigger = ruleset.find_trigger(exposure.trigger);
  if (!trigger || ruleset.name(ruleset.slot(*trigger)) != exposure.slot) return false;
  if (!in_layer(ruleset, exposure.unit, *trigger)) return false;
  const Draws draws = recheck(ruleset, exposure.unit, *trigger);
  if (draws.held_out != exposure.held_out) return false;
  return draws.held_out || options_agree(ruleset, *trigger, draws, exposure);
}

}  // namespace heed::store
