#include "contest.h"

#include <algorithm>
#include <bit>

#include "heed/base/hash.h"
#include "heed/runtime/draws.h"

namespace heed {
namespace {

using Word = Index::Word;

/// Two words that one instruction ANDs (SSE2, wasm SIMD).
using Pair = Word __attribute__((vector_size(16)));

Pair load_pair(const Word* from) {
  Pair pair;
  __builtin_memcpy(&pair, from, sizeof(pair));
  return pair;
}

}  // namespace

Contest::Contest(const Matcher& matcher, const Arbitration& arbitration, std::uint64_t unit)
    : index_(*matcher.index()), matcher_(matcher), arbitration_(arbitration), unit_(unit) {
  if (arbitration.is_held_out_by_programme()) slow_ = Index::award_slow;
}

template <std::uint32_t pair_count>
void Contest::and_rows() {
  Pair sums[pair_count];
  const Word* const unrefuted = matcher_.unrefuted();
  for (std::uint32_t i = 0; i < pair_count; ++i) {
    sums[i] = unrefuted == nullptr ? ~Pair{} : load_pair(unrefuted + first_word_ + 2 * i);
  }
  for (const Word* row : matcher_.rows()) {
    for (std::uint32_t i = 0; i < pair_count; ++i) {
      sums[i] &= load_pair(row + first_word_ + 2 * i);
    }
  }
  __builtin_memcpy(words_, sums, sizeof(sums));
}

void Contest::load(std::uint32_t word) {
  const std::uint32_t first = word / Index::block_words * Index::block_words;
  // Who comes from the words before is likely to go on; who jumps here looks for one winner.
  const bool goes_on = first == first_word_ + word_count_ && word_count_ != 0;
  first_word_ = first;
  if (goes_on && first + chunk_words <= index_.word_count()) {
    word_count_ = chunk_words;
    and_rows<chunk_words / 2>();
  } else {
    word_count_ = Index::block_words;
    and_rows<Index::block_words / 2>();
  }
}

void Contest::draw_one(const Index::Award& award, Winner& winner) const {
  const std::uint32_t drawn = draw(unit_, award.salt);
  const std::uint32_t* const upper = index_.thresholds(award);
  // The first four without a branch: which option it is, no processor can guess.
  const std::uint32_t last = award.option_count - 1U;
  std::uint32_t chosen = static_cast<std::uint32_t>(drawn >= upper[0]);
  chosen += static_cast<std::uint32_t>(drawn >= upper[1]);
  chosen += static_cast<std::uint32_t>(drawn >= upper[2]);
  chosen = chosen < last ? chosen : last;
  for (std::uint32_t option = 3; option < last && drawn >= upper[option]; ++option) ++chosen;
  winner.probability = index_.probability(award, chosen);
  winner.options = {static_cast<std::uint8_t>(chosen)};
  winner.part_count = 1;
  winner.held_out = false;
  winner.reason = Reason::split;
}

void Contest::decide_all(Array<Winner>& winners, Array<Reason>* stopped) {
  constexpr std::size_t room_min = 64;
  const std::uint32_t end = index_.term_count();
  const bool one_term = index_.slots_have_one_term();
  std::uint32_t term = index_.first_trigger_term();  // none before this one is of interest
  // Winners are made in place: one made elsewhere and copied waits for its own bytes.
  winners.resize_for_overwrite(std::max(winners.capacity(), room_min));
  std::size_t count = 0;
  while (term < end) {
    const std::uint32_t word_at = term / 64;
    if (!is_loaded(word_at)) load(word_at);
    Word word = words_[word_at - first_word_] & ~Word{0} << term % 64;
    term = (word_at + 1) * 64;
    while (word != 0) {
      const std::uint32_t held = word_at * 64 + static_cast<std::uint32_t>(__builtin_ctzll(word));
      if (held >= end) break;
      if (count == winners.size()) winners.resize_for_overwrite(2 * count);
      Winner& winner = winners[count];
      winner.trigger = TriggerId{index_.trigger_of(held)};
      const Index::Award& award = index_.award(winner.trigger.index);
      winner.slot = award.slot;
      if ((award.gates | slow_) == 0) {
        draw_one(award, winner);
      } else if (const auto reason = award_slowly(award.gates, held, winner)) {
        if (stopped && (*stopped)[award.slot.index] == Reason::no_trigger) {
          (*stopped)[award.slot.index] = *reason;
        }
        word &= word - 1;
        continue;
      }
      ++count;
      // Where a slot ends its award says; where each has one term, nobody waits for that.
      const std::uint32_t next = one_term ? held + 1 : award.slot_end;
      if (next >= term) {
        term = next;
        break;
      }
      word &= ~Word{0} << next % 64;
    }
  }
  winners.resize_for_overwrite(count);
}

}  // namespace heed
