#include "spans.h"

#include <algorithm>
#include <utility>

#include "heed/base/bytes.h"

namespace heed::store {

Spans::Spans(std::span<const std::byte> bytes) {
  const std::size_t count = bytes.size() / sizeof(std::uint64_t);
  if (count == 0) return;
  mark_ = load_le<std::uint64_t>(bytes, 0);
  for (std::size_t i = 1; i + 1 < count; i += 2) {
    further_.push_back({load_le<std::uint64_t>(bytes, i), load_le<std::uint64_t>(bytes, i + 1)});
  }
}

std::vector<std::byte> Spans::bytes() const {
  std::vector<std::byte> out((1 + 2 * further_.size()) * sizeof(std::uint64_t));
  std::size_t at = 0;
  const auto put = [&](std::uint64_t value) {
    store_le(std::span(out), at, value);
    at += sizeof value;
  };
  put(mark_);
  for (const Run& run : further_) {
    put(run.from);
    put(run.until);
  }
  return out;
}

std::optional<std::vector<Run>> Spans::add(std::uint64_t first, std::uint64_t count) {
  std::vector<Run> added;
  if (count == 0) return added;
  Run grown{first, first + count};
  std::vector<Run> merged;
  std::uint64_t next = std::max(grown.from, mark_ + 1);  // the lowest not yet accounted for
  const std::uint64_t until = grown.until;
  for (const Run& run : further_) {
    if (run.until < grown.from || run.from > grown.until) {
      merged.push_back(run);
      continue;
    }
    if (next < run.from) added.push_back({next, std::min(run.from, until)});
    next = std::max(next, run.until);
    grown = {std::min(grown.from, run.from), std::max(grown.until, run.until)};
  }
  if (next < until) added.push_back({next, until});
  std::uint64_t mark = mark_;
  if (grown.from <= mark + 1) {
    mark = std::max(mark, grown.until - 1);
  } else {
    merged.insert(std::lower_bound(merged.begin(), merged.end(), grown,
                                   [](const Run& a, const Run& b) { return a.from < b.from; }),
                  grown);
  }
  if (merged.size() > further_max) return std::nullopt;
  mark_ = mark;
  further_ = std::move(merged);
  return added;
}

std::uint64_t Spans::missing() const {
  std::uint64_t missing = 0;
  std::uint64_t next = mark_ + 1;
  for (const Run& run : further_) {
    missing += run.from - next;
    next = run.until;
  }
  return missing;
}

}  // namespace heed::store
