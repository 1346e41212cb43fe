// What decisions are worth in each microsegment: a map of `SEGMENT/STAGE` or `SEGMENT` to amounts.
#include <string>
#include <string_view>
#include <vector>

#include "read_sections.h"
#include "suggest.h"

namespace heed::compile {
namespace {

class ValueReader {
 public:
  ValueReader(Reader& reader, const Model& model) : reader_(reader) {
    for (const std::uint32_t row : model.site.micro_segments) {
      segments_.push_back(model.segments[row].name);
    }
    segments_.push_back(image::other_segment);
    for (const StageDef& stage : model.journeys[model.site.journey].stages) {
      stages_.push_back(stage.name);
    }
    stages_.push_back(image::no_stage);
  }

  CellValues read(const JsonNode& node) {
    CellValues values;
    CellValues of_segments;  // for every stage that is not named itself
    for (const JsonNode* member : reader_.members(node)) {
      const std::string_view key = member->key;
      const std::size_t slash = key.find('/');
      const bool whole = slash == std::string_view::npos;
      const auto segment = position(*member, "segment", key.substr(0, slash), segments_);
      const auto stage = whole ? std::optional<std::uint32_t>(0)
                               : position(*member, "stage", key.substr(slash + 1), stages_);
      const auto amount = reader_.number(*member);
      if (!segment || !stage || !amount) continue;
      const auto first = *segment * static_cast<std::uint32_t>(stages_.size());
      if (whole) {
        for (std::uint32_t i = 0; i < stages_.size(); ++i) of_segments[first + i] = *amount + 0.0;
      } else {
        values[first + *stage] = *amount + 0.0;
      }
    }
    values.insert(of_segments.begin(), of_segments.end());
    return values;
  }

 private:
  std::optional<std::uint32_t> position(const JsonNode& node, std::string_view what,
                                        std::string_view name,
                                        const std::vector<std::string_view>& known) {
    for (std::uint32_t i = 0; i < known.size(); ++i) {
      if (known[i] == name) return i;
    }
    std::string suggestion = closest_name(name, known);
    std::string message =
        "the microsegments have no " + std::string(what) + " `" + std::string(name) + "`";
    if (suggestion.empty()) message += known_sentence(known);
    reader_.report().error_at_key(node,
                                  {"unknown_name", std::move(message), std::move(suggestion)});
    return std::nullopt;
  }

  Reader& reader_;
  std::vector<std::string_view> segments_;
  std::vector<std::string_view> stages_;
};

}  // namespace

CellValues read_values(Reader& reader, const Model& model, const JsonNode& node,
                       AloneNumber number) {
  if (number == AloneNumber::everywhere && node.kind == JsonKind::number) {
    return {{none_index, *reader.number(node) + 0.0}};
  }
  if (number == AloneNumber::everywhere && node.kind != JsonKind::object) {
    reader.report().error(node, {"wrong_type",
                                 naming(node) + " must be a number, or an object of microsegments "
                                                "and numbers",
                                 {}});
    return {};
  }
  if (model.site.journey != none_index) return ValueReader(reader, model).read(node);
  if (reader.place("microsegments") == nullptr) {
    reader.report().error(node, {"wrong_type",
                                 "without `microsegments` there is one value, a number; or name "
                                 "the microsegments",
                                 {}});
  }
  return {};  // what is wrong with the microsegments has been reported
}

}  // namespace heed::compile
