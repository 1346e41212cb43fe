// Every limit of the product in one place (docs/formats/ruleset.md, "Limits").
#pragma once
#include <cstddef>
#include <cstdint>

namespace heed::limits {

inline constexpr std::size_t kibibyte = 1024;
inline constexpr std::size_t mebibyte = 1024 * kibibyte;

inline constexpr std::size_t visitor_size_bytes_max = 128;
inline constexpr std::size_t name_size_bytes_max = 128;
inline constexpr std::size_t signal_id_size_bytes_max = 128;
inline constexpr std::size_t string_size_bytes_max = 1024;         // a value
inline constexpr std::size_t text_size_bytes_max = 16 * kibibyte;  // an asset's text
inline constexpr std::size_t set_member_count_max = 256;
inline constexpr std::size_t attribute_count_max = 256;
inline constexpr std::size_t signal_count_max = 256;
inline constexpr std::size_t field_count_max = 16;  // a signal
inline constexpr std::size_t feature_count_max = 256;
inline constexpr std::size_t segment_count_max = 256;
inline constexpr std::size_t journey_count_max = 16;
inline constexpr std::size_t stage_count_max = 32;  // a journey
inline constexpr std::size_t cell_count_max =
    (segment_count_max + 1) * (stage_count_max + 1);  // microsegments
inline constexpr std::size_t grant_count_max = 64;    // names of consent
inline constexpr std::size_t metric_count_max = 64;
inline constexpr std::size_t layer_count_max = 1024;
inline constexpr std::size_t slot_count_max = 131'072;
inline constexpr std::size_t trigger_count_max = 131'072;
inline constexpr std::size_t part_count_max = 8;     // a trigger
inline constexpr std::size_t option_count_max = 64;  // a part
inline constexpr std::size_t term_count_max = 64;    // a condition, after expansion
inline constexpr std::size_t predicate_count_max = std::size_t{1} << 20;
inline constexpr std::size_t term_predicate_count_max = 64;  // a term
inline constexpr std::size_t program_size_bytes_max = 4 * kibibyte;
inline constexpr std::size_t program_stack_max = 32;
inline constexpr std::size_t program_loop_depth_max = 2;
inline constexpr std::uint64_t program_cost_max = std::uint64_t{1} << 22;  // 50 ms at worst
inline constexpr std::size_t cap_times_max = 64;
inline constexpr std::int64_t session_gap_ms = 1'800'000;    // so long a pause ends a session
inline constexpr std::size_t seen_id_count_max = 128;        // signal ids a session remembers
inline constexpr std::size_t window_entry_count_max = 32;    // exact up to here, then merged
inline constexpr std::size_t distinct_value_count_max = 64;  // exact up to here, then sampled
inline constexpr std::size_t top_value_count_max = 16;       // exact up to here, then estimated
inline constexpr std::size_t top_text_size_bytes_max = 128;  // longer ones are no candidates
inline constexpr std::size_t sequence_item_count_max = 16;   // open at once
inline constexpr std::size_t outcome_count_max = 32;         // outcomes a session can take back
inline constexpr std::size_t pending_record_count_max = 1024;
inline constexpr std::size_t image_size_bytes_max = 16 * mebibyte;
inline constexpr std::size_t strings_size_bytes_max = 16 * mebibyte;  // all of an image's
inline constexpr std::size_t string_count_max = std::size_t{1} << 20;
inline constexpr std::size_t row_count_max = std::size_t{1} << 22;  // of any other table
inline constexpr std::size_t input_count_max = attribute_count_max + feature_count_max +
                                               segment_count_max + journey_count_max + 1 +
                                               signal_count_max * field_count_max;
inline constexpr std::size_t batch_size_bytes_max = mebibyte;
inline constexpr std::size_t browser_batch_size_bytes_max = 48 * kibibyte;
inline constexpr std::size_t snapshot_size_bytes_max = 64 * kibibyte;
inline constexpr std::size_t cookie_snapshot_size_bytes_max = 1500;
inline constexpr std::size_t signature_count_max = 16;
inline constexpr std::int64_t time_ms_max = 8'640'000'000'000'000;  // exact in a double

}  // namespace heed::limits
