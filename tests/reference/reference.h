// The oracle: decides straight from a ruleset's source, the way the design page reads, with nothing
// compiled, indexed or remembered between questions. Every property test compares with it.
//
// Written from the definitions alone. Shared with the product are only exp2_neg (the definition of
// decay) and the limits; hashing is libxxhash, time zones are the C library's.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "expression.h"
#include "value.h"

namespace heed::reference {

struct Signal {
  std::string name;
  std::int64_t at = 0;
  std::map<std::string, Value> fields;
  std::string id;  // empty: none
};

struct Exposure {
  std::string trigger;
  std::int64_t at = 0;
};

/// Everything known of a visitor at `now`. Attributes were set, one by one, before anything else.
struct Visitor {
  std::string id;
  std::string consent = "device";
  std::string view = "0000000000000000";  // the unit of draws while consent is none
  std::int64_t began = 0;                 // when the attributes were set
  std::int64_t now = 0;
  std::vector<std::pair<std::string, Value>> attribute_order;
  std::vector<Signal> signals;  // in order of coming; one without a name only moves the clock
  std::vector<Exposure> exposures;
  std::optional<std::vector<std::string>> slots;  // absent: all, without those nobody wins
};

struct Decision {
  std::string slot;
  std::optional<std::string> trigger;
  std::vector<std::pair<std::string, std::string>> options;  // part -> option
  double probability = 1;
  std::string microsegment;
  std::string reason;
  bool held_out = false;
  std::optional<std::string> suppressed;  // who would have won, were there no caps
};

struct Feature {
  std::string name;
  std::string kind;    // as it is written; a sequence is followed or missed
  std::string signal;  // of a ratio the feature above
  std::string field;   // empty: none
  double window = 0;   // 0: the whole session; a sequence's `within`
  double half_life = 0;
  std::optional<Expression> where;
  std::string other;  // a sequence's second signal, a ratio's feature below
  std::string other_field;
  std::optional<Expression> other_where;
};

struct Stage {
  std::string name;
  Expression when;
  bool sticky = false;
};

struct Part {
  std::string name;
  std::vector<std::string> options;
  std::vector<double> shares;  // as written, to be divided by their sum; even where left out
};

struct Cap {
  std::uint32_t times = 0;  // 0: no such limit, as in the others
  double per = 0;
  std::uint32_t session = 0;
  double cool_down = 0;
};

/// Amounts by `SEGMENT/STAGE` or `SEGMENT`, as written; by "" for every one.
using Amounts = std::map<std::string, double>;

struct Trigger {
  std::string name;
  std::string slot;
  std::string salt;
  double priority = 0;
  std::optional<Expression> when;
  std::string layer;  // empty: none
  double range_from = 0;
  double range_until = 1;
  std::optional<std::int64_t> from;
  std::optional<std::int64_t> until;
  double holdout = 0;
  Cap cap;
  Amounts values;
  std::string campaign;
  bool split = false;
  std::vector<Part> parts;
};

class Reference {
 public:
  /// Throws std::runtime_error on a source that it does not understand.
  explicit Reference(std::string_view source);

  [[nodiscard]] std::vector<Decision> decide(const Visitor& visitor) const;

  [[nodiscard]] Value feature(const Visitor& visitor, const std::string& name) const;
  /// Empty where the trigger has none.
  [[nodiscard]] std::string campaign_of(const std::string& trigger) const;

  /// A line of `heed decide`, well formed; the answer without a line break.
  [[nodiscard]] std::string decide_line(std::string_view line) const;
  [[nodiscard]] Visitor read_line(std::string_view line) const;

 private:
  struct Moment;  // one visitor at one time

  void read_microsegments(std::string_view source);
  [[nodiscard]] std::vector<Moment> history(const Moment& moment) const;
  [[nodiscard]] Value lookup(const Moment& moment, const std::string& name) const;
  [[nodiscard]] Value feature_value(const Moment& moment, const Feature& feature) const;
  [[nodiscard]] std::optional<Value> counted(const Signal& signal, const std::string& name,
                                             const std::string& field,
                                             const std::optional<Expression>& where) const;
  [[nodiscard]] bool holds(const Moment& moment, const Expression& condition) const;
  [[nodiscard]] std::size_t stage_of(const Moment& moment, const std::string& journey) const;
  [[nodiscard]] std::string microsegment(const Moment& moment) const;
  [[nodiscard]] std::string obstacle(const Moment& moment, const Trigger& trigger) const;
  [[nodiscard]] bool used_up(const Moment& moment, const Cap& cap,
                             const std::function<bool(const std::string&)>& is_counted) const;
  [[nodiscard]] bool capped(const Moment& moment, const Trigger& trigger) const;
  [[nodiscard]] std::optional<double> amount(const Amounts& amounts,
                                             const std::string& microsegment) const;
  [[nodiscard]] double value(const Trigger& trigger, const std::string& microsegment) const;
  [[nodiscard]] const Trigger* winner(const Moment& moment, const std::vector<Trigger>& candidates,
                                      bool heeds_caps, std::string& reason) const;
  [[nodiscard]] Decision decide_slot(const Moment& moment, const std::string& slot) const;
  [[nodiscard]] Decision show(const Moment& moment, const Trigger& trigger) const;
  [[nodiscard]] std::uint64_t draw(const Moment& moment, const std::string& name) const;

  std::string site_;
  std::int64_t expires_ = 0;
  std::string time_zone_ = "UTC";
  double programme_holdout_ = 0;
  std::string programme_salt_;
  std::map<std::string, std::string> attribute_types_;
  std::map<std::string, std::string> attribute_sources_;
  std::map<std::string, Value> defaults_;
  std::map<std::string, std::map<std::string, std::string>> signal_types_;
  std::map<std::string, Feature> features_;
  std::map<std::string, Expression> segments_;
  std::map<std::string, std::vector<Stage>> journeys_;
  std::optional<std::string> micro_journey_;
  std::optional<std::vector<std::string>> micro_segments_;
  std::vector<std::string> slots_;  // in source order
  std::map<std::string, std::string> channels_;
  std::map<std::string, std::string> layer_salts_;
  std::map<std::string, Cap> campaign_caps_;
  Cap programme_cap_;
  Amounts micro_values_;
  std::vector<Trigger> triggers_;
};

}  // namespace heed::reference
