#include "keys.h"

#include <bit>
#include <cstring>
#include <string>

#include "heed/base/hash.h"
#include "heed/runtime/program.h"

namespace heed {
namespace {

using image::Column;
using image::Instruction;

/// Spells a definition: texts carry their length, so that no two definitions spell alike.
class Spelling {
 public:
  explicit Spelling(const Ruleset& ruleset) : ruleset_(ruleset) {}

  template <class T>
  Spelling& add(T value) {
    char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    text_.append(bytes, sizeof(T));
    return *this;
  }
  Spelling& add_text(std::string_view text) {
    add(static_cast<std::uint32_t>(text.size()));
    text_.append(text);
    return *this;
  }
  template <class T>
  Spelling& add_cell(Column column, std::size_t row) {
    return add(ruleset_.at<T>(column, row));
  }
  Spelling& add_name(Column column, std::size_t row) {
    return add_text(ruleset_.text(column, row));
  }

  Spelling& add_number(std::uint32_t id) {
    return add(id == none_index ? 0.0 : ruleset_.at<double>(Column::number, id))
        .add(id == none_index);
  }
  Spelling& add_field(std::uint32_t row) {
    return add_name(Column::field_name, row).add_cell<std::uint8_t>(Column::field_type, row);
  }
  void add_condition(std::uint32_t condition);

  [[nodiscard]] std::uint32_t hash() const {
    return static_cast<std::uint32_t>(xxh64(text_, ruleset_.site_hash()));
  }

 private:
  void add_predicate(std::uint32_t predicate);
  void add_program(std::uint32_t program);
  // A feature's condition reads fields only.
  void add_input(std::uint32_t input) {
    add_field(ruleset_.at<std::uint32_t>(Column::input_row, input));
  }

  const Ruleset& ruleset_;
  std::string text_;
};

void Spelling::add_condition(std::uint32_t condition) {
  const Rows terms = ruleset_.children(Column::condition_term_count, condition);
  add(terms.size());
  for (std::uint32_t term = terms.begin; term < terms.end; ++term) {
    const Rows references = ruleset_.children(Column::term_predicate_count, term);
    add(references.size());
    for (std::uint32_t i = references.begin; i < references.end; ++i) {
      add_predicate(ruleset_.at<std::uint32_t>(Column::reference, i));
    }
  }
}

void Spelling::add_predicate(std::uint32_t predicate) {
  using image::Op;
  const auto op_byte = ruleset_.at<std::uint8_t>(Column::predicate_op, predicate);
  const auto op = static_cast<Op>(op_byte & ~image::op_negated);
  const Rows operands = ruleset_.children(Column::predicate_operand_count, predicate);
  add(op_byte).add(operands.size());
  if (op != Op::computed) {
    add_input(ruleset_.at<std::uint32_t>(Column::predicate_input, predicate));
  }
  for (std::uint32_t i = operands.begin; i < operands.end; ++i) {
    const auto id = ruleset_.at<std::uint32_t>(Column::operand, i);
    if (op == Op::computed) {
      add_program(id);
    } else if (op == Op::number_in) {
      add_number(id);
    } else {
      add_text(ruleset_.string(id));
    }
  }
}

void Spelling::add_program(std::uint32_t program) {
  const Rows bytes = ruleset_.children(Column::program_size, program);
  const auto code = ruleset_.column(Column::program_bytes).subspan(bytes.begin, bytes.size());
  for (std::size_t at = 0; at < code.size();) {
    const auto instruction = static_cast<Instruction>(code[at++]);
    add(instruction);
    const std::size_t size = image::operand_size_bytes(instruction);
    if (size == 0) continue;
    std::uint32_t id = 0;
    std::memcpy(&id, code.data() + at, sizeof(id));
    at += size;
    switch (image::operand_kind(instruction)) {
      case image::OperandKind::number:
        add_number(id);
        break;
      case image::OperandKind::input:
        add_input(id);
        break;
      case image::OperandKind::string:
        add_text(ruleset_.string(id));
        break;
      default:
        add(id);
    }
  }
}

std::uint32_t name_key(const Ruleset& ruleset, char kind, Column names, std::size_t row) {
  return Spelling(ruleset).add(kind).add_name(names, row).hash();
}

}  // namespace

std::uint32_t attribute_key(const Ruleset& ruleset, AttributeId attribute) {
  return Spelling(ruleset)
      .add_name(Column::attribute_name, attribute.index)
      .add_cell<std::uint8_t>(Column::attribute_type, attribute.index)
      .add_cell<std::uint8_t>(Column::attribute_source, attribute.index)
      .hash();
}

std::uint32_t feature_key(const Ruleset& ruleset, FeatureId feature) {
  const std::uint32_t row = feature.index;
  Spelling spelling(ruleset);
  const auto add_signal = [&](std::uint32_t signal, Column field_column, Column where_column) {
    const auto field = ruleset.at<std::uint32_t>(field_column, row);
    const auto where = ruleset.at<std::uint32_t>(where_column, row);
    spelling.add_name(Column::signal_name, signal).add(field != none_index);
    if (field != none_index) {
      spelling.add_field(ruleset.children(Column::signal_field_count, signal).begin + field);
    }
    spelling.add(where != none_index);
    if (where != none_index) spelling.add_condition(where);
  };
  spelling.add_cell<std::uint8_t>(Column::feature_kind, row)
      .add_cell<std::uint64_t>(Column::feature_window_ms, row)
      .add_cell<std::uint64_t>(Column::feature_half_life_ms, row);
  const auto signal = ruleset.at<std::uint32_t>(Column::feature_signal, row);
  if (signal == none_index) return spelling.hash();  // a ratio gathers nothing
  add_signal(signal, Column::feature_field, Column::feature_where);
  const auto other = ruleset.at<std::uint32_t>(Column::feature_other, row);
  if (other != none_index) {
    add_signal(other, Column::feature_other_field, Column::feature_other_where);
  }
  return spelling.hash();
}

std::uint32_t journey_key(const Ruleset& ruleset, JourneyId journey) {
  return name_key(ruleset, 'j', Column::journey_name, journey.index);
}
std::uint32_t stage_key(const Ruleset& ruleset, std::uint32_t row) {
  return name_key(ruleset, 'g', Column::stage_name, row);
}
std::uint32_t slot_key(const Ruleset& ruleset, SlotId slot) {
  return name_key(ruleset, 's', Column::slot_name, slot.index);
}
std::uint32_t trigger_key(const Ruleset& ruleset, TriggerId trigger) {
  return name_key(ruleset, 't', Column::trigger_name, trigger.index);
}
std::uint32_t campaign_key(const Ruleset& ruleset, CampaignId campaign) {
  return name_key(ruleset, 'c', Column::campaign_name, campaign.index);
}
std::uint32_t programme_key(const Ruleset& ruleset) {
  return name_key(ruleset, 'p', Column::site_name, 0);
}
std::uint32_t layer_key(const Ruleset& ruleset, TriggerId trigger) {
  const auto layer = ruleset.at<std::uint32_t>(Column::trigger_layer, trigger.index);
  if (layer == none_index) return slot_key(ruleset, ruleset.slot(trigger));
  return name_key(ruleset, 'l', Column::layer_name, layer);
}

bool is_profile_fact(const Ruleset& ruleset, AttributeId attribute) {
  return ruleset.at<std::uint8_t>(Column::attribute_source, attribute.index) ==
         static_cast<std::uint8_t>(image::Source::profile);
}

}  // namespace heed
