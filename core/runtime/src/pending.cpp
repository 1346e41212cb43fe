#include "heed/runtime/pending.h"

#include <algorithm>
#include <utility>

#include "heed/base/limits.h"

namespace heed {

void Pending::push(outcome::Class priority, std::int64_t at_ms, Array<std::byte> bytes) {
  entries_.push_back({{priority, std::move(bytes)}, at_ms, 0});
  if (++kept_count_ > limits::pending_record_count_max) shed();
}

void Pending::shed() {
  const auto is_less = [](const Entry& a, const Entry& b) {
    if ((a.dropped_count == 0) != (b.dropped_count == 0)) return a.dropped_count == 0;
    return a.record.priority < b.record.priority;
  };
  const auto least = std::min_element(entries_.begin(), entries_.end(), is_less);
  least->record.bytes = {};
  least->dropped_count = 1;
  --kept_count_;
  const auto joins = [&](Array<Entry>::iterator other) {
    return other->dropped_count != 0 && other->record.priority == least->record.priority;
  };
  if (least != entries_.begin() && joins(least - 1)) {
    (least - 1)->dropped_count += least->dropped_count;
    (least - 1)->at_ms = least->at_ms;
    entries_.erase(least);
  } else if (least + 1 != entries_.end() && joins(least + 1)) {
    (least + 1)->dropped_count += least->dropped_count;
    entries_.erase(least);
  }
}

void Pending::drain(Array<PendingRecord>& out) {
  for (Entry& entry : entries_) {
    if (entry.dropped_count == 0) {
      out.push_back(std::move(entry.record));
      continue;
    }
    PendingRecord dropped{entry.record.priority, {}};
    outcome::append(outcome::Dropped{entry.at_ms, entry.record.priority}, dropped.bytes);
    for (std::uint64_t i = 0; i < entry.dropped_count; ++i) out.push_back(dropped);
  }
  clear();
}

void Pending::clear() {
  entries_.clear();
  kept_count_ = 0;
}

}  // namespace heed
