#include "heed/studio/compile.h"

#include <cstdint>
#include <deque>
#include <set>
#include <utility>

#include "checks.h"
#include "heed/base/bytes.h"
#include "heed/base/limits.h"
#include "heed/runtime/ruleset.h"
#include "heedmap.h"
#include "image_writer.h"
#include "read_sections.h"
#include "rebase.h"

namespace heed::compile {
namespace {

// Parses each file; those that are not JSON are reported and left out.
std::deque<JsonNode> read_trees(std::span<const SourceFile> files, Report& report) {
  std::deque<JsonNode> trees;  // nodes point at their parents: trees stay where they are
  for (std::size_t i = 0; i < files.size(); ++i) {
    auto tree = parse_json(files[i].text);
    if (!tree) {
      report.error_in_file(i, tree.error().at, {tree.error().code, tree.error().message, {}});
      continue;
    }
    trees.push_back(std::move(*tree));
    link(trees.back(), static_cast<std::uint32_t>(i));
  }
  return trees;
}

void read_model(Reader& reader, Model& model) {
  read_site(reader, model);
  read_consent(reader, model);
  read_attributes(reader, model);
  read_signals(reader, model);
  read_features(reader, model);
  read_metrics(reader, model);
  read_segments(reader, model);
  read_journeys(reader, model);
  order_groups(reader, model);
  read_microsegments(reader, model);
  read_assets(reader, model);
  read_templates(reader, model);
  read_slots(reader, model);
  read_layers(reader, model);
  read_campaigns(reader, model);
  read_triggers(reader, model);
  resolve_conditions(reader, model);
}

void check_limits(std::span<const std::byte> image, Report& report) {
  if (image.size() > limits::image_size_bytes_max) {
    report.error_without_place(
        {"too_large",
         "the compiled ruleset has " + std::to_string(image.size()) +
             " bytes; at most 16 MiB are possible; split the site, or shorten texts",
         {}});
  }
  for (const image::Table& table : image::tables) {
    const std::size_t entry = image::header_size_bytes +
                              static_cast<std::size_t>(table.first) * image::EntryAt::size_bytes;
    const auto count = load_le<std::uint32_t>(image.subspan(entry), 0);
    if (count <= table.row_count_max) continue;
    const bool tests = table.first == image::Column::predicate_input;
    report.error_without_place(
        {"too_many",
         std::string(tests ? "the conditions make " : "the compiled ruleset has ") +
             std::to_string(count) + (tests ? " different tests" : " rows in one table") +
             "; at most " + std::to_string(table.row_count_max) +
             " are possible; share segments between triggers",
         {}});
  }
}

void check_base(const Ruleset* base, const Model& model, Report& report) {
  if (base == nullptr || base->site() == model.site.name) return;
  report.error_without_place({"other_site",
                              "the base was built for '" + std::string(base->site()) +
                                  "', the source is of '" + model.site.name +
                                  "'; build without a base, or from one of this site",
                              {}});
}

// Opens the image as a visitor's runtime would. An image that has no expiry yet gets one for this.
std::optional<Ruleset> prove(std::span<const std::byte> image, Report& report) {
  std::vector<std::byte> stamped(image.begin(), image.end());
  stamp(stamped, 0, TimeMs{1});
  auto ruleset = Ruleset::open(stamped);
  if (ruleset) return std::move(*ruleset);
  report.error_without_place({"internal",
                              "the compiled ruleset does not prove (" +
                                  std::string(name(ruleset.error().code)) + " at byte " +
                                  std::to_string(ruleset.error().where) +
                                  "); this is a fault of heed: please report it with the source",
                              {}});
  return {};
}

// A map is for who keeps the image: it is a tenth of a large source's check.
enum class Wanted : std::uint8_t { diagnostics, image_and_map };

CompileResult compile_as(std::span<const SourceFile> files, const CompileOptions& options,
                         Wanted wanted) {
  CompileResult result;
  Report report(files);
  if (files.empty()) {
    report.error_without_place(
        {"no_source", "there is no source to compile; give at least one file", {}});
  }
  const std::deque<JsonNode> trees = read_trees(files, report);
  Reader reader(report, options);
  for (const JsonNode& tree : trees) reader.add_file(tree);
  Model model;
  // A file that is not JSON could hold what the others refer to: its own error is the news.
  const bool complete = !files.empty() && trees.size() == files.size();
  if (complete) read_model(reader, model);
  if (complete) check_base(options.base, model, report);
  if (!report.has_errors()) check_reach(reader, model);
  if (!report.has_errors()) check_habits(reader, model);
  if (!report.has_errors()) {
    Compiled compiled;
    WrittenImage written = write_image(model);
    compiled.image = std::move(written.bytes);
    std::vector<std::uint32_t> moved;  // by a predicate's id, the one that the base gives it
    compiled.valid_for_ms = model.site.valid_for_ms;
    check_limits(compiled.image, report);
    auto proved = report.has_errors() ? std::nullopt : prove(compiled.image, report);
    if (proved && options.base) {
      Rebased rebased = rebase(*proved, *options.base);
      compiled.image = std::move(rebased.image);
      moved = std::move(rebased.predicates);
      stamp(compiled.image, model.site.version, TimeMs{model.site.expires_ms});
      check_limits(compiled.image, report);
      proved = report.has_errors() ? std::nullopt : prove(compiled.image, report);
    }
    if (proved && wanted == Wanted::image_and_map) {
      const auto id_of = [&](const Test& test) {
        const std::uint32_t id = written.pools.id(test);
        return moved.empty() ? id : moved[id];
      };
      compiled.map = write_map(model, *proved, id_of, report);
      result.compiled = std::move(compiled);
    }
  }
  result.diagnostics = report.take();
  return result;
}

}  // namespace

CompileResult compile(std::span<const SourceFile> files, const CompileOptions& options) {
  return compile_as(files, options, Wanted::image_and_map);
}

Diagnostics check(std::span<const SourceFile> files, const CompileOptions& options) {
  return compile_as(files, options, Wanted::diagnostics).diagnostics;
}

void stamp(std::span<std::byte> image, std::uint64_t version, TimeMs expires) {
  if (image.size() < image::header_size_bytes) return;
  if (version != 0) store_le(image, image::HeaderAt::version, version);
  if (expires.ms != 0) store_le(image, image::HeaderAt::expires_ms, expires.ms);
}

}  // namespace heed::compile
