#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>

#include "heed/base/limits.h"
#include "heed/studio/json_text.h"
#include "heed/studio/time_text.h"
#include "read_sections.h"
#include "suggest.h"

namespace heed::compile {
namespace {

constexpr double share_tolerance = 1e-6;  // how far shares may be from summing to 1

class TriggerReader {
 public:
  TriggerReader(Reader& reader, Model& model)
      : reader_(reader),
        model_(model),
        slots_(index_names(model.slots)),
        layers_(index_names(model.layers)),
        campaigns_(index_names(model.campaigns)),
        templates_(index_names(model.templates)),
        assets_(index_names(model.assets)) {}

  void read(const JsonNode& node) {
    TriggerDef trigger;
    trigger.name = node.key;
    trigger.salt = node.key;
    trigger.node = &node;
    reader_.label(node, "trigger");
    if (!reader_.object(
            node,
            {"name", "owner", "campaign", "hypothesis", "slot", "layer", "when", "schedule",
             "template", "parts", "policy", "holdout", "cap", "priority", "salt", "value"},
            {"after", "restart", "unless", "hash", "budget"})) {
      return;
    }
    read_words(node, trigger);
    read_place(node, trigger);
    if (const JsonNode* schedule = node.find("schedule")) read_schedule(*schedule, trigger);
    read_parts(node, trigger);
    if (const JsonNode* policy = node.find("policy")) read_policy(*policy, trigger);
    model_.triggers.push_back(std::move(trigger));
  }

 private:
  void error(const JsonNode& node, std::string code, std::string message,
             std::string suggestion = {}) {
    reader_.report().error(node, {std::move(code), std::move(message), std::move(suggestion)});
  }

  void read_words(const JsonNode& node, TriggerDef& trigger) {
    const auto words = [&](const char* key, std::string& out, std::size_t size_bytes_max) {
      if (const JsonNode* text = node.find(key)) {
        out = reader_.text(*text, size_bytes_max, true).value_or("");
      }
    };
    words("name", trigger.title, limits::string_size_bytes_max);
    words("owner", trigger.owner, limits::string_size_bytes_max);
    words("hypothesis", trigger.hypothesis, limits::text_size_bytes_max);
    if (const JsonNode* salt = node.find("salt")) {
      trigger.salt = reader_.text(*salt, limits::name_size_bytes_max).value_or(trigger.salt);
    }
  }

  // Where, for whom, and against what it competes.
  void read_place(const JsonNode& node, TriggerDef& trigger) {
    if (const JsonNode* slot = node.find("slot")) {
      trigger.slot = reader_.reference(*slot, "slot", slots_);
      if (trigger.slot != none_index) model_.slots[trigger.slot].used = true;
    } else {
      error(node, "missing_key", "a trigger needs the `slot` that it fills");
    }
    if (const JsonNode* campaign = node.find("campaign")) {
      trigger.campaign = reader_.reference(*campaign, "campaign", campaigns_);
      if (trigger.campaign != none_index) model_.campaigns[trigger.campaign].used = true;
    }
    if (const JsonNode* layer = node.find("layer")) read_layer(*layer, trigger);
    if (const JsonNode* when = node.find("when")) trigger.condition = reader_.condition(*when);
    if (const JsonNode* holdout = node.find("holdout")) {
      trigger.holdout = reader_.share(*holdout).value_or(0);
    }
    if (const JsonNode* cap = node.find("cap")) trigger.cap = reader_.cap(*cap);
    if (const JsonNode* value = node.find("value")) {
      trigger.values = read_values(reader_, model_, *value, AloneNumber::everywhere);
    }
    if (const JsonNode* priority = node.find("priority")) {
      const auto value = reader_.integer(*priority, -2'000'000'000, 2'000'000'000);
      trigger.priority = static_cast<std::int32_t>(value.value_or(0));
    }
  }

  void read_layer(const JsonNode& node, TriggerDef& trigger) {
    const JsonNode* name = &node;
    if (node.kind == JsonKind::object) {
      if (!reader_.object(node, {"name", "range"})) return;
      name = node.find("name");
      if (name == nullptr) return error(node, "missing_key", "`layer` needs the `name` of one");
      if (const JsonNode* range = node.find("range")) {
        trigger.range = reader_.share_range(*range).value_or(ShareRange{});
      }
    }
    trigger.layer = reader_.reference(*name, "layer", layers_);
    if (trigger.layer != none_index) model_.layers[trigger.layer].used = true;
  }

  void read_schedule(const JsonNode& node, TriggerDef& trigger) {
    if (!reader_.object(node, {"from", "until"})) return;
    if (const JsonNode* from = node.find("from")) {
      trigger.from_ms = read_instant(*from).value_or(trigger.from_ms);
    }
    if (const JsonNode* until = node.find("until")) {
      trigger.until_ms = read_instant(*until).value_or(trigger.until_ms);
    }
    if (trigger.from_ms >= trigger.until_ms) {
      error(node, "out_of_range",
            "the schedule ends before it starts; `until` must be later than `from`");
    }
  }

  std::optional<std::int64_t> read_instant(const JsonNode& node) {
    const auto text = reader_.text(node, 64);
    if (!text) return {};
    if (const auto time = parse_time(*text)) return time->ms;
    if (const auto local = parse_date(*text)) {
      const auto utc = to_utc(reader_.options().zones, model_.site.time_zone, *local);
      if (utc) return utc->ms;
      return {};  // the zone itself has been reported
    }
    error(node, "bad_time",
          "`" + node.key +
              "` must be a date in the site's time zone, as in \"2027-07-01\", or a time "
              "with an offset, as in \"2027-07-01T09:00:00+01:00\"");
    return {};
  }

  void read_parts(const JsonNode& node, TriggerDef& trigger) {
    const TemplateDef* made_from = nullptr;
    if (const JsonNode* name = node.find("template")) {
      const std::uint32_t row = reader_.reference(*name, "template", templates_);
      if (row == none_index) return;
      model_.templates[row].used = true;
      made_from = &model_.templates[row];
      trigger.template_name = made_from->name;
    }
    const JsonNode* parts = node.find("parts");
    if (parts == nullptr) {
      return error(node, "missing_key",
                   "a trigger needs `parts`, as in {\"title\": [\"Welcome\", \"Hello\"]}");
    }
    const auto members = reader_.members(*parts);
    if (parts->kind == JsonKind::object &&
        (members.empty() || members.size() > limits::part_count_max)) {
      error(*parts, "out_of_range", "a trigger has 1 to 8 parts");
    }
    for (const JsonNode* part : members) read_part(*part, made_from, members.size(), trigger);
    if (made_from == nullptr) return;
    for (const auto& [name, kind] : made_from->parts) {
      if (parts->find(name) != nullptr) continue;
      error(*parts, "missing_key",
            "template `" + made_from->name + "` has a part `" + name + "`; give its options");
    }
  }

  void read_part(const JsonNode& node, const TemplateDef* made_from, std::size_t part_count,
                 TriggerDef& trigger) {
    PartDef part;
    part.name = node.key;
    part.node = &node;
    reader_.label(node, "part", "/");
    if (made_from != nullptr && !find_kind(node, *made_from, part.kind)) return;
    const auto items = reader_.items(node);
    if (node.kind == JsonKind::array &&
        (items.empty() || items.size() > limits::option_count_max)) {
      error(node, "out_of_range", "a part has 1 to 64 options");
    }
    for (const JsonNode* item : items) {
      OptionDef option;
      option.node = item;
      option.name = reader_.text(*item, limits::string_size_bytes_max).value_or("");
      if (option.name.empty()) continue;
      if (made_from == nullptr) {
        reader_.label_text(*item, option.name, "plain option");
        if (part_count > 1 && option.name.find('+') != std::string::npos) {
          error(*item, "bad_name",
                "an option may not hold `+` where a trigger has several parts: a variant's name "
                "joins "
                "their options with it");
        }
      } else if (!find_asset(*item, part, option)) {
        continue;
      }
      if (find_row(part.options, option.name) != none_index) {
        error(*item, "duplicate_name", "option `" + option.name + "` is here twice");
      } else {
        part.options.push_back(std::move(option));
      }
    }
    trigger.parts.push_back(std::move(part));
  }

  bool find_kind(const JsonNode& node, const TemplateDef& made_from, image::PartKind& kind) {
    std::vector<std::string_view> names;
    for (const auto& [name, part_kind] : made_from.parts) {
      names.push_back(name);
      if (name != node.key) continue;
      kind = part_kind;
      return true;
    }
    reader_.report().error_at_key(
        node, {"unknown_part", "template `" + made_from.name + "` has no part `" + node.key + "`",
               closest_name(node.key, names)});
    return false;
  }

  bool find_asset(const JsonNode& node, const PartDef& part, OptionDef& option) {
    constexpr std::string_view kinds[] = {"text", "image", "link", "offer"};
    option.asset = reader_.reference(node, "asset", assets_);
    if (option.asset == none_index) return false;
    AssetDef& asset = model_.assets[option.asset];
    asset.used = true;
    if (asset.kind == part.kind) return true;
    error(node, "wrong_type",
          "part `" + part.name + "` takes assets of kind " +
              std::string(kinds[static_cast<std::size_t>(part.kind)]) + "; `" + asset.name +
              "` is " + std::string(kinds[static_cast<std::size_t>(asset.kind)]));
    return false;
  }

  void read_policy(const JsonNode& node, TriggerDef& trigger) {
    if (node.kind == JsonKind::string) {
      if (node.text == "fixed") return;
      const bool later = node.text == "bandit" || node.text == "recommend";
      return error(
          node, later ? "not_supported" : "unknown_word",
          later
              ? "policy `" + node.text + "` is not supported yet; use \"fixed\" or {\"split\": ...}"
              : "`policy` must be \"fixed\" or {\"split\": ...}, not `" + node.text + "`");
    }
    if (!reader_.object(node, {"split"}, {"bandit", "recommend"})) return;
    const JsonNode* split = node.find("split");
    if (split == nullptr) {
      if (node.children.empty())
        error(node, "missing_key", "`policy` is \"fixed\" or {\"split\": ...}");
      return;
    }
    trigger.policy = image::Policy::split;
    for (const JsonNode* member : reader_.members(*split)) {
      const std::uint32_t row = find_row(trigger.parts, member->key);
      if (row != none_index) {
        read_shares(*member, trigger.parts[row]);
        continue;
      }
      std::vector<std::string_view> names;
      for (const PartDef& part : trigger.parts) names.push_back(part.name);
      reader_.report().error_at_key(
          *member, {"unknown_part", "`" + member->key + "` is not among the trigger's `parts`",
                    closest_name(member->key, names)});
    }
  }

  void read_shares(const JsonNode& node, PartDef& part) {
    double sum = 0;
    bool complete = true;
    const auto members = reader_.members(node);
    if (node.kind != JsonKind::object) return;
    for (const JsonNode* member : members) {
      const std::uint32_t row = find_row(part.options, member->key);
      if (row == none_index) {
        std::vector<std::string_view> names;
        for (const OptionDef& option : part.options) names.push_back(option.name);
        reader_.report().error_at_key(
            *member,
            {"unknown_option", "`" + member->key + "` is not an option of part `" + part.name + "`",
             closest_name(member->key, names)});
        complete = false;
        continue;
      }
      const auto value = reader_.share(*member);
      complete = complete && value.has_value();
      part.options[row].share = member->number;
    }
    // Summed in the order of the options, as the thresholds are.
    for (const OptionDef& option : part.options) {
      if (node.find(option.name) == nullptr) {
        error(node, "missing_key",
              "option `" + option.name + "` has no share; write 0 where nobody should see it");
        complete = false;
      }
      sum += option.share;
    }
    if (complete && !(std::fabs(sum - 1) <= share_tolerance)) {
      const std::string text = json_text(std::floor(sum * 1e6 + 0.5) / 1e6);
      error(node, "bad_sum",
            "the shares of part `" + part.name + "` sum to " + text + "; they must sum to 1");
    }
  }

  Reader& reader_;
  Model& model_;
  NameIndex slots_;
  NameIndex layers_;
  NameIndex campaigns_;
  NameIndex templates_;
  NameIndex assets_;
};

}  // namespace

void read_layers(Reader& reader, Model& model) {
  for (const JsonNode* node : reader.entries("layers", limits::layer_count_max)) {
    LayerDef layer;
    layer.name = node->key;
    layer.salt = node->key;
    layer.node = node;
    reader.label(*node, "layer");
    if (reader.object(*node, {"owner", "reserved", "salt"})) {
      if (const JsonNode* owner = node->find("owner")) {
        layer.owner = reader.text(*owner, limits::string_size_bytes_max, true).value_or("");
      }
      if (const JsonNode* salt = node->find("salt")) {
        layer.salt = reader.text(*salt, limits::name_size_bytes_max).value_or(layer.salt);
      }
      if (const JsonNode* reserved = node->find("reserved")) {
        for (const JsonNode* entry : reader.members(*reserved)) {
          if (const auto range = reader.share_range(*entry)) {
            layer.reserved.push_back({entry->key, entry, *range});
          }
        }
      }
    }
    model.layers.push_back(std::move(layer));
  }
}

void read_campaigns(Reader& reader, Model& model) {
  for (const JsonNode* node : reader.entries("campaigns", limits::trigger_count_max)) {
    CampaignDef campaign;
    campaign.name = node->key;
    campaign.node = node;
    reader.label(*node, "campaign");
    if (reader.object(*node, {"owner", "cap"}, {"budget"})) {
      if (const JsonNode* owner = node->find("owner")) {
        campaign.owner = reader.text(*owner, limits::string_size_bytes_max, true).value_or("");
      }
      if (const JsonNode* cap = node->find("cap")) campaign.cap = reader.cap(*cap);
    }
    model.campaigns.push_back(std::move(campaign));
  }
}

void read_triggers(Reader& reader, Model& model) {
  TriggerReader triggers(reader, model);
  for (const JsonNode* node : reader.entries("triggers", limits::trigger_count_max)) {
    triggers.read(*node);
  }
  std::sort(model.triggers.begin(), model.triggers.end(),
            [](const TriggerDef& a, const TriggerDef& b) {
              if (a.slot != b.slot) return a.slot < b.slot;
              if (a.priority != b.priority) return a.priority > b.priority;
              return a.name < b.name;
            });
}

}  // namespace heed::compile
