// What a decision costs beside the limit, on the same rules and visitors, in one process: native
// and as WebAssembly from this one source. Every answer is checked before anything is timed.
//
//   match_bench FOLDER      a folder of workload.mjs; prints a line a figure
//   {"figure","value","unit"}
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "clock.h"
#include "heed/runtime/index.h"
#include "heed/runtime/session.h"
#include "limit.h"
#include "memory.h"
#include "workload.h"

namespace heed::bench {
namespace {

constexpr TimeMs now{1'795'168'800'000};
/// A time is that of so many calls, for the clock is coarse.
constexpr std::size_t batch_size = 16;
constexpr int repeat_count = 7;
volatile std::uint64_t sink;

struct Spread {
  double median = 0;
  double p99 = 0;
};

Spread spread_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {values[values.size() / 2], values[values.size() * 99 / 100]};
}

double median_of(std::vector<double> values) { return spread_of(std::move(values)).median; }

void print(const std::string& figure, double value, const char* unit) {
  std::printf("{\"figure\":\"%s\",\"value\":%.5g,\"unit\":\"%s\"}\n", figure.c_str(), value, unit);
}

void print(const std::string& figure, Spread us) {
  print(figure + ", median", us.median, "us");
  print(figure + ", p99", us.p99, "us");
}

std::optional<Ruleset> open_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  auto ruleset = Ruleset::open(std::as_bytes(std::span(bytes.data(), bytes.size())));
  if (!ruleset) return std::nullopt;
  return std::move(*ruleset);
}

/// Heed on one ruleset of the workload.
class Bench {
 public:
  Bench(const Workload& workload, const Ruleset& ruleset)
      : workload_(workload), ruleset_(ruleset), index_(ruleset) {
    for (const Column& column : workload.columns) {
      attributes_.push_back(*ruleset.find_attribute(column.name));
    }
  }

  void set(Session& session, std::uint32_t column, std::uint32_t x) const {
    const Column& of = workload_.columns[column];
    Value value;
    std::vector<std::string_view> members;
    switch (of.kind) {
      case Column::Kind::string:
        value = std::string_view(of.values[static_cast<std::size_t>(__builtin_ctz(x))]);
        break;
      case Column::Kind::number:
        value = x / of.scale;
        break;
      case Column::Kind::boolean:
        value = x == 2;
        break;
      case Column::Kind::set:
        for (std::uint32_t left = x; left != 0; left &= left - 1) {
          members.emplace_back(of.values[static_cast<std::size_t>(__builtin_ctz(left))]);
        }
        value = Members(members);
    }
    if (!session.set(attributes_[column], value, now)) std::abort();
  }

  Session session_of(const Visitor& visitor) const {
    Session session = Session::create(ruleset_, visitor.id, now, Level::device, 1).value();
    session.use(&index_);
    for (std::uint32_t c = 0; c < visitor.x.size(); ++c) set(session, c, visitor.x[c]);
    return session;
  }

  /// Whether every slot shows what the workload says: of the rules that match, the first in it.
  bool is_right(std::size_t slot_count) const {
    Array<Winner> winners;
    for (const Visitor& visitor : workload_.visitors) {
      session_of(visitor).winners(now, winners);
      std::vector<std::uint32_t> expected(slot_count, none_index);
      for (const std::uint32_t rule : visitor.matched) {
        std::uint32_t& first = expected[rule % slot_count];
        first = std::min(first, rule);
      }
      std::erase(expected, none_index);
      std::vector<std::uint32_t> shown;
      for (const Winner& winner : winners) {
        const std::string_view name = ruleset_.name(winner.trigger);
        shown.push_back(static_cast<std::uint32_t>(std::stoul(std::string(name.substr(1)))));
      }
      std::sort(expected.begin(), expected.end());
      std::sort(shown.begin(), shown.end());
      if (shown != expected) return false;
    }
    return true;
  }

  /// New sessions with every attribute set, all slots decided: by visitor.
  Spread cold() const {
    std::vector<double> by_visitor;
    Array<Winner> winners;
    std::vector<Session> sessions;
    for (const Visitor& visitor : workload_.visitors) {
      std::vector<double> repeats;
      for (int repeat = 0; repeat < repeat_count; ++repeat) {
        sessions.clear();
        for (std::size_t i = 0; i < batch_size; ++i) sessions.push_back(session_of(visitor));
        repeats.push_back(microseconds_each(batch_size, [&](std::size_t i) {
          sessions[i].winners(now, winners);
          sink = sink + winners.size();
        }));
      }
      by_visitor.push_back(median_of(repeats));
    }
    return spread_of(by_visitor);
  }

  /// From nothing: a session made, every attribute set, all slots decided.
  Spread whole() const {
    std::vector<double> by_visitor;
    Array<Winner> winners;
    for (const Visitor& visitor : workload_.visitors) {
      std::vector<double> repeats;
      for (int repeat = 0; repeat < repeat_count; ++repeat) {
        repeats.push_back(microseconds_each(batch_size, [&](std::size_t) {
          session_of(visitor).winners(now, winners);
          sink = sink + winners.size();
        }));
      }
      by_visitor.push_back(median_of(repeats));
    }
    return spread_of(by_visitor);
  }

  double create() const {
    std::vector<double> repeats;
    std::vector<Session> sessions;
    for (const Visitor& visitor : workload_.visitors) {
      sessions.clear();
      sessions.reserve(batch_size);
      repeats.push_back(microseconds_each(batch_size, [&](std::size_t) {
        sessions.push_back(Session::create(ruleset_, visitor.id, now, Level::device, 1).value());
        sessions.back().use(&index_);
      }));
    }
    return median_of(repeats);
  }

  /// What a session holds that has been through every change: by visitor, the most.
  std::size_t warm_bytes() const {
    std::size_t most = 0;
    Array<Winner> winners;
    for (const Change& change : workload_.changes) {
      const Visitor& visitor = workload_.visitors[change.visitor % workload_.visitors.size()];
      session_of(visitor).winners(now, winners);  // what winners need is there
      const std::size_t before = held_bytes();
      Session session = session_of(visitor);
      session.winners(now, winners);
      set(session, change.column, change.x);
      session.winners(now, winners);
      most = std::max(most, sizeof(session) + held_bytes() - before);
    }
    return most;
  }

  /// One attribute changes, and back, and one slot is decided after each: by change.
  Spread changed() const {
    std::vector<double> by_change;
    const auto slot_count = static_cast<std::uint32_t>(ruleset_.slot_count());
    for (const Change& change : workload_.changes) {
      const Visitor& visitor = workload_.visitors[change.visitor % workload_.visitors.size()];
      Session session = session_of(visitor);
      std::vector<double> repeats;
      for (int repeat = 0; repeat < 5 * repeat_count; ++repeat) {
        repeats.push_back(microseconds_each(2 * batch_size, [&](std::size_t i) {
          set(session, change.column, i % 2 == 0 ? change.x : visitor.x[change.column]);
          const SlotId slot{static_cast<std::uint32_t>((i * 7919 + change.x) % slot_count)};
          sink = sink + session.decide(slot, now).trigger.index;
        }));
      }
      by_change.push_back(median_of(repeats));
    }
    return spread_of(by_change);
  }

  double build_ms() const {
    std::vector<double> repeats;
    for (int repeat = 0; repeat < repeat_count; ++repeat) {
      std::optional<Index> index;
      repeats.push_back(microseconds_each(1, [&](std::size_t) { index.emplace(ruleset_); }) / 1000);
    }
    return median_of(repeats);
  }

  [[nodiscard]] double index_bytes_a_rule() const {
    return static_cast<double>(index_.size_bytes()) / static_cast<double>(workload_.rules.size());
  }

 private:
  const Workload& workload_;
  const Ruleset& ruleset_;
  Index index_;
  std::vector<AttributeId> attributes_;
};

Spread time_limit(Limit& limit, const Workload& workload) {
  std::vector<Hit> hits(workload.rules.size());
  std::vector<double> by_visitor;
  for (const Visitor& visitor : workload.visitors) {
    std::vector<double> repeats;
    for (int repeat = 0; repeat < repeat_count; ++repeat) {
      repeats.push_back(microseconds_each(batch_size, [&](std::size_t i) {
        sink = sink + limit.decide_all(visitor.x, i, hits.data());
      }));
    }
    by_visitor.push_back(median_of(repeats));
  }
  return spread_of(by_visitor);
}

bool is_right(Limit& limit, const Workload& workload) {
  std::vector<Hit> hits(workload.rules.size());
  for (const Visitor& visitor : workload.visitors) {
    const std::uint32_t count = limit.decide_all(visitor.x, 1, hits.data());
    if (count != visitor.matched.size()) return false;
    for (std::uint32_t i = 0; i < count; ++i) {
      if (hits[i].rule != static_cast<std::uint16_t>(visitor.matched[i])) return false;
    }
  }
  return true;
}

int wrong(const char* what) {
  std::fprintf(stderr, "match_bench: %s\n", what);
  return 1;
}

int run(const std::string& folder, std::size_t visitor_count) {
  Workload workload = read_workload(folder + "/workload.txt");
  if (visitor_count < workload.visitors.size()) workload.visitors.resize(visitor_count);
  const std::size_t held_before = held_bytes();
  const auto slots = open_file(folder + "/slots.heed");
  const std::size_t ruleset_bytes = held_bytes() - held_before;
  const auto eight = open_file(folder + "/eight.heed");
  if (workload.visitors.empty() || !slots || !eight) return wrong("the folder is not whole");
  Limit limit(workload);
  const Bench all(workload, *slots);
  const Bench few(workload, *eight);
  if (!is_right(limit, workload)) return wrong("the limit answers wrong");
  if (!all.is_right(slots->slot_count())) return wrong("a slot a rule: an answer is wrong");
  if (!few.is_right(eight->slot_count())) return wrong("eight slots: an answer is wrong");

  const Spread floor = time_limit(limit, workload);
  const Spread heed = all.cold();
  const Spread again = time_limit(limit, workload);
  print("limit, every rule", floor);
  print("a slot a rule, cold", heed);
  print("a slot a rule, cold, over the limit", heed.median / std::min(floor.median, again.median),
        "x");
  print("a slot a rule, from nothing", all.whole());
  print("a slot a rule, one changed, one slot", all.changed());
  print("eight slots, cold", few.cold());
  print("eight slots, from nothing", few.whole());
  print("eight slots, one changed, one slot", few.changed());
  print("a session made", all.create(), "us");
  print("a session, warm", static_cast<double>(all.warm_bytes()), "bytes");
  print("index built", all.build_ms(), "ms");
  print("index", all.index_bytes_a_rule(), "bytes a rule");
  print("ruleset", static_cast<double>(ruleset_bytes) / static_cast<double>(workload.rules.size()),
        "bytes a rule");
  print("limit's rows",
        static_cast<double>(limit.size_bytes()) / static_cast<double>(workload.rules.size()),
        "bytes a rule");
  return 0;
}

}  // namespace
}  // namespace heed::bench

int main(int argument_count, char** arguments) {
  if (argument_count < 2 || argument_count > 3) {
    std::fprintf(stderr, "usage: match_bench FOLDER [VISITORS]\n");
    return 2;
  }
  const std::size_t visitor_count = argument_count == 3 ? std::stoul(arguments[2]) : SIZE_MAX;
  return heed::bench::run(arguments[1], visitor_count);
}
