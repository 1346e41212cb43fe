// What the naive evaluator makes of a feature's signals: docs/formats/features.md, as it reads.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "value.h"

namespace heed::reference {

class FeatureLog {
 public:
  /// @param seed  of the values' hashes: the site's hash
  FeatureLog(std::string kind, double window, double half_life, std::uint64_t seed)
      : kind_(std::move(kind)), window_(window), half_life_(half_life), seed_(seed) {}

  /// Something happens: what was said to happen later, happened now.
  void move_clock(std::int64_t now);
  void take(const Value& value, std::int64_t now);
  /// A sequence's second signal.
  void take_second(const Value& value, std::int64_t now);
  [[nodiscard]] Value value(std::int64_t now) const;

 private:
  /// Signals that have one time.
  struct Group {
    std::int64_t at = 0;
    double count = 0;
    double sum = 0;
    double min = 0;
    double max = 0;
    void join(const Group& later);
  };
  /// A value and when it was seen; or an open item of a sequence.
  struct Item {
    Value value;
    std::int64_t at = 0;
    double weight = 0;
  };

  [[nodiscard]] bool is_inside(std::int64_t at, std::int64_t now) const;
  [[nodiscard]] double decay(std::int64_t from, std::int64_t until) const;
  [[nodiscard]] std::uint64_t hash(const Value& value) const;
  [[nodiscard]] std::size_t find(const Value& value) const;
  void add_up(double number, std::int64_t now);
  void add_distinct(const Value& value, std::int64_t now);
  void add_top(const Value& value, std::int64_t now);
  void open(const Value& item, std::int64_t now);
  void close(const Value& item, std::int64_t now);

  std::string kind_;
  double window_;
  double half_life_;
  std::uint64_t seed_;
  std::vector<Group> groups_;
  std::vector<Item> items_;  // seen last, last
  std::int64_t last_at_ = 0;
  bool seen_ = false;
  double score_ = 0;
  int level_ = 0;  // distinct: the sample is one in 2^level
  bool followed_ = false;
};

}  // namespace heed::reference
