// The layout of a compiled ruleset (docs/formats/ruleset.md): a 64-byte header, a section table
// and 8-aligned little-endian columns. Studio writes it, `Ruleset::open` proves it. A column holds
// lengths and ids, never offsets; child rows follow their parents' order.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace heed::image {

inline constexpr std::array<char, 8> magic = {'H', 'E', 'E', 'D', 'I', 'M', 'G', '\0'};
inline constexpr std::uint32_t abi = 1;
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

/// Columns in file order. The section table after the header is `column_count` u64 row counts in
/// this order; a column's offset follows from the counts before it.
enum class Column : std::uint32_t {
  string_length,  // u16, sorted by bytes in canonical order
  string_bytes,   // u8, UTF-8
  number,         // f64 pool: finite, sorted, distinct

  site_name,             // u32 string; tables site_* have one row
  site_currency,         // u32 string
  site_time_zone,        // u32 string
  site_holdout,          // u64 share
  site_holdout_salt,     // u32 string
  site_journey,          // u32 journey of the microsegments or none
  site_consent_cookie,   // u32 string or none
  site_consent_default,  // u8 Level
  site_consent_gpc,      // u8 Level: the most that GPC leaves
  grant_name,            // u32 string
  grant_level,           // u8 Level

  attribute_name,     // u32 string
  attribute_type,     // u8 Type
  attribute_source,   // u8 Source
  attribute_default,  // u32: none, or bool 0/1, number id, string id by type; set and time: none

  signal_name,         // u32 string
  signal_field_count,  // u8
  field_name,          // u32 string
  field_type,          // u8 Type

  feature_name,       // u32 string
  feature_kind,       // u8 FeatureKind
  feature_signal,     // u32 signal
  feature_field,      // u32 field index within the signal: of `last` (no set), or a score's weight
  feature_window_ms,  // u64, 0: the whole session; only a count has one
  feature_half_life_ms,  // u64, 0 where not a score
  feature_where,         // u32 condition over the signal's fields, or none

  segment_name,         // u32 string
  segment_condition,    // u32 condition; may use segments before it only
  journey_name,         // u32 string
  journey_stage_count,  // u8
  stage_name,           // u32 string
  stage_condition,      // u32 condition; may use any segment and journeys before its own
  stage_sticky,         // u8 0/1
  micro_segment,        // u32 segment: the list of the microsegments, in order

  slot_name,         // u32 string
  slot_channel,      // u8 Channel
  slot_fallback,     // u32 string or none
  slot_refresh,      // u8 Refresh
  asset_name,        // u32 string
  asset_kind,        // u8 PartKind
  asset_prop_count,  // u8
  prop_key,          // u32 string: text, src, srcset, alt, width, height, href, percent, cost
  prop_value,        // u32 string

  metric_name,          // u32 string
  metric_signal,        // u32 signal
  metric_value,         // u32 field index or none
  metric_goal,          // u8 0/1
  metric_bounty,        // f64, in the site's currency
  metric_window_ms,     // u64
  layer_name,           // u32 string
  layer_salt,           // u32 string: the name, or the layer's own salt
  campaign_name,        // u32 string
  campaign_cap_times,   // u16, 0: no cap
  campaign_cap_per_ms,  // u64

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

  trigger_name,         // u32 string; triggers lie in slot, priority (descending), name order
  trigger_slot,         // u32 slot
  trigger_priority,     // i32
  trigger_condition,    // u32 condition
  trigger_layer,        // u32 layer or none
  trigger_range_from,   // u64 share
  trigger_range_until,  // u64 share
  trigger_from_ms,      // i64; always_from_ms where the schedule has no start
  trigger_until_ms,     // i64; always_until_ms where it has no end
  trigger_holdout,      // u64 share
  trigger_salt,         // u32 string: the name, or the trigger's own salt
  trigger_cap_times,    // u16, 0: no cap
  trigger_cap_per_ms,   // u64
  trigger_campaign,     // u32 campaign or none
  trigger_policy,       // u8 Policy
  trigger_template,     // u32 string or none
  trigger_hash,         // u8, 0
  trigger_part_count,   // u8
  part_name,            // u32 string
  part_kind,            // u8 PartKind
  part_option_count,    // u8
  option_name,          // u32 string
  option_asset,         // u32 asset or none (a plain value: its name is the text)
  option_upper,         // u64 share: cumulative upper threshold; the last of a part is 2^32

  count
};

inline constexpr std::size_t column_count = static_cast<std::size_t>(Column::count);

/// Bytes of one element of each column, in file order.
inline constexpr std::array<std::uint8_t, column_count> element_sizes_bytes = {
    2, 1, 8,                                               // string, number
    4, 4, 4, 8, 4, 4, 4, 1,                                // site
    1,                                                     // site_consent_gpc
    4, 1,                                                  // grant
    4, 1, 1, 4,                                            // attribute
    4, 1, 4, 1,                                            // signal, field
    4, 1, 4, 4, 8, 8, 4,                                   // feature
    4, 4, 4, 1, 4, 4, 1, 4,                                // segment, journey, stage, micro
    4, 1, 4, 1,                                            // slot
    4, 1, 1, 4, 4,                                         // asset, prop
    4, 4, 4, 1, 8, 8,                                      // metric
    4, 4, 4, 2, 8,                                         // layer, campaign
    1, 4,                                                  // input
    4, 1, 2, 4,                                            // predicate, operand
    2, 1, 1, 1, 4,                                         // program, condition, term, reference
    4, 4, 4, 4, 4, 8, 8, 8, 8, 8, 4, 2, 8, 4, 1, 4, 1, 1,  // trigger
    4, 1, 1, 4, 4, 8,                                      // part, option
};

[[nodiscard]] constexpr std::size_t element_size_bytes(Column column) {
  return element_sizes_bytes[static_cast<std::size_t>(column)];
}

/// A column of lengths, and the first column of the table whose rows it deals out.
struct Lengths {
  Column lengths;
  Column children;
};
inline constexpr std::array<Lengths, 10> length_columns = {{
    {Column::string_length, Column::string_bytes},
    {Column::signal_field_count, Column::field_name},
    {Column::journey_stage_count, Column::stage_name},
    {Column::asset_prop_count, Column::prop_key},
    {Column::predicate_operand_count, Column::operand},
    {Column::program_size, Column::program_bytes},
    {Column::condition_term_count, Column::term_predicate_count},
    {Column::term_predicate_count, Column::reference},
    {Column::trigger_part_count, Column::part_name},
    {Column::part_option_count, Column::option_name},
}};

/// The position in `length_columns`; its size where the column is not one of lengths.
[[nodiscard]] constexpr std::size_t length_index(Column lengths) {
  std::size_t i = 0;
  while (i < length_columns.size() && length_columns[i].lengths != lengths) ++i;
  return i;
}

/// Every column starts at a multiple of this; the bytes between are zero.
inline constexpr std::size_t alignment_bytes = 8;

enum class Type : std::uint8_t { boolean, number, string, set, time };
enum class Source : std::uint8_t { request, profile, page };
/// How much a visitor allows; each level includes those before it.
enum class Level : std::uint8_t { none, session, device, account };
enum class FeatureKind : std::uint8_t { count, since, last, score };
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

}  // namespace heed::image
