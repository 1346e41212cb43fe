#include "workload.h"

#include <fstream>

namespace heed::bench {

Workload read_workload(const std::string& path) {
  std::ifstream in(path);
  std::size_t columns = 0;
  std::size_t rules = 0;
  std::size_t visitors = 0;
  std::size_t changes = 0;
  in >> columns >> rules >> visitors >> changes;
  if (!in) return {};
  Workload workload;
  workload.columns.resize(columns);
  for (Column& column : workload.columns) {
    unsigned kind = 0;
    in >> column.name >> kind >> column.scale >> column.size;
    column.kind = static_cast<Column::Kind>(kind);
    if (column.kind == Column::Kind::string || column.kind == Column::Kind::set) {
      column.values.resize(column.size);
      for (std::string& value : column.values) in >> value;
    }
    if (column.kind == Column::Kind::boolean) column.size = 2;
  }
  workload.rules.resize(rules);
  for (Rule& rule : workload.rules) {
    std::size_t tests = 0;
    in >> tests >> rule.arm_count;
    rule.tests.resize(tests);
    for (Test& test : rule.tests) in >> test.column >> test.kind >> test.a >> test.b;
  }
  workload.visitors.resize(visitors);
  for (Visitor& visitor : workload.visitors) {
    std::size_t matched = 0;
    in >> visitor.id;
    visitor.x.resize(columns);
    for (std::uint32_t& x : visitor.x) in >> x;
    in >> matched;
    visitor.matched.resize(matched);
    for (std::uint32_t& rule : visitor.matched) in >> rule;
  }
  workload.changes.resize(changes);
  for (Change& change : workload.changes) in >> change.visitor >> change.column >> change.x;
  return in ? workload : Workload{};
}

}  // namespace heed::bench
