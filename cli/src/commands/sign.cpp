#include <algorithm>

#include <fmt/format.h>

#include "../command.h"
#include "../files.h"
#include "../key_files.h"
#include "../options.h"
#include "../ruleset_file.h"
#include "../signing.h"
#include "heed/base/limits.h"
#include "heed/studio/json_text.h"
#include "heed/studio/time_text.h"
#include "heed/trust/sodium.h"

namespace heed::cli {
namespace {

constexpr std::int64_t valid_for_ms_default = std::int64_t{90} * 24 * 3600 * 1000;

class Sign final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("ruleset", path_, "A compiled ruleset, signed or not")->required();
    app.add_option("--key", key_, "Your NAME.key.json")->required();
    app.add_option("-o,--output", output_, "Where to write; left out: the ruleset itself");
    app.add_option("--version", version_, "Sets the version; drops signatures made before");
    app.add_option("--expires", expires_, "Sets the expiry (RFC 3339); drops earlier signatures");
    app.add_option("--valid-for", valid_for_,
                   "How long it is good for where it has no expiry yet; left out: the source's "
                   "valid_for (from the .heedmap), or 90d");
    app.footer(
        "Sign again with a second person's key where the keyring asks for two.\n"
        "Example: heed sign shop.heed --key ann.key.json");
  }

  Outcome<void> run(const Console& console) override {
    const auto key = read_secret_key(key_);
    if (!key) return tl::unexpected(key.error());
    const std::string output = output_.empty() ? path_ : output_;
    if (is_source(path_) && !keep_inputs(output, {path_})) {
      return wrong_input("not_a_ruleset", path_,
                         "not_a_ruleset: is a source, which a signed ruleset would overwrite; give "
                         "-o shop.heed, or build it and sign that");
    }
    if (auto kept = keep_inputs(output, {key_}); !kept) return kept;
    const auto file = read_ruleset_file(path_, console);
    if (!file) return tl::unexpected(file.error());
    const auto stamp = requested_stamp(*file);
    if (!stamp) return tl::unexpected(stamp.error());
    const auto made = sign_ruleset(file->bytes, *key, *stamp);
    if (!made) return tl::unexpected(failure_of(made.error(), path_));
    if (auto written = write_file(output, text_of(made->bytes)); !written) return written;
    const std::string id = trust::to_hex(trust::key_id(key->key, trust::sodium_verifier()));
    const std::string expires = compile::time_text({made->header.expires_ms});
    if (made->header.expires_ms <= clock_now().ms) {
      console.warn(fmt::format(
          "{}: warning: it has expired already, and nobody takes it; give a later --expires",
          output));
    }
    if (made->signature_count_dropped > 0) {
      console.warn(fmt::format("{}: warning: {} earlier signature(s) no longer fit and are gone",
                               output, made->signature_count_dropped));
    }
    console.say(fmt::format("{}: version {}, expires {}, {} signature(s), the last by {}", output,
                            made->header.version, expires, made->signature_count, id));
    if (console.json) {
      console.out(fmt::format(R"({{"file":{},"version":{},"expires":{},"signatures":{},"key":{}}})"
                              "\n",
                              compile::json_text(output), made->header.version,
                              compile::json_text(expires), made->signature_count,
                              compile::json_text(id)));
    }
    return {};
  }

 private:
  Outcome<Stamp> requested_stamp(const RulesetFile& file) const {
    Stamp stamp{.version = {}, .expires = {}, .expires_by_default = {}};
    if (!version_.empty()) {
      const auto version = version_option("--version", version_);
      if (!version) return tl::unexpected(version.error());
      stamp.version = *version;
    }
    if (!expires_.empty()) {
      const auto expires = expiry_option("--expires", expires_);
      if (!expires) return tl::unexpected(expires.error());
      stamp.expires = *expires;
    }
    std::int64_t valid_for_ms = valid_for_of(file.bytes, file.map).value_or(valid_for_ms_default);
    if (!valid_for_.empty()) {
      const auto valid_for = duration_option("--valid-for", valid_for_);
      if (!valid_for) return tl::unexpected(valid_for.error());
      valid_for_ms = *valid_for;
    }
    const std::int64_t now_ms = clock_now().ms / 1000 * 1000;
    if (valid_for_ms > limits::time_ms_max - now_ms) {
      return refuse(Exit::wrong_call, "bad_option", "heed",
                    fmt::format("--valid-for '{}' is longer than dates go; give a shorter one, as "
                                "in 90d",
                                valid_for_));
    }
    stamp.expires_by_default = TimeMs{now_ms + valid_for_ms};
    return stamp;
  }

  std::string path_;
  std::string key_;
  std::string output_;
  std::string version_;
  std::string expires_;
  std::string valid_for_;
};

}  // namespace

CommandPointer make_sign() { return std::make_unique<Sign>(); }

}  // namespace heed::cli
