// `keys new` and `keys ring`. A secret is written once, for its owner alone, and never printed.
#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "../command.h"
#include "../files.h"
#include "../key_files.h"
#include "../ruleset_file.h"
#include "heed/studio/json_text.h"
#include "heed/studio/time_text.h"
#include "heed/trust/files.h"
#include "heed/trust/sodium.h"

namespace heed::cli {
namespace {

Outcome<void> require_absent(const std::string& path) {
  if (!exists(path)) return {};
  return wrong_input("exists", path,
                     "is there already and is not overwritten; choose another name");
}

class KeysNew final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("name", name_, "Whose key it is; the files' name, folder included")->required();
    app.add_option("--site", site_, "Also write NAME.keyring.json: this key alone, for this site");
    app.footer("Example: heed keys new ann --site shop.example");
  }

  Outcome<void> run(const Console& console) override {
    if (name_.empty() || name_.back() == '/') {
      return refuse(
          Exit::wrong_call, "bad_option", "heed",
          fmt::format("'{}' names no key; give the name of who has it, as in ann", name_));
    }
    const std::string secret = name_ + ".key.json";
    const std::string open = name_ + ".pub.json";
    const std::string ring = name_ + ".keyring.json";
    for (const std::string& path : {secret, open, ring}) {
      if (path == ring && site_.empty()) continue;
      if (auto absent = require_absent(path); !absent) return absent;
    }
    const trust::Verifier& verifier = trust::sodium_verifier();
    const trust::KeyPair pair = trust::new_key_pair();
    const trust::KeyFile file{.role = "release",
                              .key = pair.key,
                              .seed = pair.seed,
                              .created = compile::time_text({clock_now().ms / 1000 * 1000})};
    const std::string secret_json = trust::write_key_file(file, trust::Part::secret, verifier);
    if (auto done = write_file(secret, secret_json, Access::owner); !done) return done;
    const std::string open_json = trust::write_key_file(file, trust::Part::open, verifier);
    if (auto done = write_file(open, open_json); !done) return done;
    if (!site_.empty()) {
      const trust::Keyring keyring{.site = site_, .threshold = 1, .release = {pair.key}};
      if (auto done = write_file(ring, trust::write_keyring(keyring)); !done) return done;
    }
    const std::string id = trust::to_hex(trust::key_id(pair.key, verifier));
    console.say(fmt::format("key {}: {} (keep it secret), {}{}", id, secret, open,
                            site_.empty() ? "" : ", " + ring));
    if (console.json) {
      console.out(fmt::format(R"({{"id":{},"secret":{},"public":{}}})"
                              "\n",
                              compile::json_text(id), compile::json_text(secret),
                              compile::json_text(open)));
    }
    return {};
  }

 private:
  std::string name_;
  std::string site_;
};

class KeysRing final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("keys", keys_, "Public key files (NAME.pub.json)")->required();
    app.add_option("--site", site_, "The site that these keys speak for")->required();
    app.add_option("--threshold", threshold_, "How many of them must sign")->capture_default_str();
    app.add_option("-o,--output", output_, "The keyring to write; left out: standard output");
    app.footer(
        "Example: heed keys ring ann.pub.json ben.pub.json --site shop.example "
        "--threshold 2 -o shop.keyring.json");
  }

  Outcome<void> run(const Console& console) override {
    if (site_.empty()) {
      return refuse(Exit::wrong_call, "bad_option", "heed",
                    "--site is empty; give the site's name, as in shop.example");
    }
    trust::Keyring keyring{.site = site_, .threshold = threshold_, .release = {}};
    for (const std::string& path : keys_) {
      if (auto kept = keep_inputs(output_, {path}); !kept) return kept;
      const auto file = read_key(path);
      if (!file) return tl::unexpected(file.error());
      const auto& known = keyring.release;
      if (std::find(known.begin(), known.end(), file->key) != known.end()) {
        return wrong_input("malformed_key", path,
                           "this key is on the ring already; name each once");
      }
      keyring.release.push_back(file->key);
    }
    if (threshold_ < 1 || threshold_ > keyring.release.size()) {
      return refuse(Exit::wrong_call, "bad_option", "heed",
                    fmt::format("--threshold {} cannot be met by {} key(s); give 1 to {}, or more "
                                "keys",
                                threshold_, keyring.release.size(), keyring.release.size()));
    }
    const std::string json = trust::write_keyring(keyring);
    if (output_.empty()) {
      console.out(json);
      return {};
    }
    if (auto written = write_file(output_, json); !written) return written;
    console.say(fmt::format("{}: {} of {} key(s) for {}", output_, threshold_,
                            keyring.release.size(), site_));
    if (console.json) console.out(json);
    return {};
  }

 private:
  std::vector<std::string> keys_;
  std::string site_;
  std::uint32_t threshold_ = 1;
  std::string output_;
};

}  // namespace

CommandPointer make_keys_new() { return std::make_unique<KeysNew>(); }
CommandPointer make_keys_ring() { return std::make_unique<KeysRing>(); }

}  // namespace heed::cli
