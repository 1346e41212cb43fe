#include <cstdlib>

#include <fmt/format.h>

#include "../command.h"
#include "../files.h"
#include "heed/store/options.h"
#include "heed/store/server.h"

namespace heed::cli {
namespace {

Failure failure_of(const store::Refusal& refusal, const std::string& where) {
  return {Exit::wrong_call, refusal.code, refusal.code + ": " + refusal.message, where};
}

class Serve final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("--dir", dir_, "The folder that keeps everything; made where absent");
    app.add_option("--host", host_, "The address to listen on (127.0.0.1)");
    app.add_option("--port", port_, "The port (8787); 0: any that is free")
        ->check(CLI::Range(0, 65535));
    app.add_option("--keyring", keyrings_, "Whose signatures count; once for each site");
    app.add_option("--allow-origin", origins_, "A site whose pages may call; * for all");
    app.add_option("--ingest-key", ingest_key_, "Bearer key of those who send outcomes");
    app.add_option("--read-key", read_key_, "Bearer key of those who read reports");
    app.add_option("--publish-key", publish_key_, "Bearer key of those who publish; also reads");
    app.add_option("--ticket-key", ticket_key_, "The edge's secret: every batch needs a ticket");
    app.add_option("--config", config_, "The same in a JSON file");
    app.footer(
        "Keys are better given as HEED_INGEST_KEY, HEED_READ_KEY, HEED_PUBLISH_KEY and "
        "HEED_TICKET_KEY, where no list of processes shows them. A role without a key is open, and "
        "the store then listens on this machine alone. Ctrl-C ends it cleanly.\n"
        "Example: heed serve --dir data --keyring shop.keyring.json");
  }

  Outcome<void> run(const Console&) override {
    store::ServeOptions options;
    if (!config_.empty()) {
      const auto json = read_file(config_, text_file_size_bytes_max);
      if (!json) return tl::unexpected(json.error());
      if (auto applied = store::apply_config(options, *json); !applied) {
        return tl::unexpected(failure_of(applied.error(), config_));
      }
    }
    const auto variable = [](const char* name) -> const char* { return std::getenv(name); };
    if (auto applied = store::apply_environment(options, variable); !applied) {
      return tl::unexpected(failure_of(applied.error(), "heed"));
    }
    apply_flags(options);
    if (options.folder.empty()) {
      return refuse(Exit::wrong_call, "bad_option", "heed",
                    "--dir is needed: the folder that keeps everything");
    }
    const int status = store::serve_main(options);
    if (status == 0) return {};
    return tl::unexpected(Failure{static_cast<Exit>(status), {}, {}, {}});
  }

 private:
  void apply_flags(store::ServeOptions& options) const {
    if (!dir_.empty()) options.folder = dir_;
    if (!host_.empty()) options.host = host_;
    if (port_ >= 0) options.port = static_cast<std::uint16_t>(port_);
    if (!keyrings_.empty()) options.keyring_files = keyrings_;
    if (!origins_.empty()) options.allow_origins = origins_;
    if (!ingest_key_.empty()) options.ingest_key = ingest_key_;
    if (!read_key_.empty()) options.read_key = read_key_;
    if (!publish_key_.empty()) options.publish_key = publish_key_;
    if (!ticket_key_.empty()) options.ticket_key = ticket_key_;
  }

  std::string dir_;
  std::string host_;
  int port_ = -1;
  std::vector<std::string> keyrings_;
  std::vector<std::string> origins_;
  std::string ingest_key_;
  std::string read_key_;
  std::string publish_key_;
  std::string ticket_key_;
  std::string config_;
};

}  // namespace

CommandPointer make_serve() { return std::make_unique<Serve>(); }

}  // namespace heed::cli
