#include "heed/studio/explain.h"

#include <fmt/format.h>

#include "../command.h"
#include "../files.h"
#include "../ruleset_file.h"

namespace heed::cli {
namespace {

class Explain final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("ruleset", path_, "A compiled ruleset, signed or not, or a source")->required();
    app.add_option("--visitor", visitor_, "A visitor as `heed decide` reads it, in a file")
        ->required();
    app.add_option("--slot", slot_, "The slot to explain")->required();
    app.add_option("--map", map_, "The ruleset's .heedmap; left out: the one beside it");
    app.footer("Example: heed explain shop.heed --visitor v.json --slot hero");
  }

  Outcome<void> run(const Console& console) override {
    auto opened = open_ruleset(path_, console);
    if (!opened) return tl::unexpected(opened.error());
    if (!map_.empty()) {
      auto map = read_file(map_, text_file_size_bytes_max);
      if (!map) return tl::unexpected(map.error());
      opened->map = std::move(*map);
    }
    const auto visitor = read_file(visitor_, text_file_size_bytes_max);
    if (!visitor) return tl::unexpected(visitor.error());
    const auto ask = console.json ? compile::explain_json : compile::explain_text;
    const auto answer = ask(opened->ruleset, opened->map, *visitor, slot_);
    if (!answer) {
      const bool about_slot = answer.error().code == "unknown_slot";
      return refuse(about_slot ? Exit::wrong_call : Exit::wrong_input, answer.error().code,
                    about_slot ? path_ : visitor_,
                    answer.error().code + ": " + answer.error().message);
    }
    console.out(*answer);
    if (answer->empty() || answer->back() != '\n') console.out("\n");
    return {};
  }

 private:
  std::string path_;
  std::string visitor_;
  std::string slot_;
  std::string map_;
};

}  // namespace

CommandPointer make_explain() { return std::make_unique<Explain>(); }

}  // namespace heed::cli
