#include "heed/trust/verify.h"

#include <algorithm>

#include <fmt/format.h>

#include "../command.h"
#include "../files.h"
#include "../key_files.h"
#include "../options.h"
#include "../ruleset_file.h"
#include "heed/base/limits.h"
#include "heed/studio/json_text.h"
#include "heed/studio/time_text.h"
#include "heed/trust/sodium.h"

namespace heed::cli {
namespace {

class Verify final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("ruleset", path_, "A signed ruleset")->required();
    app.add_option("--keyring", keyring_, "Whose signatures count")->required();
    app.add_option("--site", site_, "The site asked for; left out: the keyring's");
    app.add_option("--now", now_, "The time asked for (RFC 3339); left out: this machine's");
    app.add_option("--seen", seen_,
                   "Remembers the highest version accepted, and refuses older ones");
    app.footer("Example: heed verify shop.heed --keyring shop.keyring.json --seen seen.txt");
  }

  Outcome<void> run(const Console& console) override {
    const auto keyring = read_keyring(keyring_);
    if (!keyring) return tl::unexpected(keyring.error());
    auto now = clock_now();
    if (!now_.empty()) {
      const auto asked = time_option("--now", now_);
      if (!asked) return tl::unexpected(asked.error());
      now = *asked;
    }
    const auto bytes = read_file(path_, signed_ruleset_size_bytes_max);
    if (!bytes) return tl::unexpected(bytes.error());
    return verify_bytes(*bytes, *keyring, now, console);
  }

 private:
  Outcome<void> verify_bytes(const std::string& bytes, const trust::Keyring& keyring, TimeMs now,
                             const Console& console) const {
    const std::string site = site_.empty() ? keyring.site : site_;
    VersionsSeen seen;
    if (!seen_.empty()) {
      const auto read = read_versions_seen(seen_);
      if (!read) return tl::unexpected(read.error());
      seen = *read;
    }
    const trust::Demand demand{.site = site, .now_ms = now.ms, .version_seen = seen[site]};
    const auto verified =
        trust::verify(std::as_bytes(std::span(bytes)), keyring, demand, trust::sodium_verifier());
    if (!verified) return tl::unexpected(failure_of(verified.error(), path_));
    if (const auto opened = Ruleset::open(verified->image); !opened) {
      return tl::unexpected(failure_of(opened.error(), path_));
    }
    if (!seen_.empty() && verified->header.version > seen[site]) {
      seen[site] = verified->header.version;
      if (auto written = write_versions_seen(seen_, seen); !written) return written;
    }
    tell(*verified, site, now, console);
    return {};
  }

  void tell(const trust::Verified& verified, const std::string& site, TimeMs now,
            const Console& console) const {
    const TimeMs expires{verified.header.expires_ms};
    std::string ids;
    std::string ids_json;
    for (const trust::KeyId& id : verified.signers) {
      ids += (ids.empty() ? "" : ", ") + trust::to_hex(id);
      ids_json += (ids_json.empty() ? "" : ",") + compile::json_text(trust::to_hex(id));
    }
    if (const std::string warning = expiry_warning(expires, now); !warning.empty()) {
      console.warn(path_ + ": " + warning);
    }
    console.say(fmt::format("{}: ok, {} version {}, expires {}, signed by {}", path_, site,
                            verified.header.version, compile::time_text(expires), ids));
    if (!console.json) return;
    console.out(fmt::format(R"({{"ok":true,"site":{},"version":{},"expires":{},"signers":[{}]}})"
                            "\n",
                            compile::json_text(site), verified.header.version,
                            compile::json_text(compile::time_text(expires)), ids_json));
  }

  std::string path_;
  std::string keyring_;
  std::string site_;
  std::string now_;
  std::string seen_;
};

}  // namespace

CommandPointer make_verify() { return std::make_unique<Verify>(); }

}  // namespace heed::cli
