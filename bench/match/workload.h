// The neutral workload as workload.mjs writes it, for the limit and for heed.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace heed::bench {

struct Test {
  std::uint32_t column;
  std::uint32_t kind;  // 0: (x & a) != 0, 1: a <= x < b, 2: (~x & a) != 0
  std::uint32_t a;
  std::uint32_t b;
};

struct Rule {
  std::uint32_t arm_count = 0;
  std::vector<Test> tests;  // all must hold
};

struct Column {
  enum class Kind : std::uint8_t { string, number, set, boolean };

  std::string name;
  Kind kind = Kind::string;
  double scale = 1;
  std::uint32_t size = 0;  // values, or a number's bound
  std::vector<std::string> values;
};

struct Visitor {
  std::string id;
  std::vector<std::uint32_t> x;  // by column
  std::vector<std::uint32_t> matched;
};

struct Change {
  std::uint32_t visitor;
  std::uint32_t column;
  std::uint32_t x;
};

struct Workload {
  std::vector<Column> columns;
  std::vector<Rule> rules;
  std::vector<Visitor> visitors;
  std::vector<Change> changes;
};

/// Empty where the file is not there or not whole.
[[nodiscard]] Workload read_workload(const std::string& path);

}  // namespace heed::bench
