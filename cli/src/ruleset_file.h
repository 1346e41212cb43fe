// How a command comes by a ruleset: from a compiled file (signed or not), or from a source, which
// is compiled on the way. Authoring tools read unsigned rulesets; nothing else does.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "command.h"
#include "failure.h"
#include "heed/base/limits.h"
#include "heed/runtime/ruleset.h"
#include "heed/studio/compile.h"
#include "heed/trust/envelope.h"

namespace heed::cli {

/// An image and 16 signatures, rounded up: more is no ruleset.
inline constexpr std::size_t signed_ruleset_size_bytes_max = limits::image_size_bytes_max + 4096;

/// One file, or every *.heed.json of a folder in the order of their names' bytes.
///
/// @errors  as read_file; not_found for a folder without sources
[[nodiscard]] Outcome<std::vector<compile::SourceFile>> read_sources(const std::string& path);

/// The machine's own time zones.
[[nodiscard]] const compile::TimeZones& time_zones();

[[nodiscard]] TimeMs clock_now();

/// Compiles sources read from `path`; warnings and errors go to standard error.
///
/// @errors  check_failed once every error has been shown
[[nodiscard]] Outcome<compile::Compiled> compile_files(
    const std::vector<compile::SourceFile>& files, const std::string& path,
    compile::CompileOptions options, const Console& console);

/// Reads and compiles `path`.
///
/// @errors  as read_sources and compile_files
[[nodiscard]] Outcome<compile::Compiled> compile_source(const std::string& path,
                                                        compile::CompileOptions options,
                                                        const Console& console);

struct RulesetFile {
  std::vector<std::byte> bytes;  // as in the file
  std::string map;               // X.heedmap beside it; empty where there is none
};

/// Whether a path is taken for a source (a folder, or JSON), not for a compiled ruleset.
[[nodiscard]] bool is_source(const std::string& path);

/// @errors  not_found, too_large, unreadable, check_failed
[[nodiscard]] Outcome<RulesetFile> read_ruleset_file(const std::string& path,
                                                     const Console& console);

struct OpenRuleset {
  Ruleset ruleset;
  std::vector<trust::SignatureEntry> signatures;  // as the file names them; not verified
  std::string map;
  bool has_version = true;
  bool has_expiry = true;
};

/// Reads and proves `path`, signed or not. What has no version or expiry yet counts as version 1
/// and does not expire.
[[nodiscard]] Outcome<OpenRuleset> open_ruleset(const std::string& path, const Console& console);

/// `shop.heed` -> `shop.heedmap`, `shop.heed.json` -> `shop.heed`.
[[nodiscard]] std::string map_path(const std::string& ruleset_path);
[[nodiscard]] std::string image_path(const std::string& source_path);

/// A line for standard error where the ruleset expires within 14 days; empty otherwise.
[[nodiscard]] std::string expiry_warning(TimeMs expires, TimeMs now);

}  // namespace heed::cli
