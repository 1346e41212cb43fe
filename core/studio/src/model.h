// A source that has been read: what each section says, names resolved to rows. Borrows the JSON
// trees.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "condition/terms.h"
#include "condition/typed.h"
#include "heed/base/hash.h"
#include "heed/base/id.h"
#include "heed/runtime/image.h"
#include "json_tree.h"

namespace heed::compile {

struct ConditionDef {
  const JsonNode* node = nullptr;  // the string; null where left out: always
  std::string text = "true";
  std::optional<Syntax> syntax;  // none where it does not parse
  Terms terms = always();
};

struct AttributeDef {
  std::string name;
  const JsonNode* node = nullptr;
  image::Type type = image::Type::string;
  image::Source source = image::Source::request;
  std::optional<Literal> fallback;  // its `default`: bool, double or string
};

struct FieldDef {
  std::string name;
  image::Type type = image::Type::string;
};

struct SignalDef {
  std::string name;
  const JsonNode* node = nullptr;
  std::vector<FieldDef> fields;
  bool used = false;
};

struct FeatureDef {
  std::string name;
  const JsonNode* node = nullptr;
  image::FeatureKind kind = image::FeatureKind::count;
  std::uint32_t signal = none_index;
  std::uint32_t field = none_index;
  std::int64_t window_ms = 0;
  std::int64_t half_life_ms = 0;
  std::optional<ConditionDef> where;
  std::uint32_t other = none_index;        // a sequence's second signal, a ratio's feature above
  std::uint32_t other_field = none_index;  // its field that is the same, a ratio's feature below
  std::optional<ConditionDef> other_where;
};

struct SegmentDef {
  std::string name;
  const JsonNode* node = nullptr;
  ConditionDef condition;
};

struct StageDef {
  std::string name;
  const JsonNode* node = nullptr;
  ConditionDef condition;
  bool sticky = false;
};

struct JourneyDef {
  std::string name;
  const JsonNode* node = nullptr;
  std::vector<StageDef> stages;
};

struct SlotDef {
  std::string name;
  const JsonNode* node = nullptr;
  image::Channel channel = image::Channel::page;
  image::Refresh refresh = image::Refresh::navigation;
  std::optional<std::string> fallback;
  bool used = false;
};

struct AssetDef {
  std::string name;
  const JsonNode* node = nullptr;
  image::PartKind kind = image::PartKind::text;
  std::vector<std::pair<std::string, std::string>> props;  // in the order of image.h
  std::string tags;                                        // for people, as `version`
  std::string version;
  bool used = false;
};

struct TemplateDef {
  std::string name;
  const JsonNode* node = nullptr;
  std::vector<std::pair<std::string, image::PartKind>> parts;
  bool used = false;
};

struct MetricDef {
  std::string name;
  const JsonNode* node = nullptr;
  std::uint32_t signal = none_index;
  std::uint32_t value = none_index;
  bool goal = false;
  double bounty = 0;
  std::int64_t window_ms = 0;
};

struct ShareRange {
  std::uint64_t from = 0;
  std::uint64_t until = share_one;
};

struct LayerDef {
  std::string name;
  std::string salt;
  const JsonNode* node = nullptr;
  struct Reserved {
    std::string name;
    const JsonNode* node = nullptr;
    ShareRange range;
  };
  std::vector<Reserved> reserved;
  std::string owner;
  bool used = false;
};

/// Each limit 0: none.
struct Cap {
  std::uint16_t times = 0;
  std::int64_t per_ms = 0;
  std::uint16_t session = 0;
  std::int64_t cool_down_ms = 0;

  [[nodiscard]] bool is_none() const { return times == 0 && session == 0 && cool_down_ms == 0; }
};

/// What a decision is worth, by microsegment (`image::cell_count`); none_index: in every other.
using CellValues = std::map<std::uint32_t, double>;

struct CampaignDef {
  std::string name;
  std::string owner;
  const JsonNode* node = nullptr;
  Cap cap;
  bool used = false;
};

struct OptionDef {
  std::string name;
  const JsonNode* node = nullptr;
  std::uint32_t asset = none_index;
  double share = 1;  // relative to the part's others; of a split
};

struct PartDef {
  std::string name;
  const JsonNode* node = nullptr;
  image::PartKind kind = image::PartKind::text;
  std::vector<OptionDef> options;
};

struct TriggerDef {
  std::string name;
  const JsonNode* node = nullptr;
  std::string title;  // its `name` key
  std::string owner;
  std::string hypothesis;
  std::string salt;
  std::uint32_t slot = none_index;
  std::int32_t priority = 0;
  ConditionDef condition;
  std::uint32_t layer = none_index;
  ShareRange range;
  std::int64_t from_ms = image::always_from_ms;
  std::int64_t until_ms = image::always_until_ms;
  std::uint64_t holdout = 0;
  Cap cap;
  CellValues values;
  std::uint32_t campaign = none_index;
  image::Policy policy = image::Policy::fixed;
  std::string template_name;  // empty: plain values
  std::vector<PartDef> parts;
};

struct ConsentDef {
  std::optional<std::string> cookie;
  image::Level fallback = image::Level::none;
  image::Level gpc = image::Level::none;
  std::vector<std::pair<std::string, image::Level>> grants;
};

struct SiteDef {
  std::string name;
  std::string currency;
  std::string time_zone = "UTC";
  std::uint64_t version = 0;
  std::int64_t expires_ms = 0;
  std::int64_t valid_for_ms = 0;
  std::uint64_t holdout = 0;
  std::string holdout_salt;
  std::uint32_t journey = none_index;         // of the microsegments
  std::vector<std::uint32_t> micro_segments;  // rows of segments
  CellValues values;                          // of the microsegments
  Cap cap;                                    // of everything together
  const JsonNode* expires_node = nullptr;
};

struct Model {
  SiteDef site;
  ConsentDef consent;
  std::vector<AttributeDef> attributes;
  std::vector<SignalDef> signals;
  std::vector<FeatureDef> features;
  std::vector<SegmentDef> segments;  // each after those that it reads
  std::vector<JourneyDef> journeys;  // likewise
  std::vector<SlotDef> slots;
  std::vector<AssetDef> assets;
  std::vector<TemplateDef> templates;
  std::vector<MetricDef> metrics;
  std::vector<LayerDef> layers;
  std::vector<CampaignDef> campaigns;
  std::vector<TriggerDef> triggers;  // in slot, priority (descending), name order
  Variables variables;
};

/// The row of that name; none_index where there is none.
template <class Defs>
[[nodiscard]] std::uint32_t find_row(const Defs& defs, const std::string& name) {
  for (std::uint32_t row = 0; row < defs.size(); ++row) {
    if (defs[row].name == name) return row;
  }
  return none_index;
}

}  // namespace heed::compile
