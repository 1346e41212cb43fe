#include "heedmap.h"

#include <cstdio>
#include <initializer_list>
#include <map>
#include <utility>
#include <vector>

#include "describe.h"
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

// The tests of all conditions, each once: a predicate, and what its author calls it.
class TestTexts {
 public:
  TestTexts(const Ruleset& ruleset, const IdOfTest& id_of) : ruleset_(ruleset), id_of_(id_of) {}

  /// For each term of a condition, as written, the positions of its tests in `all`.
  [[nodiscard]] std::string terms(const ConditionDef& condition) {
    std::string out;
    for (const std::vector<const Test*>& term : as_written(condition.terms)) {
      out += out.empty() ? "[[" : ",[";
      for (const Test* test : term) {
        out += (test == term.front() ? "" : ",") + std::to_string(position(*test, condition.text));
      }
      out += ']';
    }
    return out.empty() ? "[]" : out + "]";
  }

  [[nodiscard]] std::string all() const { return "[" + all_ + "]"; }

 private:
  [[nodiscard]] std::size_t position(const Test& test, std::string_view condition) {
    const std::uint32_t predicate = id_of_(test);
    const auto [known, added] =
        positions_.emplace(std::pair(predicate, words(test, predicate, condition)), count_);
    if (!added) return known->second;
    all_ += (count_ > 0 ? ",{\"predicate\":" : "{\"predicate\":") + std::to_string(predicate) +
            ",\"test\":" + json_text(known->first.second) + "}";
    return count_++;
  }

  // As the author has it, where that is one line of text that says just this.
  [[nodiscard]] std::string words(const Test& test, std::uint32_t predicate,
                                  std::string_view condition) const {
    const auto [begin, end] = test.written;
    const std::string_view own = end == 0 ? "" : condition.substr(begin, end - begin);
    const bool is_line = own.find_first_of("\n\r\t") == std::string_view::npos;
    return own.empty() || !is_line ? predicate_text(ruleset_, predicate) : std::string(own);
  }

  const Ruleset& ruleset_;
  const IdOfTest& id_of_;
  std::string all_;
  std::size_t count_ = 0;
  std::map<std::pair<std::uint32_t, std::string>, std::size_t> positions_;
};

std::string trigger(const TriggerDef& def, const Model& model, TestTexts& tests,
                    const Report& report) {
  ObjectText object;
  object.text("name", def.title).text("owner", def.owner).text("hypothesis", def.hypothesis);
  object.text("slot", model.slots[def.slot].name);
  object.text("campaign", def.campaign == none_index ? "" : model.campaigns[def.campaign].name);
  object.text("when", def.condition.text).raw("tests", tests.terms(def.condition));
  place(object, *def.node, report);
  return object.done();
}

// What only people read of layers, campaigns and assets: text by name and key, without the empty.
class PeopleText {
 public:
  void add(std::string_view name,
           std::initializer_list<std::pair<const char*, std::string>> texts) {
    ObjectText object;
    bool any = false;
    for (const auto& [key, text] : texts) {
      if (text.empty()) continue;
      object.text(key, text);
      any = true;
    }
    if (any) all_.raw(name, object.done());
  }

  [[nodiscard]] std::string done() const { return all_.done(); }

 private:
  ObjectText all_;
};

std::string reserved_text(const LayerDef& layer) {
  std::string out;
  for (const LayerDef::Reserved& one : layer.reserved) {
    out += (out.empty() ? "" : ", ") + one.name + " [" + share_text(one.range.from) + ", " +
           share_text(one.range.until) + "]";
  }
  return out;
}

std::string layers(const Model& model) {
  PeopleText out;
  for (const LayerDef& layer : model.layers) {
    out.add(layer.name, {{"owner", layer.owner}, {"reserved", reserved_text(layer)}});
  }
  return out.done();
}

std::string campaigns(const Model& model) {
  PeopleText out;
  for (const CampaignDef& campaign : model.campaigns) {
    out.add(campaign.name, {{"owner", campaign.owner}});
  }
  return out.done();
}

std::string assets(const Model& model) {
  PeopleText out;
  for (const AssetDef& asset : model.assets) {
    out.add(asset.name, {{"tags", asset.tags}, {"version", asset.version}});
  }
  return out.done();
}

std::string hex(std::uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

}  // namespace

std::string write_map(const Model& model, const Ruleset& ruleset, const IdOfTest& id_of,
                      const Report& report) {
  TestTexts tests(ruleset, id_of);
  ObjectText triggers;
  for (const TriggerDef& def : model.triggers) {
    triggers.raw(def.name, trigger(def, model, tests, report));
  }
  ObjectText segments;
  for (const SegmentDef& def : model.segments) {
    ObjectText object;
    object.text("when", def.condition.text).raw("tests", tests.terms(def.condition));
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
  map.raw("layers", layers(model)).raw("campaigns", campaigns(model)).raw("assets", assets(model));
  map.raw("tests", tests.all());
  return map.done() + "\n";
}

}  // namespace heed::compile
