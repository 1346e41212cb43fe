#include <algorithm>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>

#include <fmt/format.h>

#include "../command.h"
#include "../interrupt.h"
#include "../ruleset_file.h"
#include "heed/studio/diagnostics.h"

namespace heed::cli {
namespace {

/// When any source below `path` last changed, and how many there are: differs after every edit.
std::pair<std::filesystem::file_time_type, std::size_t> state_of(const std::string& path) {
  auto newest = std::filesystem::file_time_type::min();
  std::size_t count = 0;
  const auto see = [&](const std::filesystem::path& file) {
    std::error_code gone;
    const auto changed = std::filesystem::last_write_time(file, gone);
    if (gone) return;
    newest = std::max(newest, changed);
    ++count;
  };
  std::error_code not_a_folder;
  for (const auto& entry : std::filesystem::directory_iterator(path, not_a_folder)) {
    see(entry.path());
  }
  if (not_a_folder) see(path);
  return {newest, count};
}

class Check final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("source", source_, "A *.heed.json file, or a folder of them")->required();
    app.add_flag("--watch", watch_, "Check again after every change, until Ctrl-C");
    app.footer("Example: heed check shop.heed.json --watch");
  }

  Outcome<void> run(const Console& console) override {
    if (!watch_) return check_once(console);
    const Interrupt interrupt;
    auto seen = state_of(source_);
    end_of_round(check_once(console), console);
    while (!interrupt.came()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
      if (const auto state = state_of(source_); state != seen) {
        seen = state;
        end_of_round(check_once(console), console);
      }
    }
    return {};
  }

 private:
  Outcome<void> check_once(const Console& console) const {
    const auto files = read_sources(source_);
    if (!files) return tl::unexpected(files.error());
    const compile::CompileOptions options{
        .version = {}, .expires = {}, .zones = &time_zones(), .now = clock_now()};
    const compile::Diagnostics found = compile::check(*files, options);
    if (!found.empty()) fmt::print(stderr, "{}", compile::to_text(found));
    const bool wrong = compile::has_errors(found);
    if (console.json) {
      console.out(
          fmt::format("{{\"ok\":{},\"diagnostics\":{}}}\n", !wrong, compile::to_json(found)));
    }
    if (wrong) return tl::unexpected(Failure{Exit::wrong_input, {}, {}, source_});
    console.say(fmt::format("{}: ok, {} warning(s)", source_, found.size()));
    return {};
  }

  static void end_of_round(const Outcome<void>& outcome, const Console& console) {
    if (!outcome && !outcome.error().message.empty()) {
      console.warn(outcome.error().where + ": " + outcome.error().message);
    }
    console.warn("-- waiting for a change; Ctrl-C ends");
    std::fflush(stdout);
  }

  std::string source_;
  bool watch_ = false;
};

}  // namespace

CommandPointer make_check() { return std::make_unique<Check>(); }

}  // namespace heed::cli
