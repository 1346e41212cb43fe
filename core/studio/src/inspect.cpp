#include "heed/studio/inspect.h"

#include <cstdio>
#include <map>

#include "describe.h"
#include "heed/studio/json_text.h"
#include "heed/studio/time_text.h"

namespace heed::compile {
namespace {

std::string hash_text(const Ruleset& ruleset) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(ruleset.hash()));
  return text;
}

struct Counted {
  const char* name;
  image::Column column;
};

constexpr Counted counted[] = {{"slots", image::Column::slot_name},
                               {"triggers", image::Column::trigger_name},
                               {"attributes", image::Column::attribute_name},
                               {"signals", image::Column::signal_name},
                               {"features", image::Column::feature_name},
                               {"segments", image::Column::segment_name},
                               {"journeys", image::Column::journey_name},
                               {"metrics", image::Column::metric_name},
                               {"assets", image::Column::asset_name},
                               {"layers", image::Column::layer_name},
                               {"campaigns", image::Column::campaign_name},
                               {"predicates", image::Column::predicate_op},
                               {"conditions", image::Column::condition_term_count},
                               {"strings", image::Column::string_length}};

}  // namespace

std::string inspect_text(const Ruleset& ruleset) {
  std::string out = "site     " + std::string(ruleset.site()) + "\n";
  out += "version  " +
         (ruleset.version() == 0 ? "not given yet" : std::to_string(ruleset.version())) + "\n";
  out += "expires  " + time_text(ruleset.expires()) + "\n";
  out += "size     " + std::to_string(ruleset.image_size_bytes()) + " bytes\n";
  out += "hash     " + hash_text(ruleset) + "\n";
  for (const Counted& table : counted) {
    out += std::to_string(ruleset.row_count(table.column)) + " " + table.name + "\n";
  }
  for (const Described& thing : describe(ruleset)) {
    out += "\n" + thing.what + " " + thing.name + "\n";
    for (const auto& [key, value] : thing.properties) {
      out.append("  ").append(key).append(": ").append(value).append("\n");
    }
  }
  return out;
}

std::string inspect_json(const Ruleset& ruleset) {
  std::string out = "{\"site\":" + json_text(ruleset.site());
  out += ",\"version\":" + std::to_string(ruleset.version());
  out += ",\"expires\":" + json_text(time_text(ruleset.expires()));
  out += ",\"size_bytes\":" + std::to_string(ruleset.image_size_bytes());
  out += ",\"hash\":" + json_text(hash_text(ruleset)) + ",\"counts\":{";
  for (const Counted& table : counted) {
    if (&table != counted) out += ',';
    out += json_text(table.name) + ":" + std::to_string(ruleset.row_count(table.column));
  }
  out += "},\"things\":[";
  bool first = true;
  for (const Described& thing : describe(ruleset)) {
    out += first ? "" : ",";
    first = false;
    out += "{\"what\":" + json_text(thing.what) + ",\"name\":" + json_text(thing.name);
    for (const auto& [key, value] : thing.properties) {
      out += "," + json_text(key) + ":" + json_text(value);
    }
    out += '}';
  }
  return out + "]}";
}

}  // namespace heed::compile
