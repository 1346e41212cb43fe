// What the naive model makes of interleavings, for hosts that cannot link it.
//
//   heed_interleavings FEATURE... < events > steps
//
// A line in is a sequence: four numbers an event (interleaving.h). A line out is its steps in JSON:
// {"do", "now"} and what belongs to it: signal and fields; view and decisions; features
#include <exception>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "interleaving.h"
#include "number_text.h"

namespace heed::reference {
namespace {

std::string json(const Value& value) {
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
  if (const auto* number = std::get_if<double>(&value)) return number_text(*number);
  if (const auto* span = std::get_if<Duration>(&value)) return number_text(span->ms);
  if (const auto* text = std::get_if<std::string>(&value)) return quoted(*text);
  if (const auto* set = std::get_if<Set>(&value)) {
    std::string out;
    for (const std::string& member : *set) out += (out.empty() ? "[" : ",") + quoted(member);
    return out.empty() ? "[]" : out + "]";
  }
  return "null";
}

std::string json(const Decision& decision) {
  std::string out = "{\"slot\":" + quoted(decision.slot) + ",\"trigger\":";
  out += decision.trigger ? quoted(*decision.trigger) : "null";
  if (decision.trigger) out += ",\"microsegment\":" + quoted(decision.microsegment);
  out += ",\"reason\":" + quoted(decision.reason) + ",\"suppressed\":";
  return out + (decision.suppressed ? quoted(*decision.suppressed) : "null") + "}";
}

class Writer {
 public:
  Writer(std::ostream& out, const std::vector<std::string>& features)
      : out_(out), features_(features) {}

  void take(const Event& event) {
    for (const Deed& deed : telling_.take(event)) write(deed);
    look();
  }
  void end() {
    write({Deed::Do::decide, "", {}});
    out_ << "]\n";
  }

 private:
  void write(const Deed& deed) {
    begin();
    switch (deed.what) {
      case Deed::Do::observe: {
        out_ << "\"observe\",\"signal\":" << quoted(deed.signal) << ",\"fields\":{";
        const char* separator = "";
        for (const auto& [name, value] : deed.fields) {
          out_ << separator << quoted(name) << ':' << json(value);
          separator = ",";
        }
        out_ << "}}";
        return;
      }
      case Deed::Do::travel:
        out_ << "\"travel\"}";
        return;
      case Deed::Do::decide:
      case Deed::Do::decide_and_expose: {
        const bool exposes = deed.what == Deed::Do::decide_and_expose;
        const std::vector<Decision> decisions = telling_.decide();
        out_ << (exposes ? "\"expose\"" : "\"decide\"") << ",\"view\":" << telling_.view()
             << ",\"decisions\":[";
        const char* separator = "";
        for (const Decision& decision : decisions) {
          out_ << separator << json(decision);
          separator = ",";
        }
        out_ << "]}";
        if (exposes) telling_.expose(decisions);
        return;
      }
    }
  }

  void look() {
    begin();
    out_ << "\"look\",\"features\":{";
    const char* separator = "";
    for (const std::string& name : features_) {
      out_ << separator << quoted(name) << ':' << json(telling_.feature(name));
      separator = ",";
    }
    out_ << "}}";
  }

  void begin() {
    out_ << (first_ ? "[" : ",") << "{\"now\":" << telling_.now() << ",\"do\":";
    first_ = false;
  }

  std::ostream& out_;
  const std::vector<std::string>& features_;
  Telling telling_;
  bool first_ = true;
};

void play(const std::string& line, const std::vector<std::string>& features) {
  std::istringstream numbers(line);
  std::vector<int> all;
  for (int number = 0; numbers >> number;) all.push_back(number);
  if (!numbers.eof() || all.size() % 4 != 0) {
    throw std::runtime_error("not four numbers an event: " + line);
  }
  Writer writer(std::cout, features);
  for (std::size_t i = 0; i < all.size(); i += 4) {
    const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(all[i + at]); };
    writer.take({byte(0), byte(1), byte(2), byte(3)});
  }
  writer.end();
}

}  // namespace
}  // namespace heed::reference

int main(int argument_count, char** arguments) {
  const std::vector<std::string> features(arguments + 1, arguments + argument_count);
  try {
    for (std::string line; std::getline(std::cin, line);) heed::reference::play(line, features);
  } catch (const std::exception& error) {
    std::cerr << "heed_interleavings: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
