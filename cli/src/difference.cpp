#include "difference.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "heed/studio/diff.h"
#include "line_reader.h"
#include "progress.h"

namespace heed::cli {
namespace {

Outcome<compile::DiffLog> replay(const OpenRuleset& before, const OpenRuleset& after,
                                 const std::string& log_path) {
  const int descriptor = ::open(log_path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return wrong_input("not_found", log_path,
                       fmt::format("cannot be read: {}", std::strerror(errno)));
  }
  compile::DiffLog log(before.ruleset, after.ruleset);
  LineReader reader(descriptor);
  Progress progress("replaying", file_size_of(descriptor));
  while (const auto line = reader.next()) {
    log.feed(*line);
    progress.at(reader.bytes_read());
  }
  progress.done();
  const bool failed = reader.failed();
  ::close(descriptor);
  if (failed) return wrong_input("unreadable", log_path, "cannot be read");
  return log;
}

}  // namespace

Outcome<std::string> difference_of(const OpenRuleset& before, const OpenRuleset& after,
                                   const std::string& log_path, Form form) {
  std::string visitors = form == Form::json ? "null" : "";
  if (!log_path.empty()) {
    const auto log = replay(before, after, log_path);
    if (!log) return tl::unexpected(log.error());
    visitors = form == Form::json ? log->json() : log->text();
  }
  if (form == Form::json) {
    const auto rules = compile::diff_json(before.ruleset, before.map, after.ruleset, after.map);
    return fmt::format("{{\"rules\":{},\"visitors\":{}}}", rules, visitors);
  }
  const auto rules = compile::diff_text(before.ruleset, before.map, after.ruleset, after.map);
  return (rules.empty() ? "no difference in the rules\n" : rules) + visitors;
}

}  // namespace heed::cli
