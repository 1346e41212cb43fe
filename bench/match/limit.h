// The attainable floor: bit vectors by hand, one AND an attribute, over visitors that are integers
// already. Every attribute is there, nothing is typed, nothing is kept.
#pragma once
#include <cstdint>
#include <vector>

#include "workload.h"

namespace heed::bench {

struct Hit {
  std::uint16_t rule;
  std::uint16_t arm;
};

class Limit {
 public:
  explicit Limit(const Workload& workload);

  /// Every rule that matches and the arm it gives; `out` holds a hit a rule.
  std::uint32_t decide_all(const std::vector<std::uint32_t>& x, std::uint64_t unit, Hit* out);
  [[nodiscard]] std::size_t size_bytes() const;

 private:
  using Word = std::uint64_t;
  static constexpr std::uint32_t row_count_max = 64;

  void add_rule(std::uint32_t rule, const Rule& source);
  [[nodiscard]] std::uint32_t key_of(std::uint32_t column, std::uint32_t x) const;
  std::uint32_t rows_for(const std::vector<std::uint32_t>& x, const Word** rows) const;
  void and_rows(const Word* const* rows, std::uint32_t count);
  std::uint32_t emit(std::uint64_t unit, Hit* out) const;

  const Workload& workload_;
  std::uint32_t words_ = 0;
  std::vector<std::vector<std::uint32_t>> starts_;    // of a number's intervals
  std::vector<std::vector<std::uint16_t>> interval_;  // by number
  std::vector<std::vector<Word>> rows_;  // by column; a set's: sixteen for four members
  std::vector<Word> result_;
  std::vector<std::uint64_t> salts_;
  std::vector<std::uint8_t> arms_;  // by rule
};

}  // namespace heed::bench
