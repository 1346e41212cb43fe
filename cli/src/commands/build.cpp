#include <optional>
#include <utility>

#include <fmt/format.h>

#include "../command.h"
#include "../files.h"
#include "../options.h"
#include "../ruleset_file.h"
#include "../signing.h"
#include "heed/studio/json_text.h"

namespace heed::cli {
namespace {

class Build final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("source", source_, "A *.heed.json file, or a folder of them")->required();
    app.add_option("-o,--output", output_, "The compiled ruleset; its .heedmap goes beside it");
    app.add_option("--base", base_,
                   "The ruleset before it: keeps its ids, so that `heed patch` is small");
    app.add_option("--version", version_, "Stands for the source's version");
    app.add_option("--expires", expires_, "Stands for the source's expiry (RFC 3339)");
    app.footer(
        "Example: heed build shop.heed.json -o shop.heed\n"
        "         heed build shop.heed.json --base yesterday.heed -o shop.heed");
  }

  Outcome<void> run(const Console& console) override {
    compile::CompileOptions options;
    options.now = clock_now();
    if (!version_.empty()) {
      const auto version = version_option("--version", version_);
      if (!version) return tl::unexpected(version.error());
      options.version = *version;
    }
    if (!expires_.empty()) {
      const auto expires = expiry_option("--expires", expires_);
      if (!expires) return tl::unexpected(expires.error());
      options.expires = *expires;
    }
    std::optional<OpenRuleset> base;
    if (!base_.empty()) {
      auto open = open_ruleset(base_, console);
      if (!open) return tl::unexpected(open.error());
      base = std::move(*open);
      options.base = &base->ruleset;
    }
    const std::string image = output_.empty() ? image_path(source_) : output_;
    const std::string map = map_path(image);
    for (const std::string& output : {image, map}) {
      if (auto kept = keep_inputs(output, {source_}); !kept) return kept;
    }
    const auto compiled = compile_source(source_, options, console);
    if (!compiled) return tl::unexpected(compiled.error());
    if (auto written = write_file(image, text_of(compiled->image)); !written) return written;
    if (auto written = write_file(map, compiled->map); !written) return written;
    console.say(fmt::format("{}: {} bytes, not signed yet", image, compiled->image.size()));
    if (console.json) {
      console.out(fmt::format("{{\"ok\":true,\"image\":{},\"map\":{},\"size_bytes\":{}}}\n",
                              compile::json_text(image), compile::json_text(map),
                              compiled->image.size()));
    }
    return {};
  }

 private:
  std::string source_;
  std::string output_;
  std::string base_;
  std::string version_;
  std::string expires_;
};

}  // namespace

CommandPointer make_build() { return std::make_unique<Build>(); }

}  // namespace heed::cli
