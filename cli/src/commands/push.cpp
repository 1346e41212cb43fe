#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include "../command.h"
#include "../difference.h"
#include "../files.h"
#include "../key_files.h"
#include "../line_reader.h"
#include "../ruleset_file.h"
#include "../signing.h"
#include "../store_options.h"
#include "heed/studio/compile.h"
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
    app.add_flag("-y,--yes", yes_, "Publish without asking");
    app.footer(
        "On a terminal it asks before it publishes; a script, a pipe or --json is not asked.\n"
        "A log with lines that are refused stops it before anything is published.\n"
        "Example: heed push shop.heed.json --key ann.key.json --store "
        "https://store.example --token $HEED_TOKEN");
  }

  Outcome<void> run(const Console& console) override {
    const auto written = source_json();
    if (!written) return tl::unexpected(written.error());
    const auto key = read_secret_key(key_);
    if (!key) return tl::unexpected(key.error());
    compile::CompileOptions options;
    options.now = clock_now();
    const auto files = read_sources(source_);
    if (!files) return tl::unexpected(files.error());
    auto compiled = compile_files(*files, source_, options, console);
    if (!compiled) return tl::unexpected(compiled.error());
    const auto header = trust::read_header(compiled->image);
    if (!header) return tl::unexpected(failure_of(header.error(), source_));
    const TimeMs by_default{clock_now().ms / 1000 * 1000 + compiled->valid_for_ms};
    const auto site = site_of(compiled->image, *header, by_default);
    if (!site) return tl::unexpected(site.error());
    path_ = "/v1/" + escape_segment(*site) + "/ruleset";
    const auto current = fetch_current();
    if (!current) return tl::unexpected(current.error());
    const std::uint64_t current_version = *current ? (*current)->ruleset.version() : 0;
    const std::uint64_t version = header->version != 0 ? header->version : current_version + 1;
    if (version <= current_version) {
      return wrong_input("version_not_newer", source_,
                         fmt::format("version_not_newer: the source says version {} and the store "
                                     "serves {}; leave the version out or raise it",
                                     version, current_version));
    }
    if (*current) {
      // What visitors hold keeps its ids, so that what they fetch is what was edited. What there
      // was to say about the source has been said.
      options.base = &(*current)->ruleset;
      options.zones = &time_zones();
      auto rebuilt = compile::compile(*files, options);
      if (rebuilt.compiled) *compiled = std::move(*rebuilt.compiled);
    }
    const auto made = sign_ruleset(compiled->image, *key, {version, std::nullopt, by_default});
    if (!made) return tl::unexpected(failure_of(made.error(), source_));
    const auto difference = difference_from(*current, *made, compiled->map, console);
    if (!difference) return tl::unexpected(difference.error());
    if (!dry_run_) {
      if (auto agreed = agree(version, *site, console); !agreed) return agreed;
      if (auto published = publish(*made, compiled->map, *written); !published) return published;
    }
    tell(*made, *difference, console);
    return {};
  }

 private:
  Outcome<std::string> site_of(std::vector<std::byte> image, const trust::Header& header,
                               TimeMs expires) const {
    compile::stamp(image, std::max<std::uint64_t>(header.version, 1),
                   header.expires_ms != 0 ? TimeMs{header.expires_ms} : expires);
    const auto ruleset = Ruleset::open(image);
    if (!ruleset) return tl::unexpected(failure_of(ruleset.error(), source_));
    return std::string(ruleset->site());
  }

  /// What the store serves now; nothing where it serves nothing yet.
  Outcome<std::optional<OpenRuleset>> fetch_current() const {
    const HttpRequest request{"GET", path_, {}, {}};
    const auto answer = send(store_, request);
    if (!answer) return tl::unexpected(answer.error());
    if (answer->status == 404) return std::nullopt;
    if (answer->status != 200) return tl::unexpected(failure_of(store_, request, *answer));
    const auto bytes = std::as_bytes(std::span(answer->body));
    if (!trust::split(bytes)) {
      return wrong_input("not_a_ruleset", store_.url + path_,
                         "not_a_ruleset: what answers there serves no ruleset; see that --store is "
                         "the address of a store of heed");
    }
    return opened(bytes, store_.url + path_, fetch_map());
  }

  /// Empty where there is none or the token may not read it: the difference does without.
  std::string fetch_map() const {
    const auto answer = send(store_, {"GET", path_ + "/map", {}, {}});
    return answer && answer->status == 200 ? answer->body : std::string();
  }

  static Outcome<std::optional<OpenRuleset>> opened(std::span<const std::byte> bytes,
                                                    const std::string& where, std::string map) {
    const auto envelope = trust::split(bytes);
    if (!envelope) return tl::unexpected(failure_of(envelope.error(), where));
    auto ruleset = Ruleset::open(envelope->image);
    if (!ruleset) return tl::unexpected(failure_of(ruleset.error(), where));
    return OpenRuleset{std::move(*ruleset), envelope->signatures, std::move(map)};
  }

  Outcome<std::string> difference_from(const std::optional<OpenRuleset>& current,
                                       const SignedRuleset& made, const std::string& map,
                                       const Console& console) const {
    const auto candidate = opened(made.bytes, source_, map);
    if (!candidate) return tl::unexpected(candidate.error());
    if (!current) {
      const Ruleset& first = (*candidate)->ruleset;
      console.say(fmt::format("the first ruleset of {}: slots {}, triggers {}", first.site(),
                              first.slot_count(), first.trigger_count()));
      return std::string("null");
    }
    const auto difference =
        difference_of({*current, store_.url}, {**candidate, source_}, log_, console);
    if (!difference) return tl::unexpected(difference.error());
    // People read what will change while it can still be stopped.
    if (!console.json) console.out(difference->text);
    if (difference->refused_count > 0) {
      return wrong_input("refused_lines", log_,
                         "refused_lines: nothing is published on what part of a log says; mend the "
                         "lines named above or leave --log out");
    }
    return difference->text;
  }

  /// Asks where somebody sits who can answer; whoever runs it from a script has said so by that.
  Outcome<void> agree(std::uint64_t version, const std::string& site,
                      const Console& console) const {
    const bool can_answer = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
    if (yes_ || console.json || !can_answer) return {};
    std::fflush(stdout);
    fmt::print(stderr, "\npublish version {} of {} at {}? [y/N] ", version, site, store_.url);
    std::fflush(stderr);
    LineReader reader(STDIN_FILENO);
    const auto line = reader.next();
    const std::string answer = line ? std::string(*line) : std::string();
    if (answer == "y" || answer == "Y" || answer == "yes") return {};
    return wrong_input("declined", source_,
                       "declined: nothing was published; answer y to publish, or give --yes");
  }

  static std::string name_of(const compile::SourceFile& file) {
    return file.name.substr(file.name.rfind('/') + 1);
  }

  /// What people wrote, for those who go on with it elsewhere.
  Outcome<std::string> source_json() const {
    const auto files = read_sources(source_);
    if (!files) return tl::unexpected(files.error());
    std::string json;
    for (const compile::SourceFile& file : *files) {
      json += fmt::format(R"({}{{"name":{},"text":{}}})", json.empty() ? "" : ",",
                          compile::json_text(name_of(file)), compile::json_text(file.text));
    }
    return R"({"files":[)" + json + "]}";
  }

  Outcome<void> publish(const SignedRuleset& made, const std::string& map,
                        const std::string& source) const {
    const HttpRequest request{"PUT", path_, "application/vnd.heed.ruleset", text_of(made.bytes)};
    // Names and owners of triggers, for reports.
    const HttpRequest naming{"PUT", path_ + "/map", "application/json", map};
    const std::string version = std::to_string(made.header.version);
    const HttpRequest writing{"PUT", path_ + "/source?version=" + version, "application/json",
                              source};
    for (const HttpRequest* one : {&request, &naming, &writing}) {
      const auto answer = send(store_, *one);
      if (!answer) return tl::unexpected(answer.error());
      if (answer->status / 100 != 2) return tl::unexpected(failure_of(store_, *one, *answer));
    }
    return {};
  }

  void tell(const SignedRuleset& made, const std::string& difference,
            const Console& console) const {
    const std::string expires = compile::time_text({made.header.expires_ms});
    console.say(fmt::format("{} version {}, {} bytes, expires {}",
                            dry_run_ ? "not published:" : "published", made.header.version,
                            made.bytes.size(), expires));
    if (!console.json) return;
    console.out(fmt::format(
        R"({{"published":{},"version":{},"size_bytes":{},"expires":{},"difference":{}}})"
        "\n",
        !dry_run_, made.header.version, made.bytes.size(), compile::json_text(expires),
        difference));
  }

  std::string source_;
  std::string key_;
  StoreAddress store_;
  std::string log_;
  bool dry_run_ = false;
  bool yes_ = false;
  std::string path_;
};

}  // namespace

CommandPointer make_push() { return std::make_unique<Push>(); }

}  // namespace heed::cli
