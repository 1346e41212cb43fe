#include "feature_log.h"

#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "heed/base/exp2.h"
#include "heed/base/limits.h"

namespace heed::reference {
namespace {

double bounded(double number) {
  const double most = std::numeric_limits<double>::max();
  return number > most ? most : number < -most ? -most : number;
}

/// A set is its members, everything else itself.
std::vector<Value> members_of(const Value& value) {
  const auto* set = std::get_if<Set>(&value);
  if (set == nullptr) return {value};
  return {set->begin(), set->end()};
}

}  // namespace

void FeatureLog::Group::join(const Group& later) {
  at = later.at;
  count += later.count;
  sum = bounded(sum + later.sum);
  min = std::min(min, later.min);
  max = std::max(max, later.max);
}

bool FeatureLog::is_inside(std::int64_t at, std::int64_t now) const {
  return window_ == 0 || static_cast<double>(at) > static_cast<double>(now) - window_;
}

double FeatureLog::decay(std::int64_t from, std::int64_t until) const {
  return exp2_neg(static_cast<double>(std::max<std::int64_t>(until - from, 0)) / half_life_);
}

std::uint64_t FeatureLog::hash(const Value& value) const {
  const auto of_bytes = [this](const auto& bytes) { return XXH64(&bytes, sizeof bytes, seed_); };
  std::uint64_t hash = 0;
  if (const auto* text = std::get_if<std::string>(&value)) {
    hash = XXH64(text->data(), text->size(), seed_);
  } else if (const auto* number = std::get_if<double>(&value)) {
    hash = of_bytes(*number == 0 ? 0.0 : *number);
  } else if (const auto* time = std::get_if<Time>(&value)) {
    hash = of_bytes(static_cast<std::int64_t>(time->ms));
  } else {
    hash = of_bytes(std::get<bool>(value));
  }
  return hash >> 32U;
}

std::size_t FeatureLog::find(const Value& value) const {
  std::size_t i = 0;
  while (i < items_.size() && items_[i].value != value) ++i;
  return i;
}

void FeatureLog::move_clock(std::int64_t now) {
  for (Group& group : groups_) group.at = std::min(group.at, now);
  for (Item& item : items_) item.at = std::min(item.at, now);
  last_at_ = std::min(last_at_, now);
}

void FeatureLog::add_up(double number, std::int64_t now) {
  std::erase_if(groups_, [&](const Group& group) { return !is_inside(group.at, now); });
  groups_.push_back({now, 1, number, number, number});
  const auto most = static_cast<std::int64_t>(limits::window_entry_count_max);
  if (window_ == 0 || groups_.size() <= static_cast<std::size_t>(most)) return;
  const std::int64_t cell = static_cast<std::int64_t>(window_) / (most - 1) + 1;
  std::vector<Group> joined;
  for (const Group& group : groups_) {
    if (!joined.empty() && joined.back().at / cell == group.at / cell) {
      joined.back().join(group);
    } else {
      joined.push_back(group);
    }
  }
  groups_ = joined;
}

void FeatureLog::add_distinct(const Value& value, std::int64_t now) {
  std::erase_if(items_, [&](const Item& item) { return !is_inside(item.at, now); });
  if (items_.empty()) level_ = 0;
  const auto is_out = [&](const Value& other) {
    return hash(other) % (std::uint64_t{1} << static_cast<unsigned>(level_)) != 0;
  };
  if (is_out(value)) return;
  std::erase_if(items_, [&](const Item& item) { return item.value == value; });
  items_.push_back({value, now, 0});
  while (items_.size() > limits::distinct_value_count_max) {
    ++level_;
    std::erase_if(items_, [&](const Item& item) { return is_out(item.value); });
  }
}

void FeatureLog::add_top(const Value& value, std::int64_t now) {
  const auto* text = std::get_if<std::string>(&value);
  if (text != nullptr && text->size() > limits::top_text_size_bytes_max) return;
  if (half_life_ != 0) {
    for (Item& item : items_) item.weight *= decay(last_at_, now);
  }
  std::size_t place = find(value);
  if (place == items_.size() && items_.size() == limits::top_value_count_max) {
    for (std::size_t i = place = 0; i < items_.size(); ++i) {
      if (items_[i].weight < items_[place].weight) place = i;
    }
  }
  double weight = 1;
  if (place < items_.size()) {
    weight += items_[place].weight;
    items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(place));
  }
  items_.push_back({value, now, weight});
}

void FeatureLog::open(const Value& item, std::int64_t now) {
  const std::size_t known = find(item);
  const bool is_open = known < items_.size();
  if (followed_ || (is_open && kind_ == "missed")) return;
  if (is_open) items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(known));
  items_.push_back({item, now, 0});
  if (items_.size() <= limits::sequence_item_count_max) return;
  items_.erase(kind_ == "missed" ? items_.end() - 1 : items_.begin());
}

void FeatureLog::close(const Value& item, std::int64_t now) {
  const std::size_t known = find(item);
  if (known == items_.size()) return;
  const auto gap = static_cast<double>(now - items_[known].at);
  if (kind_ == "followed" && (window_ == 0 || gap <= window_)) followed_ = true;
  items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(known));
}

void FeatureLog::take(const Value& value, std::int64_t now) {
  const auto* number = std::get_if<double>(&value);
  if (kind_ == "followed" || kind_ == "missed") {
    open(value, now);
  } else if (kind_ == "distinct") {
    for (const Value& member : members_of(value)) add_distinct(member, now);
  } else if (kind_ == "top") {
    add_top(value, now);
  } else if (kind_ == "first" || kind_ == "last") {
    if (kind_ == "last") items_.clear();
    if (items_.empty()) items_.push_back({value, now, 0});
  } else if (kind_ == "score") {
    score_ = bounded((seen_ ? score_ * decay(last_at_, now) : 0) + *number);
  } else if (kind_ != "since") {
    add_up(*number, now);
  }
  last_at_ = now;
  seen_ = true;
}

void FeatureLog::take_second(const Value& value, std::int64_t now) {
  for (const Value& member : members_of(value)) close(member, now);
}

Value FeatureLog::value(std::int64_t now) const {
  if (kind_ == "followed") return followed_;
  if (kind_ == "missed") {
    return std::any_of(items_.begin(), items_.end(), [&](const Item& item) {
      return static_cast<double>(now - item.at) >= window_;
    });
  }
  if (kind_ == "since") {
    if (!seen_) return Unknown{};
    return Duration{static_cast<double>(std::max<std::int64_t>(now - last_at_, 0))};
  }
  if (kind_ == "score") return seen_ ? score_ * decay(last_at_, now) : 0.0;
  if (kind_ == "first" || kind_ == "last")
    return items_.empty() ? Value(Unknown{}) : items_[0].value;
  if (kind_ == "top") {
    const Item* top = nullptr;
    for (const Item& item : items_) {
      if (top == nullptr || item.weight >= top->weight) top = &item;
    }
    return top == nullptr ? Value(Unknown{}) : top->value;
  }
  if (kind_ == "distinct") {
    const auto inside = std::count_if(items_.begin(), items_.end(),
                                      [&](const Item& item) { return is_inside(item.at, now); });
    return std::ldexp(static_cast<double>(inside), level_);
  }
  Group all;
  for (const Group& group : groups_) {
    if (!is_inside(group.at, now)) continue;
    if (all.count == 0) {
      all = group;
    } else {
      all.join(group);
    }
  }
  if (kind_ == "count") return all.count;
  if (kind_ == "sum") return all.sum;
  if (all.count == 0) return Unknown{};
  return kind_ == "mean" ? all.sum / all.count : kind_ == "min" ? all.min : all.max;
}

}  // namespace heed::reference
