// A line out, in the order of keys that the design page shows.
#include "number_text.h"
#include "reference.h"

namespace heed::reference {
namespace {

std::string decision_text(const Decision& decision) {
  std::string out = "{\"slot\":" + quoted(decision.slot) + ",\"trigger\":";
  if (!decision.trigger) {
    return out + "null,\"reason\":" + quoted(decision.reason) + "}";
  }
  out += quoted(*decision.trigger);
  if (decision.held_out) {
    return out + ",\"held_out\":true,\"microsegment\":" + quoted(decision.microsegment) +
           ",\"reason\":" + quoted(decision.reason) + "}";
  }
  std::string variant;
  std::string options;
  for (const auto& [part, option] : decision.options) {
    variant += (variant.empty() ? "" : "+") + option;
    options += (options.empty() ? "" : ",") + quoted(part) + ":" + quoted(option);
  }
  return out + ",\"variant\":" + quoted(variant) + ",\"options\":{" + options +
         "},\"probability\":" + number_text(decision.probability) +
         ",\"microsegment\":" + quoted(decision.microsegment) +
         ",\"reason\":" + quoted(decision.reason) + "}";
}

}  // namespace

std::string Reference::decide_line(std::string_view line) const {
  const Visitor visitor = read_line(line);
  std::string out = "{\"visitor\":" + quoted(visitor.id) + ",\"decisions\":[";
  bool first = true;
  for (const Decision& decision : decide(visitor)) {
    out += (first ? "" : ",") + decision_text(decision);
    first = false;
  }
  return out + "]}";
}

}  // namespace heed::reference
