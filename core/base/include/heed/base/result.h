// Result<T>: a value or an Error. The one error type of the core; authoring errors are
// compile::Diagnostics. Nothing in the core throws.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace heed {

enum class ErrorCode : std::uint8_t {
  // bytes
  truncated,
  too_large,
  not_a_ruleset,
  wrong_abi,
  malformed_image,
  malformed_batch,
  malformed_snapshot,
  not_utf8,
  // trust
  unsigned_ruleset,
  malformed_signature,
  unknown_key,
  bad_signature,
  too_few_signatures,
  malformed_key,
  wrong_site,
  expired,
  rolled_back,
  // calls
  unknown_attribute,
  unknown_signal,
  unknown_slot,
  wrong_type,
  not_finite,
  bad_visitor,
  too_many,
  no_consent,
  wrong_visitor,
  wrong_version,
  not_supported,
  bad_id,         // a signal id that is too long or not UTF-8, or none where one is needed
  unknown_field,  // a signal has no such field
};

/// Codes are contiguous from 0: this many.
inline constexpr std::size_t error_code_count =
    static_cast<std::size_t>(ErrorCode::unknown_field) + 1;

/// The code's spelling in every message, JSON answer and TypeScript union: snake_case;
/// `unsigned_ruleset` is spelled "unsigned".
[[nodiscard]] std::string_view name(ErrorCode code);

/// What went wrong and where: a byte offset for formats, an index for calls.
struct Error {
  ErrorCode code;
  std::uint64_t where = 0;

  friend bool operator==(const Error&, const Error&) = default;
};

template <class T>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::uint64_t where = 0) {
  return tl::unexpected<Error>(Error{code, where});
}

}  // namespace heed

#define HEED_CONCAT_INNER(a, b) a##b
#define HEED_CONCAT(a, b) HEED_CONCAT_INNER(a, b)

/// `HEED_TRY(name, expression);` binds the value of a Result or returns its error.
#define HEED_TRY(name, ...) HEED_TRY_IMPL(HEED_CONCAT(heed_try_, __LINE__), name, __VA_ARGS__)
#define HEED_TRY_IMPL(result, name, ...)                                       \
  auto result = (__VA_ARGS__);                                                 \
  if (!result) return ::heed::fail(result.error().code, result.error().where); \
  auto name = std::move(*result)

/// Ours to keep, never a caller's mistake and never reachable from hostile bytes.
#define HEED_ASSERT(condition)          \
  do {                                  \
    if (!(condition)) __builtin_trap(); \
  } while (false)
