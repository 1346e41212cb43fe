// Who wins, by the rows of an index: ANDs them block by block and visits what holds in static
// order, up to each slot's winner. Lives for one call to decide.
#pragma once
#include <cstdint>
#include <optional>

#include "arbitration.h"
#include "heed/runtime/decision.h"
#include "heed/runtime/index.h"
#include "heed/runtime/matcher.h"

namespace heed {

class Contest {
 public:
  /// All borrowed; they outlive this. `matcher` is as of the arbitration's now.
  Contest(const Matcher& matcher, const Arbitration& arbitration, std::uint64_t unit);

  /// The winner of a slot, if any; else why the first trigger that holds is stopped.
  [[nodiscard]] Winner decide(SlotId slot);
  /// The winners of all slots, in slot order, in place of what was in `winners`.
  ///
  /// @param stopped  where not nullptr: by slot, the reason of its first trigger that is stopped
  void decide_all(Array<Winner>& winners, Array<Reason>* stopped);

 private:
  static constexpr std::uint32_t chunk_words = 16;

  [[nodiscard]] bool is_loaded(std::uint32_t word) const {
    return word - first_word_ < word_count_;
  }
  void load(std::uint32_t word);
  template <std::uint32_t pair_count>
  void and_rows();
  void draw_one(const Index::Award& award, Winner& winner) const;
  [[nodiscard]] TriggerId richest(std::uint32_t term, TriggerId first);
  [[nodiscard]] std::optional<Reason> award_slowly(std::uint8_t gates, std::uint32_t term,
                                                   Winner& winner);

  const Index& index_;
  const Matcher& matcher_;
  const Arbitration& arbitration_;
  std::uint64_t unit_;
  std::uint8_t slow_ = 0;         // a gate of every award: whoever wins is held out
  std::uint32_t first_word_ = 0;  // of those loaded
  std::uint32_t word_count_ = 0;
  Index::Word words_[chunk_words];
};

}  // namespace heed
