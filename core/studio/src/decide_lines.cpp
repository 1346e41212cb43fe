#include "heed/studio/decide_lines.h"

#include <utility>

#include "heed/studio/json_text.h"
#include "visitor_line.h"

namespace heed::compile {
namespace {

using image::Column;

bool shows(const Decision& decision) {
  return decision.trigger != none_id<struct TriggerTag> && !decision.held_out;
}

void append_member(std::string& out, std::string_view key, std::string_view text) {
  append_json(out, key);
  out += ':';
  append_json(out, text);
}

}  // namespace

std::string microsegment_name(const Ruleset& ruleset, Microsegment microsegment) {
  const auto journey = ruleset.at<std::uint32_t>(Column::site_journey, 0);
  if (journey == none_index || microsegment.segment == none_index) return "all";
  std::string name(image::other_segment);
  if (microsegment.segment < ruleset.row_count(Column::micro_segment)) {
    const auto row = ruleset.at<std::uint32_t>(Column::micro_segment, microsegment.segment);
    name = ruleset.text(Column::segment_name, row);
  }
  const Rows stages = ruleset.children(Column::journey_stage_count, journey);
  name += '/';
  name += microsegment.stage < stages.size()
              ? ruleset.text(Column::stage_name, stages.begin + microsegment.stage)
              : image::no_stage;
  return name;
}

std::string variant_name(const Ruleset& ruleset, const Decision& decision) {
  std::string name;
  for (std::size_t part = 0; shows(decision) && part < decision.part_count; ++part) {
    if (part > 0) name += '+';
    name += ruleset.option_name(decision.trigger, part, decision.options[part]);
  }
  return name;
}

void append_decision(std::string& out, const Ruleset& ruleset, const Decision& decision) {
  out += '{';
  append_member(out, "slot", ruleset.name(decision.slot));
  if (decision.trigger == none_id<struct TriggerTag>) {
    out += ",\"trigger\":null,";
    append_member(out, "reason", name(decision.reason));
    out += '}';
    return;
  }
  out += ',';
  append_member(out, "trigger", ruleset.name(decision.trigger));
  if (decision.held_out) {
    out += ",\"held_out\":true,";
  } else {
    out += ',';
    append_member(out, "variant", variant_name(ruleset, decision));
    out += ",\"options\":{";
    for (std::size_t part = 0; part < decision.part_count; ++part) {
      if (part > 0) out += ',';
      append_member(out, ruleset.part_name(decision.trigger, part),
                    ruleset.option_name(decision.trigger, part, decision.options[part]));
    }
    out += "},\"probability\":";
    append_json(out, decision.probability);
    out += ',';
  }
  append_member(out, "microsegment", microsegment_name(ruleset, decision.microsegment));
  out += ',';
  append_member(out, "reason", name(decision.reason));
  out += '}';
}

DecideLines::DecideLines(const Ruleset& ruleset, const Index* index)
    : ruleset_(&ruleset), index_(index) {}

DecideLines::Outcome DecideLines::feed(std::string_view line, std::string& out) {
  ++line_;
  if (is_blank_line(line)) return Outcome::blank;
  if (line.back() == '\r') line.remove_suffix(1);
  const auto read = read_visitor_line(*ruleset_, line);
  if (!read) return refuse(read.error(), out);
  auto session = play_visitor_line(*ruleset_, *read);
  if (!session) return refuse(session.error(), out);
  session->use(index_);
  for (const std::string& sentence : read->unknown) {
    if (known_warnings_.insert(sentence).second) warnings_.push_back(sentence + "; it is ignored");
  }
  Array<Decision> decisions;
  if (read->slots) {
    for (const SlotId slot : *read->slots) decisions.push_back(session->decide(slot, read->now));
  } else {
    session->decide_all(read->now, decisions);
  }
  out += '{';
  append_member(out, "visitor", read->visitor);
  out += ",\"decisions\":[";
  bool first = true;
  for (const Decision& decision : decisions) {
    if (!read->slots && decision.trigger == none_id<struct TriggerTag>) continue;
    if (!first) out += ',';
    first = false;
    append_decision(out, *ruleset_, decision);
  }
  out += "]}\n";
  return Outcome::decided;
}

DecideLines::Outcome DecideLines::refuse(const LineError& error, std::string& out) {
  any_refused_ = true;
  out += "{\"line\":" + std::to_string(line_) + ",\"error\":{";
  append_member(out, "code", error.code);
  out += ',';
  append_member(out, "message", error.text());
  out += "}}\n";
  return Outcome::refused;
}

std::vector<std::string> DecideLines::take_warnings() { return std::exchange(warnings_, {}); }

}  // namespace heed::compile
