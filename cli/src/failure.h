// How a command ends when it does not succeed: what, where, what to do, and the exit status.
#pragma once
#include <cstdint>
#include <string>
#include <utility>

#include "heed/base/result.h"

namespace heed::cli {

enum class Exit : std::uint8_t { done = 0, wrong_input = 1, wrong_call = 2, dependency_failed = 3 };

struct Failure {
  Exit exit = Exit::wrong_input;
  std::string code;     // snake_case; empty where everything has been said already
  std::string message;  // what, where, what to do
  std::string where;    // a file, `file:line:col`, an address
};

template <class T>
using Outcome = tl::expected<T, Failure>;

[[nodiscard]] inline tl::unexpected<Failure> refuse(Exit exit, std::string code, std::string where,
                                                    std::string message) {
  return tl::unexpected<Failure>(
      Failure{exit, std::move(code), std::move(message), std::move(where)});
}

[[nodiscard]] inline tl::unexpected<Failure> wrong_input(std::string code, std::string where,
                                                         std::string message) {
  return refuse(Exit::wrong_input, std::move(code), std::move(where), std::move(message));
}

/// An error of the core's in words; `where` is the file it was found in.
[[nodiscard]] Failure failure_of(const Error& error, std::string where);

}  // namespace heed::cli
