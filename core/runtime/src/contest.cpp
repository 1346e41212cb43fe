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
  // Made aside and put in place at once: each byte that is stored on its own could change whatever
  // is read next, as far as a compiler knows.
  Winner drawn_one;
  drawn_one.slot = award.slot;
  drawn_one.trigger = winner.trigger;
  drawn_one.probability = index_.probability(award, chosen);
  drawn_one.options = {static_cast<std::uint8_t>(chosen)};
  drawn_one.part_count = 1;
  drawn_one.held_out = false;
  drawn_one.reason = Reason::split;
  winner = drawn_one;
}

/// The terms that hold among those loaded, from `from` on.
std::uint32_t Contest::list_held(std::uint32_t from, std::uint32_t* held) const {
  std::uint32_t count = 0;
  Word mask = ~Word{0} << from % 64;
  for (std::uint32_t i = from / 64 - first_word_; i < word_count_; ++i) {
    Word word = words_[i] & mask;
    mask = ~Word{0};
    const std::uint32_t base = (first_word_ + i) * 64;
    // The first without a branch: whether there is one, no processor can guess.
    held[count] = base + static_cast<std::uint32_t>(__builtin_ctzll(word | Word{1} << 63U));
    count += static_cast<std::uint32_t>(word != 0);
    for (word &= word - 1; word != 0; word &= word - 1) {
      held[count++] = base + static_cast<std::uint32_t>(__builtin_ctzll(word));
    }
  }
  return count;
}

void Contest::decide_all(Array<Winner>& winners, Array<Reason>* stopped) {
  constexpr std::size_t room_min = 64;
  const std::uint32_t end = index_.term_count();
  std::uint32_t held[chunk_words * 64 + 1];
  // Winners are made in place: one made elsewhere and copied waits for its own bytes.
  winners.resize_for_overwrite(std::max(winners.capacity(), room_min));
  std::size_t count = 0;
  std::uint32_t next = index_.first_trigger_term();  // none before this one is of interest
  while (next < end) {
    if (!is_loaded(next / 64)) load(next / 64);
    const std::uint32_t held_count = list_held(next, held);
    std::uint32_t slot_end = next;
    next = (first_word_ + word_count_) * 64;
    for (std::uint32_t i = 0; i < held_count; ++i) {
      if (held[i] < slot_end) continue;
      if (held[i] >= end) break;
      if (count == winners.size()) winners.resize_for_overwrite(2 * count);
      Winner& winner = winners[count];
      winner.trigger = TriggerId{index_.trigger_of(held[i])};
      const Index::Award& award = index_.award(winner.trigger.index);
      winner.slot = award.slot;
      if ((award.gates | slow_) == 0) {
        draw_one(award, winner);
      } else if (const auto reason = award_slowly(award.gates, held[i], winner)) {
        if (stopped && (*stopped)[award.slot.index] == Reason::no_trigger) {
          (*stopped)[award.slot.index] = *reason;
        }
        continue;
      }
      ++count;
      slot_end = award.slot_end;
    }
    next = std::max(next, slot_end);
  }
  winners.resize_for_overwrite(count);
}

}  // namespace heed
