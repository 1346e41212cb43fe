#include "ruleset_file.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>

#include <fmt/format.h>

#include "files.h"
#include "heed/base/limits.h"
#include "heed/studio/diagnostics.h"
#include "heed/studio/time_text.h"
#include "heed/studio/time_zones.h"

namespace heed::cli {
namespace {

constexpr std::string_view source_suffix = ".heed.json";
constexpr std::string_view image_suffix = ".heed";
constexpr std::int64_t expiry_warning_ms = std::int64_t{14} * 24 * 3600 * 1000;

bool ends_with(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}

std::optional<std::vector<std::byte>> load_zone(std::string_view zone) {
  const char* folder = std::getenv("TZDIR");
  const std::string path = fmt::format("{}/{}", folder ? folder : "/usr/share/zoneinfo", zone);
  const auto bytes = read_file(path, text_file_size_bytes_max);
  if (!bytes) return std::nullopt;
  const auto view = std::as_bytes(std::span(*bytes));
  return std::vector<std::byte>(view.begin(), view.end());
}

}  // namespace

Outcome<std::vector<compile::SourceFile>> read_sources(const std::string& path) {
  std::vector<std::string> paths;
  if (is_folder(path)) {
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator(path, failed)) {
      if (ends_with(entry.path().filename().string(), source_suffix)) {
        paths.push_back(entry.path().string());
      }
    }
    if (paths.empty()) {
      return wrong_input("not_found", path,
                         "this folder holds no *.heed.json source; name another, or `heed init` "
                         "starts one");
    }
    std::sort(paths.begin(), paths.end());
  } else {
    paths.push_back(path);
  }
  std::vector<compile::SourceFile> files;
  for (const std::string& one : paths) {
    auto text = read_file(one, text_file_size_bytes_max);
    if (!text) return tl::unexpected(text.error());
    if (trust::read_header(std::as_bytes(std::span(*text)))) {
      return wrong_input("not_a_source", one,
                         "not_a_source: is a compiled ruleset; give the *.heed.json that it was "
                         "built from (`heed inspect` shows what it holds)");
    }
    files.push_back({one, std::move(*text)});
  }
  return files;
}

const compile::TimeZones& time_zones() {
  static const compile::TzifZones zones(load_zone);
  return zones;
}

TimeMs clock_now() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count()};
}

Outcome<compile::Compiled> compile_source(const std::string& path, compile::CompileOptions options,
                                          const Console& console) {
  const auto files = read_sources(path);
  if (!files) return tl::unexpected(files.error());
  return compile_files(*files, path, options, console);
}

Outcome<compile::Compiled> compile_files(const std::vector<compile::SourceFile>& files,
                                         const std::string& path, compile::CompileOptions options,
                                         const Console& console) {
  options.zones = &time_zones();
  auto result = compile::compile(files, options);
  const std::string said = compile::to_text(result.diagnostics);
  if (!said.empty()) fmt::print(stderr, "{}", said);
  if (result.compiled) return std::move(*result.compiled);
  if (console.json) {
    console.out(
        fmt::format("{{\"ok\":false,\"diagnostics\":{}}}\n", compile::to_json(result.diagnostics)));
  }
  return tl::unexpected(Failure{Exit::wrong_input, {}, {}, path});
}

bool is_source(const std::string& path) { return is_folder(path) || ends_with(path, ".json"); }

Outcome<RulesetFile> read_ruleset_file(const std::string& path, const Console& console) {
  if (is_source(path)) {
    auto compiled = compile_source(path, {}, console);
    if (!compiled) return tl::unexpected(compiled.error());
    return RulesetFile{std::move(compiled->image), std::move(compiled->map)};
  }
  const auto bytes = read_file(path, signed_ruleset_size_bytes_max);
  if (!bytes) return tl::unexpected(bytes.error());
  const auto view = std::as_bytes(std::span(*bytes));
  RulesetFile file{{view.begin(), view.end()}, {}};
  if (auto map = read_file(map_path(path), text_file_size_bytes_max * 4)) file.map = *map;
  return file;
}

Outcome<OpenRuleset> open_ruleset(const std::string& path, const Console& console) {
  auto file = read_ruleset_file(path, console);
  if (!file) return tl::unexpected(file.error());
  auto envelope = trust::split(file->bytes);
  if (!envelope) return tl::unexpected(failure_of(envelope.error(), path));
  std::vector<std::byte> image(envelope->image.begin(), envelope->image.end());
  const trust::Header& header = envelope->header;
  if (header.version == 0 || header.expires_ms == 0) {
    // Built without them, for `sign` or `push` to say: while it is being written it does not
    // expire.
    compile::stamp(image, std::max<std::uint64_t>(header.version, 1),
                   TimeMs{header.expires_ms == 0 ? limits::time_ms_max : header.expires_ms});
  }
  auto ruleset = Ruleset::open(image);
  if (!ruleset) return tl::unexpected(failure_of(ruleset.error(), path));
  return OpenRuleset{std::move(*ruleset), std::move(envelope->signatures), std::move(file->map),
                     header.version != 0, header.expires_ms != 0};
}

std::string map_path(const std::string& ruleset_path) {
  const bool named = ends_with(ruleset_path, image_suffix);
  return (named ? ruleset_path.substr(0, ruleset_path.size() - image_suffix.size())
                : ruleset_path) +
         ".heedmap";
}

std::string image_path(const std::string& source_path) {
  if (ends_with(source_path, source_suffix)) {
    return source_path.substr(0, source_path.size() - std::string_view(".json").size());
  }
  std::string folder = source_path;
  while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  return folder + std::string(image_suffix);
}

std::string expiry_warning(TimeMs expires, TimeMs now) {
  if (expires.ms <= now.ms) return {};
  if (expires.ms - now.ms > expiry_warning_ms) return {};
  return fmt::format("warning: expires at {}, in less than {} day(s)", compile::time_text(expires),
                     (expires.ms - now.ms) / (24LL * 3600 * 1000) + 1);
}

}  // namespace heed::cli
