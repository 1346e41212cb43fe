#include "pair.h"

#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

namespace heed::reference {

const compile::TimeZones& machine_zones() {
  static const compile::TzifZones zones(
      [](std::string_view zone) -> std::optional<std::vector<std::byte>> {
        std::ifstream file("/usr/share/zoneinfo/" + std::string(zone), std::ios::binary);
        if (!file) return std::nullopt;
        const std::string bytes{std::istreambuf_iterator<char>(file), {}};
        const auto view = std::as_bytes(std::span(bytes));
        return std::vector<std::byte>(view.begin(), view.end());
      });
  return zones;
}

namespace {

compile::CompileResult compiled(const std::string& json) {
  const compile::SourceFile file{"random.heed.json", json};
  compile::CompileOptions options;
  options.zones = &machine_zones();
  return compile::compile(std::span(&file, 1), options);
}

/// The triggers that the errors say can never show; nothing where an error says something else.
std::optional<std::vector<std::string>> never_shown(const compile::Diagnostics& diagnostics) {
  std::vector<std::string> names;
  for (const compile::Diagnostic& diagnostic : diagnostics) {
    if (diagnostic.severity != compile::Severity::error) continue;
    if (diagnostic.code != "unreachable" && diagnostic.code != "shadowed") return std::nullopt;
    const std::string rest = diagnostic.path.substr(std::string_view("$.triggers.").size());
    names.push_back(rest.substr(0, rest.find('.')));
  }
  return names;
}

}  // namespace

std::optional<Pair> random_pair(Random& random, std::string& refused) {
  RandomSource source = random_source(random);
  Reference before(source.json());
  auto result = compiled(source.json());
  std::vector<std::string> gone;
  while (!result.compiled) {
    refused = compile::to_text(result.diagnostics) + source.json();
    const auto names = never_shown(result.diagnostics);
    if (!names) return std::nullopt;
    gone.insert(gone.end(), names->begin(), names->end());
    source = source.without(*names);
    result = compiled(source.json());
  }
  auto ruleset = Ruleset::open(result.compiled->image);
  if (!ruleset) {
    refused = "open refuses what compile made: " + std::string(name(ruleset.error().code)) +
              " at byte " + std::to_string(ruleset.error().where);
    return std::nullopt;
  }
  const std::string json = source.json();
  return Pair{std::move(source),   json,
              Reference(json),     std::move(result.compiled->image),
              std::move(*ruleset), std::move(before),
              std::move(gone)};
}

}  // namespace heed::reference
