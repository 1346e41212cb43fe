// What takes a site's earlier rulesets to its newest: made when first asked for, kept until the
// next is published. Any thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace heed::store {

class Patches {
 public:
  using Bytes = std::vector<std::byte>;

  /// Whoever is further behind fetches the whole: so many patches at most are made of a version,
  /// whoever asks.
  static constexpr std::uint64_t versions_back_max = 16;

  /// @param newest  the signed ruleset of `version`
  /// @param base    reads the signed ruleset of version `have`; empty where there is none
  /// @return  empty where the whole is no larger
  [[nodiscard]] Bytes find(std::string_view site, std::uint64_t version, const Bytes& newest,
                           std::uint64_t have, const std::function<Bytes()>& base);

 private:
  struct Made {
    std::uint64_t version = 0;
    std::map<std::uint64_t, Bytes> patches;  // by the version that they are for
  };

  std::mutex mutex_;  // also while one is made: those who ask for the same wait for it
  std::map<std::string, Made, std::less<>> sites_;
};

}  // namespace heed::store
