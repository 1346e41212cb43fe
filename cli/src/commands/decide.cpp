#include <unistd.h>

#include <optional>

#include <fmt/format.h>

#include "../command.h"
#include "../line_reader.h"
#include "../progress.h"
#include "../ruleset_file.h"
#include "heed/studio/decide_lines.h"

namespace heed::cli {
namespace {

class Decide final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("ruleset", path_, "A compiled ruleset, signed or not, or a source")->required();
    app.footer(
        "A line in:  {\"visitor\":\"u1\",\"now\":\"2026-11-20T10:00:00Z\",\"attributes\":{},"
        "\"slots\":[\"hero\"]}\n"
        "A line out: {\"visitor\":\"u1\",\"decisions\":[...]}, or {\"line\":N,\"error\":{...}} and "
        "exit 1 at the end.\n"
        "Unsigned rulesets are decided on here, for authors; pages, edge and store refuse them.\n"
        "Example: heed decide shop.heed < visitors.ndjson > decisions.ndjson");
  }

  // Answers are JSON lines either way.
  Outcome<void> run(const Console& console) override {
    const auto opened = open_ruleset(path_, console);
    if (!opened) return tl::unexpected(opened.error());
    const Index index(opened->ruleset);
    compile::DecideLines lines(opened->ruleset, &index);
    LineReader reader(STDIN_FILENO);
    Progress progress("deciding", file_size_of(STDIN_FILENO));
    std::string answers;
    while (const std::optional<std::string_view> line = reader.next()) {
      lines.feed(*line, answers);
      for (const std::string& warning : lines.take_warnings()) console.warn("heed: " + warning);
      // What has been read is answered before waiting for more: a pipe may wait for the answer.
      if (answers.size() < flush_size_bytes && reader.has_line()) continue;
      if (auto written = flush(answers); !written) return written;
      progress.at(reader.bytes_read());
    }
    if (auto written = flush(answers); !written) return written;
    progress.done();
    if (reader.failed()) {
      return refuse(Exit::dependency_failed, "unreadable", "standard input", "cannot be read");
    }
    if (lines.any_refused()) return tl::unexpected(Failure{Exit::wrong_input, {}, {}, {}});
    return {};
  }

 private:
  static constexpr std::size_t flush_size_bytes = std::size_t{1} << 20U;

  static Outcome<void> flush(std::string& answers) {
    const bool written = std::fwrite(answers.data(), 1, answers.size(), stdout) == answers.size();
    answers.clear();
    if (written && std::fflush(stdout) == 0) return {};
    return refuse(Exit::dependency_failed, "unwritable", "standard output", "cannot be written");
  }

  std::string path_;
};

}  // namespace

CommandPointer make_decide() { return std::make_unique<Decide>(); }

}  // namespace heed::cli
