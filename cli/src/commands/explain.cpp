#include "heed/studio/explain.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "../command.h"
#include "../files.h"
#include "../ruleset_file.h"
#include "heed/studio/diff.h"

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
    if (!opened->map.empty() && !compile::map_fits(opened->ruleset, opened->map)) {
      console.warn(fmt::format("{}: warning: the .heedmap is of another build and is left out",
                               map_.empty() ? path_ : map_));
    }
    const auto visitor = read_file(visitor_, text_file_size_bytes_max);
    if (!visitor) return tl::unexpected(visitor.error());
    const auto ask = console.json ? compile::explain_json : compile::explain_text;
    const auto answer = ask(opened->ruleset, opened->map, *visitor, slot_);
    if (!answer) return refused(answer.error(), *visitor);
    console.out(*answer);
    if (answer->empty() || answer->back() != '\n') console.out("\n");
    return {};
  }

 private:
  /// The file may have many lines: a column of the whole is a line and a column.
  [[nodiscard]] tl::unexpected<Failure> refused(const compile::LineError& error,
                                                std::string_view visitor) const {
    const std::string message = error.code + ": " + error.message;
    if (error.code == "unknown_slot") {
      return refuse(Exit::wrong_call, error.code, path_, message);
    }
    if (error.column == 0) return wrong_input(error.code, visitor_, message);
    const std::string_view before = visitor.substr(0, error.column - 1);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t column = before.size() - (before.rfind('\n') + 1) + 1;
    return wrong_input(error.code, fmt::format("{}:{}:{}", visitor_, line, column), message);
  }

  std::string path_;
  std::string visitor_;
  std::string slot_;
  std::string map_;
};

}  // namespace

CommandPointer make_explain() { return std::make_unique<Explain>(); }

}  // namespace heed::cli
