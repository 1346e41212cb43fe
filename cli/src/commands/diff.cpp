#include <fmt/format.h>

#include "../command.h"
#include "../difference.h"
#include "../ruleset_file.h"

namespace heed::cli {
namespace {

class Diff final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("before", before_, "A compiled ruleset, signed or not, or a source")->required();
    app.add_option("after", after_, "The other one")->required();
    app.add_option("--log", log_, "Visitors as `heed decide` reads them: who changes, by slot");
    app.footer("Example: heed diff old.heed new.heed --log visitors.ndjson");
  }

  Outcome<void> run(const Console& console) override {
    const auto before = open_ruleset(before_, console);
    if (!before) return tl::unexpected(before.error());
    const auto after = open_ruleset(after_, console);
    if (!after) return tl::unexpected(after.error());
    const auto form = console.json ? Form::json : Form::text;
    const auto difference = difference_of(*before, *after, log_, form);
    if (!difference) return tl::unexpected(difference.error());
    console.out(console.json ? *difference + "\n" : *difference);
    return {};
  }

 private:
  std::string before_;
  std::string after_;
  std::string log_;
};

}  // namespace

CommandPointer make_diff() { return std::make_unique<Diff>(); }

}  // namespace heed::cli
