#include "heed/studio/replay_log.h"

#include <fmt/format.h>

#include "../command.h"
#include "../files.h"
#include "../ruleset_file.h"

namespace heed::cli {
namespace {

/// A day of a large site's sample; what is more is split by whoever gathers it.
constexpr std::size_t log_size_bytes_max = std::size_t{1} << 30U;

class ReplayLog final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("log", log_, "Chunks that pages have sent, one after the other")->required();
    app.add_option("ruleset", path_, "The compiled ruleset that they were made with")->required();
    app.footer(
        "Decides everything again, natively, and prints what comes out otherwise; exit 1 then.\n"
        "Example: heed replay-log pages.heedlog shop.heed");
  }

  Outcome<void> run(const Console& console) override {
    const auto opened = open_ruleset(path_, console);
    if (!opened) return tl::unexpected(opened.error());
    const auto bytes = read_file(log_, log_size_bytes_max);
    if (!bytes) return tl::unexpected(bytes.error());
    auto chunks = replay::read(std::as_bytes(std::span(*bytes)));
    if (!chunks) {
      const replay::Fault fault = chunks.error();
      return wrong_input("malformed_log", fmt::format("{}: byte {}", log_, fault.where),
                         fault.truncated ? "the log ends in the middle of a chunk"
                                         : "this is not what a page's recorder writes");
    }
    const std::size_t count = chunks->size();
    const replay::Replayed replayed = replay::play(opened->ruleset, std::move(*chunks));
    if (count > 0 && replayed.other_rulesets == count) {
      return wrong_input("wrong_version", path_,
                         "no chunk of the log was made with this ruleset: give the very file that "
                         "its pages ran");
    }
    console.out(console.json ? replay::json(replayed) + "\n" : replay::text(replayed));
    if (replayed.differences.empty()) return {};
    return tl::unexpected(Failure{Exit::wrong_input, {}, {}, {}});
  }

 private:
  std::string log_;
  std::string path_;
};

}  // namespace

CommandPointer make_replay_log() { return std::make_unique<ReplayLog>(); }

}  // namespace heed::cli
