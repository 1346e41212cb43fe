// The layout of a compiled ruleset (docs/formats/ruleset.md): a 64-byte header, a section table
// and 8-aligned little-endian columns, each as narrow as its values allow. Studio writes it,
// `Ruleset::open` proves it. A column holds lengths and ids, never offsets; child rows follow their
// parents' order.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "heed/base/limits.h"

namespace heed::image {

inline constexpr std::array<char, 8> magic = {'H', 'E', 'E', 'D', 'I', 'M', 'G', '\0'};
inline constexpr std::uint32_t abi = 4;
inline constexpr std::size_t header_size_bytes = 64;

/// Header fields by byte offset.
struct HeaderAt {
  static constexpr std::size_t magic = 0;          // char[8]
  static constexpr std::size_t abi = 8;            // u32
  static constexpr std::size_t column_count = 12;  // u32
  static constexpr std::size_t size_bytes = 16;    // u64, the whole image
  static constexpr std::size_t version = 24;       // u64, 0 where not given yet
  static constexpr std::size_t expires_ms = 32;    // i64, 0 where not given yet (never opened so)
  static constexpr std::size_t site_hash = 40;     // u64, XXH64(site, 0): the seed of every draw
  static constexpr std::size_t body_hash = 48;  // u64, XXH64 of all bytes after the header, seed 0
  static constexpr std::size_t reserved = 56;   // u64, zero
};

/// The section table after the header has an entry for each column, in this order. A column's
/// place follows from the entries before it. An element is `base` plus the `width` bytes that are
/// stored of it, modulo 2^64; without bytes every row is `base`.
struct EntryAt {
  static constexpr std::size_t rows = 0;   // u32
  static constexpr std::size_t width = 4;  // u8, 0 to 8
  static constexpr std::size_t zero = 5;   // u8[3], zero
  static constexpr std::size_t base = 8;   // u64
  static constexpr std::size_t size_bytes = 16;
};

/// Columns in file order.
enum class Column : std::uint8_t {
  string_length,  // u16; shorter strings first, equally long ones by bytes, then those added later
  string_shared,  // u16 bytes at the start that are those of the string before
  string_bytes,   // u8, UTF-8: the other bytes of each string
  number,         // f64 pool: finite

  site_name,              // u32 string; tables site_* have one row
  site_currency,          // u32 string
  site_time_zone,         // u32 string
  site_holdout,           // u64 share
  site_holdout_salt,      // u32 string
  site_journey,           // u32 journey of the microsegments or none
  site_consent_cookie,    // u32 string or none
  site_consent_default,   // u8 Level
  site_consent_gpc,       // u8 Level: the most that GPC leaves
  site_cap_times,         // u16, 0: no such limit; everything together
  site_cap_per_ms,        // u64, 0 where there are no times
  site_cap_session,       // u16 times in a session, 0: no such limit
  site_cap_cool_down_ms,  // u64 between exposures, 0: no such limit
  grant_name,             // u32 string
  grant_level,            // u8 Level

  attribute_name,     // u32 string
  attribute_type,     // u8 Type
  attribute_source,   // u8 Source
  attribute_default,  // u32: none, or bool 0/1, number id, string id by type; set and time: none

  signal_name,         // u32 string
  signal_field_count,  // u8
  field_name,          // u32 string
  field_type,          // u8 Type

  feature_name,          // u32 string
  feature_kind,          // u8 FeatureKind
  feature_signal,        // u32 signal; none of a ratio
  feature_field,         // u32 field index within the signal, or none
  feature_window_ms,     // u64, 0: all that is remembered; a sequence's `within`
  feature_half_life_ms,  // u64, 0 where nothing decays
  feature_where,         // u32 condition over the signal's fields, or none
  feature_other,         // u32: a sequence's second signal; a ratio's feature above; else none
  feature_other_field,   // u32: its field that must be the same; a ratio's feature below; else none
  feature_other_where,   // u32 condition over the second signal's fields, or none

  segment_name,         // u32 string
  segment_condition,    // u32 condition; may use segments before it only
  journey_name,         // u32 string
  journey_stage_count,  // u8
  stage_name,           // u32 string
  stage_condition,      // u32 condition; may use any segment and journeys before its own
  stage_sticky,         // u8 0/1
  micro_segment,        // u32 segment: the list of the microsegments, in order
  micro_value_cell,     // u32 cell (see `cell_count`), ascending
  micro_value_amount,   // f64: what a decision is worth there, in the site's currency

  slot_name,         // u32 string
  slot_channel,      // u8 Channel
  slot_fallback,     // u32 string or none
  slot_refresh,      // u8 Refresh
  asset_name,        // u32 string
  asset_kind,        // u8 PartKind
  asset_prop_count,  // u8
  prop_key,          // u32 string: text, src, srcset, alt, width, height, href, percent, cost
  prop_value,        // u32 string

  metric_name,                // u32 string
  metric_signal,              // u32 signal
  metric_value,               // u32 field index or none
  metric_goal,                // u8 0/1
  metric_bounty,              // f64, in the site's currency
  metric_window_ms,           // u64
  layer_name,                 // u32 string
  layer_salt,                 // u32 string: the layer's own salt, or none: the name
  campaign_name,              // u32 string
  campaign_cap_times,         // as the site's
  campaign_cap_per_ms,        // u64
  campaign_cap_session,       // u16
  campaign_cap_cool_down_ms,  // u64

  input_kind,               // u8 InputKind; each (kind, row) once
  input_row,                // u32 row of that kind's table (field: row in field_*; now: 0)
  predicate_input,          // u32 input, none for computed
  predicate_op,             // u8 Op, | op_negated
  predicate_operand_count,  // u16
  operand,                  // u32, by op (see Op)
  program_size,             // u16 bytes
  program_bytes,            // u8 (see program.h)
  condition_term_count,     // u8: the condition holds when one term does; none: never
  term_predicate_count,     // u8: a term holds when all its predicates do; none: always
  reference,                // u32 predicate

  trigger_name,              // u32 string; triggers lie in slot, priority (descending), name order
  trigger_slot,              // u32 slot
  trigger_priority,          // i32
  trigger_condition,         // u32 condition
  trigger_layer,             // u32 layer or none
  trigger_range_from,        // u64 share
  trigger_range_until,       // u64 share
  trigger_from_ms,           // i64; always_from_ms where the schedule has no start
  trigger_until_ms,          // i64; always_until_ms where it has no end
  trigger_holdout,           // u64 share
  trigger_salt,              // u32 string: its own salt, or none: the name
  trigger_cap_times,         // as the site's
  trigger_cap_per_ms,        // u64
  trigger_cap_session,       // u16
  trigger_cap_cool_down_ms,  // u64
  trigger_campaign,          // u32 campaign or none
  trigger_policy,            // u8 Policy
  trigger_template,          // u32 string or none
  trigger_hash,              // u8, 0
  trigger_content,           // u32 content: what it shows
  trigger_value_count,       // u16: its own values; elsewhere those of the microsegments hold
  trigger_value_cell,        // u32 cell, ascending; the last may be none: every other cell
  trigger_value_amount,      // f64
  content_part_count,        // u8; triggers that show the same share a content
  part_name,                 // u32 string
  part_kind,                 // u8 PartKind
  part_option_count,         // u8
  option_name,               // u32 string
  option_asset,              // u32 asset or none (a plain value: its name is the text)
  option_upper,              // u64 share: cumulative upper threshold; the last of a part is 2^32

  count
};

inline constexpr std::size_t column_count = static_cast<std::size_t>(Column::count);

/// What an element of a column is: how many bytes it could need, and whether it has a sign.
enum class Element : std::uint8_t { u8, u16, u32, u64, i32, i64, f64 };

/// By column. An element that may be none is a u32 whose none counts as -1.
inline constexpr std::array<Element, column_count> elements = [] {
  using enum Element;
  return std::array<Element, column_count>{
      u16, u16, u8,  f64,                                               // string, number
      u32, u32, u32, u64, u32, u32, u32, u8,                            // site
      u8,  u16, u64, u16, u64,                                          // site_consent_gpc, cap
      u32, u8,                                                          // grant
      u32, u8,  u8,  u32,                                               // attribute
      u32, u8,  u32, u8,                                                // signal, field
      u32, u8,  u32, u32, u64, u64, u32, u32, u32, u32,                 // feature
      u32, u32, u32, u8,  u32, u32, u8,  u32, u32, f64,                 // segment, journey, micro
      u32, u8,  u32, u8,                                                // slot
      u32, u8,  u8,  u32, u32,                                          // asset, prop
      u32, u32, u32, u8,  f64, u64,                                     // metric
      u32, u32, u32, u16, u64, u16, u64,                                // layer, campaign
      u8,  u32,                                                         // input
      u32, u8,  u16, u32,                                               // predicate, operand
      u16, u8,  u8,  u8,  u32,                                          // program, condition, term
      u32, u32, i32, u32, u32, u64, u64, i64, i64, u64, u32, u16, u64,  // trigger
      u16, u64, u32, u8,  u32, u8,  u32, u16, u32, f64,                 // trigger_cap_session
      u8,  u32, u8,  u8,  u32, u32, u64,                                // content, part, option
  };
}();

[[nodiscard]] constexpr std::size_t element_size_bytes(Column column) {
  constexpr std::array<std::uint8_t, 7> sizes_bytes = {1, 2, 4, 8, 4, 8, 8};
  return sizes_bytes[static_cast<std::size_t>(elements[static_cast<std::size_t>(column)])];
}

/// Columns whose neighbours are neighbours: what is stored is the difference from the element
/// before, modulo 2^(8 * width); the first element's from 0.
inline constexpr std::array<Column, 8> difference_columns = {
    Column::field_name, Column::slot_name,    Column::asset_name,        Column::prop_value,
    Column::input_row,  Column::trigger_name, Column::trigger_condition, Column::trigger_slot,
};

/// A table is a run of columns with one row count: its first column, and the most rows it may have.
struct Table {
  Column first;
  std::size_t row_count_max = limits::row_count_max;
};
inline constexpr std::array<Table, 33> tables = {{
    {Column::string_length, limits::string_count_max},
    {Column::string_bytes, limits::image_size_bytes_max},
    {Column::number},
    {Column::site_name, 1},
    {Column::grant_name, limits::grant_count_max},
    {Column::attribute_name, limits::attribute_count_max},
    {Column::signal_name, limits::signal_count_max},
    {Column::field_name, limits::signal_count_max* limits::field_count_max},
    {Column::feature_name, limits::feature_count_max},
    {Column::segment_name, limits::segment_count_max},
    {Column::journey_name, limits::journey_count_max},
    {Column::stage_name, limits::journey_count_max* limits::stage_count_max},
    {Column::micro_segment, limits::segment_count_max},
    {Column::micro_value_cell, limits::cell_count_max},
    {Column::slot_name, limits::slot_count_max},
    {Column::asset_name, limits::string_count_max},
    {Column::prop_key},
    {Column::metric_name, limits::metric_count_max},
    {Column::layer_name, limits::layer_count_max},
    {Column::campaign_name, limits::trigger_count_max},
    {Column::input_kind, limits::input_count_max},
    {Column::predicate_input, limits::predicate_count_max},
    {Column::operand},
    {Column::program_size, limits::predicate_count_max},
    {Column::program_bytes, limits::image_size_bytes_max},
    {Column::condition_term_count, limits::predicate_count_max},
    {Column::term_predicate_count},
    {Column::reference},
    {Column::trigger_name, limits::trigger_count_max},
    {Column::trigger_value_cell},
    {Column::content_part_count, limits::trigger_count_max},
    {Column::part_name, limits::trigger_count_max* limits::part_count_max},
    {Column::option_name},
}};

/// A column of row numbers or none, and the first column of the table whose rows it names.
/// What an element names by its row's kind is not here: operands, programs, defaults, inputs' rows.
struct Reference {
  Column column;
  Column table;
};
inline constexpr std::array<Reference, 43> references = {{
    {Column::site_name, Column::string_length},
    {Column::site_currency, Column::string_length},
    {Column::site_time_zone, Column::string_length},
    {Column::site_holdout_salt, Column::string_length},
    {Column::site_journey, Column::journey_name},
    {Column::site_consent_cookie, Column::string_length},
    {Column::grant_name, Column::string_length},
    {Column::attribute_name, Column::string_length},
    {Column::signal_name, Column::string_length},
    {Column::field_name, Column::string_length},
    {Column::feature_name, Column::string_length},
    {Column::feature_signal, Column::signal_name},
    {Column::feature_where, Column::condition_term_count},
    {Column::feature_other_where, Column::condition_term_count},
    {Column::segment_name, Column::string_length},
    {Column::segment_condition, Column::condition_term_count},
    {Column::journey_name, Column::string_length},
    {Column::stage_name, Column::string_length},
    {Column::stage_condition, Column::condition_term_count},
    {Column::micro_segment, Column::segment_name},
    {Column::slot_name, Column::string_length},
    {Column::slot_fallback, Column::string_length},
    {Column::asset_name, Column::string_length},
    {Column::prop_key, Column::string_length},
    {Column::prop_value, Column::string_length},
    {Column::metric_name, Column::string_length},
    {Column::metric_signal, Column::signal_name},
    {Column::layer_name, Column::string_length},
    {Column::layer_salt, Column::string_length},
    {Column::campaign_name, Column::string_length},
    {Column::predicate_input, Column::input_kind},
    {Column::reference, Column::predicate_input},
    {Column::trigger_name, Column::string_length},
    {Column::trigger_slot, Column::slot_name},
    {Column::trigger_condition, Column::condition_term_count},
    {Column::trigger_layer, Column::layer_name},
    {Column::trigger_salt, Column::string_length},
    {Column::trigger_campaign, Column::campaign_name},
    {Column::trigger_template, Column::string_length},
    {Column::trigger_content, Column::content_part_count},
    {Column::part_name, Column::string_length},
    {Column::option_name, Column::string_length},
    {Column::option_asset, Column::asset_name},
}};

/// A column of lengths, and the first column of the table whose rows it deals out.
struct Lengths {
  Column lengths;
  Column children;
};
inline constexpr std::array<Lengths, 10> length_columns = {{
    {Column::signal_field_count, Column::field_name},
    {Column::journey_stage_count, Column::stage_name},
    {Column::asset_prop_count, Column::prop_key},
    {Column::predicate_operand_count, Column::operand},
    {Column::program_size, Column::program_bytes},
    {Column::condition_term_count, Column::term_predicate_count},
    {Column::term_predicate_count, Column::reference},
    {Column::trigger_value_count, Column::trigger_value_cell},
    {Column::content_part_count, Column::part_name},
    {Column::part_option_count, Column::option_name},
}};

/// By column, the position in `length_columns`; its size where the column is not one of lengths.
inline constexpr auto length_positions = [] {
  std::array<std::uint8_t, column_count> positions{};
  positions.fill(static_cast<std::uint8_t>(length_columns.size()));
  for (std::size_t i = 0; i < length_columns.size(); ++i) {
    positions[static_cast<std::size_t>(length_columns[i].lengths)] = static_cast<std::uint8_t>(i);
  }
  return positions;
}();
[[nodiscard]] constexpr std::size_t length_index(Column lengths) {
  return length_positions[static_cast<std::size_t>(lengths)];
}

/// Whose cap four columns hold.
struct CapColumns {
  Column times;
  Column per_ms;
  Column session;
  Column cool_down_ms;
};
inline constexpr CapColumns site_cap = {Column::site_cap_times, Column::site_cap_per_ms,
                                        Column::site_cap_session, Column::site_cap_cool_down_ms};
inline constexpr CapColumns campaign_cap = {Column::campaign_cap_times, Column::campaign_cap_per_ms,
                                            Column::campaign_cap_session,
                                            Column::campaign_cap_cool_down_ms};
inline constexpr CapColumns trigger_cap = {Column::trigger_cap_times, Column::trigger_cap_per_ms,
                                           Column::trigger_cap_session,
                                           Column::trigger_cap_cool_down_ms};

/// Microsegments are numbered: that of segment i of the list (the list's size: other) and stage k
/// of its journey (the number of stages: none) is i * (number of stages + 1) + k.
[[nodiscard]] constexpr std::size_t cell_count(std::size_t segment_count, std::size_t stage_count) {
  return (segment_count + 1) * (stage_count + 1);
}

/// Every column starts at a multiple of this; the bytes between are zero.
inline constexpr std::size_t alignment_bytes = 8;

enum class Type : std::uint8_t { boolean, number, string, set, time };
enum class Source : std::uint8_t { request, profile, page };
/// How much a visitor allows; each level includes those before it.
enum class Level : std::uint8_t { none, session, device, account };
enum class FeatureKind : std::uint8_t {
  count,     // these six add up a window, or all that is remembered
  sum,       // of the field
  mean,      // of the field
  min,       // of the field
  max,       // of the field
  distinct,  // values of the field
  top,       // the field's most frequent value
  first,     // the field's first value
  last,      // the field's last value
  since,     // time
  score,     // decays
  ratio,     // of two of the first six
  followed,  // a second signal came after this one
  missed,    // it did not
};

/// What a kind of feature takes and gives.
struct FeatureForm {
  std::uint8_t field_types = 0;  // a bit a Type that its field may have
  bool needs_field = false;
  bool may_window = false;
  bool may_decay = false;
  bool must_decay = false;
  bool gives_field = false;  // a value of the field's type; else a number, or for sequences a bool

  [[nodiscard]] constexpr bool takes(Type type) const {
    return (field_types >> static_cast<unsigned>(type) & 1U) != 0;
  }
};
inline constexpr std::array<FeatureForm, 14> feature_forms = [] {
  constexpr std::uint8_t number = 0b00010;
  constexpr std::uint8_t text = 0b00100;
  constexpr std::uint8_t no_set = 0b10111;
  constexpr std::uint8_t any = 0b11111;
  constexpr FeatureForm adds_up{number, true, true, false, false, false};
  constexpr FeatureForm remembers{no_set, true, false, false, false, true};
  constexpr FeatureForm follows{text, false, true, false, false, false};
  return std::array<FeatureForm, 14>{{
      {0, false, true, false, false, false},      // count
      adds_up,                                    // sum
      adds_up,                                    // mean
      adds_up,                                    // min
      adds_up,                                    // max
      {any, true, true, false, false, false},     // distinct
      {no_set, true, false, true, false, true},   // top
      remembers,                                  // first
      remembers,                                  // last
      {},                                         // since
      {number, false, false, true, true, false},  // score
      {},                                         // ratio
      follows,                                    // followed
      follows,                                    // missed
  }};
}();
[[nodiscard]] constexpr const FeatureForm& form_of(FeatureKind kind) {
  return feature_forms[static_cast<std::size_t>(kind)];
}
/// The field of a sequence's second signal that must be the same: a text, or a set with it in.
inline constexpr FeatureForm item_form{0b01100, true, false, false, false, false};
/// Whether it adds up signals over a window.
[[nodiscard]] constexpr bool adds_up(FeatureKind kind) { return kind <= FeatureKind::distinct; }
[[nodiscard]] constexpr bool is_sequence(FeatureKind kind) { return kind >= FeatureKind::followed; }
enum class Channel : std::uint8_t { page, email, app, popup };
enum class Refresh : std::uint8_t { navigation, live };
enum class PartKind : std::uint8_t { text, image, link, offer };
enum class Policy : std::uint8_t { fixed, split };
/// What a predicate reads. Segments are booleans and journeys strings, always present.
enum class InputKind : std::uint8_t { attribute, feature, segment, journey, now, field };

/// How a predicate tests its input. Absent inputs fail every op but `negated present`;
/// `op_negated` asks for the complement within what is present.
enum class Op : std::uint8_t {
  present,    // no operand
  is_true,    // boolean; no operand
  string_in,  // operands: string ids, ascending
  number_in,  // number, duration (ms) or time (ms); operands: pairs of number ids [lo, hi), none =
              // unbounded, ascending and disjoint
  member,     // set; operand: one string id
  computed,   // operand: one program; holds when it evaluates to true; never negated
};
inline constexpr std::uint8_t op_negated = 0x80;

/// Stand for "no start" and "no end" of a schedule.
inline constexpr std::int64_t always_from_ms = std::numeric_limits<std::int64_t>::min();
inline constexpr std::int64_t always_until_ms = std::numeric_limits<std::int64_t>::max();

/// What a visitor in no named segment, and at no stage yet, is called; no row may have these names.
inline constexpr std::string_view other_segment = "other";
inline constexpr std::string_view no_stage = "none";

/// Signals that the runtime observes itself, where a feature names them.
inline constexpr const char* exposure_signal = "heed_exposure";
inline constexpr const char* outcome_signal = "heed_outcome";

}  // namespace heed::image
