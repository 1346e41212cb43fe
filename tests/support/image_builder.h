// Builds images by hand, right or wrong, without the studio: for tests of what opens them.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "heed/base/hash.h"
#include "heed/base/id.h"
#include "heed/runtime/image.h"
#include "heed/runtime/program.h"

namespace heed::test {

using image::Column;
using image::Instruction;
using image::Op;

inline constexpr std::uint32_t none = none_index;

/// An element as 64 bits: none is -1, as is every other negative number.
template <class T>
std::uint64_t element_of(Column column, T value) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::bit_cast<std::uint64_t>(value);
  } else {
    const bool is_none = image::elements[static_cast<std::size_t>(column)] == image::Element::u32 &&
                         static_cast<std::uint64_t>(value) == none;
    return is_none ? ~std::uint64_t{0} : static_cast<std::uint64_t>(value);
  }
}

inline bool holds_differences(Column column) {
  const auto& columns = image::difference_columns;
  return std::find(columns.begin(), columns.end(), column) != columns.end();
}

/// A finished image whose cells can be changed and sealed again. Elements are stored whole (8
/// bytes, base 0), so that any value fits; bytes of strings and programs are bytes.
class Image {
 public:
  explicit Image(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}

  [[nodiscard]] static std::size_t width(Column column) {
    return column == Column::string_bytes || column == Column::program_bytes ? 1 : 8;
  }
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }
  [[nodiscard]] std::vector<std::byte>& raw() { return bytes_; }

  /// Where element `row` of `column` lies.
  [[nodiscard]] std::size_t offset(Column column, std::size_t row = 0) const {
    std::size_t at = entry(Column::count);
    for (std::size_t i = 0;; ++i) {
      at = (at + 7) / 8 * 8;
      if (i == static_cast<std::size_t>(column)) break;
      at += count(static_cast<Column>(i)) * width(static_cast<Column>(i));
    }
    return at + row * width(column);
  }
  /// Where the column's entry of the section table lies: it begins with the number of rows.
  [[nodiscard]] static std::size_t entry(Column column) {
    return image::header_size_bytes + static_cast<std::size_t>(column) * image::EntryAt::size_bytes;
  }
  [[nodiscard]] std::size_t count(Column column) const { return get<std::uint32_t>(entry(column)); }
  template <class T>
  [[nodiscard]] T get(std::size_t at) const {
    T value;
    std::memcpy(&value, bytes_.data() + at, sizeof(T));
    return value;
  }
  template <class T>
  Image& put(std::size_t at, T value) {
    std::memcpy(bytes_.data() + at, &value, sizeof(T));
    return *this;
  }
  template <class T>
  Image& put(Column column, std::size_t row, T value) {
    if (width(column) == 1) return put(offset(column, row), static_cast<std::uint8_t>(value));
    if (!holds_differences(column)) return put(offset(column, row), element_of(column, value));
    // This one moves, those behind it stay.
    std::uint64_t before = 0;
    for (std::size_t i = 0; i <= row; ++i) {
      before += get<std::uint64_t>(offset(column, i));
    }
    const std::uint64_t moved = element_of(column, value) - before;
    put(offset(column, row), get<std::uint64_t>(offset(column, row)) + moved);
    if (row + 1 < count(column)) {
      put(offset(column, row + 1), get<std::uint64_t>(offset(column, row + 1)) - moved);
    }
    return *this;
  }
  /// Makes the body's hash true again.
  Image& seal() {
    const std::string_view body(reinterpret_cast<const char*>(bytes_.data()) + 64,
                                bytes_.size() - 64);
    return put(image::HeaderAt::body_hash, xxh64(body, 0));
  }

 private:
  std::vector<std::byte> bytes_;
};

struct Option {
  std::string name;
  std::uint64_t upper;
  std::uint32_t asset = none;
};
struct Part {
  std::string name;
  std::vector<Option> options;
  image::PartKind kind = image::PartKind::text;
};
struct Trigger {
  std::string name;
  std::uint32_t slot = 0;
  std::int32_t priority = 0;
  std::uint32_t condition = 0;
  std::uint32_t layer = none;
  std::uint64_t range_from = 0;
  std::uint64_t range_until = share_one;
  std::int64_t from_ms = image::always_from_ms;
  std::int64_t until_ms = image::always_until_ms;
  std::uint64_t holdout = 0;
  std::string salt{};  // empty: the name
  std::uint16_t cap_times = 0;
  std::uint64_t cap_per_ms = 0;
  std::uint16_t cap_session = 0;
  std::uint64_t cap_cool_down_ms = 0;
  std::vector<std::pair<std::uint32_t, double>> values = {};  // ascending cells, none last
  std::uint32_t campaign = none;
  image::Policy policy = image::Policy::fixed;
  std::vector<Part> parts = {{"arm", {{"a", share_one}}}};
};
struct Field {
  std::string name;
  image::Type type;
};
struct Stage {
  std::string name;
  std::uint32_t condition;
  bool sticky = false;
};
struct Feature {
  image::FeatureKind kind = image::FeatureKind::count;
  std::uint32_t signal = 0;
  std::uint32_t field = none;
  std::uint64_t window_ms = 0;
  std::uint64_t half_life_ms = 0;
  std::uint32_t where = none;
  std::uint32_t other = none;
  std::uint32_t other_field = none;
  std::uint32_t other_where = none;
};

/// Every method adds rows and answers the first one's number. Numbers are declared beforehand, for
/// their pool is sorted.
class ImageBuilder {
 public:
  explicit ImageBuilder(std::vector<double> numbers = {}, std::string_view site_name = "t",
                        const std::vector<std::string>& strings = {})
      : numbers_(std::move(numbers)) {
    for (const std::string& text : strings) string(text);
    for (const double number : numbers_) push(Column::number, number);
    if (!site_name.empty()) site(site_name, "GBP", "UTC", "2027Q1");
  }
  void site(std::string_view name, std::string_view currency, std::string_view time_zone,
            std::string_view holdout_salt) {
    site_ = name;
    push(Column::site_name, string(name));
    push(Column::site_currency, string(currency));
    push(Column::site_time_zone, string(time_zone));
    push(Column::site_holdout, std::uint64_t{0});
    push(Column::site_holdout_salt, string(holdout_salt));
    push(Column::site_journey, none);
    push(Column::site_consent_cookie, none);
    push(Column::site_consent_default, std::uint8_t{0});
    push(Column::site_consent_gpc, std::uint8_t{0});
    cap(image::site_cap, 0, 0, 0, 0);
  }

  std::uint64_t version = 7;
  std::int64_t expires_ms = 4'070'908'800'000;  // 2099

  template <class T>
  void push(Column column, T value) {
    if constexpr (std::is_enum_v<T>) {
      push(column, static_cast<std::uint8_t>(value));
    } else {
      columns_[static_cast<std::size_t>(column)].push_back(element_of(column, value));
    }
  }
  template <class T>
  void put(Column column, std::size_t row, T value) {
    if constexpr (std::is_enum_v<T>) {
      put(column, row, static_cast<std::uint8_t>(value));
    } else {
      columns_[static_cast<std::size_t>(column)][row] = element_of(column, value);
    }
  }
  void clear(Column column) { columns_[static_cast<std::size_t>(column)].clear(); }
  [[nodiscard]] std::uint32_t count(Column column) const {
    return static_cast<std::uint32_t>(columns_[static_cast<std::size_t>(column)].size());
  }

  std::uint32_t string(std::string_view text) {
    const auto found = std::find(strings_.begin(), strings_.end(), text);
    if (found != strings_.end()) return static_cast<std::uint32_t>(found - strings_.begin());
    const std::string_view before = strings_.empty() ? std::string_view() : strings_.back();
    const auto [end, other] = std::mismatch(before.begin(), before.end(), text.begin(), text.end());
    const auto shared = static_cast<std::size_t>(end - before.begin());
    push(Column::string_length, static_cast<std::uint16_t>(text.size()));
    push(Column::string_shared, static_cast<std::uint16_t>(shared));
    for (const char c : text.substr(shared))
      push(Column::string_bytes, static_cast<std::uint8_t>(c));
    strings_.emplace_back(text);
    return static_cast<std::uint32_t>(strings_.size() - 1);
  }
  [[nodiscard]] std::uint32_t number(double value) const {
    const auto found = std::find(numbers_.begin(), numbers_.end(), value);
    return static_cast<std::uint32_t>(found - numbers_.begin());
  }

  std::uint32_t attribute(std::string_view name, image::Type type,
                          image::Source source = image::Source::page,
                          std::uint32_t otherwise = none) {
    push(Column::attribute_name, string(name));
    push(Column::attribute_type, type);
    push(Column::attribute_source, source);
    push(Column::attribute_default, otherwise);
    return count(Column::attribute_name) - 1;
  }
  std::uint32_t signal(std::string_view name, const std::vector<Field>& fields = {}) {
    push(Column::signal_name, string(name));
    push(Column::signal_field_count, static_cast<std::uint8_t>(fields.size()));
    for (const Field& field : fields) {
      push(Column::field_name, string(field.name));
      push(Column::field_type, field.type);
    }
    return count(Column::signal_name) - 1;
  }
  std::uint32_t feature(std::string_view name, const Feature& feature) {
    push(Column::feature_name, string(name));
    push(Column::feature_kind, feature.kind);
    push(Column::feature_signal, feature.signal);
    push(Column::feature_field, feature.field);
    push(Column::feature_window_ms, feature.window_ms);
    push(Column::feature_half_life_ms, feature.half_life_ms);
    push(Column::feature_where, feature.where);
    push(Column::feature_other, feature.other);
    push(Column::feature_other_field, feature.other_field);
    push(Column::feature_other_where, feature.other_where);
    return count(Column::feature_name) - 1;
  }
  std::uint32_t segment(std::string_view name, std::uint32_t condition) {
    push(Column::segment_name, string(name));
    push(Column::segment_condition, condition);
    return count(Column::segment_name) - 1;
  }
  std::uint32_t journey(std::string_view name, const std::vector<Stage>& stages) {
    push(Column::journey_name, string(name));
    push(Column::journey_stage_count, static_cast<std::uint8_t>(stages.size()));
    for (const Stage& stage : stages) {
      push(Column::stage_name, string(stage.name));
      push(Column::stage_condition, stage.condition);
      push(Column::stage_sticky, static_cast<std::uint8_t>(stage.sticky));
    }
    return count(Column::journey_name) - 1;
  }
  std::uint32_t slot(std::string_view name, image::Channel channel = image::Channel::page) {
    push(Column::slot_name, string(name));
    push(Column::slot_channel, channel);
    push(Column::slot_fallback, none);
    push(Column::slot_refresh, image::Refresh::navigation);
    return count(Column::slot_name) - 1;
  }
  std::uint32_t asset(std::string_view name, image::PartKind kind,
                      const std::vector<std::pair<std::string, std::string>>& props) {
    push(Column::asset_name, string(name));
    push(Column::asset_kind, kind);
    push(Column::asset_prop_count, static_cast<std::uint8_t>(props.size()));
    for (const auto& [key, value] : props) {
      push(Column::prop_key, string(key));
      push(Column::prop_value, string(value));
    }
    return count(Column::asset_name) - 1;
  }
  std::uint32_t metric(std::string_view name, std::uint32_t signal, std::uint32_t value_field,
                       bool goal, std::uint64_t window_ms, double bounty = 0) {
    push(Column::metric_name, string(name));
    push(Column::metric_signal, signal);
    push(Column::metric_value, value_field);
    push(Column::metric_goal, static_cast<std::uint8_t>(goal));
    push(Column::metric_bounty, bounty);
    push(Column::metric_window_ms, window_ms);
    return count(Column::metric_name) - 1;
  }
  std::uint32_t layer(std::string_view name, std::string_view salt = {}) {
    push(Column::layer_name, string(name));
    push(Column::layer_salt, salt.empty() ? none : string(salt));
    return count(Column::layer_name) - 1;
  }
  void cap(const image::CapColumns& columns, std::uint16_t times, std::uint64_t per_ms,
           std::uint16_t session, std::uint64_t cool_down_ms) {
    push(columns.times, times);
    push(columns.per_ms, per_ms);
    push(columns.session, session);
    push(columns.cool_down_ms, cool_down_ms);
  }
  std::uint32_t campaign(std::string_view name, std::uint16_t times, std::uint64_t per_ms,
                         std::uint16_t session = 0, std::uint64_t cool_down_ms = 0) {
    push(Column::campaign_name, string(name));
    cap(image::campaign_cap, times, per_ms, session, cool_down_ms);
    return count(Column::campaign_name) - 1;
  }

  /// A cell's amount, of triggers or of the microsegments.
  void value(Column cells, std::uint32_t cell, double amount) {
    push(cells, cell);
    push(cells == Column::trigger_value_cell ? Column::trigger_value_amount
                                             : Column::micro_value_amount,
         amount);
  }

  std::uint32_t input(image::InputKind kind, std::uint32_t row) {
    for (std::uint32_t i = 0; i < inputs_.size(); ++i) {
      if (inputs_[i] == std::pair(kind, row)) return i;
    }
    inputs_.emplace_back(kind, row);
    push(Column::input_kind, kind);
    push(Column::input_row, row);
    return count(Column::input_kind) - 1;
  }
  std::uint32_t predicate(std::uint32_t input, Op op, const std::vector<std::uint32_t>& operands,
                          bool negated = false) {
    push(Column::predicate_input, input);
    push(Column::predicate_op, static_cast<std::uint8_t>(static_cast<std::uint8_t>(op) |
                                                         (negated ? image::op_negated : 0)));
    push(Column::predicate_operand_count, static_cast<std::uint16_t>(operands.size()));
    for (const std::uint32_t operand : operands) push(Column::operand, operand);
    return count(Column::predicate_op) - 1;
  }
  std::uint32_t computed(const std::vector<std::uint8_t>& program) {
    push(Column::program_size, static_cast<std::uint16_t>(program.size()));
    for (const std::uint8_t byte : program) push(Column::program_bytes, byte);
    return predicate(none, Op::computed, {count(Column::program_size) - 1});
  }
  /// Terms of predicates: {{a, b}, {c}} is (a and b) or c; {{}} always holds, {} never.
  std::uint32_t condition(const std::vector<std::vector<std::uint32_t>>& terms) {
    push(Column::condition_term_count, static_cast<std::uint8_t>(terms.size()));
    for (const auto& term : terms) {
      push(Column::term_predicate_count, static_cast<std::uint8_t>(term.size()));
      for (const std::uint32_t predicate : term) push(Column::reference, predicate);
    }
    return count(Column::condition_term_count) - 1;
  }

  /// Triggers are given in slot, priority, name order.
  std::uint32_t trigger(const Trigger& trigger) {
    push(Column::trigger_name, string(trigger.name));
    push(Column::trigger_slot, trigger.slot);
    push(Column::trigger_priority, trigger.priority);
    push(Column::trigger_condition, trigger.condition);
    push(Column::trigger_layer, trigger.layer);
    push(Column::trigger_range_from, trigger.range_from);
    push(Column::trigger_range_until, trigger.range_until);
    push(Column::trigger_from_ms, trigger.from_ms);
    push(Column::trigger_until_ms, trigger.until_ms);
    push(Column::trigger_holdout, trigger.holdout);
    push(Column::trigger_salt, trigger.salt.empty() ? none : string(trigger.salt));
    cap(image::trigger_cap, trigger.cap_times, trigger.cap_per_ms, trigger.cap_session,
        trigger.cap_cool_down_ms);
    push(Column::trigger_value_count, static_cast<std::uint16_t>(trigger.values.size()));
    for (const auto& [cell, amount] : trigger.values)
      value(Column::trigger_value_cell, cell, amount);
    push(Column::trigger_campaign, trigger.campaign);
    push(Column::trigger_policy, trigger.policy);
    push(Column::trigger_template, none);
    push(Column::trigger_hash, std::uint8_t{0});
    push(Column::trigger_content, count(Column::content_part_count));
    push(Column::content_part_count, static_cast<std::uint8_t>(trigger.parts.size()));
    for (const Part& part : trigger.parts) {
      push(Column::part_name, string(part.name));
      push(Column::part_kind, part.kind);
      push(Column::part_option_count, static_cast<std::uint8_t>(part.options.size()));
      for (const Option& option : part.options) {
        push(Column::option_name, string(option.name));
        push(Column::option_asset, option.asset);
        push(Column::option_upper, option.upper);
      }
    }
    return count(Column::trigger_name) - 1;
  }

  [[nodiscard]] Image build() const {
    std::vector<std::byte> out(Image::entry(Column::count));
    for (std::size_t i = 0; i < image::column_count; ++i) {
      const auto column = static_cast<Column>(i);
      const std::size_t width = Image::width(column);
      const auto rows = static_cast<std::uint32_t>(columns_[i].size());
      std::memcpy(out.data() + Image::entry(column), &rows, sizeof rows);
      out[Image::entry(column) + image::EntryAt::width] = static_cast<std::byte>(width);
      out.resize((out.size() + 7) / 8 * 8);
      std::uint64_t before = 0;
      for (const std::uint64_t element : columns_[i]) {
        const std::uint64_t stored = element - before;
        if (holds_differences(column)) before = element;
        const auto* from = reinterpret_cast<const std::byte*>(&stored);
        out.insert(out.end(), from, from + width);
      }
    }
    Image result(std::move(out));
    using At = image::HeaderAt;
    std::memcpy(result.raw().data(), image::magic.data(), image::magic.size());
    result.put(At::abi, image::abi);
    result.put(At::column_count, static_cast<std::uint32_t>(image::column_count));
    result.put(At::size_bytes, std::uint64_t{result.bytes().size()});
    result.put(At::version, version);
    result.put(At::expires_ms, expires_ms);
    result.put(At::site_hash, xxh64(site_, 0));
    return result.seal();
  }

 private:
  std::string site_;
  std::vector<double> numbers_;
  std::vector<std::string> strings_;
  std::vector<std::pair<image::InputKind, std::uint32_t>> inputs_;
  std::array<std::vector<std::uint64_t>, image::column_count> columns_;
};

/// A program's bytes: code({Instruction::load, 3}, {Instruction::push_true}).
struct Step {
  Instruction instruction;
  std::optional<std::uint32_t> operand;

  Step(Instruction i) : instruction(i) {}  // NOLINT: reads as a list of instructions
  Step(Instruction i, std::uint32_t id) : instruction(i), operand(id) {}
};
inline std::vector<std::uint8_t> code(const std::vector<Step>& steps) {
  std::vector<std::uint8_t> bytes;
  for (const Step& step : steps) {
    bytes.push_back(static_cast<std::uint8_t>(step.instruction));
    for (unsigned shift = 0; step.operand && shift < 32; shift += 8) {
      bytes.push_back(static_cast<std::uint8_t>(*step.operand >> shift));
    }
  }
  return bytes;
}

}  // namespace heed::test
