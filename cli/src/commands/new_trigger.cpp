#include <algorithm>

#include <fmt/format.h>

#include "../command.h"
#include "../files.h"
#include "../ruleset_file.h"
#include "heed/studio/json_text.h"

namespace heed::cli {
namespace {

class NewTrigger final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("name", name_, "The trigger's name")->required();
    app.add_option("--folder", folder_, "The folder of sources it joins")->capture_default_str();
    app.add_option("--slot", slot_, "Its slot; left out: the first one of the folder's ruleset");
    app.add_option("--owner", owner_, "The team that answers for it")->capture_default_str();
    app.footer("Example: heed new trigger cart_rescue --folder rulesets/shop --slot hero");
  }

  Outcome<void> run(const Console& console) override {
    const bool plain = !name_.empty() && std::all_of(name_.begin(), name_.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
    if (!plain) {
      return refuse(Exit::wrong_call, "bad_option", "heed",
                    fmt::format("'{}': a trigger's name is a-z, 0-9, _ and -", name_));
    }
    if (!is_folder(folder_)) return wrong_input("not_found", folder_, "is not a folder");
    const std::string path = folder_ + "/" + name_ + ".heed.json";
    if (exists(path)) return wrong_input("exists", path, "is there already");
    const std::string slot = slot_.empty() ? first_slot() : slot_;
    if (auto written = write_file(path, source_of(slot)); !written) return written;
    console.say(fmt::format("wrote {}; next: say for whom and from when, and heed check {}", path,
                            folder_));
    if (console.json) console.out(fmt::format("{{\"file\":{}}}\n", compile::json_text(path)));
    return {};
  }

 private:
  /// The slot that most likely is meant; "hero" where the folder holds nothing that compiles.
  std::string first_slot() const {
    const auto files = read_sources(folder_);
    if (!files) return "hero";
    compile::CompileOptions options;
    options.zones = &time_zones();
    options.version = 1;
    options.expires = TimeMs{clock_now().ms + 1000};
    const auto result = compile::compile(*files, options);
    if (!result.compiled) return "hero";
    const auto ruleset = Ruleset::open(result.compiled->image);
    if (!ruleset || ruleset->slot_count() == 0) return "hero";
    return std::string(ruleset->name(SlotId{0}));
  }

  std::string source_of(const std::string& slot) const {
    return fmt::format(R"({{
  "triggers": {{
    {}: {{
      "name": {},
      "owner": {},
      "hypothesis": "Visitors who ... will ... because ...",
      "slot": {},
      "when": "true",
      "schedule": {{ "from": "2099-01-01" }},
      "parts": {{ "title": ["a", "b"] }},
      "policy": {{ "split": {{ "title": {{ "a": 0.5, "b": 0.5 }} }} }},
      "holdout": 0.1
    }}
  }}
}}
)",
                       compile::json_text(name_), compile::json_text(name_),
                       compile::json_text(owner_), compile::json_text(slot));
  }

  std::string name_;
  std::string folder_ = ".";
  std::string slot_;
  std::string owner_ = "nobody-yet";
};

}  // namespace

CommandPointer make_new_trigger() { return std::make_unique<NewTrigger>(); }

}  // namespace heed::cli
