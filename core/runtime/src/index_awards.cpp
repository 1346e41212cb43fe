// What is known of a winner before there is a visitor: its salt, its thresholds, and what else may
// stop it.
#include <algorithm>
#include <span>

#include "arbitration.h"
#include "heed/base/hash.h"
#include "index_build.h"

namespace heed {

using image::Channel;
using image::Column;

void IndexBuilder::add_awards() {
  const auto fixed = static_cast<std::uint8_t>(image::Policy::fixed);
  out_.awards_.reserve(ruleset_.trigger_count());
  for (std::uint32_t trigger = 0; trigger < ruleset_.trigger_count(); ++trigger) {
    Index::Award award;
    award.slot = ruleset_.slot(TriggerId{trigger});
    award.slot_end = out_.slot_terms(award.slot).end;
    award.gates = gates(trigger, award.slot);
    const Rows parts = ruleset_.part_rows(TriggerId{trigger});
    const bool is_fixed = ruleset_.at<std::uint8_t>(Column::trigger_policy, trigger) == fixed;
    const bool has_holdout = ruleset_.at<std::uint64_t>(Column::trigger_holdout, trigger) != 0;
    if (has_holdout || is_fixed || parts.size() != 1) {
      award.gates |= Index::award_slow;
    } else {
      award.salt = ruleset_.part_salt(TriggerId{trigger}, 0);
      add_shares(parts.begin, award);
    }
    out_.awards_.push_back(award);
  }
}

std::uint8_t IndexBuilder::gates(std::uint32_t trigger, SlotId slot) const {
  std::uint8_t gates = 0;
  const auto campaign = ruleset_.at<std::uint32_t>(Column::trigger_campaign, trigger);
  if (remembered_times(ruleset_, image::trigger_cap, trigger) != 0 ||
      (campaign != none_index && remembered_times(ruleset_, image::campaign_cap, campaign) != 0) ||
      remembered_times(ruleset_, image::site_cap, 0) != 0) {
    gates |= Index::gate_cap;
  }
  if (is_valued_group(trigger)) gates |= Index::gate_value;
  const auto channel =
      static_cast<Channel>(ruleset_.at<std::uint8_t>(Column::slot_channel, slot.index));
  if (channel == Channel::email || channel == Channel::app) gates |= Index::gate_message;
  if (ruleset_.at<std::int64_t>(Column::trigger_from_ms, trigger) != image::always_from_ms ||
      ruleset_.at<std::int64_t>(Column::trigger_until_ms, trigger) != image::always_until_ms) {
    gates |= Index::gate_schedule;
  }
  if (ruleset_.at<std::uint32_t>(Column::trigger_layer, trigger) != none_index) {
    gates |= Index::gate_layer;
  }
  return gates;
}

/// Whether another of its slot and priority could be worth more than the first that may win.
bool IndexBuilder::is_valued_group(std::uint32_t trigger) const {
  if (ruleset_.row_count(Column::trigger_value_cell) == 0) return false;
  const auto is_same = [&](std::uint32_t other) {
    return ruleset_.slot(TriggerId{other}) == ruleset_.slot(TriggerId{trigger}) &&
           ruleset_.at<std::int32_t>(Column::trigger_priority, other) ==
               ruleset_.at<std::int32_t>(Column::trigger_priority, trigger);
  };
  return (trigger > 0 && is_same(trigger - 1)) ||
         (trigger + 1 < ruleset_.trigger_count() && is_same(trigger + 1));
}

void IndexBuilder::add_shares(std::uint32_t part, Index::Award& award) {
  constexpr std::size_t option_count_min = 4;  // so that four are compared without a branch
  constexpr std::size_t remembered_max = 16;
  constexpr std::uint32_t nobody_above = 0xffffffff;  // or one draw, which is the last option's
  const Rows options = ruleset_.option_rows(part);
  thresholds_.clear();
  probabilities_.clear();
  std::uint64_t lower = 0;
  for (std::uint32_t option = options.begin; option < options.end; ++option) {
    const auto upper = ruleset_.at<std::uint64_t>(Column::option_upper, option);
    if (option + 1 < options.end && upper == share_one) {  // what follows draws nobody
      award.gates |= Index::award_slow;
      return;
    }
    thresholds_.push_back(static_cast<std::uint32_t>(upper));
    probabilities_.push_back(static_cast<double>(upper - lower) / static_cast<double>(share_one));
    lower = upper;
  }
  thresholds_.back() = nobody_above;
  thresholds_.resize(std::max(thresholds_.size(), option_count_min), nobody_above);
  probabilities_.resize(thresholds_.size());
  award.option_count = static_cast<std::uint8_t>(options.size());
  // Most parts share a few patterns.
  for (const auto& [start, count] : recent_shares_) {
    const auto known = std::span(out_.thresholds_).subspan(start);
    if (count == options.size() && known.size() >= thresholds_.size() &&
        std::equal(thresholds_.begin(), thresholds_.end(), known.begin())) {
      award.share = start;
      return;
    }
  }
  award.share = static_cast<std::uint32_t>(out_.thresholds_.size());
  out_.thresholds_.insert(out_.thresholds_.end(), thresholds_.begin(), thresholds_.end());
  out_.probabilities_.insert(out_.probabilities_.end(), probabilities_.begin(),
                             probabilities_.end());
  if (recent_shares_.size() == remembered_max) recent_shares_.erase(recent_shares_.begin());
  recent_shares_.emplace_back(award.share, options.size());
}

}  // namespace heed
