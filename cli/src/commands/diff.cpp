#include "../command.h"
#include "../difference.h"
#include "../ruleset_file.h"

namespace heed::cli {
namespace {

class Diff final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("before", before_,
                   "A compiled ruleset, signed or not, a source or a folder of them")
        ->required();
    app.add_option("after", after_, "The other one")->required();
    app.add_option("--log", log_,
                   "Visitors as `heed decide` reads them: who would see something else, by slot");
    app.footer(
        "Conditions are in the author's words where both come from a source or have their "
        "X.heedmap beside them.\n"
        "Lines of the log that are refused are named, left out, and end the command with 1.\n"
        "Example: heed diff old.heed new.heed --log visitors.ndjson");
  }

  Outcome<void> run(const Console& console) override {
    const auto before = open_ruleset(before_, console);
    if (!before) return tl::unexpected(before.error());
    const auto after = open_ruleset(after_, console);
    if (!after) return tl::unexpected(after.error());
    const auto difference = difference_of({*before, before_}, {*after, after_}, log_, console);
    if (!difference) return tl::unexpected(difference.error());
    console.out(difference->text);
    if (console.json) console.out("\n");
    // Each line that was refused has been named.
    if (difference->refused_count > 0)
      return tl::unexpected(Failure{Exit::wrong_input, {}, {}, {}});
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
