#include "heed/studio/inspect.h"

#include <fmt/format.h>

#include "../command.h"
#include "../ruleset_file.h"
#include "heed/studio/json_text.h"
#include "heed/trust/key.h"

namespace heed::cli {
namespace {

class Inspect final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("ruleset", path_, "A compiled ruleset, signed or not, or a source")->required();
    app.footer(
        "Signatures are listed, not checked: `heed verify` does that.\n"
        "Example: heed inspect shop.heed");
  }

  Outcome<void> run(const Console& console) override {
    const auto opened = open_ruleset(path_, console);
    if (!opened) return tl::unexpected(opened.error());
    const Ruleset& ruleset = opened->ruleset;
    if (const auto warning = expiry_warning(ruleset.expires(), clock_now()); !warning.empty()) {
      console.warn(path_ + ": " + warning);
    }
    std::string ids;
    std::string ids_json;
    for (const auto& entry : opened->signatures) {
      ids += (ids.empty() ? "" : ", ") + trust::to_hex(entry.id);
      ids_json += (ids_json.empty() ? "" : ",") + compile::json_text(trust::to_hex(entry.id));
    }
    if (console.json) {
      console.out(fmt::format(
          R"({{"ruleset":{},"signatures":[{}],"has_version":{},"has_expiry":{}}})"
          "\n",
          compile::inspect_json(ruleset), ids_json, opened->has_version, opened->has_expiry));
      return {};
    }
    console.out(compile::inspect_text(ruleset));
    if (!opened->has_version || !opened->has_expiry) {
      console.say("version or expiry has not been given yet: `heed sign` and `heed push` do");
    }
    console.say(fmt::format("signatures: {}", ids.empty() ? "none" : ids + " (not checked)"));
    return {};
  }

 private:
  std::string path_;
};

}  // namespace

CommandPointer make_inspect() { return std::make_unique<Inspect>(); }

}  // namespace heed::cli
