#include "generator.h"

#include <algorithm>

#include "conditions.h"
#include "json_text.h"
#include "number_text.h"

namespace heed::reference {
namespace {

using Name = Vocabulary::Name;

class SourceWriter {
 public:
  explicit SourceWriter(Random& random) : random_(random) {}

  RandomSource write() {
    site();
    attributes();
    signals();
    features();
    segments();
    journeys();
    slots();
    layers();
    campaigns();
    triggers();
    return {root_.text(), std::move(triggers_), std::move(vocabulary_)};
  }

 private:
  std::string pick(const std::vector<std::string>& choices) { return random_.pick(choices); }

  void site() {
    root_.add("site", pick({R"("t")", R"("shop.example")", R"("b\u00fccher.example")"}));
    root_.add("version", std::to_string(1 + random_.below(9)));
    root_.add("expires",
              random_.chance(4) ? R"("2026-11-20T09:00:00Z")" : R"("2099-01-01T00:00:00Z")");
    if (random_.chance(70)) {
      root_.add("time_zone",
                pick({R"("UTC")", R"("Europe/London")", R"("+05:30")", R"("America/New_York")"}));
    }
    if (random_.chance(30)) {
      root_.add("holdout", R"({"share":)" + pick({"0", "0.02", "0.3"}) + R"(,"salt":"2027Q1"})");
    }
  }

  std::string default_of(const std::string& type) {
    if (type == "bool") return pick({"true", "false"});
    if (type == "number") return random_.pick(numbers());
    return quoted(random_.pick(texts()));
  }

  void attributes() {
    Object all;
    const std::size_t count = 2 + random_.below(6);
    for (std::size_t i = 0; i < count; ++i) {
      const std::string type = pick({"bool", "number", "string", "set", "time"});
      const std::string name = type.substr(0, 1) + std::to_string(i);
      Object one;
      one.add("type", quoted(type));
      if (random_.chance(40))
        one.add("source", pick({R"("request")", R"("profile")", R"("page")"}));
      if (random_.chance(25) && type != "set" && type != "time") {
        one.add("default", default_of(type));
      }
      all.add(name, one.text());
      vocabulary_.attributes.push_back({name, type});
    }
    if (random_.chance(10)) {
      vocabulary_.crowds = {"many"};
      if (random_.chance(40)) vocabulary_.crowds.emplace_back("more");
    }
    for (const std::string& name : vocabulary_.crowds) {
      all.add(name, R"({"type":"set"})");
      vocabulary_.attributes.push_back({name, "set"});
    }
    root_.add("attributes", all.text());
  }

  void signals() {
    vocabulary_.signals = {{"view",
                            {{"cat", "string"},
                             {"price", "number"},
                             {"vip", "bool"},
                             {"tags", "set"},
                             {"when", "time"}}},
                           {"buy", {{"sku", "string"}, {"amount", "number"}}},
                           {"ping", {}}};
    Object all;
    for (const auto& [name, fields] : vocabulary_.signals) {
      Object one;
      for (const Name& field : fields) one.add(field.name, quoted(field.type));
      all.add(name, one.text());
    }
    root_.add("signals", all.text());
  }

  void features() {
    Object all;
    std::vector<std::string> adding_up;
    const std::size_t count = random_.below(8);
    for (std::size_t i = 0; i < count; ++i) {
      const std::string name = "f" + std::to_string(i);
      const std::string kind =
          pick({"count", "count", "sum", "mean", "min", "max", "distinct", "top", "first", "last",
                "since", "since", "score", "score", "ratio", "sequence", "sequence"});
      Object one;
      std::string type;
      if (kind == "ratio") {
        if (adding_up.empty()) continue;
        one.add("ratio", quoted(random_.pick(adding_up)));
        one.add("to", quoted(random_.pick(adding_up)));
        type = "number";
      } else if (kind == "sequence") {
        type = sequence(one);
      } else {
        type = feature(one, kind);
        const bool adds_up = kind != "score" && type == "number" && kind != "top" &&
                             kind != "first" && kind != "last";
        if (adds_up) adding_up.push_back(name);
      }
      if (type.empty()) continue;
      all.add(name, one.text());
      vocabulary_.features.push_back({name, type});
    }
    if (!all.empty()) root_.add("features", all.text());
  }

  void where(Object& one, const char* key, const std::vector<Name>& fields) {
    if (fields.empty() || !random_.chance(40)) return;
    one.add(key, quoted(random_condition(random_, fields, nothing_, 1)));
  }

  /// @return the feature's type; empty where the signal has no field for it
  std::string feature(Object& one, const std::string& kind) {
    static const std::pair<std::string, std::vector<Name>> own = {
        "heed_exposure",
        {{"slot", "string"}, {"trigger", "string"}, {"held_out", "bool"}, {"variant", "string"}}};
    const bool adds_numbers = kind == "sum" || kind == "mean" || kind == "min" || kind == "max";
    const bool of_own = !adds_numbers && kind != "score" && random_.chance(15);
    const auto& [signal, fields] = of_own ? own : random_.pick(vocabulary_.signals);
    const bool remembers = kind == "top" || kind == "first" || kind == "last";
    const bool needs_field = remembers || kind == "distinct" || adds_numbers;
    if (needs_field && fields.empty()) return {};
    one.add(kind, quoted(signal));
    std::string type = kind == "since" ? "duration" : "number";
    if (remembers || kind == "distinct") {
      std::vector<Name> fitting = fields;
      if (remembers) std::erase_if(fitting, [](const Name& field) { return field.type == "set"; });
      const Name& field = random_.pick(fitting);
      one.add("value", quoted(field.name));
      if (remembers) type = field.type;
    } else if (needs_field || (kind == "score" && !fields.empty() && random_.chance(50))) {
      one.add("value", signal == "buy" ? R"("amount")" : R"("price")");
    }
    const bool decays = kind == "score" || (kind == "top" && random_.chance(50));
    if (decays) one.add("half_life", quoted(window()));
    if (!decays && !remembers && kind != "since" && random_.chance(70)) {
      one.add("window", quoted(window()));
    }
    where(one, "where", fields);
    return type;
  }

  std::string sequence(Object& one) {
    const auto& [first, first_fields] = random_.pick(vocabulary_.signals);
    const auto& [second, second_fields] = random_.pick(vocabulary_.signals);
    one.add("sequence", quoted(first));
    where(one, "where", first_fields);
    const std::string word = pick({"then", "unless", "unless"});
    one.add(word, quoted(second));
    where(one, (word + "_where").c_str(), second_fields);
    if (random_.chance(70)) one.add("within", quoted(window()));
    const bool texts = first != "ping" && second != "ping";
    if (texts && random_.chance(60)) {
      const std::string field = first == "view" ? "cat" : "sku";
      const std::string other = second == "buy" ? "sku" : pick({"cat", "tags"});
      one.add("same", field == other ? quoted(field) : list({quoted(field), quoted(other)}));
    }
    return "bool";
  }

  std::string window() {
    const std::string text = pick({"30m", "1h", "1d", "3d", "90s", "500ms", "1w"});
    vocabulary_.windows.push_back(text);
    return text;
  }

  std::string condition(int depth) {
    const std::string plain = random_condition(random_, scope(), vocabulary_, depth);
    if (vocabulary_.crowds.empty() || random_.chance(30)) return plain;
    switch (random_.below(6)) {
      case 0:
        return in_crowd() + " && (" + plain + ")";
      case 1:
        return "!(" + in_crowd() + ") && (" + plain + ")";
      case 2:
        return any_in_crowd() + " || " + plain;
      default:
        return any_in_crowd();
    }
  }

  std::string in_crowd() {
    return "'" + crowd_member(random_) + "' in " + random_.pick(vocabulary_.crowds);
  }

  /// A member may be asked for twice in one alternative, and in several.
  std::string any_in_crowd() {
    std::string text;
    const std::size_t count = 20 + random_.below(40);
    for (std::size_t i = 0; i < count; ++i) {
      text += (i == 0 ? "" : " || ") + in_crowd();
      while (random_.chance(25)) text += " && " + in_crowd();
      while (random_.chance(25)) text += " && !(" + in_crowd() + ")";
      if (random_.chance(10)) text += " && !has(" + random_.pick(vocabulary_.crowds) + ")";
    }
    return text;
  }

  std::vector<Name> scope() const {
    std::vector<Name> names = vocabulary_.attributes;
    names.insert(names.end(), vocabulary_.features.begin(), vocabulary_.features.end());
    names.push_back({"now", "time"});
    return names;
  }

  void segments() {
    Object all;
    const std::size_t count = random_.below(4);
    for (std::size_t i = 0; i < count; ++i) {
      const std::string name = "g" + std::to_string(i);
      all.add(name, quoted(condition(2)));
      vocabulary_.segments.push_back(name);
    }
    if (!all.empty()) root_.add("segments", all.text());
  }

  void journeys() {
    Object all;
    const std::size_t count = random_.below(3);
    for (std::size_t i = 0; i < count; ++i) {
      std::vector<std::string> stages;
      std::vector<std::string> names;
      const std::size_t stage_count = 1 + random_.below(4);
      for (std::size_t s = 0; s < stage_count; ++s) {
        names.push_back("s" + std::to_string(s));
        Object stage;
        stage.add("stage", quoted(names.back()));
        stage.add("when", quoted(condition(2)));
        if (random_.chance(40)) stage.add("sticky", pick({"true", "true", "false"}));
        stages.push_back(stage.text());
      }
      const std::string name = "j" + std::to_string(i);
      all.add(name, list(stages));
      vocabulary_.journeys.emplace_back(name, names);
    }
    if (all.empty()) return;
    root_.add("journeys", all.text());
    if (random_.chance(30)) return;
    Object micro;
    const auto& journey = random_.pick(vocabulary_.journeys);
    micro.add("journey", quoted(journey.first));
    micro_stages_ = journey.second;
    std::vector<std::string> segments;
    for (const std::string& name : vocabulary_.segments) {
      if (!random_.chance(60)) continue;
      segments.push_back(quoted(name));
      micro_segments_.push_back(name);
    }
    if (!segments.empty()) micro.add("segments", list(segments));
    if (random_.chance(40)) micro.add("value", amounts());
    root_.add("microsegments", micro.text());
  }

  void slots() {
    Object all;
    const std::size_t count = 1 + random_.below(3);
    for (std::size_t i = 0; i < count; ++i) {
      vocabulary_.slots.push_back("slot" + std::to_string(count - i));
      all.add(vocabulary_.slots.back(),
              pick({"{}", R"({"channel":"page"})", R"({"channel":"email"})"}));
    }
    root_.add("slots", all.text());
  }

  void layers() {
    Object all;
    const std::size_t count = random_.below(3);
    for (std::size_t i = 0; i < count; ++i) {
      const std::string name = "l" + std::to_string(i);
      Object one;
      if (random_.chance(30)) one.add("salt", R"("home-2025")");
      double from = 0;
      if (random_.chance(30)) {
        one.add("reserved", R"({"legacy":[0.8,1]})");
        layer_end_.push_back(0.8);
      } else {
        layer_end_.push_back(1);
      }
      layer_from_.push_back(from);
      all.add(name, one.text());
    }
    if (!all.empty()) root_.add("layers", all.text());
  }

  void campaigns() {
    if (random_.chance(15)) root_.add("cap", cap());
    if (random_.chance(60)) return;
    campaign_ = true;
    root_.add("campaigns", R"({"bts":{"cap":)" + cap() + "}}");
  }

  std::string cap() {
    Object cap;
    const std::size_t kind = random_.below(8);
    if (kind < 5) {
      cap.add("times", std::to_string(1 + random_.below(3)));
      cap.add("per", quoted(window()));
    }
    if (kind > 3 && kind < 7) cap.add("session", std::to_string(1 + random_.below(3)));
    if (kind > 5) cap.add("cool_down", quoted(window()));
    return cap.text();
  }

  std::string amount() { return pick({"0", "1", "2", "-1", "2.5", "1e3"}); }

  /// Some microsegments' amounts, some segments'.
  std::string amounts() {
    Object all;
    std::vector<std::string> segments = micro_segments_;
    segments.emplace_back("other");
    std::vector<std::string> stages = micro_stages_;
    stages.emplace_back("none");
    for (const std::string& segment : segments) {
      if (random_.chance(40)) all.add(segment, amount());
      for (const std::string& stage : stages) {
        if (random_.chance(40)) all.add(segment + "/" + stage, amount());
      }
    }
    return all.text();
  }

  std::string value() { return micro_stages_.empty() || random_.chance(30) ? amount() : amounts(); }

  /// The next free piece of a layer, so that ranges never overlap.
  void join_layer(Object& trigger) {
    if (layer_from_.empty() || !random_.chance(50)) return;
    const std::size_t i = random_.below(layer_from_.size());
    const double room = layer_end_[i] - layer_from_[i];
    if (room < 0.05) return;
    const double from = layer_from_[i];
    const double until = random_.chance(30) ? layer_end_[i] : from + room * 0.5;
    layer_from_[i] = until;
    trigger.add("layer", R"({"name":"l)" + std::to_string(i) + R"(","range":[)" +
                             number_text(from) + "," + number_text(until) + "]}");
  }

  std::string parts(Object& trigger) {
    Object parts;
    Object split;
    const std::size_t part_count = 1 + random_.below(3);
    for (std::size_t p = 0; p < part_count; ++p) {
      const std::string name = "part" + std::to_string(p);
      std::vector<std::string> options;
      const std::size_t count = 1 + random_.below(4);
      for (std::size_t o = 0; o < count; ++o) options.push_back(quoted("o" + std::to_string(o)));
      parts.add(name, list(options));
      if (random_.chance(75)) split.add(name, shares(count));
    }
    trigger.add("parts", parts.text());
    return split.text();
  }

  std::string shares(std::size_t count) {
    static const std::vector<std::vector<std::vector<std::string>>> all = {
        {{"1"}},
        {{"0.5", "0.5"}, {"0.9", "0.1"}, {"0", "1"}, {"0.3333333", "0.6666667"}},
        {{"0.2", "0.3", "0.5"}, {"0.333333", "0.333333", "0.333334"}, {"0.1", "0", "0.9"}},
        {{"0.25", "0.25", "0.25", "0.25"}, {"0.7", "0.1", "0.1", "0.1"}}};
    const auto& chosen = random_.pick(all[count - 1]);
    Object object;
    for (std::size_t o = 0; o < count; ++o) object.add("o" + std::to_string(o), chosen[o]);
    return object.text();
  }

  std::string schedule() {
    const std::vector<std::string> froms = {"2026-11-20", "2026-10-25", "2026-11-19T23:00:00Z",
                                            "2026-11-01"};
    const std::vector<std::string> untils = {"2026-11-21", "2026-12-01", "2026-11-20T10:00:00Z"};
    Object object;
    const bool from = random_.chance(70);
    if (from) object.add("from", quoted(random_.pick(froms)));
    if (!from || random_.chance(50)) object.add("until", quoted(random_.pick(untils)));
    return object.text();
  }

  void triggers() {
    const std::size_t count = 1 + random_.below(8);
    for (std::size_t i = 0; i < count; ++i) {
      Object one;
      one.add("slot", quoted(random_.pick(vocabulary_.slots)));
      if (random_.chance(92)) {
        one.add("when", quoted(condition(3)));
      }
      if (random_.chance(50)) one.add("priority", pick({"-1", "0", "1", "10"}));
      if (random_.chance(20)) one.add("salt", R"("old name")");
      if (random_.chance(30)) one.add("holdout", pick({"0.05", "0.5", "0"}));
      if (random_.chance(40)) one.add("cap", cap());
      if (random_.chance(25)) one.add("value", value());
      if (campaign_ && random_.chance(50)) one.add("campaign", R"("bts")");
      if (random_.chance(25)) one.add("schedule", schedule());
      join_layer(one);
      const std::string split = parts(one);
      if (random_.chance(60)) {
        one.add("policy", R"({"split":)" + split + "}");
      } else if (random_.chance(50)) {
        one.add("policy", R"("fixed")");
      }
      triggers_.emplace_back("r" + std::to_string(i), one.text());
    }
  }

  Random& random_;
  Object root_;
  std::vector<std::pair<std::string, std::string>> triggers_;
  Vocabulary vocabulary_;
  Vocabulary nothing_;  // a `where` sees the signal's fields alone
  std::vector<double> layer_from_;
  std::vector<double> layer_end_;
  bool campaign_ = false;
  std::vector<std::string> micro_segments_;
  std::vector<std::string> micro_stages_;
};

}  // namespace

std::string RandomSource::json() const {
  Object all;
  for (const auto& [name, trigger] : triggers) all.add(name, trigger);
  return head.substr(0, head.size() - 1) + ",\"triggers\":" + all.text() + "}";
}

RandomSource RandomSource::without(const std::vector<std::string>& names) const {
  RandomSource rest = *this;
  std::erase_if(rest.triggers, [&](const auto& trigger) {
    return std::find(names.begin(), names.end(), trigger.first) != names.end();
  });
  return rest;
}

RandomSource random_source(Random& random) { return SourceWriter(random).write(); }

}  // namespace heed::reference
