// Conditions over one visitor's state at one time. Inputs, predicates, segments and stages are
// evaluated when first asked for and remembered for as long as this lives: one call to decide.
#pragma once
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "heed/runtime/decision.h"
#include "heed/runtime/ruleset.h"
#include "heed/runtime/state.h"

namespace heed {

/// A value while it is being tested; unknown where the input is absent or an operation failed.
/// Borrowed from the state, the ruleset or the caller.
struct Operand {
  enum class Kind : std::uint8_t { unknown, boolean, number, string, set };

  Kind kind = Kind::unknown;
  bool truth = false;
  double number = 0;
  std::string_view text;
  Members members;

  [[gnu::noinline]] static Operand of(bool truth);
  /// Unknown where not finite.
  static Operand of(double number);
  [[gnu::noinline]] static Operand of(std::string_view text);
  static Operand of(const Value& value);

  [[nodiscard]] bool known() const { return kind != Kind::unknown; }
  [[nodiscard]] bool contains(std::string_view member) const;
};

/// What a session holds of an attribute, else its default.
[[nodiscard]] Operand attribute_value(const Ruleset& ruleset, const State& state,
                                      std::uint32_t row);

class Evaluation {
 public:
  /// Conditions of segments, stages and triggers. All borrowed; they outlive this.
  Evaluation(const Ruleset& ruleset, const State& state, TimeMs now)
      : ruleset_(ruleset), state_(&state), now_(now) {}
  /// Conditions over the fields of one signal.
  Evaluation(const Ruleset& ruleset, SignalId signal, std::span<const FieldValue> fields);

  [[nodiscard]] bool condition(std::uint32_t condition);
  [[nodiscard]] bool predicate(std::uint32_t predicate);
  /// As `predicate`, and remembers only the inputs.
  [[nodiscard]] bool test(std::uint32_t predicate);
  [[nodiscard]] const Operand& input(std::uint32_t input);
  [[nodiscard]] bool segment(std::uint32_t segment);
  /// The furthest stage that holds or was entered; none_index before the first.
  [[nodiscard]] std::uint32_t stage(std::uint32_t journey);
  [[nodiscard]] Microsegment microsegment();

 private:
  enum class Truth : std::uint8_t { not_asked, no, yes };
  struct Known {
    Operand operand;
    bool asked = false;
    // The text's, where the ruleset names it; or where a set's begin in members_.
    std::uint32_t string_id = none_index;
    std::uint32_t member_count = 0;
    bool string_asked = false;
    std::uint8_t members_asked = 0;  // up to member_texts_max
  };
  /// So often a set is searched by its members' texts; then by their ids in the ruleset, which cost
  /// as much to find.
  static constexpr std::uint8_t member_texts_max = 32;

  [[nodiscard]] bool in_ranges(double number, Rows operands) const;
  [[nodiscard]] bool in_strings(std::uint32_t input, Rows operands);
  [[nodiscard]] bool has_member(std::uint32_t input, std::uint32_t string);
  [[nodiscard]] Operand evaluate(std::uint32_t input);
  [[nodiscard]] Operand feature(std::uint32_t row) const;
  [[nodiscard]] Operand field(std::uint32_t row) const;
  [[nodiscard]] std::uint32_t furthest_stage(std::uint32_t journey);

  const Ruleset& ruleset_;
  const State* state_ = nullptr;
  TimeMs now_;
  std::span<const FieldValue> fields_;
  std::uint32_t first_field_row_ = 0;
  Array<Known> inputs_;
  Array<std::uint32_t> members_;  // ids of the sets' members, each set's ascending
  Array<Truth> predicates_;
  Array<bool> segments_;         // in order, as far as asked for
  Array<std::uint32_t> stages_;  // likewise
};

/// The first segment of the list that holds, and how far the visitor is on the named journey.
///
/// @param segment  whether a segment holds
/// @param stage    the furthest stage of a journey; none_index before the first
template <class Segment, class Stage>
[[nodiscard]] Microsegment microsegment_of(const Ruleset& ruleset, Segment segment, Stage stage) {
  using image::Column;
  const auto listed = static_cast<std::uint32_t>(ruleset.row_count(Column::micro_segment));
  const auto journey = ruleset.at<std::uint32_t>(Column::site_journey, 0);
  if (listed == 0 && journey == none_index) return {};
  Microsegment micro{0, 0};
  while (micro.segment < listed &&
         !segment(ruleset.at<std::uint32_t>(Column::micro_segment, micro.segment))) {
    ++micro.segment;
  }
  if (journey == none_index) return micro;
  const std::uint32_t reached = stage(journey);
  const Rows stages = ruleset.children(Column::journey_stage_count, journey);
  micro.stage = reached == none_index ? stages.size() : reached;
  return micro;
}

/// Appends the inputs that a program reads; one may come more than once.
void add_program_inputs(const Ruleset& ruleset, std::uint32_t program,
                        Array<std::uint32_t>& inputs);

/// What a computed predicate evaluates to.
[[nodiscard]] Operand run_program(const Ruleset& ruleset, std::uint32_t program,
                                  Evaluation& evaluation);

}  // namespace heed
