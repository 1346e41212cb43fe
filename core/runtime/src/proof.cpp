#include "proof.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "heed/base/bytes.h"
#include "heed/base/hash.h"
#include "heed/base/limits.h"
#include "heed/base/sort.h"
#include "heed/base/utf8.h"
#include "scan.h"

#ifdef HEED_MUTANTS
heed::Check heed::check_left_out = heed::Check::count;
#endif

namespace heed {
namespace {

using image::Column;
using image::InputKind;
using image::Op;
using image::Type;

/// Elements lie in [low, high]; where a table is named, `high` counts from its number of rows.
struct Bound {
  Column column;
  Column table;
  std::int8_t low;
  std::int64_t high;
};

constexpr Bound id(Column column, Column table) { return {column, table, 0, -1}; }
constexpr Bound id_or_none(Column column, Column table) { return {column, table, -1, -1}; }
constexpr Bound text(Column column) { return id(column, Column::string_length); }
constexpr Bound text_or_none(Column column) { return id_or_none(column, Column::string_length); }
constexpr Bound within(Column column, std::int8_t low, std::uint64_t high) {
  return {column, Column::count, low, static_cast<std::int64_t>(high)};
}
template <class E>
constexpr Bound one_of(Column column, E last) {
  return within(column, 0, static_cast<std::uint64_t>(last));
}
constexpr Bound flag(Column column) { return within(column, 0, 1); }
constexpr Bound share(Column column) { return within(column, 0, share_one); }
constexpr Bound span(Column column) { return within(column, 0, limits::time_ms_max); }

constexpr Bound bounds[] = {
    within(Column::string_length, 0, limits::text_size_bytes_max),
    text(Column::site_name),
    text(Column::site_currency),
    text(Column::site_time_zone),
    share(Column::site_holdout),
    text(Column::site_holdout_salt),
    id_or_none(Column::site_journey, Column::journey_name),
    text_or_none(Column::site_consent_cookie),
    one_of(Column::site_consent_default, image::Level::account),
    one_of(Column::site_consent_gpc, image::Level::account),
    within(Column::site_cap_times, 0, limits::cap_times_max),
    span(Column::site_cap_per_ms),
    within(Column::site_cap_session, 0, limits::cap_times_max),
    span(Column::site_cap_cool_down_ms),
    text(Column::grant_name),
    one_of(Column::grant_level, image::Level::account),
    text(Column::attribute_name),
    one_of(Column::attribute_type, Type::time),
    one_of(Column::attribute_source, image::Source::page),
    text(Column::signal_name),
    within(Column::signal_field_count, 0, limits::field_count_max),
    text(Column::field_name),
    one_of(Column::field_type, Type::time),
    text(Column::feature_name),
    one_of(Column::feature_kind, image::FeatureKind::missed),
    id_or_none(Column::feature_signal, Column::signal_name),
    span(Column::feature_window_ms),
    span(Column::feature_half_life_ms),
    id_or_none(Column::feature_where, Column::condition_term_count),
    id_or_none(Column::feature_other_where, Column::condition_term_count),
    text(Column::segment_name),
    id(Column::segment_condition, Column::condition_term_count),
    text(Column::journey_name),
    within(Column::journey_stage_count, 1, limits::stage_count_max),
    text(Column::stage_name),
    id(Column::stage_condition, Column::condition_term_count),
    flag(Column::stage_sticky),
    id(Column::micro_segment, Column::segment_name),
    text(Column::slot_name),
    one_of(Column::slot_channel, image::Channel::popup),
    text_or_none(Column::slot_fallback),
    one_of(Column::slot_refresh, image::Refresh::live),
    text(Column::asset_name),
    one_of(Column::asset_kind, image::PartKind::offer),
    text(Column::prop_key),
    text(Column::prop_value),
    text(Column::metric_name),
    id(Column::metric_signal, Column::signal_name),
    flag(Column::metric_goal),
    within(Column::metric_window_ms, 1, limits::time_ms_max),
    text(Column::layer_name),
    text_or_none(Column::layer_salt),
    text(Column::campaign_name),
    within(Column::campaign_cap_times, 0, limits::cap_times_max),
    span(Column::campaign_cap_per_ms),
    within(Column::campaign_cap_session, 0, limits::cap_times_max),
    span(Column::campaign_cap_cool_down_ms),
    one_of(Column::input_kind, InputKind::field),
    id_or_none(Column::predicate_input, Column::input_kind),
    within(Column::condition_term_count, 0, limits::term_count_max),
    within(Column::term_predicate_count, 0, limits::term_predicate_count_max),
    id(Column::reference, Column::predicate_op),
    text(Column::trigger_name),
    id(Column::trigger_slot, Column::slot_name),
    id(Column::trigger_condition, Column::condition_term_count),
    id_or_none(Column::trigger_layer, Column::layer_name),
    share(Column::trigger_range_until),
    share(Column::trigger_holdout),
    text_or_none(Column::trigger_salt),
    within(Column::trigger_cap_times, 0, limits::cap_times_max),
    span(Column::trigger_cap_per_ms),
    within(Column::trigger_cap_session, 0, limits::cap_times_max),
    span(Column::trigger_cap_cool_down_ms),
    id_or_none(Column::trigger_campaign, Column::campaign_name),
    one_of(Column::trigger_policy, image::Policy::split),
    text_or_none(Column::trigger_template),
    within(Column::trigger_hash, 0, 0),
    id(Column::trigger_content, Column::content_part_count),
    within(Column::content_part_count, 0, limits::part_count_max),
    text(Column::part_name),
    one_of(Column::part_kind, image::PartKind::offer),
    within(Column::part_option_count, 1, limits::option_count_max),
    text(Column::option_name),
    id_or_none(Column::option_asset, Column::asset_name),
    share(Column::option_upper),
};

/// Columns whose strings are names: 1 to limits::name_size_bytes_max bytes.
constexpr Column name_columns[] = {
    Column::site_name,      Column::site_consent_cookie, Column::grant_name,
    Column::attribute_name, Column::signal_name,         Column::field_name,
    Column::feature_name,   Column::segment_name,        Column::journey_name,
    Column::stage_name,     Column::slot_name,           Column::asset_name,
    Column::prop_key,       Column::metric_name,         Column::layer_name,
    Column::layer_salt,     Column::campaign_name,       Column::trigger_name,
    Column::trigger_salt,   Column::trigger_template,    Column::part_name,
    Column::option_name,
};

/// Columns in which no element stands twice; where lengths are named, none twice in one of their
/// rows.
struct Distinct {
  Column column;
  Column lengths = Column::count;
};
constexpr Distinct distinct_columns[] = {
    {Column::grant_name},
    {Column::attribute_name},
    {Column::signal_name},
    {Column::field_name, Column::signal_field_count},
    {Column::feature_name},
    {Column::segment_name},
    {Column::micro_segment},
    {Column::journey_name},
    {Column::stage_name, Column::journey_stage_count},
    {Column::slot_name},
    {Column::asset_name},
    {Column::prop_key, Column::asset_prop_count},
    {Column::metric_name},
    {Column::layer_name},
    {Column::campaign_name},
    {Column::trigger_name},
    {Column::part_name, Column::content_part_count},
    {Column::option_name, Column::part_option_count},
};

/// Copies `size` bytes, and up to 15 more that do not matter, where `from` may end at `to`.
__attribute__((always_inline)) inline void copy(char* to, const char* from, std::size_t size) {
  for (std::size_t i = 0; i < size; i += 16) {
    const auto lanes = scan::Cell<char>::load_lanes(reinterpret_cast<const std::byte*>(from), i);
    std::memcpy(to + i, &lanes, sizeof lanes);
  }
}

/// Mostly the first byte tells.
__attribute__((always_inline)) inline bool is_before(const char* a, const char* b,
                                                     std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    if (a[i] != b[i]) return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[i]);
  }
  return false;
}

bool is_ascii(std::span<const std::byte> bytes) {
  return bytes.empty() ||
         scan::extent(scan::Cell<std::uint8_t>{}, bytes.data(), bytes.size()).most < 0x80;
}

}  // namespace

/// Stops at the first value that is wrong. Each method answers whether all is well so far.
class Proof {
 public:
  explicit Proof(Ruleset& ruleset) : ruleset_(ruleset) {}

  bool contents() {
    return elements_in_bounds() && strings() && name_sizes() && names_distinct() && numbers() &&
           site() && attributes() && feature_fields() && inputs() && programs() && predicates() &&
           conditions() && features() && segments() && stages() && metrics() && caps() &&
           values() && trigger_order() && triggers() && options() && layer_ranges();
  }
  [[nodiscard]] Error error() const { return error_; }

 private:
  template <class T>
  [[nodiscard]] T at(Column column, std::size_t row) const {
    return ruleset_.at<T>(column, row);
  }
  [[nodiscard]] std::uint32_t id_at(Column column, std::size_t row) const {
    return at<std::uint32_t>(column, row);
  }
  [[nodiscard]] std::uint32_t count(Column column) const {
    return static_cast<std::uint32_t>(ruleset_.row_count(column));
  }
  /// Rows to look at: where nothing is stored, one speaks for all.
  [[nodiscard]] std::uint32_t count_stored(Column column) const {
    return is_stored(column) ? count(column) : std::min(count(column), 1U);
  }
  [[nodiscard]] bool is_stored(Column column) const { return view(column).width != 0; }
  [[nodiscard]] const Ruleset::ColumnView& view(Column column) const {
    return ruleset_.columns_[static_cast<std::size_t>(column)];
  }

  /// Elements of a column, with what it takes to read them at hand: for loops over many.
  class Elements {
   public:
    Elements(const Ruleset& ruleset, const Ruleset::ColumnView& view)
        : base_(view.base),
          mask_(view.mask),
          first_(ruleset.bytes_.data() + view.offset),
          width_(view.width) {}
    std::uint64_t operator[](std::size_t row) const {
      std::uint64_t stored;
      std::memcpy(&stored, first_ + row * width_, sizeof stored);
      return base_ + (stored & mask_);
    }

   private:
    std::uint64_t base_;
    std::uint64_t mask_;
    const std::byte* first_;
    std::size_t width_;
  };
  [[nodiscard]] Elements elements(Column column) const { return {ruleset_, view(column)}; }
  [[nodiscard]] auto ids(Column column) const {
    return
        [all = elements(column)](std::size_t row) { return static_cast<std::uint32_t>(all[row]); };
  }

  /// Where an element lies: its bytes, or without any its column's entry.
  bool refuse(Column column, std::size_t row, ErrorCode code = ErrorCode::malformed_image) {
    const std::size_t entry =
        image::header_size_bytes + static_cast<std::size_t>(column) * image::EntryAt::size_bytes;
    error_ =
        Error{code, is_stored(column) ? view(column).offset + row * view(column).width : entry};
    return false;
  }
  bool refuse(Error error) {
    error_ = error;
    return false;
  }

  /// Every row but those that are none satisfies `ok(id, row)`.
  template <class Ok>
  bool each(Check check, Column column, Ok ok) {
    const auto id = ids(column);
    const std::uint32_t row_count = count_stored(column);
    for (std::uint32_t row = 0; row < row_count; ++row) {
      const std::uint32_t value = id(row);
      if (value != none_index && is_wrong(check, !ok(value, row))) return refuse(column, row);
    }
    return true;
  }

  bool elements_in_bounds();
  [[nodiscard]] bool stored_within(Column column, std::uint64_t low, std::uint64_t room) const;
  [[nodiscard]] bool ids_ascend(Column column) const;
  bool strings();
  bool string_sizes();
  bool expand_strings();
  bool strings_are_utf8();
  bool added_strings();
  bool name_sizes();
  bool names_distinct();
  bool rows_distinct(Check check, Column column, Rows rows);
  bool numbers();
  bool site();
  bool attributes();
  bool feature_fields();
  bool inputs();
  bool programs();
  bool predicates();
  bool predicate_kind(std::uint64_t op_byte, std::uint32_t input, std::uint32_t row);
  [[nodiscard]] bool do_numbers_ascend() const;
  bool operands(const Elements& ids, Rows operands, Column table);
  bool number_ranges(const Elements& ids, Rows operands);
  bool conditions();
  [[nodiscard]] Reads reads(std::uint32_t condition) const;
  bool features();
  bool feature_field(Column column, std::uint32_t row, std::uint32_t signal,
                     const image::FeatureForm& form);
  bool feature_other(std::uint32_t row, image::FeatureKind kind);
  bool where(Column column, std::uint32_t row, std::uint32_t signal);
  bool segments();
  bool stages();
  bool metrics();
  bool caps();
  bool values();
  bool cells(Column column, Rows rows, std::size_t cell_count);
  bool amounts(Column column);
  bool trigger_order();
  bool triggers();
  bool options();
  bool layer_ranges();

  [[nodiscard]] std::uint32_t rows_of(InputKind kind) const;

  Ruleset& ruleset_;
  Error error_{};
  Array<std::uint32_t> seen_;  // by string (or segment), the last list in which it was seen
  std::uint32_t seen_list_ = 0;
  Array<std::uint8_t> field_signals_;
  Array<Reads> input_reads_;
  Array<Reads> program_reads_;
  Array<Reads> predicate_reads_;
  bool numbers_ascend_ = false;
  bool all_plain_ = true;         // what inputs and programs read
  Array<Reads> condition_reads_;  // empty where they are
};

bool Proof::elements_in_bounds() {
  std::size_t check = 0;
  for (const Bound& bound : bounds) {
    const Column column = bound.column;
    const std::int64_t high =
        bound.high + (bound.table == Column::count ? 0 : std::int64_t{count(bound.table)});
    const std::uint64_t low = static_cast<std::uint64_t>(std::int64_t{bound.low});
    // One more than the distance, so that a table without rows has room for none at most.
    const std::uint64_t room = static_cast<std::uint64_t>(high) - low + 1;
    if (is_wrong(Check::bound + check, !stored_within(column, low, room))) {
      const Elements all = elements(column);
      std::uint32_t row = 0;
      while (all[row] - low < room) ++row;
      return refuse(column, row);
    }
    ++check;
  }
  return true;
}

/// Whether each element is `low` plus less than `room`.
bool Proof::stored_within(Column column, std::uint64_t low, std::uint64_t room) const {
  const Ruleset::ColumnView& of = view(column);
  const std::uint32_t row_count = count_stored(column);
  const std::uint64_t first = of.base - low;
  const auto fits = [=](scan::Extent stored) {
    const std::uint64_t least = first + stored.least;
    const std::uint64_t most = first + stored.most;
    return least <= most && most < room;
  };
  if (row_count == 0 || fits({0, of.mask})) return true;
  const std::byte* const at = ruleset_.bytes_.data() + of.offset;
  if (of.width <= scan::width_max) {
    return scan::with_cell(of.width, false,
                           [&](auto cell) { return fits(scan::extent(cell, at, row_count)); });
  }
  const Elements all = elements(column);
  for (std::uint32_t row = 0; row < row_count; ++row) {
    if (all[row] - low >= room) return false;
  }
  return true;
}

/// Whether each of a column of ids is above the one before; `false` where that is not known.
bool Proof::ids_ascend(Column column) const {
  // Elements that are in bounds lie as what is stored of them lies.
  const Ruleset::ColumnView& of = view(column);
  const std::byte* const at = ruleset_.bytes_.data() + of.offset;
  return scan::with_cell<2>(of.width, of.row_count <= 1,
                            [&](auto cell) { return scan::ascends(cell, at, of.row_count); });
}

bool Proof::strings() {
  return string_sizes() && expand_strings() && strings_are_utf8() && added_strings();
}

bool Proof::string_sizes() {
  const std::uint32_t string_count = count(Column::string_length);
  ruleset_.string_ends_.resize_for_overwrite(string_count);
  std::uint32_t end = 0;
  std::uint32_t stored = 0;
  std::uint32_t size_before = 0;
  const auto size_of = ids(Column::string_length);
  const Elements shared_of = elements(Column::string_shared);
  const std::uint32_t stored_max = count(Column::string_bytes);
  std::uint32_t* const ends = ruleset_.string_ends_.data();
  for (std::uint32_t id = 0; id < string_count; ++id) {
    const std::uint32_t size = size_of(id);
    const std::uint64_t shared = shared_of[id];
    if (is_wrong(Check::shared, shared > size || shared > size_before)) {
      return refuse(Column::string_shared, id);
    }
    end += size;
    stored += size - static_cast<std::uint32_t>(shared);
    if (is_wrong(Check::text_size, end > limits::strings_size_bytes_max) ||
        is_wrong(Check::string_bytes, stored > stored_max)) {
      return refuse(Column::string_length, id);
    }
    ends[id] = end;
    size_before = size;
  }
  return !is_wrong(Check::string_total, stored < count(Column::string_bytes)) ||
         refuse(Column::string_bytes, stored);
}

bool Proof::expand_strings() {
  const std::uint32_t string_count = count(Column::string_length);
  Array<char>& text = ruleset_.text_;
  text.resize_for_overwrite((string_count == 0 ? 0 : ruleset_.string_ends_.back()) +
                            Ruleset::room_size_bytes);
  const char* from =
      reinterpret_cast<const char*>(ruleset_.bytes_.data()) + view(Column::string_bytes).offset;
  const std::uint32_t* const ends = ruleset_.string_ends_.data();
  const Elements shared_of = elements(Column::string_shared);
  const char* before = text.data();
  std::uint32_t size_before = 0;
  std::uint32_t sorted = 0;
  char* to = text.data();
  for (std::uint32_t id = 0; id < string_count; ++id) {
    const auto size = ends[id] - static_cast<std::uint32_t>(to - text.data());
    const auto shared = static_cast<std::uint32_t>(shared_of[id]);
    const std::uint32_t own = size - shared;
    copy(to, before, shared);
    copy(to + shared, from, own);
    from += own;
    if (sorted == id && (id == 0 || size > size_before ||
                         (size == size_before && is_before(before + shared, to + shared, own)))) {
      ++sorted;
    }
    before = to;
    size_before = size;
    to += size;
  }
  ruleset_.string_count_sorted_ = sorted;
  return true;
}

bool Proof::strings_are_utf8() {
  // Where every byte stands for itself, every string is well formed.
  if (is_ascii(ruleset_.column(Column::string_bytes))) return true;
  for (std::uint32_t id = 0; id < count(Column::string_length); ++id) {
    if (is_wrong(Check::utf8, !is_utf8(ruleset_.string(id)))) {
      return refuse(Column::string_length, id, ErrorCode::not_utf8);
    }
  }
  return true;
}

bool Proof::added_strings() {
  Ruleset::Offsets added(count(Column::string_length) - ruleset_.string_count_sorted_);
  for (std::uint32_t i = 0; i < added.size(); ++i) added[i] = ruleset_.string_count_sorted_ + i;
  sort_ids(added, [this](std::uint32_t a, std::uint32_t b) {
    const std::string_view first = ruleset_.string(a);
    const std::string_view second = ruleset_.string(b);
    return first == second ? a < b : string_before(first, second);
  });
  for (std::size_t i = 0; i < added.size(); ++i) {
    const std::string_view text = ruleset_.string(added[i]);
    if (is_wrong(Check::strings_distinct, ruleset_.find_string(text).has_value()) ||
        is_wrong(Check::added_distinct, i > 0 && ruleset_.string(added[i - 1]) == text)) {
      return refuse(Column::string_length, added[i]);
    }
  }
  ruleset_.strings_added_ = std::move(added);
  return true;
}

bool Proof::name_sizes() {
  // Sorted strings begin with the shortest: those that may be names follow each other.
  const auto first_above = [this](std::size_t size) {
    std::uint32_t low = 0;
    for (std::uint32_t high = ruleset_.string_count_sorted_; low < high;) {
      const std::uint32_t middle = (low + high) / 2;
      if (ruleset_.string(middle).size() > size) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  };
  const std::uint32_t first = first_above(0);
  const std::uint32_t end = first_above(limits::name_size_bytes_max);
  std::size_t check = 0;
  for (const Column column : name_columns) {
    if (stored_within(column, first, end - first)) {
      ++check;
      continue;
    }
    const auto fits = [this](std::uint32_t id, std::uint32_t /*row*/) {
      return ruleset_.string(id).size() - 1 < limits::name_size_bytes_max;
    };
    if (!each(Check::name + check, column, fits)) return false;
    ++check;
  }
  return true;
}

bool Proof::names_distinct() {
  std::size_t check = 0;
  for (const auto& [column, lengths] : distinct_columns) {
    if (lengths == Column::count) {
      if (!ids_ascend(column) &&
          !rows_distinct(Check::distinct + check, column, {0, count(column)})) {
        return false;
      }
    } else {
      for (std::uint32_t parent = 0; parent < count(lengths); ++parent) {
        const Rows rows = ruleset_.children(lengths, parent);
        if (!rows_distinct(Check::distinct + check, column, rows)) return false;
      }
    }
    ++check;
  }
  return true;
}

bool Proof::rows_distinct(Check check, Column column, Rows rows) {
  constexpr std::uint32_t few = 8;
  const auto id = ids(column);
  if (rows.size() <= few) {
    for (std::uint32_t row = rows.begin; row < rows.end; ++row) {
      for (std::uint32_t before = rows.begin; before < row; ++before) {
        if (is_wrong(check, id(before) == id(row))) return refuse(column, row);
      }
    }
    return true;
  }
  if (seen_.empty()) {
    seen_.resize(std::max<std::size_t>(count(Column::string_length), limits::segment_count_max));
  }
  ++seen_list_;
  for (std::uint32_t row = rows.begin; row < rows.end; ++row) {
    std::uint32_t& last = seen_[id(row)];
    if (is_wrong(check, last == seen_list_)) return refuse(column, row);
    last = seen_list_;
  }
  return true;
}

bool Proof::numbers() {
  for (std::uint32_t row = 0; row < count_stored(Column::number); ++row) {
    const auto number = at<double>(Column::number, row);
    if (is_wrong(Check::number, !std::isfinite(number) || (number == 0 && std::signbit(number)))) {
      return refuse(Column::number, row);
    }
  }
  return true;
}

bool Proof::site() {
  if (is_wrong(Check::site_hash, xxh64(ruleset_.site(), 0) != ruleset_.site_hash())) {
    return refuse(Error{ErrorCode::malformed_image, image::HeaderAt::site_hash});
  }
  for (const Column column :
       {Column::site_currency, Column::site_time_zone, Column::site_holdout_salt}) {
    const bool fits = ruleset_.text(column, 0).size() <= limits::name_size_bytes_max;
    if (is_wrong(Check::site_texts, !fits)) return refuse(column, 0);
  }
  return true;
}

bool Proof::attributes() {
  // Every row, also where all have the same default: their types differ.
  for (std::uint32_t row = 0; row < count(Column::attribute_name); ++row) {
    const auto value = at<std::uint64_t>(Column::attribute_default, row);
    if (value == ~std::uint64_t{0}) continue;
    const Type type = ruleset_.type(AttributeId{row});
    const std::uint64_t value_count = type == Type::boolean  ? 2
                                      : type == Type::number ? count(Column::number)
                                      : type == Type::string ? count(Column::string_length)
                                                             : 0;
    if (is_wrong(Check::attribute_default, value >= value_count)) {
      return refuse(Column::attribute_default, row);
    }
    const bool fits =
        type != Type::string ||
        ruleset_.text(Column::attribute_default, row).size() <= limits::string_size_bytes_max;
    if (is_wrong(Check::default_size, !fits)) return refuse(Column::attribute_default, row);
  }
  return true;
}

bool Proof::feature_fields() {
  using image::FeatureKind;
  for (std::uint32_t row = 0; row < count(Column::feature_name); ++row) {
    const auto kind = static_cast<FeatureKind>(at<std::uint8_t>(Column::feature_kind, row));
    const std::uint32_t signal = id_at(Column::feature_signal, row);
    if (is_wrong(Check::feature_signal, (signal == none_index) != (kind == FeatureKind::ratio))) {
      return refuse(Column::feature_signal, row);
    }
    if (!feature_field(Column::feature_field, row, signal, image::form_of(kind)) ||
        !feature_other(row, kind)) {
      return false;
    }
  }
  return true;
}

/// @param signal  whose field it is; none: there is no field
bool Proof::feature_field(Column column, std::uint32_t row, std::uint32_t signal,
                          const image::FeatureForm& form) {
  const auto field = at<std::uint64_t>(column, row);
  bool fits = !form.needs_field;
  if (field != ~std::uint64_t{0}) {
    const Rows fields =
        signal == none_index ? Rows{} : ruleset_.children(Column::signal_field_count, signal);
    fits = field < fields.size() &&
           form.takes(static_cast<Type>(at<std::uint8_t>(
               Column::field_type, fields.begin + static_cast<std::uint32_t>(field))));
  }
  return !is_wrong(Check::feature_field, !fits) || refuse(column, row);
}

bool Proof::feature_other(std::uint32_t row, image::FeatureKind kind) {
  using image::FeatureKind;
  constexpr image::FeatureForm no_field{};
  const auto other = at<std::uint64_t>(Column::feature_other, row);
  const bool pairs = image::is_sequence(kind) || kind == FeatureKind::ratio;
  const std::uint64_t other_count = !pairs                       ? 0
                                    : kind == FeatureKind::ratio ? count(Column::feature_name)
                                                                 : count(Column::signal_name);
  if (is_wrong(Check::feature_other, pairs ? other >= other_count : other != ~std::uint64_t{0})) {
    return refuse(Column::feature_other, row);
  }
  if (kind != FeatureKind::ratio) {
    const bool same = pairs && id_at(Column::feature_field, row) != none_index;
    return feature_field(Column::feature_other_field, row,
                         same ? static_cast<std::uint32_t>(other) : none_index,
                         same ? image::item_form : no_field);
  }
  const auto below = at<std::uint64_t>(Column::feature_other_field, row);
  if (is_wrong(Check::feature_other, below >= other_count)) {
    return refuse(Column::feature_other_field, row);
  }
  for (const Column column : {Column::feature_other, Column::feature_other_field}) {
    const auto part =
        static_cast<FeatureKind>(at<std::uint8_t>(Column::feature_kind, id_at(column, row)));
    if (is_wrong(Check::ratio_part, !image::adds_up(part))) return refuse(column, row);
  }
  return true;
}

std::uint32_t Proof::rows_of(InputKind kind) const {
  // By kind; there is one now.
  constexpr Column tables[] = {Column::attribute_name, Column::feature_name, Column::segment_name,
                               Column::journey_name,   Column::site_name,    Column::field_name};
  return count(tables[static_cast<std::size_t>(kind)]);
}

bool Proof::inputs() {
  for (std::uint32_t signal = 0; signal < count(Column::signal_name); ++signal) {
    const Rows fields = ruleset_.children(Column::signal_field_count, signal);
    field_signals_.resize(fields.end, static_cast<std::uint8_t>(signal));
  }
  static_assert(limits::signal_count_max <= 256);
  const std::uint32_t input_count = count(Column::input_kind);
  std::array<Array<bool>, static_cast<std::size_t>(InputKind::field) + 1> seen;
  input_reads_.resize(input_count);
  for (std::uint32_t input = 0; input < input_count; ++input) {
    const auto kind = static_cast<InputKind>(at<std::uint8_t>(Column::input_kind, input));
    const auto row = id_at(Column::input_row, input);
    if (is_wrong(Check::input_row, ruleset_.element(Column::input_row, input) >= rows_of(kind))) {
      return refuse(Column::input_row, input);
    }
    Array<bool>& rows = seen[static_cast<std::size_t>(kind)];
    rows.resize(rows_of(kind));
    if (is_wrong(Check::input_once, rows[row])) return refuse(Column::input_row, input);
    rows[row] = true;
    Reads& reads = input_reads_[input];
    reads.state = kind != InputKind::field;
    if (kind == InputKind::field) reads.signal = field_signals_[row];
    if (kind == InputKind::segment) reads.segment_end = static_cast<std::uint16_t>(row + 1);
    if (kind == InputKind::journey) reads.journey_end = static_cast<std::uint8_t>(row + 1);
  }
  return true;
}

bool Proof::programs() {
  const std::uint32_t program_count = count(Column::program_size);
  program_reads_.resize(program_count);
  for (std::uint32_t program = 0; program < program_count; ++program) {
    const Result<Reads> reads = prove_program(ruleset_, program, input_reads_);
    if (is_wrong(Check::program, !reads)) {
      return refuse(Column::program_bytes, static_cast<std::size_t>(reads.error().where));
    }
    if (reads) program_reads_[program] = *reads;
  }
  return true;
}

namespace {

/// What an op is about: the kind of its input, and how many operands of which table it has.
struct OpRule {
  ValueKind kind;
  Column table;  // of its operands
  std::uint8_t operand_count_min;
  std::uint16_t operand_count_max;
};
constexpr std::uint16_t many = 0xffff;
constexpr OpRule op_rules[] = {
    {ValueKind::boolean, Column::count, 0, 0},            // present: any kind
    {ValueKind::boolean, Column::count, 0, 0},            // is_true
    {ValueKind::string, Column::string_length, 1, many},  // string_in
    {ValueKind::number, Column::number, 1, many},         // number_in
    {ValueKind::set, Column::string_length, 1, 1},        // member
    {ValueKind::boolean, Column::program_size, 1, 1},     // computed: no input
};

}  // namespace

bool Proof::predicates() {
  const auto is_plain = [](const Reads& reads) { return reads.is_plain(); };
  all_plain_ = std::all_of(input_reads_.begin(), input_reads_.end(), is_plain) &&
               std::all_of(program_reads_.begin(), program_reads_.end(), is_plain);
  const std::uint32_t predicate_count = count(Column::predicate_op);
  if (!all_plain_) predicate_reads_.resize(predicate_count);
  numbers_ascend_ = do_numbers_ascend();
  const Elements ops = elements(Column::predicate_op);
  const Elements inputs = elements(Column::predicate_input);
  const Elements ids = elements(Column::operand);
  const Ruleset::Offsets& ends =
      ruleset_.child_ends_[image::length_index(Column::predicate_operand_count)];
  const auto length = static_cast<std::uint32_t>(view(Column::predicate_operand_count).base);
  // Neighbours mostly ask the same of the same input.
  std::uint64_t op_before = 0;
  std::uint64_t input_before = 0;
  const OpRule* rule = nullptr;
  Rows own;
  for (std::uint32_t row = 0; row < predicate_count; ++row) {
    const std::uint64_t op_byte = ops[row];
    const std::uint64_t input = inputs[row];
    if (rule == nullptr || op_byte != op_before || input != input_before) {
      if (!predicate_kind(op_byte, static_cast<std::uint32_t>(input), row)) return false;
      op_before = op_byte;
      input_before = input;
      rule = &op_rules[op_byte & ~std::uint64_t{image::op_negated}];
    }
    own = {own.end, ends.empty() ? own.end + length : ends[row]};
    const bool ranges = rule->table == Column::number;
    if (is_wrong(Check::operand_count, own.size() < rule->operand_count_min ||
                                           own.size() > rule->operand_count_max ||
                                           (ranges && own.size() % 2 != 0))) {
      return refuse(Column::predicate_operand_count, row);
    }
    if (ranges ? !number_ranges(ids, own) : !operands(ids, own, rule->table)) return false;
    if (all_plain_) continue;
    predicate_reads_[row] = rule->table == Column::program_size
                                ? program_reads_[static_cast<std::uint32_t>(ids[own.begin])]
                                : input_reads_[static_cast<std::uint32_t>(input)];
  }
  return true;
}

bool Proof::predicate_kind(std::uint64_t op_byte, std::uint32_t input, std::uint32_t row) {
  const auto op = static_cast<Op>(op_byte & ~std::uint64_t{image::op_negated});
  const bool computed = op == Op::computed;
  const bool known = (op_byte & ~std::uint64_t{image::op_negated}) <= std::uint64_t{5};
  static_assert(static_cast<std::uint8_t>(Op::computed) == 5);
  if (is_wrong(Check::predicate_op, !known || (computed && op_byte != 5))) {
    return refuse(Column::predicate_op, row);
  }
  if (is_wrong(Check::predicate_input, (input == none_index) != computed)) {
    return refuse(Column::predicate_input, row);
  }
  const bool fits = computed || op == Op::present ||
                    kind_of_input(ruleset_, input) == op_rules[static_cast<std::size_t>(op)].kind;
  return !is_wrong(Check::predicate_kind, !fits) || refuse(Column::predicate_op, row);
}

/// Whether a larger number has a larger id.
bool Proof::do_numbers_ascend() const {
  for (std::uint32_t row = 1; row < count(Column::number); ++row) {
    if (at<double>(Column::number, row - 1) >= at<double>(Column::number, row)) return false;
  }
  return true;
}

bool Proof::operands(const Elements& ids, Rows operands, Column table) {
  std::uint64_t least = 0;
  const std::uint64_t id_count = operands.size() == 0 ? 0 : count(table);
  for (std::uint32_t i = operands.begin; i < operands.end; ++i) {
    const std::uint64_t id = ids[i];
    if (is_wrong(Check::operand_id, id >= id_count)) return refuse(Column::operand, i);
    if (is_wrong(Check::operand_order, id < least)) return refuse(Column::operand, i);
    least = id + 1;
  }
  return true;
}

bool Proof::number_ranges(const Elements& ids, Rows operands) {
  if (numbers_ascend_ && operands.size() == 2) {
    const std::uint64_t number_count = count(Column::number);
    const std::uint64_t low = ids[operands.begin] + 1;  // 0: unbounded
    const std::uint64_t high = ids[operands.begin + 1] + 1;
    if (low <= number_count && high <= number_count && (high == 0 || low < high)) return true;
  }
  double before = 0;
  for (std::uint32_t i = operands.begin; i < operands.end; ++i) {
    const bool first = i == operands.begin;
    const std::uint64_t id = ids[i];
    if (id == ~std::uint64_t{0}) {  // unbounded, at the ends alone
      if (is_wrong(Check::range_order, !first && i + 1 != operands.end)) {
        return refuse(Column::operand, i);
      }
      before = -HUGE_VAL;
      continue;
    }
    if (is_wrong(Check::range_id, id >= count(Column::number))) return refuse(Column::operand, i);
    const auto number = at<double>(Column::number, static_cast<std::uint32_t>(id));
    // A range may begin where the last one ends.
    const bool opens = (i - operands.begin) % 2 == 0;
    if (is_wrong(Check::range_order, !first && (opens ? before > number : before >= number))) {
      return refuse(Column::operand, i);
    }
    before = number;
  }
  return true;
}

/// What a condition reads.
Reads Proof::reads(std::uint32_t condition) const {
  if (!all_plain_) return condition_reads_[condition];
  Reads reads;
  const Rows terms = ruleset_.children(Column::condition_term_count, condition);
  if (terms.size() != 0) {
    const Rows first = ruleset_.children(Column::term_predicate_count, terms.begin);
    const Rows last = ruleset_.children(Column::term_predicate_count, terms.end - 1);
    reads.state = first.begin < last.end;
  }
  return reads;
}

bool Proof::conditions() {
  if (all_plain_) return true;
  const std::uint32_t condition_count = count(Column::condition_term_count);
  condition_reads_.resize(condition_count);
  std::uint32_t reference = 0;
  const auto predicate = ids(Column::reference);
  for (std::uint32_t condition = 0; condition < condition_count; ++condition) {
    const Rows terms = ruleset_.children(Column::condition_term_count, condition);
    if (terms.size() == 0) continue;
    const std::uint32_t end = ruleset_.children(Column::term_predicate_count, terms.end - 1).end;
    for (; reference < end; ++reference) {
      const Reads& reads = predicate_reads_[predicate(reference)];
      if (reads.is_plain()) {
        condition_reads_[condition].state = true;
      } else {
        condition_reads_[condition].merge(reads);
      }
    }
  }
  return true;
}

bool Proof::features() {
  using image::FeatureKind;
  for (std::uint32_t row = 0; row < count(Column::feature_name); ++row) {
    const auto kind = static_cast<FeatureKind>(at<std::uint8_t>(Column::feature_kind, row));
    const image::FeatureForm& form = image::form_of(kind);
    const bool windowed = at<std::uint64_t>(Column::feature_window_ms, row) != 0;
    if (is_wrong(Check::window_kind, windowed && !form.may_window)) {
      return refuse(Column::feature_window_ms, row);
    }
    const bool decays = at<std::uint64_t>(Column::feature_half_life_ms, row) != 0;
    if (is_wrong(Check::half_life_kind, decays ? !form.may_decay : form.must_decay)) {
      return refuse(Column::feature_half_life_ms, row);
    }
    const auto other = image::is_sequence(kind) ? id_at(Column::feature_other, row) : none_index;
    if (!where(Column::feature_where, row, id_at(Column::feature_signal, row)) ||
        !where(Column::feature_other_where, row, other)) {
      return false;
    }
  }
  return true;
}

bool Proof::where(Column column, std::uint32_t row, std::uint32_t signal) {
  const std::uint32_t where = id_at(column, row);
  if (where == none_index) return true;
  const Reads reads = this->reads(where);
  const bool own = reads.signal == Reads::no_signal || reads.signal == signal;
  const bool fits = signal != none_index && own && !reads.state && !reads.fields_of_many;
  return !is_wrong(Check::feature_where, !fits) || refuse(column, row);
}

bool Proof::segments() {
  for (std::uint32_t row = 0; row < count(Column::segment_name); ++row) {
    if (is_wrong(Check::segment_name,
                 ruleset_.text(Column::segment_name, row) == image::other_segment)) {
      return refuse(Column::segment_name, row);
    }
    const Reads reads = this->reads(id_at(Column::segment_condition, row));
    if (is_wrong(Check::segment_reads, reads.signal != Reads::no_signal ||
                                           reads.segment_end > row || reads.journey_end > 0)) {
      return refuse(Column::segment_condition, row);
    }
  }
  return true;
}

bool Proof::stages() {
  for (std::uint32_t journey = 0; journey < count(Column::journey_name); ++journey) {
    const Rows stages = ruleset_.children(Column::journey_stage_count, journey);
    for (std::uint32_t row = stages.begin; row < stages.end; ++row) {
      if (is_wrong(Check::stage_name, ruleset_.text(Column::stage_name, row) == image::no_stage)) {
        return refuse(Column::stage_name, row);
      }
      const Reads reads = this->reads(id_at(Column::stage_condition, row));
      if (is_wrong(Check::stage_reads,
                   reads.signal != Reads::no_signal || reads.journey_end > journey)) {
        return refuse(Column::stage_condition, row);
      }
    }
  }
  return true;
}

bool Proof::metrics() {
  for (std::uint32_t row = 0; row < count(Column::metric_name); ++row) {
    const auto field = at<std::uint64_t>(Column::metric_value, row);
    const Rows fields =
        ruleset_.children(Column::signal_field_count, id_at(Column::metric_signal, row));
    const bool fits =
        field == ~std::uint64_t{0} ||
        (field < fields.size() &&
         at<std::uint8_t>(Column::field_type, fields.begin + static_cast<std::uint32_t>(field)) ==
             static_cast<std::uint8_t>(Type::number));
    if (is_wrong(Check::metric_value, !fits)) return refuse(Column::metric_value, row);
    const auto bounty = at<double>(Column::metric_bounty, row);
    if (is_wrong(Check::bounty, !std::isfinite(bounty) || std::signbit(bounty))) {
      return refuse(Column::metric_bounty, row);
    }
  }
  return true;
}

bool Proof::caps() {
  for (const image::CapColumns& cap : {image::site_cap, image::campaign_cap, image::trigger_cap}) {
    const std::uint32_t row_count = std::max(count_stored(cap.times), count_stored(cap.per_ms));
    for (std::uint32_t row = 0; row < row_count; ++row) {
      const bool has_times = at<std::uint64_t>(cap.times, row) != 0;
      const bool has_span = at<std::uint64_t>(cap.per_ms, row) != 0;
      if (is_wrong(Check::cap, has_times != has_span)) return refuse(cap.per_ms, row);
    }
  }
  return true;
}

bool Proof::values() {
  const std::uint32_t journey = id_at(Column::site_journey, 0);
  const std::size_t cell_count =
      journey == none_index
          ? 0
          : image::cell_count(count(Column::micro_segment),
                              ruleset_.children(Column::journey_stage_count, journey).size());
  if (!cells(Column::micro_value_cell, {0, count(Column::micro_value_cell)}, cell_count) ||
      !amounts(Column::micro_value_amount) || !amounts(Column::trigger_value_amount)) {
    return false;
  }
  const std::uint32_t valued_count =
      count(Column::trigger_value_cell) == 0 ? 0 : count(Column::trigger_name);
  for (std::uint32_t row = 0; row < valued_count; ++row) {
    Rows own = ruleset_.children(Column::trigger_value_count, row);
    // The last may stand for every other cell.
    const bool has_rest = own.size() != 0 && at<std::uint64_t>(Column::trigger_value_cell,
                                                               own.end - 1) == ~std::uint64_t{0};
    if (has_rest) --own.end;
    if (!cells(Column::trigger_value_cell, own, cell_count)) return false;
  }
  return true;
}

/// They ascend, and are some.
bool Proof::cells(Column column, Rows rows, std::size_t cell_count) {
  std::uint64_t least = 0;
  for (std::uint32_t row = rows.begin; row < rows.end; ++row) {
    const auto cell = at<std::uint64_t>(column, row);
    if (is_wrong(Check::value_cell, cell >= cell_count) ||
        is_wrong(Check::value_order, cell < least)) {
      return refuse(column, row);
    }
    least = cell + 1;
  }
  return true;
}

bool Proof::amounts(Column column) {
  for (std::uint32_t row = 0; row < count_stored(column); ++row) {
    const auto amount = at<double>(column, row);
    if (is_wrong(Check::value_amount, !std::isfinite(amount))) return refuse(column, row);
  }
  return true;
}

bool Proof::trigger_order() {
  const std::uint32_t trigger_count = count(Column::trigger_name);
  Ruleset::Offsets& slot_ends = ruleset_.slot_ends_;
  // A trigger a slot.
  if (trigger_count == count(Column::slot_name) && ids_ascend(Column::trigger_slot)) return true;
  slot_ends.resize(count(Column::slot_name));
  const auto slots = ids(Column::trigger_slot);
  const auto priorities = elements(Column::trigger_priority);
  std::uint32_t slot_before = 0;
  for (std::uint32_t row = 0; row < trigger_count; ++row) {
    const std::uint32_t slot = slots(row);
    if (is_wrong(Check::trigger_order, slot < slot_before))
      return refuse(Column::trigger_slot, row);
    for (; slot_before < slot; ++slot_before) slot_ends[slot_before] = row;
    if (row == 0 || slots(row - 1) != slot) continue;
    const auto priority = static_cast<std::int32_t>(priorities[row]);
    const auto priority_before = static_cast<std::int32_t>(priorities[row - 1]);
    if (is_wrong(Check::trigger_order, priority > priority_before)) {
      return refuse(Column::trigger_priority, row);
    }
    if (is_wrong(Check::trigger_name_order,
                 priority == priority_before && ruleset_.text(Column::trigger_name, row) <
                                                    ruleset_.text(Column::trigger_name, row - 1))) {
      return refuse(Column::trigger_name, row);
    }
  }
  for (; slot_before < slot_ends.size(); ++slot_before) slot_ends[slot_before] = trigger_count;
  return true;
}

bool Proof::triggers() {
  const auto reads_state = [this](std::uint32_t condition, std::uint32_t /*row*/) {
    return condition_reads_[condition].signal == Reads::no_signal;
  };
  if (!all_plain_ && !each(Check::trigger_reads, Column::trigger_condition, reads_state)) {
    return false;
  }
  // Where nothing is stored in any of them, one row speaks for all.
  const auto stored = [this](std::initializer_list<Column> columns) {
    std::uint32_t row_count = 0;
    for (const Column column : columns) row_count = std::max(row_count, count_stored(column));
    return row_count;
  };
  for (std::uint32_t row = 0; row < stored({Column::trigger_from_ms, Column::trigger_until_ms});
       ++row) {
    if (is_wrong(Check::schedule, at<std::int64_t>(Column::trigger_from_ms, row) >
                                      at<std::int64_t>(Column::trigger_until_ms, row))) {
      return refuse(Column::trigger_until_ms, row);
    }
  }
  for (std::uint32_t row = 0; row < stored({Column::trigger_layer, Column::trigger_range_from,
                                            Column::trigger_range_until});
       ++row) {
    const auto from = at<std::uint64_t>(Column::trigger_range_from, row);
    const auto until = at<std::uint64_t>(Column::trigger_range_until, row);
    const bool layered = id_at(Column::trigger_layer, row) != none_index;
    if (is_wrong(Check::range_sides, from > until) ||
        is_wrong(Check::range_without_layer, !layered && from != 0)) {
      return refuse(Column::trigger_range_from, row);
    }
    if (is_wrong(Check::range_without_layer, !layered && until != share_one)) {
      return refuse(Column::trigger_range_until, row);
    }
  }
  return true;
}

bool Proof::options() {
  for (std::uint32_t part = 0; part < count(Column::part_name); ++part) {
    const Rows options = ruleset_.option_rows(part);
    const auto kind = at<std::uint8_t>(Column::part_kind, part);
    std::uint64_t lower = 0;
    for (std::uint32_t option = options.begin; option < options.end; ++option) {
      const std::uint32_t asset = id_at(Column::option_asset, option);
      if (is_wrong(Check::asset_kind,
                   asset != none_index && at<std::uint8_t>(Column::asset_kind, asset) != kind)) {
        return refuse(Column::option_asset, option);
      }
      const auto upper = at<std::uint64_t>(Column::option_upper, option);
      const bool last = option + 1 == options.end;
      if (is_wrong(Check::shares, upper < lower || (last && upper != share_one))) {
        return refuse(Column::option_upper, option);
      }
      lower = upper;
    }
  }
  return true;
}

bool Proof::layer_ranges() {
  const auto from = [this](std::uint32_t row) {
    return at<std::uint64_t>(Column::trigger_range_from, row);
  };
  const auto until = [this](std::uint32_t row) {
    return at<std::uint64_t>(Column::trigger_range_until, row);
  };
  const auto layer = [this](std::uint32_t row) { return id_at(Column::trigger_layer, row); };
  if (!is_stored(Column::trigger_layer) && count(Column::trigger_layer) > 0 &&
      layer(0) == none_index) {
    return true;
  }
  Array<std::uint32_t> rows;  // of triggers with a layer and room in it
  for (std::uint32_t row = 0; row < count(Column::trigger_name); ++row) {
    if (layer(row) != none_index && from(row) < until(row)) rows.push_back(row);
  }
  sort_ids(rows, [&](std::uint32_t a, std::uint32_t b) {
    if (layer(a) != layer(b)) return layer(a) < layer(b);
    return from(a) != from(b) ? from(a) < from(b) : a < b;
  });
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (is_wrong(Check::layer_ranges,
                 layer(rows[i]) == layer(rows[i - 1]) && from(rows[i]) < until(rows[i - 1]))) {
      return refuse(Column::trigger_range_from, rows[i]);
    }
  }
  return true;
}

void Reads::merge(const Reads& other) {
  segment_end = std::max(segment_end, other.segment_end);
  journey_end = std::max(journey_end, other.journey_end);
  const bool both = signal != no_signal && other.signal != no_signal;
  fields_of_many = fields_of_many || other.fields_of_many || (both && signal != other.signal);
  if (signal == no_signal) signal = other.signal;
  state = state || other.state;
}

#ifdef HEED_MUTANTS
std::size_t check_count(Check table) {
  return table == Check::bound  ? std::size(bounds)
         : table == Check::name ? std::size(name_columns)
                                : std::size(distinct_columns);
}
#endif

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
      const auto kind =
          static_cast<image::FeatureKind>(ruleset.at<std::uint8_t>(Column::feature_kind, row));
      const image::FeatureForm& form = image::form_of(kind);
      if (!form.gives_field)
        return image::is_sequence(kind) ? ValueKind::boolean : ValueKind::number;
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

Result<void> prove_contents(Ruleset& ruleset) {
  Proof proof(ruleset);
  if (proof.contents()) return {};
  return fail(proof.error().code, proof.error().where);
}

}  // namespace heed
