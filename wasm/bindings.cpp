// The authors' module: heed::compile for pages and tools, bound with Embind.
// studio.ts gives it types. Objects cross here: it is for people who write rules, not for visitors.
#include <emscripten/bind.h>
#include <emscripten/val.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "heed/base/bytes.h"
#include "heed/base/limits.h"
#include "heed/runtime/index.h"
#include "heed/runtime/ruleset.h"
#include "heed/studio/compile.h"
#include "heed/studio/decide_lines.h"
#include "heed/studio/diff.h"
#include "heed/studio/diff_log.h"
#include "heed/studio/explain.h"
#include "heed/studio/inspect.h"
#include "heed/studio/schema.h"
#include "heed/studio/types.h"

namespace heed {
namespace {

using emscripten::val;

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// A copy that belongs to JavaScript.
val to_bytes(std::span<const std::byte> bytes) {
  const auto* start = reinterpret_cast<const unsigned char*>(bytes.data());
  return val::global("Uint8Array").new_(val(emscripten::typed_memory_view(bytes.size(), start)));
}

val failure(std::string_view code, std::string_view message, double where) {
  val error = val::object();
  error.set("code", std::string(code));
  error.set("message", std::string(message));
  error.set("where", where);
  val result = val::object();
  result.set("error", error);
  return result;
}

/// `offset(zone, ms)` of the host: milliseconds east of UTC, null where the zone is unknown.
class HostZones final : public compile::TimeZones {
 public:
  explicit HostZones(val offset) : offset_(std::move(offset)) {}
  std::optional<std::int64_t> offset_ms(std::string_view zone, TimeMs utc) const override {
    const val ms = offset_(std::string(zone), static_cast<double>(utc.ms));
    if (ms.isNull()) return std::nullopt;
    return static_cast<std::int64_t>(ms.as<double>());
  }

 private:
  val offset_;
};

std::vector<compile::SourceFile> files_of(const val& files) {
  std::vector<compile::SourceFile> sources;
  for (const val& file : emscripten::vecFromJSArray<val>(files)) {
    sources.push_back({file["name"].as<std::string>(), file["text"].as<std::string>()});
  }
  return sources;
}

compile::CompileOptions options_of(const val& options, const HostZones& zones) {
  const auto number = [&](const char* name) -> std::optional<std::int64_t> {
    const val value = options[name];
    if (value.isUndefined()) return std::nullopt;
    return static_cast<std::int64_t>(value.as<double>());
  };
  compile::CompileOptions result;
  result.zones = &zones;
  if (const auto version = number("version")) result.version = static_cast<std::uint64_t>(*version);
  if (const auto expires = number("expires")) result.expires = TimeMs{*expires};
  if (const auto now = number("now")) result.now = TimeMs{*now};
  return result;
}

val compile_source(const val& files, const val& options, const val& offset) {
  const HostZones zones(offset);
  const auto sources = files_of(files);
  const auto done = compile::compile(sources, options_of(options, zones));
  val result = val::object();
  result.set("diagnostics", compile::to_json(done.diagnostics));
  if (done.compiled) {
    result.set("image", to_bytes(done.compiled->image));
    result.set("map", done.compiled->map);
    result.set("validForMs", static_cast<double>(done.compiled->valid_for_ms));
  }
  return result;
}

std::string check_source(const val& files, const val& options, const val& offset) {
  const HostZones zones(offset);
  const auto sources = files_of(files);
  return compile::to_json(compile::check(sources, options_of(options, zones)));
}

/// What was built without a version or an expiry gets the least and the last, as in `heed`: authors
/// look at rulesets before anybody has signed them.
std::vector<std::byte> stamped(const std::string& image) {
  const auto given = bytes_of(image);
  std::vector<std::byte> bytes(given.begin(), given.end());
  if (bytes.size() < image::header_size_bytes) return bytes;
  const auto word = [&](std::size_t at) { return load_le<std::uint64_t>(given.subspan(at), 0); };
  const bool has_expiry = word(image::HeaderAt::expires_ms) != 0;
  compile::stamp(bytes, word(image::HeaderAt::version) == 0 ? 1 : 0,
                 TimeMs{has_expiry ? 0 : limits::time_ms_max});
  return bytes;
}

/// An opened image with its map, and the lines it decides. Until `failure` has answered that there
/// is none, nothing else may be asked.
class OpenRuleset {
 public:
  /// @param image  bytes; @param map  X.heedmap or nothing
  OpenRuleset(const std::string& image, const std::string& map) : map_(map) {
    auto opened = Ruleset::open(stamped(image));
    if (opened) {
      ruleset_.emplace(std::move(*opened));
      index_.emplace(*ruleset_);
      lines_.emplace(*ruleset_, &*index_);
    } else {
      error_ = opened.error();
    }
  }

  [[nodiscard]] val failed() const {
    if (!error_) return val::object();
    return failure(name(error_->code), "the image does not open",
                   static_cast<double>(error_->where));
  }
  [[nodiscard]] std::string inspect() const { return compile::inspect_json(*ruleset_); }
  [[nodiscard]] std::string inspect_text() const { return compile::inspect_text(*ruleset_); }
  [[nodiscard]] std::string types() const { return compile::typescript_types(*ruleset_); }

  [[nodiscard]] val explain(const std::string& line, const std::string& slot) const {
    const auto text = compile::explain_json(*ruleset_, map_, line, slot);
    if (!text) return failure(text.error().code, text.error().text(), 0);
    val result = val::object();
    result.set("json", *text);
    return result;
  }

  [[nodiscard]] std::string diff(const OpenRuleset& after) const {
    return compile::diff_json(*ruleset_, map_, *after.ruleset_, after.map_);
  }

  [[nodiscard]] std::string diff_log(const OpenRuleset& after, const std::string& lines) const {
    compile::DiffLog log(*ruleset_, *after.ruleset_);
    each_line(lines, [&](std::string_view line) { log.feed(line); });
    return log.json();
  }

  /// Answers whole lines with whole lines; both are bytes, for a line need not be UTF-8.
  [[nodiscard]] val decide_lines(const std::string& lines) {
    std::string out;
    each_line(lines, [&](std::string_view line) { lines_->feed(line, out); });
    return to_bytes(bytes_of(out));
  }
  [[nodiscard]] val take_warnings() { return val::array(lines_->take_warnings()); }
  [[nodiscard]] bool any_refused() const { return lines_->any_refused(); }

 private:
  template <class Body>
  static void each_line(std::string_view lines, const Body& body) {
    while (!lines.empty()) {
      const auto end = lines.find('\n');
      body(lines.substr(0, end));
      lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
    }
  }

  std::optional<Ruleset> ruleset_;
  std::optional<Index> index_;
  std::optional<Error> error_;
  std::string map_;
  std::optional<compile::DecideLines> lines_;
};

std::string starter() { return std::string(compile::starter_source()); }
std::string schema() { return std::string(compile::ruleset_schema()); }

}  // namespace
}  // namespace heed

EMSCRIPTEN_BINDINGS(heed) {
  using emscripten::function;
  using heed::OpenRuleset;
  emscripten::class_<OpenRuleset>("Ruleset")
      .constructor<const std::string&, const std::string&>()
      .function("failed", &OpenRuleset::failed)
      .function("inspect", &OpenRuleset::inspect)
      .function("inspectText", &OpenRuleset::inspect_text)
      .function("types", &OpenRuleset::types)
      .function("explain", &OpenRuleset::explain)
      .function("diff", &OpenRuleset::diff)
      .function("diffLog", &OpenRuleset::diff_log)
      .function("decideLines", &OpenRuleset::decide_lines)
      .function("takeWarnings", &OpenRuleset::take_warnings)
      .function("anyRefused", &OpenRuleset::any_refused);
  function("compile", &heed::compile_source);
  function("check", &heed::check_source);
  function("starter", &heed::starter);
  function("schema", &heed::schema);
}
