#include <fmt/format.h>

#include "../command.h"
#include "../files.h"
#include "heed/studio/compile.h"
#include "heed/studio/json_text.h"

namespace heed::cli {
namespace {

class Init final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("file", file_, "The source to write")->capture_default_str();
    app.footer("Example: heed init shop.heed.json");
  }

  Outcome<void> run(const Console& console) override {
    if (exists(file_)) {
      return wrong_input("exists", file_, "is there already; choose another name or remove it");
    }
    if (auto written = write_file(file_, compile::starter_source()); !written) return written;
    console.say(fmt::format("wrote {}; next: heed check {}", file_, file_));
    if (console.json) console.out(fmt::format("{{\"file\":{}}}\n", compile::json_text(file_)));
    return {};
  }

 private:
  std::string file_ = "ruleset.heed.json";
};

}  // namespace

CommandPointer make_init() { return std::make_unique<Init>(); }

}  // namespace heed::cli
