#include "rebase.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "columns.h"
#include "heed/base/bytes.h"
#include "heed/base/id.h"
#include "heed/runtime/program.h"

namespace heed::compile {
namespace {

using image::Column;
using image::InputKind;
using image::Instruction;
using image::Op;
using image::OperandKind;

/// Of a row, or of a string: what makes it the same in both images.
using Key = std::string;
/// By a row of the ruleset, its row in the image that is written.
using Ids = std::vector<std::uint32_t>;

/// Strings that nothing names any more stay where they are while they are fewer than this share of
/// the others: they cost bytes, and leaving them out would move all behind them.
constexpr std::size_t live_for_each_dead = 8;

/// What an element that is none counts as.
constexpr auto none = ~std::uint64_t{0};

void append(Key& key, std::uint64_t value) {
  key.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// What the base has keeps its row, the others take the rows that are left over in their order.
Ids stable_ids(const std::vector<Key>& base, const std::vector<Key>& now) {
  std::unordered_map<std::string_view, std::uint32_t> rows;
  for (std::uint32_t row = 0; row < std::min(base.size(), now.size()); ++row) {
    rows.emplace(base[row], row);
  }
  Ids ids(now.size(), none_index);
  std::vector<bool> taken(now.size());
  for (std::size_t i = 0; i < now.size(); ++i) {
    const auto found = rows.find(now[i]);
    if (found == rows.end() || taken[found->second]) continue;
    ids[i] = found->second;
    taken[found->second] = true;
  }
  std::uint32_t next = 0;
  for (std::uint32_t& id : ids) {
    if (id != none_index) continue;
    while (taken[next]) ++next;
    id = next++;
  }
  return ids;
}

Ids inverse(const Ids& ids) {
  Ids rows(ids.size());
  for (std::uint32_t i = 0; i < ids.size(); ++i) rows[ids[i]] = i;
  return rows;
}

Op op_of(const Ruleset& ruleset, std::uint32_t predicate) {
  const auto byte = ruleset.at<std::uint8_t>(Column::predicate_op, predicate);
  return static_cast<Op>(byte & ~image::op_negated);
}

std::span<const std::byte> program_of(const Ruleset& ruleset, std::uint32_t program) {
  const Rows bytes = ruleset.children(Column::program_size, program);
  return ruleset.column(Column::program_bytes).subspan(bytes.begin, bytes.size());
}

std::vector<std::string_view> strings_of(const Ruleset& ruleset) {
  std::vector<std::string_view> texts;
  for (std::uint32_t id = 0; id < ruleset.row_count(Column::string_length); ++id) {
    texts.push_back(ruleset.string(id));
  }
  return texts;
}

/// How many strings stand before the first that breaks their order.
std::size_t sorted_count(std::span<const std::string_view> texts) {
  std::size_t count = texts.empty() ? 0 : 1;
  while (count < texts.size() && string_before(texts[count - 1], texts[count])) ++count;
  return count;
}

/// Where the rows of an image go. Keys of the ruleset are made of ids that are settled already, so
/// that they compare with the base's.
class Numbering {
 public:
  Numbering(const Ruleset& ruleset, const Ruleset& base) : now_(ruleset), base_(base) {
    settle_strings();
    settle(Column::number, &Numbering::number_key);
    settle(Column::input_kind, &Numbering::input_key);
    settle(Column::program_size, &Numbering::program_key);
    settle(Column::predicate_input, &Numbering::predicate_key);
    settle(Column::condition_term_count, &Numbering::condition_key);
    for (const Column names : {Column::asset_name, Column::layer_name, Column::campaign_name}) {
      names_ = names;
      settle(names, &Numbering::name_key);
    }
    settle(Column::content_part_count, &Numbering::content_key);
  }

  [[nodiscard]] const std::vector<std::string_view>& strings() const { return strings_; }
  /// By row of the image, the row of the ruleset; for a table that no lengths deal out.
  [[nodiscard]] Ids rows(Column table) const {
    if (const Ids* ids = find(table)) return inverse(*ids);
    Ids rows(now_.row_count(table));
    for (std::uint32_t i = 0; i < rows.size(); ++i) rows[i] = i;
    return rows;
  }
  /// By row of the ruleset, the row in the image.
  [[nodiscard]] const Ids& ids(Column table) const { return *find(table); }
  /// The row in the image, or none of none.
  [[nodiscard]] std::uint32_t id(Column table, std::uint32_t row) const {
    const Ids* ids = find(table);
    return ids == nullptr || row == none_index ? row : (*ids)[row];
  }
  /// What a predicate's operands name, in the order that the image wants.
  [[nodiscard]] Ids operands(std::uint32_t predicate) const {
    return operands(now_, predicate, true);
  }
  [[nodiscard]] std::vector<std::byte> program(std::uint32_t row) const {
    const auto code = program_of(now_, row);
    std::vector<std::byte> out(code.begin(), code.end());
    for (std::size_t at = 0; at < out.size();) {
      const auto instruction = static_cast<Instruction>(out[at++]);
      if (const auto table = table_of(image::operand_kind(instruction))) {
        const auto named = load_le<std::uint32_t>(std::span(out).subspan(at), 0);
        store_le(std::span(out), at, id(*table, named));
      }
      at += image::operand_size_bytes(instruction);
    }
    return out;
  }

 private:
  using MakeKey = Key (Numbering::*)(const Ruleset&, std::uint32_t) const;

  [[nodiscard]] const Ids* find(Column table) const {
    const auto& ids = ids_[static_cast<std::size_t>(table)];
    return ids ? &*ids : nullptr;
  }
  /// The id in the image, also of a row of the base: there it is settled as it is.
  [[nodiscard]] std::uint32_t settled(const Ruleset& of, Column table, std::uint32_t row) const {
    return &of == &base_ ? row : id(table, row);
  }
  [[nodiscard]] static std::optional<Column> table_of(OperandKind kind) {
    switch (kind) {
      case OperandKind::number:
        return Column::number;
      case OperandKind::string:
        return Column::string_length;
      case OperandKind::input:
        return Column::input_kind;
      default:
        return std::nullopt;
    }
  }

  void settle(Column table, MakeKey make_key) {
    const auto keys = [&](const Ruleset& of) {
      std::vector<Key> made(of.row_count(table));
      for (std::uint32_t row = 0; row < made.size(); ++row) made[row] = (this->*make_key)(of, row);
      return made;
    };
    ids_[static_cast<std::size_t>(table)] = stable_ids(keys(base_), keys(now_));
  }
  void settle_strings();

  [[nodiscard]] Key number_key(const Ruleset& of, std::uint32_t row) const {
    Key key;
    append(key, of.at<std::uint64_t>(Column::number, row));
    return key;
  }
  [[nodiscard]] Key input_key(const Ruleset& of, std::uint32_t row) const;
  [[nodiscard]] Key program_key(const Ruleset& of, std::uint32_t row) const {
    const auto code = program_of(of, row);
    const auto made = &of == &now_ ? program(row) : std::vector(code.begin(), code.end());
    return {reinterpret_cast<const char*>(made.data()), made.size()};
  }
  [[nodiscard]] Ids operands(const Ruleset& of, std::uint32_t predicate, bool map) const;
  [[nodiscard]] Key predicate_key(const Ruleset& of, std::uint32_t row) const;
  [[nodiscard]] Key condition_key(const Ruleset& of, std::uint32_t row) const;
  [[nodiscard]] Key name_key(const Ruleset& of, std::uint32_t row) const {
    return Key(of.text(names_, row));
  }
  [[nodiscard]] Key content_key(const Ruleset& of, std::uint32_t row) const;

  const Ruleset& now_;
  const Ruleset& base_;
  Column names_ = Column::asset_name;
  std::vector<std::string_view> strings_;  // of the image
  std::array<std::optional<Ids>, image::column_count> ids_;
};

/// Strings keep their order, which loading and compression live on: new ones go behind, or where
/// among those an unused one stood.
void Numbering::settle_strings() {
  const std::vector<std::string_view> now = strings_of(now_);
  strings_ = strings_of(base_);
  const std::size_t first_free = sorted_count(strings_);
  std::unordered_map<std::string_view, std::uint32_t> known;
  for (std::uint32_t i = 0; i < strings_.size(); ++i) known.emplace(strings_[i], i);
  Ids ids(now.size(), none_index);
  std::vector<bool> is_used(strings_.size());
  for (std::size_t i = 0; i < now.size(); ++i) {
    const auto found = known.find(now[i]);
    if (found == known.end()) continue;
    ids[i] = found->second;
    is_used[found->second] = true;
  }
  std::size_t next = first_free;
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (ids[i] != none_index) continue;
    while (next < is_used.size() && is_used[next]) ++next;
    ids[i] = static_cast<std::uint32_t>(next);
    strings_.resize(std::max(strings_.size(), next + 1));
    strings_[next++] = now[i];
  }
  std::size_t size = 0;
  for (const std::uint32_t id : ids) size = std::max<std::size_t>(size, id + 1);
  strings_.resize(size);
  if ((size - now.size()) * live_for_each_dead > now.size()) {
    strings_ = now;
    for (std::uint32_t i = 0; i < ids.size(); ++i) ids[i] = i;
  }
  ids_[static_cast<std::size_t>(Column::string_length)] = std::move(ids);
}

/// By name: an attribute that is put before others moves no input.
Key Numbering::input_key(const Ruleset& of, std::uint32_t row) const {
  const auto kind = static_cast<InputKind>(of.at<std::uint8_t>(Column::input_kind, row));
  const auto named = of.at<std::uint32_t>(Column::input_row, row);
  Key key(1, static_cast<char>(kind));
  switch (kind) {
    case InputKind::attribute:
      return key.append(of.text(Column::attribute_name, named));
    case InputKind::feature:
      return key.append(of.text(Column::feature_name, named));
    case InputKind::segment:
      return key.append(of.text(Column::segment_name, named));
    case InputKind::journey:
      return key.append(of.text(Column::journey_name, named));
    case InputKind::now:
      return key;
    case InputKind::field: {
      std::uint32_t signal = 0;
      while (of.children(Column::signal_field_count, signal).end <= named) ++signal;
      key.append(of.text(Column::signal_name, signal)).push_back('\0');
      return key.append(of.text(Column::field_name, named));
    }
  }
  return key;
}

Ids Numbering::operands(const Ruleset& of, std::uint32_t predicate, bool map) const {
  const Op op = op_of(of, predicate);
  const bool numbers = op == Op::number_in;
  const Column table = numbers              ? Column::number
                       : op == Op::computed ? Column::program_size
                                            : Column::string_length;
  const Rows rows = of.children(Column::predicate_operand_count, predicate);
  Ids ids;
  for (std::uint32_t i = rows.begin; i < rows.end; ++i) {
    const auto row = of.at<std::uint32_t>(Column::operand, i);
    ids.push_back(map ? id(table, row) : row);
  }
  if (op == Op::string_in) std::sort(ids.begin(), ids.end());  // as `open` proves them
  return ids;
}

Key Numbering::predicate_key(const Ruleset& of, std::uint32_t row) const {
  Key key;
  append(key, of.at<std::uint8_t>(Column::predicate_op, row));
  append(key, settled(of, Column::input_kind, of.at<std::uint32_t>(Column::predicate_input, row)));
  for (const std::uint32_t operand : operands(of, row, &of == &now_)) append(key, operand);
  return key;
}

Key Numbering::condition_key(const Ruleset& of, std::uint32_t row) const {
  Key key;
  const Rows terms = of.children(Column::condition_term_count, row);
  for (std::uint32_t term = terms.begin; term < terms.end; ++term) {
    const Rows references = of.children(Column::term_predicate_count, term);
    append(key, references.size());
    for (std::uint32_t i = references.begin; i < references.end; ++i) {
      append(key, settled(of, Column::predicate_input, of.at<std::uint32_t>(Column::reference, i)));
    }
  }
  return key;
}

Key Numbering::content_key(const Ruleset& of, std::uint32_t row) const {
  Key key;
  const auto text = [&](Column column, std::uint32_t at) {
    append(key, settled(of, Column::string_length, of.at<std::uint32_t>(column, at)));
  };
  const Rows parts = of.children(Column::content_part_count, row);
  for (std::uint32_t part = parts.begin; part < parts.end; ++part) {
    text(Column::part_name, part);
    append(key, of.at<std::uint8_t>(Column::part_kind, part));
    const Rows options = of.option_rows(part);
    append(key, options.size());
    for (std::uint32_t option = options.begin; option < options.end; ++option) {
      text(Column::option_name, option);
      append(key,
             settled(of, Column::asset_name, of.at<std::uint32_t>(Column::option_asset, option)));
      append(key, of.at<std::uint64_t>(Column::option_upper, option));
    }
  }
  return key;
}

/// The first column of the table that a column belongs to.
Column table_of(Column column) {
  const auto* table = image::tables.begin();
  while (table + 1 != image::tables.end() && (table + 1)->first <= column) ++table;
  return table->first;
}

class Rebase {
 public:
  Rebase(const Ruleset& ruleset, const Ruleset& base)
      : ruleset_(ruleset), numbering_(ruleset, base) {}

  Rebased write() {
    StringColumns strings(columns_);
    for (const std::string_view text : numbering_.strings()) strings.add(text);
    for (const image::Table& table : image::tables) write_table(table.first);
    return {columns_.image(ruleset_.site_hash()), numbering_.ids(Column::predicate_input)};
  }

 private:
  void write_table(Column table);
  void write_programs(std::span<const std::uint32_t> rows);
  void write_operands();
  [[nodiscard]] std::uint64_t default_of(std::uint32_t attribute, std::uint64_t own) const;
  [[nodiscard]] Ids rows_of(Column table) const;

  const Ruleset& ruleset_;
  Numbering numbering_;
  Columns columns_;
};

void Rebase::write_table(Column table) {
  if (table == Column::string_length || table == Column::string_bytes) return;  // as texts
  if (table == Column::operand) return write_operands();
  if (table == Column::program_bytes) return write_programs(rows_of(Column::program_size));
  const Ids rows = rows_of(table);
  for (auto i = static_cast<std::size_t>(table); i < image::column_count; ++i) {
    const auto column = static_cast<Column>(i);
    if (table_of(column) != table) return;
    const auto* reference =
        std::find_if(image::references.begin(), image::references.end(),
                     [column](const image::Reference& one) { return one.column == column; });
    for (const std::uint32_t row : rows) {
      const auto own = ruleset_.at<std::uint64_t>(column, row);
      const bool is_id = reference != image::references.end() && own != none;
      columns_.add(column, is_id ? numbering_.id(reference->table, static_cast<std::uint32_t>(own))
                           : column == Column::attribute_default ? default_of(row, own)
                                                                 : own);
    }
  }
}

void Rebase::write_programs(std::span<const std::uint32_t> rows) {
  for (const std::uint32_t row : rows) {
    columns_.push_bytes(Column::program_bytes, numbering_.program(row));
  }
}

void Rebase::write_operands() {
  for (const std::uint32_t predicate : rows_of(Column::predicate_input)) {
    for (const std::uint32_t id : numbering_.operands(predicate)) {
      columns_.push_id(Column::operand, id);
    }
  }
}

std::uint64_t Rebase::default_of(std::uint32_t attribute, std::uint64_t own) const {
  if (own == none) return own;
  const auto id = static_cast<std::uint32_t>(own);
  switch (ruleset_.type(AttributeId{attribute})) {
    case image::Type::number:
      return numbering_.id(Column::number, id);
    case image::Type::string:
      return numbering_.id(Column::string_length, id);
    default:
      return own;
  }
}

/// By row of the image, the row of the ruleset: children follow their parents.
Ids Rebase::rows_of(Column table) const {
  for (const image::Lengths& dealt : image::length_columns) {
    if (dealt.children != table) continue;
    Ids rows;
    for (const std::uint32_t parent : rows_of(table_of(dealt.lengths))) {
      const Rows own = ruleset_.children(dealt.lengths, parent);
      for (std::uint32_t row = own.begin; row < own.end; ++row) rows.push_back(row);
    }
    return rows;
  }
  return numbering_.rows(table);
}

}  // namespace

Rebased rebase(const Ruleset& ruleset, const Ruleset& base) {
  return Rebase(ruleset, base).write();
}

}  // namespace heed::compile
