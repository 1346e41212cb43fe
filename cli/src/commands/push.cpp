#include <algorithm>

#include <fmt/format.h>

#include "../command.h"
#include "../difference.h"
#include "../files.h"
#include "../key_files.h"
#include "../ruleset_file.h"
#include "../signing.h"
#include "../store_options.h"
#include "heed/studio/json_text.h"
#include "heed/studio/time_text.h"

namespace heed::cli {
namespace {

class Push final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("source", source_, "A *.heed.json file, or a folder of them")->required();
    app.add_option("--key", key_, "Your NAME.key.json")->required();
    declare_store(app, store_);
    app.add_option("--log", log_, "Recorded visitors: the difference also says who changes");
    app.add_flag("--dry-run", dry_run_, "Show the difference and publish nothing");
    app.footer(
        "Example: heed push shop.heed.json --key ann.key.json --store "
        "https://store.example --token $HEED_TOKEN");
  }

  Outcome<void> run(const Console& console) override {
    const auto key = read_secret_key(key_);
    if (!key) return tl::unexpected(key.error());
    compile::CompileOptions options;
    options.now = clock_now();
    auto compiled = compile_source(source_, options, console);
    if (!compiled) return tl::unexpected(compiled.error());
    const auto header = trust::read_header(compiled->image);
    if (!header) return tl::unexpected(failure_of(header.error(), source_));
    const TimeMs by_default{clock_now().ms / 1000 * 1000 + compiled->valid_for_ms};
    // Signed twice: first to open what has no version yet, for the difference alone.
    const auto candidate =
        signed_as(*compiled, *key, std::max<std::uint64_t>(header->version, 1), by_default);
    if (!candidate) return tl::unexpected(candidate.error());
    path_ = "/v1/" + escape_segment(candidate->ruleset.site()) + "/ruleset";
    const auto current_version = show(*candidate, console);
    if (!current_version) return tl::unexpected(current_version.error());
    const std::uint64_t version = header->version != 0 ? header->version : *current_version + 1;
    if (version <= *current_version) {
      return wrong_input("version_not_newer", source_,
                         fmt::format("version_not_newer: the source says version {} and the store "
                                     "serves {}; leave the version out or raise it",
                                     version, *current_version));
    }
    if (dry_run_) return {};
    const auto made = sign_ruleset(compiled->image, *key, {version, std::nullopt, by_default});
    if (!made) return tl::unexpected(failure_of(made.error(), source_));
    return publish(*made, compiled->map, console);
  }

 private:
  Outcome<OpenRuleset> signed_as(const compile::Compiled& compiled, const trust::KeyFile& key,
                                 std::uint64_t version, TimeMs expires) const {
    const auto made = sign_ruleset(compiled.image, key, {version, std::nullopt, expires});
    if (!made) return tl::unexpected(failure_of(made.error(), source_));
    auto ruleset = Ruleset::open(std::span(made->bytes).first(made->header.size_bytes));
    if (!ruleset) return tl::unexpected(failure_of(ruleset.error(), source_));
    return OpenRuleset{std::move(*ruleset), {}, compiled.map};
  }

  /// Shows what changes; the version that the store serves now, 0 where it serves none.
  Outcome<std::uint64_t> show(const OpenRuleset& candidate, const Console& console) const {
    const HttpRequest request{"GET", path_, {}, {}};
    const auto answer = send(store_, request);
    if (!answer) return tl::unexpected(answer.error());
    if (answer->status == 404) {
      console.say(fmt::format("the first ruleset of {}", candidate.ruleset.site()));
      return 0;
    }
    if (answer->status != 200) return tl::unexpected(failure_of(store_, request, *answer));
    const auto envelope = trust::split(std::as_bytes(std::span(answer->body)));
    if (!envelope) return tl::unexpected(failure_of(envelope.error(), store_.url + path_));
    auto ruleset = Ruleset::open(envelope->image);
    if (!ruleset) return tl::unexpected(failure_of(ruleset.error(), store_.url + path_));
    const OpenRuleset current{std::move(*ruleset), {}, {}};
    // With --json the one value on standard output is the publication's.
    Console for_difference = console;
    for_difference.json = false;
    if (!console.json || dry_run_) {
      for_difference.json = console.json;
      if (auto shown = show_difference(current, candidate, log_, for_difference); !shown) {
        return tl::unexpected(shown.error());
      }
    }
    return current.ruleset.version();
  }

  Outcome<void> publish(const SignedRuleset& made, const std::string& map,
                        const Console& console) const {
    const HttpRequest request{"PUT", path_, "application/vnd.heed.ruleset", text_of(made.bytes)};
    const auto answer = send(store_, request);
    if (!answer) return tl::unexpected(answer.error());
    if (answer->status / 100 != 2) return tl::unexpected(failure_of(store_, request, *answer));
    // Names and owners of triggers, for reports.
    const HttpRequest naming{"PUT", path_ + "/map", "application/json", map};
    const auto named = send(store_, naming);
    if (!named) return tl::unexpected(named.error());
    if (named->status / 100 != 2) return tl::unexpected(failure_of(store_, naming, *named));
    const std::string expires = compile::time_text({made.header.expires_ms});
    console.say(fmt::format("published version {}, {} bytes, expires {}", made.header.version,
                            made.bytes.size(), expires));
    if (console.json) {
      console.out(fmt::format(R"({{"version":{},"size_bytes":{},"expires":{}}})"
                              "\n",
                              made.header.version, made.bytes.size(), compile::json_text(expires)));
    }
    return {};
  }

  std::string source_;
  std::string key_;
  StoreAddress store_;
  std::string log_;
  bool dry_run_ = false;
  std::string path_;
};

}  // namespace

CommandPointer make_push() { return std::make_unique<Push>(); }

}  // namespace heed::cli
