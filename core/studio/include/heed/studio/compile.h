// Source in, compiled image out: parse, check and compile `*.heed.json` (docs/formats/source.md).
// Pure functions; every error of a source is reported at once.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heed/runtime/ruleset.h"
#include "heed/runtime/value.h"
#include "heed/studio/diagnostics.h"
#include "heed/studio/time_zones.h"

namespace heed::compile {

/// One `*.heed.json`. Of a folder, hand over all of them in the order of their names' bytes: slots
/// keep source order.
struct SourceFile {
  std::string name;  // as diagnostics show it
  std::string text;
};

struct CompileOptions {
  std::optional<std::uint64_t> version;  // stands for the source's
  std::optional<TimeMs> expires;         // stands for the source's
  const TimeZones* zones = nullptr;      // borrowed; null knows UTC and fixed offsets only
  std::optional<TimeMs> now;             // for warnings about expiry; none: no such warnings
  const Ruleset* base = nullptr;         // borrowed; its ids are kept, so that a small edit of the
                                         // source changes few bytes
};

struct Compiled {
  std::vector<std::byte> image;   // version and expiry are 0 where nobody has given them yet
  std::string map;                // X.heedmap, JSON (docs/formats/heedmap.md)
  std::int64_t valid_for_ms = 0;  // how long a signature is good for; 90 days by default
};

struct CompileResult {
  std::optional<Compiled> compiled;  // present iff no diagnostic is an error
  Diagnostics diagnostics;           // in file, line, column order
};

/// Compiles a source, checks it and proves the image. Equal sources and options, the base's bytes
/// among them, give equal bytes; with another base they are the same ruleset in other bytes.
[[nodiscard]] CompileResult compile(std::span<const SourceFile> files,
                                    const CompileOptions& options = {});

/// What `compile` says, without the image.
[[nodiscard]] Diagnostics check(std::span<const SourceFile> files,
                                const CompileOptions& options = {});

/// What a signer or the store writes into an image that was built without them: version and expiry.
/// Zero leaves a value as it is.
void stamp(std::span<std::byte> image, std::uint64_t version, TimeMs expires);

/// The smallest complete source, for `heed init`: compiles without errors or warnings.
[[nodiscard]] std::string_view starter_source();

}  // namespace heed::compile
