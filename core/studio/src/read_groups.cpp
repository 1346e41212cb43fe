#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <utility>

#include "heed/base/limits.h"
#include "read_sections.h"

namespace heed::compile {
namespace {

// Names after `owner.` anywhere in a condition.
void collect_members(const Syntax& at, std::string_view owner, std::set<std::string>& out) {
  if (at.kind == Syntax::Kind::member && at.children[0].kind == Syntax::Kind::identifier &&
      at.children[0].name == owner) {
    out.insert(at.name);
  }
  for (const Syntax& child : at.children) collect_members(child, owner, out);
}

std::set<std::string> reads(const SegmentDef& segment) {
  std::set<std::string> names;
  if (segment.condition.syntax) collect_members(*segment.condition.syntax, "segment", names);
  return names;
}

std::set<std::string> reads(const JourneyDef& journey) {
  std::set<std::string> names;
  for (const StageDef& stage : journey.stages) {
    if (stage.condition.syntax) collect_members(*stage.condition.syntax, "stage", names);
  }
  return names;
}

// Each definition after those it reads, otherwise in source order.
template <class Def>
class Ordering {
 public:
  Ordering(std::vector<Def>& defs, Report& report) : defs_(defs), report_(report) {}

  void order() {
    state_.assign(defs_.size(), State::unseen);
    for (const Def& def : defs_) reads_.push_back(reads(def));
    for (std::size_t row = 0; row < defs_.size(); ++row) visit(row);
    std::vector<Def> ordered;
    for (const std::size_t row : order_) ordered.push_back(std::move(defs_[row]));
    defs_ = std::move(ordered);
  }

 private:
  enum class State : std::uint8_t { unseen, open, done };

  // Depth is bounded by the number of definitions, at most 256.
  void visit(std::size_t row) {
    if (state_[row] != State::unseen) return;
    state_[row] = State::open;
    for (const std::string& name : reads_[row]) {
      const std::uint32_t read = find_row(defs_, name);
      if (read == none_index) continue;  // reported when the condition is typed
      if (state_[read] == State::open) {
        report_.error_at_key(*defs_[row].node, {"cycle",
                                                "`" + defs_[row].name + "` reads `" + name +
                                                    "`, which reads it back; break "
                                                    "the circle",
                                                {}});
      } else {
        visit(read);
      }
    }
    state_[row] = State::done;
    order_.push_back(row);
  }

  std::vector<Def>& defs_;
  Report& report_;
  std::vector<State> state_;
  std::vector<std::set<std::string>> reads_;
  std::vector<std::size_t> order_;
};

void read_stage(Reader& reader, const JsonNode& node, JourneyDef& journey) {
  StageDef stage;
  stage.node = &node;
  if (!reader.object(node, {"stage", "when", "sticky"})) return;
  const JsonNode* name = node.find("stage");
  const JsonNode* when = node.find("when");
  if (name == nullptr || when == nullptr) {
    reader.report().error(node,
                          {"missing_key",
                           "a stage needs `stage` and `when`, as in {\"stage\": \"consider\", "
                           "\"when\": \"views >= 3\"}",
                           {}});
    return;
  }
  stage.name = reader.text(*name, limits::name_size_bytes_max).value_or("");
  reader.label_text(*name, stage.name, "stage", "/");
  if (stage.name == image::no_stage) {
    reader.report().error(*name,
                          {"bad_name",
                           "`none` is what a visitor before the first stage is called; choose "
                           "another name",
                           {}});
  }
  if (find_row(journey.stages, stage.name) != none_index) {
    reader.report().error(*name,
                          {"duplicate_name", "stage `" + stage.name + "` is here twice", {}});
  }
  stage.condition = reader.condition(*when);
  if (const JsonNode* sticky = node.find("sticky")) {
    stage.sticky = reader.boolean(*sticky).value_or(false);
  }
  journey.stages.push_back(std::move(stage));
}

}  // namespace

void read_segments(Reader& reader, Model& model) {
  for (const JsonNode* node : reader.entries("segments", limits::segment_count_max)) {
    SegmentDef segment;
    segment.name = node->key;
    segment.node = node;
    reader.identifier(*node, "segment");
    if (segment.name == image::other_segment) {
      reader.report().error_at_key(*node,
                                   {"bad_name",
                                    "`other` is what visitors in no segment are called; choose "
                                    "another name",
                                    {}});
    }
    segment.condition = reader.condition(*node);
    model.segments.push_back(std::move(segment));
  }
}

void read_journeys(Reader& reader, Model& model) {
  for (const JsonNode* node : reader.entries("journeys", limits::journey_count_max)) {
    JourneyDef journey;
    journey.name = node->key;
    journey.node = node;
    reader.identifier(*node, "journey");
    const auto stages = reader.items(*node);
    if (node->kind == JsonKind::array &&
        (stages.empty() || stages.size() > limits::stage_count_max)) {
      reader.report().error(*node, {"out_of_range", "a journey has 1 to 32 stages", {}});
    }
    for (const JsonNode* stage : stages) read_stage(reader, *stage, journey);
    model.journeys.push_back(std::move(journey));
  }
}

void order_groups(Reader& reader, Model& model) {
  Ordering<SegmentDef>(model.segments, reader.report()).order();
  Ordering<JourneyDef>(model.journeys, reader.report()).order();
}

void read_microsegments(Reader& reader, Model& model) {
  const auto members = reader.entries("microsegments", limits::name_size_bytes_max);
  if (members.empty()) return;
  const NameIndex segments = index_names(model.segments);
  for (const JsonNode* node : members) {
    if (node->key == "journey") {
      model.site.journey = reader.reference(*node, "journey", index_names(model.journeys));
    } else if (node->key == "segments") {
      for (const JsonNode* item : reader.items(*node)) {
        const std::uint32_t row = reader.reference(*item, "segment", segments);
        auto& rows = model.site.micro_segments;
        if (row != none_index && std::find(rows.begin(), rows.end(), row) != rows.end()) {
          reader.report().error(*item,
                                {"duplicate_name", "`" + item->text + "` is here twice", {}});
        } else if (row != none_index) {
          rows.push_back(row);
        }
      }
    } else if (node->key != "value") {
      reader.report().error_at_key(
          *node, {"unknown_key",
                  "unknown key `" + node->key + "`; known are `journey`, `segments` and `value`",
                  {}});
    }
  }
  const bool has_journey = std::any_of(members.begin(), members.end(),
                                       [](const JsonNode* node) { return node->key == "journey"; });
  if (!has_journey) {
    reader.report().error_at_key(
        *reader.place("microsegments"),
        {"missing_key", "`microsegments` needs `journey`, the name of one", {}});
  }
  // By now the list and the journey are known, in whatever order they were written.
  for (const JsonNode* node : members) {
    if (node->key == "value") {
      model.site.values = read_values(reader, model, *node, AloneNumber::refused);
    }
  }
}

}  // namespace heed::compile
