#include "heed/studio/types.h"

#include <fmt/format.h>

#include "../command.h"
#include "../ruleset_file.h"
#include "heed/studio/json_text.h"

namespace heed::cli {
namespace {

class Types final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("ruleset", path_, "A compiled ruleset, signed or not, or a source")->required();
    app.footer("Example: heed types shop.heed > heed-shop.d.ts");
  }

  Outcome<void> run(const Console& console) override {
    const auto opened = open_ruleset(path_, console);
    if (!opened) return tl::unexpected(opened.error());
    const std::string types = compile::typescript_types(opened->ruleset);
    console.out(console.json ? fmt::format("{{\"types\":{}}}\n", compile::json_text(types))
                             : types);
    return {};
  }

 private:
  std::string path_;
};

}  // namespace

CommandPointer make_types() { return std::make_unique<Types>(); }

}  // namespace heed::cli
