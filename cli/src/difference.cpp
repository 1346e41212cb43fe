#include "difference.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "files.h"
#include "heed/base/limits.h"
#include "heed/studio/diff.h"
#include "heed/studio/diff_log.h"
#include "heed/studio/json_text.h"
#include "heed/studio/time_text.h"
#include "line_reader.h"
#include "progress.h"

namespace heed::cli {
namespace {

constexpr std::uint64_t refused_count_shown_max = 20;

std::string lines_text(std::uint64_t count) {
  return fmt::format("{} {}", count, count == 1 ? "line" : "lines");
}

Outcome<compile::DiffLog> replay(const OpenRuleset& before, const OpenRuleset& after,
                                 const std::string& log_path, const Console& console) {
  const int descriptor = ::open(log_path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return cannot_read(log_path, errno);
  compile::DiffLog log(before.ruleset, after.ruleset);
  LineReader reader(descriptor);
  Progress progress("deciding", file_size_of(descriptor));
  while (const auto line = reader.next()) {
    const auto error = log.feed(*line);
    if (error && log.refused_count() <= refused_count_shown_max) {
      progress.done();
      console.warn(fmt::format("{}:{}: {}: {}", log_path, log.line(), error->code, error->text()));
    }
    for (const std::string& warning : log.take_warnings()) {
      progress.done();
      console.warn(fmt::format("{}:{}: warning: {}", log_path, log.line(), warning));
    }
    progress.at(reader.bytes_read());
  }
  progress.done();
  const bool failed = reader.failed();
  const int reason = errno;
  ::close(descriptor);
  if (failed) return cannot_read(log_path, reason);
  if (log.refused_count() > refused_count_shown_max) {
    console.warn(fmt::format("{}: {} refused; the first {} are listed", log_path,
                             lines_text(log.refused_count()), refused_count_shown_max));
  }
  return log;
}

std::string version_text(const OpenRuleset& ruleset) {
  return ruleset.has_version ? fmt::format("version {}", ruleset.ruleset.version())
                             : "no version yet";
}

std::string expiry_text(const OpenRuleset& ruleset) {
  return ruleset.has_expiry ? "expires " + compile::time_text(ruleset.ruleset.expires())
                            : "no expiry yet";
}

std::string sides_text(const Side& before, const Side& after) {
  const auto width = static_cast<int>(std::max(before.where.size(), after.where.size()));
  std::string out;
  for (const Side* side : {&before, &after}) {
    out += fmt::format("{:<6}  {:<{}}  {}, {}, {}\n", side == &before ? "before" : "after",
                       side->where, width, side->ruleset.ruleset.site(),
                       version_text(side->ruleset), expiry_text(side->ruleset));
  }
  if (before.ruleset.ruleset.site() != after.ruleset.ruleset.site()) {
    out += "the sites differ, so every visitor draws anew\n";
  }
  return out + "\n";
}

std::string side_json(const Side& side) {
  const OpenRuleset& ruleset = side.ruleset;
  return fmt::format(R"({{"from":{},"site":{},"version":{},"expires":{}}})",
                     compile::json_text(side.where), compile::json_text(ruleset.ruleset.site()),
                     ruleset.has_version ? std::to_string(ruleset.ruleset.version()) : "null",
                     ruleset.has_expiry
                         ? compile::json_text(compile::time_text(ruleset.ruleset.expires()))
                         : "null");
}

std::string rules_text(const OpenRuleset& before, const OpenRuleset& after) {
  const bool same = compile::same_bytes(before.ruleset, after.ruleset);
  const auto rules = compile::diff_text(before.ruleset, before.map, after.ruleset, after.map);
  if (!rules.empty()) {
    return rules + (same ? "only what people read: the rules are the same, byte for byte\n" : "");
  }
  if (same) return "no difference: the rules are the same, byte for byte\n";
  return "no difference in what the rules say; the images differ in order or numbering alone\n";
}

/// Why conditions are not in the author's words where one would expect them to be.
void tell_about_maps(const Side& before, const Side& after, const Console& console) {
  bool fits[2];
  bool given[2];
  const Side* const sides[2] = {&before, &after};
  for (int i = 0; i < 2; ++i) {
    const OpenRuleset& ruleset = sides[i]->ruleset;
    given[i] = !ruleset.map.empty();
    fits[i] = given[i] && compile::map_fits(ruleset.ruleset, ruleset.map);
    if (given[i] && !fits[i]) {
      console.warn(fmt::format("{}: warning: its .heedmap is of another build and is left out",
                               sides[i]->where));
    }
  }
  if (fits[0] == fits[1]) return;
  const Side& without = fits[0] ? after : before;
  console.warn(fmt::format(
      "{}: note: no .heedmap fits it, so conditions are shown as compiled, and what only people "
      "read (names, owners, hypotheses, reserved ranges, tags) is not compared; put the one that "
      "was "
      "built with it beside it",
      without.where));
}

}  // namespace

Outcome<Difference> difference_of(const Side& before, const Side& after,
                                  const std::string& log_path, const Console& console) {
  tell_about_maps(before, after, console);
  Difference difference;
  std::string visitors = console.json ? "null" : "";
  if (!log_path.empty()) {
    const auto log = replay(before.ruleset, after.ruleset, log_path, console);
    if (!log) return tl::unexpected(log.error());
    difference.refused_count = log->refused_count();
    visitors = console.json ? log->json() : fmt::format("\n{}: {}", log_path, log->text());
    if (!console.json && log->refused_count() > 0) {
      visitors += fmt::format("{} of {} refused: not counted above\n",
                              lines_text(log->refused_count()), log_path);
    }
  }
  const OpenRuleset& old_ruleset = before.ruleset;
  const OpenRuleset& new_ruleset = after.ruleset;
  difference.text =
      console.json ? fmt::format(R"({{"before":{},"after":{},"rules":{},"visitors":{}}})",
                                 side_json(before), side_json(after),
                                 compile::diff_json(old_ruleset.ruleset, old_ruleset.map,
                                                    new_ruleset.ruleset, new_ruleset.map),
                                 visitors)
                   : sides_text(before, after) + rules_text(old_ruleset, new_ruleset) + visitors;
  return difference;
}

}  // namespace heed::cli
