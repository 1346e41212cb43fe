// What a call to the store gives: a value, or a refusal that is the body of an error answer.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "heed/base/result.h"

namespace heed::store {

struct Refusal {
  int status = 500;                   // HTTP
  std::string code;                   // snake_case
  std::string message;                // what, where, what to do
  std::string where;                  // a path, a line and field, an offset
  std::optional<std::uint64_t> mark;  // of a `gap`
  std::optional<int> retry_after_s;
};

template <class T>
using Answer = tl::expected<T, Refusal>;

[[nodiscard]] inline tl::unexpected<Refusal> refuse(int status, std::string code,
                                                    std::string message, std::string where = "") {
  return tl::unexpected<Refusal>(Refusal{status, std::move(code), std::move(message),
                                         std::move(where), std::nullopt, std::nullopt});
}

}  // namespace heed::store
