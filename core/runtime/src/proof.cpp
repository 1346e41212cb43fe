#include "proof.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <initializer_list>
#include <vector>

#include "heed/base/hash.h"
#include "heed/base/limits.h"
#include "heed/base/utf8.h"

namespace heed {
namespace {

using image::Column;
using image::InputKind;
using image::Op;
using image::Type;

/// Whether an id column may say "no row".
enum class None : std::uint8_t { refused, allowed };

/// Goes through the tables in file order and stops at the first value that is wrong. Each method
/// answers whether all is well so far.
class Proof {
 public:
  explicit Proof(const Ruleset& ruleset) : ruleset_(ruleset) {}

  bool strings();
  bool contents() {
    return numbers() && site() && attributes() && signals() && feature_sources() && inputs() &&
           programs() && predicates() && conditions() && features() && segments() && journeys() &&
           slots() && assets() && metrics() && layers() && campaigns() && triggers() && parts() &&
           options() && layer_ranges();
  }
  [[nodiscard]] Error error() const { return error_; }

 private:
  template <class T>
  [[nodiscard]] T at(Column column, std::size_t row) const {
    return ruleset_.at<T>(column, row);
  }
  [[nodiscard]] std::size_t count(Column column) const { return ruleset_.row_count(column); }
  [[nodiscard]] std::uint64_t offset(Column column, std::size_t row) const {
    return static_cast<std::uint64_t>(ruleset_.column(column).data() - ruleset_.image().data()) +
           row * image::element_size_bytes(column);
  }

  bool refuse(Column column, std::size_t row, ErrorCode code = ErrorCode::malformed_image) {
    error_ = Error{code, offset(column, row)};
    return false;
  }
  bool refuse_header(std::size_t at) {
    error_ = Error{ErrorCode::malformed_image, at};
    return false;
  }

  /// Every element of `column` is `ok`.
  template <class T, class Check>
  bool each(Column column, Check ok) {
    for (std::size_t row = 0; row < count(column); ++row) {
      if (!ok(at<T>(column, row))) return refuse(column, row);
    }
    return true;
  }
  template <class T, class Check>
  bool each_row(Column column, Check ok) {
    for (std::uint32_t row = 0; row < count(column); ++row) {
      if (!ok(at<T>(column, row), row)) return refuse(column, row);
    }
    return true;
  }
  template <class T>
  bool each_at_most(Column column, T high) {
    return each<T>(column, [high](T value) { return value <= high; });
  }
  template <class E>
  bool each_enum(Column column, E last) {
    return each_at_most<std::uint8_t>(column, static_cast<std::uint8_t>(last));
  }
  bool each_flag(Column column) { return each_at_most<std::uint8_t>(column, 1); }
  bool each_id(Column column, Column table, None none = None::refused) {
    const std::size_t row_count = count(table);
    return each<std::uint32_t>(column, [=](std::uint32_t id) {
      return id < row_count || (none == None::allowed && id == none_index);
    });
  }
  bool each_text(Column column, None none = None::refused) {
    return each_id(column, Column::string_length, none);
  }
  /// Names: 1 to limits::name_size_bytes_max bytes.
  bool each_name(Column column, None none = None::refused) {
    return each_text(column, none) && each<std::uint32_t>(column, [this](std::uint32_t id) {
             return id == none_index || is_name(id);
           });
  }
  bool each_name_once(Column column) {
    return each_name(column) && distinct(column, 0, static_cast<std::uint32_t>(count(column)));
  }
  bool each_duration(Column column) {
    return each_at_most<std::uint64_t>(column, std::uint64_t{limits::time_ms_max});
  }
  bool each_share(Column column) { return each_at_most<std::uint64_t>(column, share_one); }

  [[nodiscard]] bool is_name(std::uint32_t id) const {
    const std::size_t size = ruleset_.string(id).size();
    return size >= 1 && size <= limits::name_size_bytes_max;
  }
  /// No id twice among rows [begin, end).
  bool distinct(Column column, std::uint32_t begin, std::uint32_t end);
  /// A cap names times and a span, or neither.
  bool caps(Column times, Column per);

  bool numbers();
  bool site();
  bool attributes();
  bool signals();
  /// What gives a feature its kind: needed before anything that reads features.
  bool feature_sources();
  bool inputs();
  bool programs();
  bool predicates();
  bool predicate(std::uint32_t row);
  bool number_ranges(Rows operands);
  bool conditions();
  bool features();
  bool segments();
  bool journeys();
  bool slots();
  bool assets();
  bool metrics();
  bool layers();
  bool campaigns();
  bool triggers();
  bool trigger_order();
  bool parts();
  bool options();
  bool layer_ranges();

  [[nodiscard]] std::size_t rows_of(InputKind kind) const;

  const Ruleset& ruleset_;
  Error error_{};
  std::vector<std::uint32_t> field_signals_;
  std::vector<Reads> input_reads_;
  std::vector<Reads> program_reads_;
  std::vector<Reads> predicate_reads_;
  std::vector<Reads> condition_reads_;
};

bool Proof::distinct(Column column, std::uint32_t begin, std::uint32_t end) {
  std::vector<std::uint64_t> seen;  // id, then row: the later row of two is the wrong one
  seen.reserve(end - begin);
  for (std::uint32_t row = begin; row < end; ++row) {
    seen.push_back(std::uint64_t{at<std::uint32_t>(column, row)} << 32U | row);
  }
  std::sort(seen.begin(), seen.end());
  for (std::size_t i = 1; i < seen.size(); ++i) {
    if (seen[i] >> 32U == seen[i - 1] >> 32U) {
      return refuse(column, static_cast<std::uint32_t>(seen[i]));
    }
  }
  return true;
}

bool Proof::caps(Column times, Column per) {
  return each_at_most<std::uint16_t>(times, limits::cap_times_max) && each_duration(per) &&
         each_row<std::uint64_t>(per, [&](std::uint64_t per_ms, std::uint32_t row) {
           return (per_ms != 0) == (at<std::uint16_t>(times, row) != 0);
         });
}

bool Proof::strings() {
  if (!each_at_most<std::uint16_t>(Column::string_length, limits::text_size_bytes_max)) {
    return false;
  }
  for (std::uint32_t id = 0; id < count(Column::string_length); ++id) {
    if (!is_utf8(ruleset_.string(id))) {
      const Rows bytes = ruleset_.children(Column::string_length, id);
      return refuse(Column::string_bytes, bytes.begin, ErrorCode::not_utf8);
    }
  }
  return true;
}

bool Proof::numbers() {
  return each_row<double>(Column::number, [this](double number, std::uint32_t row) {
    const bool minus_zero = number == 0 && std::signbit(number);
    return std::isfinite(number) && !minus_zero &&
           (row == 0 || at<double>(Column::number, row - 1) < number);
  });
}

bool Proof::site() {
  using image::Level;
  if (!each_name(Column::site_name)) return false;
  if (xxh64(ruleset_.site(), 0) != ruleset_.site_hash()) {
    return refuse_header(image::HeaderAt::site_hash);
  }
  for (const Column text :
       {Column::site_currency, Column::site_time_zone, Column::site_holdout_salt}) {
    const auto fits = [this](std::uint32_t id) {
      return ruleset_.string(id).size() <= limits::name_size_bytes_max;
    };
    if (!each_text(text) || !each<std::uint32_t>(text, fits)) return false;
  }
  return each_share(Column::site_holdout) &&
         each_id(Column::site_journey, Column::journey_name, None::allowed) &&
         each_name(Column::site_consent_cookie, None::allowed) &&
         each_enum(Column::site_consent_default, Level::account) &&
         each_enum(Column::site_consent_gpc, Level::account) &&
         each_name_once(Column::grant_name) && each_enum(Column::grant_level, Level::account);
}

bool Proof::attributes() {
  return each_name_once(Column::attribute_name) && each_enum(Column::attribute_type, Type::time) &&
         each_enum(Column::attribute_source, image::Source::page) &&
         each_row<std::uint32_t>(
             Column::attribute_default, [this](std::uint32_t value, std::uint32_t row) {
               if (value == none_index) return true;
               switch (ruleset_.type(AttributeId{row})) {
                 case Type::boolean:
                   return value <= 1;
                 case Type::number:
                   return value < count(Column::number);
                 case Type::string:
                   return value < count(Column::string_length) &&
                          ruleset_.string(value).size() <= limits::string_size_bytes_max;
                 default:
                   return false;
               }
             });
}

bool Proof::signals() {
  if (!each_name_once(Column::signal_name) ||
      !each_at_most<std::uint8_t>(Column::signal_field_count, limits::field_count_max) ||
      !each_name(Column::field_name) || !each_enum(Column::field_type, Type::time)) {
    return false;
  }
  for (std::uint32_t signal = 0; signal < count(Column::signal_name); ++signal) {
    const Rows fields = ruleset_.children(Column::signal_field_count, signal);
    if (!distinct(Column::field_name, fields.begin, fields.end)) return false;
    field_signals_.resize(fields.end, signal);
  }
  return true;
}

std::size_t Proof::rows_of(InputKind kind) const {
  switch (kind) {
    case InputKind::attribute:
      return count(Column::attribute_name);
    case InputKind::feature:
      return count(Column::feature_name);
    case InputKind::segment:
      return count(Column::segment_name);
    case InputKind::journey:
      return count(Column::journey_name);
    case InputKind::now:
      return 1;
    case InputKind::field:
      return count(Column::field_name);
  }
  return 0;
}

bool Proof::inputs() {
  if (!each_enum(Column::input_kind, InputKind::field)) return false;
  std::vector<std::vector<bool>> seen(static_cast<std::size_t>(InputKind::field) + 1);
  input_reads_.reserve(count(Column::input_kind));
  return each_row<std::uint32_t>(Column::input_row, [&](std::uint32_t row, std::uint32_t input) {
    const auto kind = static_cast<InputKind>(at<std::uint8_t>(Column::input_kind, input));
    if (row >= rows_of(kind)) return false;
    std::vector<bool>& rows = seen[static_cast<std::size_t>(kind)];
    rows.resize(rows_of(kind));
    if (rows[row]) return false;
    rows[row] = true;
    Reads reads;
    reads.state = kind != InputKind::field;
    if (kind == InputKind::field) reads.signal = field_signals_[row];
    if (kind == InputKind::segment) reads.segment_end = row + 1;
    if (kind == InputKind::journey) reads.journey_end = row + 1;
    input_reads_.push_back(reads);
    return true;
  });
}

bool Proof::feature_sources() {
  using image::FeatureKind;
  return each_enum(Column::feature_kind, FeatureKind::score) &&
         each_id(Column::feature_signal, Column::signal_name) &&
         each_row<std::uint32_t>(Column::feature_field, [this](std::uint32_t field,
                                                               std::uint32_t row) {
           const auto kind = static_cast<FeatureKind>(at<std::uint8_t>(Column::feature_kind, row));
           if (field == none_index) return kind != FeatureKind::last;
           const auto signal = at<std::uint32_t>(Column::feature_signal, row);
           const Rows fields = ruleset_.children(Column::signal_field_count, signal);
           if (field >= fields.size()) return false;
           const auto type =
               static_cast<Type>(at<std::uint8_t>(Column::field_type, fields.begin + field));
           if (kind == FeatureKind::last) return type != Type::set;
           return kind == FeatureKind::score && type == Type::number;
         });
}

bool Proof::programs() {
  for (std::uint32_t program = 0; program < count(Column::program_size); ++program) {
    const Result<Reads> reads = prove_program(ruleset_, program, input_reads_);
    if (!reads) {
      error_ = reads.error();
      return false;
    }
    program_reads_.push_back(*reads);
  }
  return true;
}

bool Proof::predicates() {
  predicate_reads_.reserve(count(Column::predicate_op));
  for (std::uint32_t row = 0; row < count(Column::predicate_op); ++row) {
    if (!predicate(row)) return false;
  }
  return true;
}

bool Proof::predicate(std::uint32_t row) {
  const auto input = at<std::uint32_t>(Column::predicate_input, row);
  const auto op_byte = at<std::uint8_t>(Column::predicate_op, row);
  const auto op = static_cast<Op>(op_byte & ~image::op_negated);
  const Rows operands = ruleset_.children(Column::predicate_operand_count, row);
  const auto operand = [&] { return at<std::uint32_t>(Column::operand, operands.begin); };
  if (op > Op::computed) return refuse(Column::predicate_op, row);
  if (op == Op::computed) {
    if (op_byte != static_cast<std::uint8_t>(op)) return refuse(Column::predicate_op, row);
    if (input != none_index) return refuse(Column::predicate_input, row);
    if (operands.size() != 1) return refuse(Column::predicate_operand_count, row);
    if (operand() >= count(Column::program_size)) return refuse(Column::operand, operands.begin);
    predicate_reads_.push_back(program_reads_[operand()]);
    return true;
  }
  if (input >= count(Column::input_kind)) return refuse(Column::predicate_input, row);
  predicate_reads_.push_back(input_reads_[input]);
  const ValueKind kind = kind_of_input(ruleset_, input);
  const std::size_t string_count = count(Column::string_length);
  switch (op) {
    case Op::present:
      break;
    case Op::is_true:
      if (kind != ValueKind::boolean) return refuse(Column::predicate_op, row);
      break;
    case Op::string_in:
      if (kind != ValueKind::string) return refuse(Column::predicate_op, row);
      if (operands.size() == 0) return refuse(Column::predicate_operand_count, row);
      for (std::uint32_t i = operands.begin; i < operands.end; ++i) {
        const auto id = at<std::uint32_t>(Column::operand, i);
        const bool ascends = i == operands.begin || at<std::uint32_t>(Column::operand, i - 1) < id;
        if (id >= string_count || !ascends) return refuse(Column::operand, i);
      }
      return true;
    case Op::number_in:
      if (kind != ValueKind::number) return refuse(Column::predicate_op, row);
      if (operands.size() == 0 || operands.size() % 2 != 0) {
        return refuse(Column::predicate_operand_count, row);
      }
      return number_ranges(operands);
    case Op::member:
      if (kind != ValueKind::set) return refuse(Column::predicate_op, row);
      if (operands.size() != 1) return refuse(Column::predicate_operand_count, row);
      return operand() < string_count || refuse(Column::operand, operands.begin);
    case Op::computed:
      break;
  }
  return operands.size() == 0 || refuse(Column::predicate_operand_count, row);
}

bool Proof::number_ranges(Rows operands) {
  // Numbers are sorted, so that order among ids is order among numbers.
  for (std::uint32_t i = operands.begin; i < operands.end; ++i) {
    const auto id = at<std::uint32_t>(Column::operand, i);
    if (id == none_index) {
      if (i != operands.begin && i + 1 != operands.end) return refuse(Column::operand, i);
      continue;
    }
    if (id >= count(Column::number)) return refuse(Column::operand, i);
    if (i == operands.begin) continue;
    const auto before = at<std::uint32_t>(Column::operand, i - 1);
    const bool opens = (i - operands.begin) % 2 == 0;  // a range may begin where the last one ends
    if (before != none_index && (opens ? before > id : before >= id)) {
      return refuse(Column::operand, i);
    }
  }
  return true;
}

bool Proof::conditions() {
  if (!each_at_most<std::uint8_t>(Column::condition_term_count, limits::term_count_max) ||
      !each_at_most<std::uint8_t>(Column::term_predicate_count, limits::term_predicate_count_max) ||
      !each_id(Column::reference, Column::predicate_op)) {
    return false;
  }
  condition_reads_.resize(count(Column::condition_term_count));
  for (std::uint32_t condition = 0; condition < condition_reads_.size(); ++condition) {
    const Rows terms = ruleset_.children(Column::condition_term_count, condition);
    for (std::uint32_t term = terms.begin; term < terms.end; ++term) {
      const Rows references = ruleset_.children(Column::term_predicate_count, term);
      for (std::uint32_t i = references.begin; i < references.end; ++i) {
        condition_reads_[condition].merge(
            predicate_reads_[at<std::uint32_t>(Column::reference, i)]);
      }
    }
  }
  return true;
}

bool Proof::features() {
  using image::FeatureKind;
  const auto kind = [this](std::uint32_t row) {
    return static_cast<FeatureKind>(at<std::uint8_t>(Column::feature_kind, row));
  };
  return each_name_once(Column::feature_name) && each_duration(Column::feature_window_ms) &&
         each_row<std::uint64_t>(Column::feature_window_ms,
                                 [&](std::uint64_t window_ms, std::uint32_t row) {
                                   return window_ms == 0 || kind(row) == FeatureKind::count;
                                 }) &&
         each_duration(Column::feature_half_life_ms) &&
         each_row<std::uint64_t>(Column::feature_half_life_ms,
                                 [&](std::uint64_t half_life_ms, std::uint32_t row) {
                                   return (half_life_ms != 0) == (kind(row) == FeatureKind::score);
                                 }) &&
         each_id(Column::feature_where, Column::condition_term_count, None::allowed) &&
         each_row<std::uint32_t>(
             Column::feature_where, [this](std::uint32_t condition, std::uint32_t row) {
               if (condition == none_index) return true;
               const Reads& reads = condition_reads_[condition];
               return !reads.state && !reads.fields_of_many &&
                      (reads.signal == none_index ||
                       reads.signal == at<std::uint32_t>(Column::feature_signal, row));
             });
}

bool Proof::segments() {
  const std::string_view other = image::other_segment;
  return each_name_once(Column::segment_name) &&
         each<std::uint32_t>(Column::segment_name,
                             [&](std::uint32_t id) { return ruleset_.string(id) != other; }) &&
         each_id(Column::segment_condition, Column::condition_term_count) &&
         each_row<std::uint32_t>(Column::segment_condition,
                                 [this](std::uint32_t condition, std::uint32_t row) {
                                   const Reads& reads = condition_reads_[condition];
                                   return reads.signal == none_index && reads.segment_end <= row &&
                                          reads.journey_end == 0;
                                 }) &&
         each_id(Column::micro_segment, Column::segment_name) &&
         distinct(Column::micro_segment, 0,
                  static_cast<std::uint32_t>(count(Column::micro_segment)));
}

bool Proof::journeys() {
  if (!each_name_once(Column::journey_name) ||
      !each<std::uint8_t>(
          Column::journey_stage_count,
          [](std::uint8_t stages) { return stages >= 1 && stages <= limits::stage_count_max; }) ||
      !each_name(Column::stage_name) ||
      !each<std::uint32_t>(
          Column::stage_name,
          [this](std::uint32_t id) { return ruleset_.string(id) != image::no_stage; }) ||
      !each_id(Column::stage_condition, Column::condition_term_count) ||
      !each_flag(Column::stage_sticky)) {
    return false;
  }
  for (std::uint32_t journey = 0; journey < count(Column::journey_name); ++journey) {
    const Rows stages = ruleset_.children(Column::journey_stage_count, journey);
    if (!distinct(Column::stage_name, stages.begin, stages.end)) return false;
    for (std::uint32_t stage = stages.begin; stage < stages.end; ++stage) {
      const Reads& reads = condition_reads_[at<std::uint32_t>(Column::stage_condition, stage)];
      if (reads.signal != none_index || reads.journey_end > journey) {
        return refuse(Column::stage_condition, stage);
      }
    }
  }
  return true;
}

bool Proof::slots() {
  return each_name_once(Column::slot_name) &&
         each_enum(Column::slot_channel, image::Channel::popup) &&
         each_text(Column::slot_fallback, None::allowed) &&
         each_enum(Column::slot_refresh, image::Refresh::live);
}

bool Proof::assets() {
  if (!each_name_once(Column::asset_name) ||
      !each_enum(Column::asset_kind, image::PartKind::offer) || !each_name(Column::prop_key) ||
      !each_text(Column::prop_value)) {
    return false;
  }
  for (std::uint32_t asset = 0; asset < count(Column::asset_name); ++asset) {
    const Rows props = ruleset_.children(Column::asset_prop_count, asset);
    if (!distinct(Column::prop_key, props.begin, props.end)) return false;
  }
  return true;
}

bool Proof::metrics() {
  return each_name_once(Column::metric_name) &&
         each_id(Column::metric_signal, Column::signal_name) &&
         each_row<std::uint32_t>(
             Column::metric_value,
             [this](std::uint32_t field, std::uint32_t row) {
               if (field == none_index) return true;
               const auto signal = at<std::uint32_t>(Column::metric_signal, row);
               const Rows fields = ruleset_.children(Column::signal_field_count, signal);
               return field < fields.size() &&
                      at<std::uint8_t>(Column::field_type, fields.begin + field) ==
                          static_cast<std::uint8_t>(Type::number);
             }) &&
         each_flag(Column::metric_goal) &&
         each<double>(
             Column::metric_bounty,
             [](double bounty) { return std::isfinite(bounty) && !std::signbit(bounty); }) &&
         each_duration(Column::metric_window_ms) &&
         each<std::uint64_t>(Column::metric_window_ms, [](std::uint64_t ms) { return ms > 0; });
}

bool Proof::layers() { return each_name_once(Column::layer_name) && each_name(Column::layer_salt); }

bool Proof::campaigns() {
  return each_name_once(Column::campaign_name) &&
         caps(Column::campaign_cap_times, Column::campaign_cap_per_ms);
}

bool Proof::triggers() {
  const auto no_layer = [this](std::uint32_t row) {
    return at<std::uint32_t>(Column::trigger_layer, row) == none_index;
  };
  return each_name_once(Column::trigger_name) && each_id(Column::trigger_slot, Column::slot_name) &&
         trigger_order() && each_id(Column::trigger_condition, Column::condition_term_count) &&
         each<std::uint32_t>(
             Column::trigger_condition,
             [this](std::uint32_t id) { return condition_reads_[id].signal == none_index; }) &&
         each_id(Column::trigger_layer, Column::layer_name, None::allowed) &&
         each_share(Column::trigger_range_until) &&
         each_row<std::uint64_t>(Column::trigger_range_until,
                                 [&](std::uint64_t until, std::uint32_t row) {
                                   return until == share_one || !no_layer(row);
                                 }) &&
         each_row<std::uint64_t>(Column::trigger_range_from,
                                 [&](std::uint64_t from, std::uint32_t row) {
                                   return from <=
                                              at<std::uint64_t>(Column::trigger_range_until, row) &&
                                          (from == 0 || !no_layer(row));
                                 }) &&
         each_row<std::int64_t>(Column::trigger_until_ms,
                                [this](std::int64_t until, std::uint32_t row) {
                                  return at<std::int64_t>(Column::trigger_from_ms, row) <= until;
                                }) &&
         each_share(Column::trigger_holdout) && each_name(Column::trigger_salt) &&
         caps(Column::trigger_cap_times, Column::trigger_cap_per_ms) &&
         each_id(Column::trigger_campaign, Column::campaign_name, None::allowed) &&
         each_enum(Column::trigger_policy, image::Policy::split) &&
         each_name(Column::trigger_template, None::allowed) &&
         each_at_most<std::uint8_t>(Column::trigger_hash, 0) &&
         each_at_most<std::uint8_t>(Column::trigger_part_count, limits::part_count_max);
}

bool Proof::trigger_order() {
  for (std::uint32_t row = 1; row < count(Column::trigger_name); ++row) {
    const auto slot = at<std::uint32_t>(Column::trigger_slot, row);
    const auto slot_before = at<std::uint32_t>(Column::trigger_slot, row - 1);
    if (slot < slot_before) return refuse(Column::trigger_slot, row);
    if (slot > slot_before) continue;
    const auto priority = at<std::int32_t>(Column::trigger_priority, row);
    const auto priority_before = at<std::int32_t>(Column::trigger_priority, row - 1);
    if (priority > priority_before) return refuse(Column::trigger_priority, row);
    if (priority < priority_before) continue;
    if (ruleset_.text(Column::trigger_name, row) < ruleset_.text(Column::trigger_name, row - 1)) {
      return refuse(Column::trigger_name, row);
    }
  }
  return true;
}

bool Proof::parts() {
  if (!each_name(Column::part_name) || !each_enum(Column::part_kind, image::PartKind::offer) ||
      !each<std::uint8_t>(Column::part_option_count, [](std::uint8_t options) {
        return options >= 1 && options <= limits::option_count_max;
      })) {
    return false;
  }
  for (std::uint32_t trigger = 0; trigger < count(Column::trigger_name); ++trigger) {
    const Rows parts = ruleset_.children(Column::trigger_part_count, trigger);
    if (!distinct(Column::part_name, parts.begin, parts.end)) return false;
  }
  return true;
}

bool Proof::options() {
  if (!each_name(Column::option_name) ||
      !each_id(Column::option_asset, Column::asset_name, None::allowed)) {
    return false;
  }
  for (std::uint32_t part = 0; part < count(Column::part_name); ++part) {
    const Rows options = ruleset_.children(Column::part_option_count, part);
    if (!distinct(Column::option_name, options.begin, options.end)) return false;
    const auto kind = at<std::uint8_t>(Column::part_kind, part);
    std::uint64_t lower = 0;
    for (std::uint32_t option = options.begin; option < options.end; ++option) {
      const auto asset = at<std::uint32_t>(Column::option_asset, option);
      if (asset != none_index && at<std::uint8_t>(Column::asset_kind, asset) != kind) {
        return refuse(Column::option_asset, option);
      }
      const auto upper = at<std::uint64_t>(Column::option_upper, option);
      const bool last = option + 1 == options.end;
      if (upper < lower || upper > share_one || (last && upper != share_one)) {
        return refuse(Column::option_upper, option);
      }
      lower = upper;
    }
  }
  return true;
}

bool Proof::layer_ranges() {
  struct Range {
    std::uint32_t layer;
    std::uint64_t from;
    std::uint64_t until;
    std::uint32_t row;
  };
  std::vector<Range> ranges;
  for (std::uint32_t row = 0; row < count(Column::trigger_name); ++row) {
    const Range range{at<std::uint32_t>(Column::trigger_layer, row),
                      at<std::uint64_t>(Column::trigger_range_from, row),
                      at<std::uint64_t>(Column::trigger_range_until, row), row};
    if (range.layer != none_index && range.from < range.until) ranges.push_back(range);
  }
  std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) {
    if (a.layer != b.layer) return a.layer < b.layer;
    return a.from != b.from ? a.from < b.from : a.row < b.row;
  });
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    const Range& before = ranges[i - 1];
    if (ranges[i].layer == before.layer && ranges[i].from < before.until) {
      return refuse(Column::trigger_range_from, ranges[i].row);
    }
  }
  return true;
}

Result<void> result(bool proved, Error error) {
  if (!proved) return fail(error.code, error.where);
  return {};
}

}  // namespace

void Reads::merge(const Reads& other) {
  segment_end = std::max(segment_end, other.segment_end);
  journey_end = std::max(journey_end, other.journey_end);
  const bool both = signal != none_index && other.signal != none_index;
  fields_of_many = fields_of_many || other.fields_of_many || (both && signal != other.signal);
  if (signal == none_index) signal = other.signal;
  state = state || other.state;
}

ValueKind kind_of_input(const Ruleset& ruleset, std::uint32_t input) {
  const auto kind_of_type = [&](Column types, std::uint32_t row) {
    switch (static_cast<Type>(ruleset.at<std::uint8_t>(types, row))) {
      case Type::boolean:
        return ValueKind::boolean;
      case Type::string:
        return ValueKind::string;
      case Type::set:
        return ValueKind::set;
      default:
        return ValueKind::number;
    }
  };
  const auto row = ruleset.at<std::uint32_t>(Column::input_row, input);
  switch (static_cast<InputKind>(ruleset.at<std::uint8_t>(Column::input_kind, input))) {
    case InputKind::attribute:
      return kind_of_type(Column::attribute_type, row);
    case InputKind::field:
      return kind_of_type(Column::field_type, row);
    case InputKind::segment:
      return ValueKind::boolean;
    case InputKind::journey:
      return ValueKind::string;
    case InputKind::feature: {
      const auto last = static_cast<std::uint8_t>(image::FeatureKind::last);
      if (ruleset.at<std::uint8_t>(Column::feature_kind, row) != last) return ValueKind::number;
      const auto signal = ruleset.at<std::uint32_t>(Column::feature_signal, row);
      const Rows fields = ruleset.children(Column::signal_field_count, signal);
      return kind_of_type(Column::field_type,
                          fields.begin + ruleset.at<std::uint32_t>(Column::feature_field, row));
    }
    case InputKind::now:
      break;
  }
  return ValueKind::number;
}

Result<void> prove_strings(const Ruleset& ruleset) {
  Proof proof(ruleset);
  const bool proved = proof.strings();
  return result(proved, proof.error());
}

Result<void> prove_contents(const Ruleset& ruleset) {
  Proof proof(ruleset);
  const bool proved = proof.contents();
  return result(proved, proof.error());
}

}  // namespace heed
