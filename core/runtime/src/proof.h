// What `Ruleset::open` proves (docs/formats/ruleset.md, "What open proves"): each check has a name,
// so that a test can leave one out and see that another test notices.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "heed/base/result.h"
#include "heed/runtime/ruleset.h"

namespace heed {

/// In the order of the page. `bound`, `name` and `distinct` stand for as many checks as their
/// tables have rows.
enum class Check : std::uint16_t {
  size_max,
  magic,
  whole,
  abi,
  column_count,
  size,
  expires,
  reserved,
  body_hash,
  row_count_max,
  row_count_equal,
  width,
  entry_zero,
  column_inside,
  padding,
  end,
  one_site,
  bytes_plain,
  lengths_over,
  lengths_under,
  text_size,
  shared,
  string_total,
  string_bytes,
  utf8,
  strings_distinct,
  added_distinct,
  number,
  site_hash,
  site_texts,
  attribute_default,
  default_size,
  feature_signal,
  feature_field,
  feature_other,
  ratio_part,
  input_row,
  input_once,
  program,
  predicate_op,
  predicate_input,
  predicate_kind,
  operand_count,
  operand_id,
  operand_order,
  range_id,
  range_order,
  window_kind,
  half_life_kind,
  feature_where,
  segment_name,
  segment_reads,
  stage_name,
  stage_reads,
  metric_value,
  bounty,
  cap,
  value_cell,
  value_order,
  value_amount,
  trigger_order,
  trigger_name_order,
  trigger_reads,
  range_sides,
  range_without_layer,
  layer_ranges,
  schedule,
  asset_kind,
  shares,
  count,
  bound = 0x100,
  name = 0x200,
  distinct = 0x300,
};

#ifdef HEED_MUTANTS
/// The check that is left out; `count` for none. Tests only.
extern Check check_left_out;
/// How many rows the tables behind `bound`, `name` and `distinct` have.
[[nodiscard]] std::size_t check_count(Check table);
inline bool is_wrong(Check check, bool wrong) { return wrong && check != check_left_out; }
#else
/// Whether `check` finds something wrong.
constexpr bool is_wrong(Check /*check*/, bool wrong) { return wrong; }
#endif

/// Row `row` of the table behind `first`.
constexpr Check operator+(Check first, std::size_t row) {
  return static_cast<Check>(static_cast<std::size_t>(first) + row);
}

/// What a condition, predicate or program reads: that decides who may use it.
struct Reads {
  static constexpr std::uint16_t no_signal = 0xffff;

  std::uint16_t segment_end = 0;     // one past the last segment read
  std::uint16_t signal = no_signal;  // whose fields are read
  std::uint8_t journey_end = 0;      // one past the last journey read
  bool fields_of_many = false;       // fields of more than one signal are read
  bool state = false;                // anything but fields is read

  /// Attributes, features and the time alone.
  [[nodiscard]] bool is_plain() const {
    return segment_end == 0 && journey_end == 0 && signal == no_signal;
  }
  void merge(const Reads& other);
};

/// What an input gives, and a value on a program's stack is. A time is a number of ms.
enum class ValueKind : std::uint8_t { boolean, number, string, set };

/// The kind that an input gives; its row must have been proved.
[[nodiscard]] ValueKind kind_of_input(const Ruleset& ruleset, std::uint32_t input);

/// Proves that a program neither underflows nor overflows its stack, combines only kinds that fit
/// and ends with one boolean. The error's `where` is a row of `program_bytes`.
///
/// @param input_reads  what each input reads; inputs must have been proved
[[nodiscard]] Result<Reads> prove_program(const Ruleset& ruleset, std::uint32_t program,
                                          std::span<const Reads> input_reads);

/// The first half: columns lie where the section table says, and lengths deal out their children.
class Layout {
 public:
  explicit Layout(Ruleset& ruleset) : ruleset_(ruleset) {}
  [[nodiscard]] static Result<void> header(std::span<const std::byte> image);
  /// Lays out the image, which `header` has passed.
  [[nodiscard]] Result<void> columns(Array<std::byte> image);

 private:
  using View = Ruleset::ColumnView;

  [[nodiscard]] View& view(image::Column column) {
    return ruleset_.columns_[static_cast<std::size_t>(column)];
  }
  [[nodiscard, gnu::noinline]] Result<void> entries();
  // Functions of their own, as those of Proof.
  [[gnu::noinline]] void sum_differences();
  [[nodiscard, gnu::noinline]] Result<void> lengths();

  Ruleset& ruleset_;
};

/// The second half: what the columns hold can be evaluated without checks.
[[nodiscard]] Result<void> prove_contents(Ruleset& ruleset);

}  // namespace heed
