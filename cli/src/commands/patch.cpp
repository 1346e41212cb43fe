#include <string>

#include <fmt/format.h>

#include "../command.h"
#include "../files.h"
#include "../ruleset_file.h"
#include "../signing.h"
#include "heed/studio/json_text.h"
#include "heed/studio/patch.h"
#include "heed/trust/envelope.h"

namespace heed::cli {
namespace {

std::string sentence(const compile::PatchError& error) {
  using compile::PatchFault;
  switch (error.fault) {
    case PatchFault::not_a_patch:
      return "not a patch; `heed patch A B -o P` makes one";
    case PatchFault::truncated:
      return fmt::format("the patch ends too early, after {} bytes; copy or make it again",
                         error.where);
    case PatchFault::malformed_patch:
      return fmt::format("damaged at byte {}; copy or make it again", error.where);
    case PatchFault::too_large:
      return "it would make more than any ruleset may be (16 MiB and 16 signatures)";
    case PatchFault::wrong_base:
      return "it was made for another ruleset than the one given; apply it to that one, or fetch "
             "the whole";
    case PatchFault::wrong_result:
      return "what it makes is not what it was made from: the patch or the ruleset is damaged; "
             "fetch the whole";
  }
  return "refused";
}

struct Compiled {
  std::string bytes;  // the file
  trust::Header header;
  std::size_t image_size_bytes = 0;

  [[nodiscard]] std::span<const std::byte> image() const {
    return std::as_bytes(std::span(bytes)).first(image_size_bytes);
  }
};

class Patch final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("base", base_, "The compiled ruleset that is there already")->required();
    auto* result = app.add_option("result", result_, "The compiled ruleset that it shall become");
    app.add_option("--apply", patch_, "Make the other ruleset from `base` and this patch")
        ->excludes(result);
    app.add_option("-o,--output", output_, "The patch, or with --apply the ruleset")->required();
    app.footer(
        "A patch is small where the result was built with `heed build --base`.\n"
        "Signatures come with the patch: what it makes verifies as the file it was made from.\n"
        "Example: heed patch v6.heed v7.heed -o v7.patch\n"
        "         heed patch v6.heed --apply v7.patch -o v7.heed");
  }

  Outcome<void> run(const Console& console) override {
    if (result_.empty() == patch_.empty()) {
      return refuse(Exit::wrong_call, "wrong_call", "heed patch",
                    "needs a second ruleset or --apply PATCH; see `heed patch --help`");
    }
    const auto base = read(base_);
    if (!base) return tl::unexpected(base.error());
    return patch_.empty() ? make(*base, console) : apply(*base, console);
  }

 private:
  static Outcome<Compiled> read(const std::string& path) {
    auto bytes = read_file(path, signed_ruleset_size_bytes_max);
    if (!bytes) return tl::unexpected(bytes.error());
    return opened(std::move(*bytes), path);
  }
  static Outcome<Compiled> opened(std::string bytes, const std::string& where) {
    const auto envelope = trust::split(std::as_bytes(std::span(bytes)));
    if (!envelope) return tl::unexpected(failure_of(envelope.error(), where));
    return Compiled{std::move(bytes), envelope->header, envelope->image.size()};
  }

  Outcome<void> make(const Compiled& base, const Console& console) const {
    if (auto kept = keep_inputs(output_, {base_, result_}); !kept) return kept;
    const auto result = read(result_);
    if (!result) return tl::unexpected(result.error());
    if (result->header.site_hash != base.header.site_hash) {
      return wrong_input("wrong_site", result_,
                         "wrong_site: this ruleset and " + base_ +
                             " are of different sites; give two of one site");
    }
    const auto patch = compile::make_patch(base.image(), std::as_bytes(std::span(result->bytes)));
    return tell(patch.size(), result->bytes.size(), text_of(patch), console);
  }

  Outcome<void> apply(const Compiled& base, const Console& console) const {
    const auto patch = read_file(patch_, signed_ruleset_size_bytes_max * 2);
    if (!patch) return tl::unexpected(patch.error());
    const auto made = compile::apply_patch(base.image(), std::as_bytes(std::span(*patch)));
    if (!made) {
      const std::string code(name(made.error().fault));
      return wrong_input(code, patch_, code + ": " + sentence(made.error()));
    }
    // What it makes is a ruleset in form; who uses it verifies and proves it as any other.
    const auto result = opened(std::string(text_of(*made)), patch_);
    if (!result) return tl::unexpected(result.error());
    return tell(patch->size(), made->size(), text_of(*made), console);
  }

  Outcome<void> tell(std::size_t patch_size, std::size_t ruleset_size, std::string_view bytes,
                     const Console& console) const {
    if (auto written = write_file(output_, bytes); !written) return written;
    console.say(fmt::format("{}: a patch of {} bytes for a ruleset of {} bytes", output_,
                            patch_size, ruleset_size));
    if (console.json) {
      console.out(fmt::format("{{\"file\":{},\"patch_size_bytes\":{},\"size_bytes\":{}}}\n",
                              compile::json_text(output_), patch_size, ruleset_size));
    }
    return {};
  }

  std::string base_;
  std::string result_;
  std::string patch_;
  std::string output_;
};

}  // namespace

CommandPointer make_patch() { return std::make_unique<Patch>(); }

}  // namespace heed::cli
