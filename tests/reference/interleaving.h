// Any interleaving of signals, exposures, time steps (also backwards), saves, restores and
// decisions as rows of small numbers, and what the naive model makes of each. Over
// interleavings.heed.json.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "reference.h"

namespace heed::reference {

/// What happens next; numbers are taken modulo what there is to choose from.
struct Event {
  std::uint8_t what = 0;
  std::uint8_t item = 0;
  std::uint8_t number = 0;
  std::uint8_t step = 0;

  static constexpr std::uint8_t what_count = 16;
  static constexpr std::uint8_t item_count = 80;
  static constexpr std::uint8_t number_count = 40;
  static constexpr std::uint8_t step_count = 40;
};

/// A part of an event, for a session to do.
struct Deed {
  enum class Do : std::uint8_t { observe, travel, decide, decide_and_expose };
  Do what = Do::decide;
  std::string signal;
  std::map<std::string, Value> fields;
};

const std::string& interleavings_source();
const Reference& interleavings_oracle();

/// Takes events, and keeps the log of which the naive model tells everything.
class Telling {
 public:
  Telling();

  /// Moves time, and says what is to be done then; signals are told.
  std::vector<Deed> take(const Event& event);
  /// What is decided in a view of its own.
  std::vector<Decision> decide();
  /// Tells that all of them were seen.
  void expose(const std::vector<Decision>& decisions);
  [[nodiscard]] Value feature(const std::string& name);

  [[nodiscard]] std::int64_t now() const { return now_; }
  [[nodiscard]] std::uint64_t view() const { return view_; }

 private:
  void move_time(std::uint8_t step);
  Deed observe(const std::string& name, std::map<std::string, Value> fields);
  Deed see(const Event& event);
  Deed buy(const Event& event);
  void tell(Signal signal);

  std::int64_t now_ = 1'800'000'000'000;
  std::uint64_t view_ = 1;
  Visitor told_;
};

}  // namespace heed::reference
