#include "heedmap.h"

#include <cstdio>

#include "heed/base/bytes.h"
#include "heed/studio/json_text.h"
#include "test_text.h"

namespace heed::compile {
namespace {

// Writes one JSON object, member by member.
class ObjectText {
 public:
  ObjectText& text(std::string_view key, std::string_view value) {
    return raw(key, json_text(value));
  }

  ObjectText& raw(std::string_view key, std::string_view json) {
    out_ += out_.size() > 1 ? "," : "";
    out_ += json_text(key) + ":";
    out_ += json;
    return *this;
  }

  [[nodiscard]] std::string done() const { return out_ + "}"; }

 private:
  std::string out_ = "{";
};

void place(ObjectText& object, const JsonNode& node, const Report& report) {
  const Report::Place where =
      report.place(node.file, node.parent == nullptr ? node.at : node.key_at);
  object.text("file", report.file_name(node.file));
  object.raw("line", std::to_string(where.line));
  object.raw("column", std::to_string(where.column));
}

std::string predicates(const Ruleset& ruleset) {
  std::string out = "[";
  for (std::uint32_t id = 0; id < ruleset.row_count(image::Column::predicate_op); ++id) {
    if (id > 0) out += ',';
    append_json(out, predicate_text(ruleset, id));
  }
  return out + "]";
}

std::string trigger(const TriggerDef& def, const Model& model, const Report& report) {
  ObjectText object;
  object.text("name", def.title).text("owner", def.owner).text("hypothesis", def.hypothesis);
  object.text("slot", model.slots[def.slot].name);
  object.text("campaign", def.campaign == none_index ? "" : model.campaigns[def.campaign].name);
  object.text("when", def.condition.text);
  place(object, *def.node, report);
  return object.done();
}

std::string hex(std::uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

}  // namespace

std::string write_map(const Model& model, const Ruleset& ruleset, const Report& report) {
  ObjectText triggers;
  for (const TriggerDef& def : model.triggers) triggers.raw(def.name, trigger(def, model, report));
  ObjectText segments;
  for (const SegmentDef& def : model.segments) {
    ObjectText object;
    object.text("when", def.condition.text);
    place(object, *def.node, report);
    segments.raw(def.name, object.done());
  }
  ObjectText journeys;
  for (const JourneyDef& def : model.journeys) {
    ObjectText stages;
    for (const StageDef& stage : def.stages) stages.text(stage.name, stage.condition.text);
    journeys.raw(def.name, stages.done());
  }
  ObjectText features;
  for (const FeatureDef& def : model.features) {
    if (!def.where && !def.other_where) continue;
    ObjectText conditions;
    if (def.where) conditions.text("where", def.where->text);
    if (def.other_where) conditions.text(def.other_where->node->key, def.other_where->text);
    features.raw(def.name, conditions.done());
  }
  ObjectText map;
  map.raw("heedmap", "1").text("site", model.site.name);
  map.text("body", hex(ruleset.body_hash()));
  map.raw("valid_for_ms", std::to_string(model.site.valid_for_ms));
  map.raw("triggers", triggers.done()).raw("segments", segments.done());
  map.raw("journeys", journeys.done()).raw("features", features.done());
  map.raw("predicates", predicates(ruleset));
  return map.done() + "\n";
}

}  // namespace heed::compile
