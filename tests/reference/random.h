// Choices from a seed, or from a fuzzer's bytes for as long as they last: the same in, the same
// out, on every machine.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace heed::reference {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  /// Two bytes a choice; borrowed.
  explicit Random(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  std::uint64_t next() {
    if (bytes_.size() < 2) return split_mix();
    const std::uint64_t chosen = bytes_[0] | std::uint64_t{bytes_[1]} << 8U;
    bytes_ = bytes_.subspan(2);
    return chosen;
  }

  /// 0 to `count` - 1.
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(next() % count); }
  bool chance(unsigned percent) { return below(100) < percent; }

  template <class List>
  const typename List::value_type& pick(const List& choices) {
    return choices[below(choices.size())];
  }

 private:
  /// SplitMix64 (Steele, Lea, Flood 2014).
  std::uint64_t split_mix() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31U);
  }

  std::uint64_t state_ = 0;
  std::span<const std::uint8_t> bytes_;
};

}  // namespace heed::reference
