#include <fmt/format.h>

#include "../command.h"
#include "../files.h"
#include "../key_files.h"
#include "../ruleset_file.h"
#include "../store_options.h"
#include "heed/studio/json_text.h"
#include "heed/trust/sodium.h"
#include "heed/trust/verify.h"

namespace heed::cli {
namespace {

class Pull final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("--site", site_, "Whose ruleset")->required();
    app.add_option("-o,--output", output_, "The file to write; left out: SITE.heed");
    app.add_option("--keyring", keyring_, "Write only what this keyring's people have signed");
    declare_store(app, store_);
    app.footer(
        "Example: heed pull --store https://store.example --site shop.example "
        "--keyring shop.keyring.json -o shop.heed");
  }

  Outcome<void> run(const Console& console) override {
    const HttpRequest request{"GET", "/v1/" + escape_segment(site_) + "/ruleset", {}, {}};
    const auto answer = send(store_, request);
    if (!answer) return tl::unexpected(answer.error());
    if (answer->status != 200) return tl::unexpected(failure_of(store_, request, *answer));
    const auto bytes = std::as_bytes(std::span(answer->body));
    const std::string from = store_.url + request.path;
    const auto envelope = trust::split(bytes);
    if (!envelope) return tl::unexpected(failure_of(envelope.error(), from));
    if (!keyring_.empty()) {
      const auto keyring = read_keyring(keyring_);
      if (!keyring) return tl::unexpected(keyring.error());
      const trust::Demand demand{.site = site_, .now_ms = clock_now().ms, .version_seen = 0};
      const auto verified = trust::verify(bytes, *keyring, demand, trust::sodium_verifier());
      if (!verified) return tl::unexpected(failure_of(verified.error(), from));
    }
    const std::string output = output_.empty() ? site_ + ".heed" : output_;
    if (auto kept = keep_inputs(output, {keyring_}); !kept) return kept;
    if (auto written = write_file(output, answer->body); !written) return written;
    console.say(fmt::format("{}: version {}, {} bytes{}", output, envelope->header.version,
                            answer->body.size(), keyring_.empty() ? ", not verified" : ""));
    if (console.json) {
      console.out(fmt::format(R"({{"file":{},"version":{},"size_bytes":{}}})"
                              "\n",
                              compile::json_text(output), envelope->header.version,
                              answer->body.size()));
    }
    return {};
  }

 private:
  std::string site_;
  std::string output_;
  std::string keyring_;
  StoreAddress store_;
};

}  // namespace

CommandPointer make_pull() { return std::make_unique<Pull>(); }

}  // namespace heed::cli
