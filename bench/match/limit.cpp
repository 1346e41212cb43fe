#include "limit.h"

#include <algorithm>

namespace heed::bench {
namespace {

std::uint64_t mix(std::uint64_t h) {
  h ^= h >> 32;
  h *= 0xd6e8feb86659fd93ULL;
  h ^= h >> 32;
  h *= 0xd6e8feb86659fd93ULL;
  return h ^ h >> 32;
}

bool holds(const Test& test, std::uint32_t x) {
  if (test.kind == 1) return test.a <= x && x < test.b;
  return ((test.kind == 2 ? ~x : x) & test.a) != 0;
}

}  // namespace

Limit::Limit(const Workload& workload) : workload_(workload) {
  const auto rule_count = static_cast<std::uint32_t>(workload.rules.size());
  words_ = (rule_count + 255) / 256 * 4;
  result_.resize(words_);
  const std::size_t column_count = workload.columns.size();
  starts_.resize(column_count);
  interval_.resize(column_count);
  rows_.resize(column_count);
  for (const Rule& rule : workload.rules) {
    for (const Test& test : rule.tests) {
      if (test.kind != 1) continue;
      starts_[test.column].push_back(test.a);
      if (test.b <= workload.columns[test.column].size) starts_[test.column].push_back(test.b);
    }
  }
  std::vector<Word> all(words_, 0);
  for (std::uint32_t rule = 0; rule < rule_count; ++rule) all[rule / 64] |= Word{1} << rule % 64;
  for (std::uint32_t c = 0; c < column_count; ++c) {
    const Column& column = workload.columns[c];
    std::vector<std::uint32_t>& starts = starts_[c];
    std::size_t keys = column.size;
    if (column.kind == Column::Kind::number) {
      starts.push_back(0);
      std::sort(starts.begin(), starts.end());
      starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
      for (std::uint32_t x = 0, k = 0; x <= column.size; ++x) {
        while (k + 1 < starts.size() && starts[k + 1] <= x) ++k;
        interval_[c].push_back(static_cast<std::uint16_t>(k));
      }
      keys = starts.size();
    } else if (column.kind == Column::Kind::set) {
      keys = (column.size + 3) / 4 * 16;
    }
    for (std::size_t key = 0; key < keys; ++key) {
      rows_[c].insert(rows_[c].end(), all.begin(), all.end());
    }
  }
  for (std::uint32_t rule = 0; rule < rule_count; ++rule) {
    add_rule(rule, workload.rules[rule]);
    salts_.push_back(mix(rule + 0x9e3779b97f4a7c15ULL));
    arms_.push_back(static_cast<std::uint8_t>(workload.rules[rule].arm_count));
  }
}

void Limit::add_rule(std::uint32_t rule, const Rule& source) {
  const Word bit = Word{1} << rule % 64;
  for (const Test& test : source.tests) {
    std::vector<Word>& rows = rows_[test.column];
    const auto refute = [&](std::size_t key) { rows[key * words_ + rule / 64] &= ~bit; };
    const std::size_t keys = rows.size() / words_;
    if (workload_.columns[test.column].kind == Column::Kind::set) {
      const auto member = static_cast<std::uint32_t>(__builtin_ctz(test.a));
      for (std::uint32_t mask = 0; mask < 16; ++mask) {
        const bool has = (mask >> member % 4 & 1U) != 0;
        if (has != (test.kind == 0)) refute(member / 4 * 16 + mask);
      }
      continue;
    }
    for (std::uint32_t key = 0; key < keys; ++key) {
      const bool is_number = test.kind == 1;
      const std::uint32_t x = is_number ? starts_[test.column][key] : std::uint32_t{1} << key;
      if (!holds(test, x)) refute(key);
    }
  }
}

std::uint32_t Limit::key_of(std::uint32_t column, std::uint32_t x) const {
  const std::vector<std::uint16_t>& interval = interval_[column];
  if (interval.empty()) return static_cast<std::uint32_t>(__builtin_ctz(x));
  return interval[std::min<std::size_t>(x, interval.size() - 1)];
}

std::uint32_t Limit::rows_for(const std::vector<std::uint32_t>& x, const Word** rows) const {
  std::uint32_t count = 0;
  for (std::uint32_t c = 0; c < x.size(); ++c) {
    if (workload_.columns[c].kind != Column::Kind::set) {
      rows[count++] = rows_[c].data() + std::size_t{key_of(c, x[c])} * words_;
      continue;
    }
    for (std::uint32_t chunk = 0; chunk * 4 < workload_.columns[c].size; ++chunk) {
      const std::size_t key = chunk * 16 + (x[c] >> chunk * 4 & 15U);
      rows[count++] = rows_[c].data() + key * words_;
    }
  }
  return count;
}

void Limit::and_rows(const Word* const* rows, std::uint32_t count) {
  for (std::uint32_t w = 0; w < words_; w += 4) {
    Word a = rows[0][w];
    Word b = rows[0][w + 1];
    Word c = rows[0][w + 2];
    Word d = rows[0][w + 3];
    for (std::uint32_t i = 1; i < count; ++i) {
      const Word* const row = rows[i] + w;
      a &= row[0];
      b &= row[1];
      c &= row[2];
      d &= row[3];
    }
    result_[w] = a;
    result_[w + 1] = b;
    result_[w + 2] = c;
    result_[w + 3] = d;
  }
}

std::uint32_t Limit::emit(std::uint64_t unit, Hit* out) const {
  std::uint32_t count = 0;
  for (std::uint32_t w = 0; w < words_; ++w) {
    for (Word left = result_[w]; left != 0; left &= left - 1) {
      const std::uint32_t rule = w * 64 + static_cast<std::uint32_t>(__builtin_ctzll(left));
      const std::uint64_t drawn = mix(salts_[rule] ^ unit) >> 32;
      out[count++] = {static_cast<std::uint16_t>(rule),
                      static_cast<std::uint16_t>(drawn * arms_[rule] >> 32)};
    }
  }
  return count;
}

std::uint32_t Limit::decide_all(const std::vector<std::uint32_t>& x, std::uint64_t unit, Hit* out) {
  const Word* rows[row_count_max];
  const std::uint32_t count = rows_for(x, rows);
  and_rows(rows, count);
  return emit(unit, out);
}

std::size_t Limit::size_bytes() const {
  std::size_t size = 0;
  for (const auto& rows : rows_) size += rows.size() * sizeof(Word);
  return size;
}

}  // namespace heed::bench
