#include "heed/base/result.h"

#include <array>

namespace heed {
namespace {

// In the order of the codes.
constexpr std::array<std::string_view, error_code_count> names = {
    "truncated",
    "too_large",
    "not_a_ruleset",
    "wrong_abi",
    "malformed_image",
    "malformed_batch",
    "malformed_snapshot",
    "not_utf8",
    "unsigned",
    "malformed_signature",
    "unknown_key",
    "bad_signature",
    "too_few_signatures",
    "malformed_key",
    "wrong_site",
    "expired",
    "rolled_back",
    "unknown_attribute",
    "unknown_signal",
    "unknown_slot",
    "wrong_type",
    "not_finite",
    "bad_visitor",
    "too_many",
    "no_consent",
    "wrong_visitor",
    "wrong_version",
    "not_supported",
    "bad_id",
    "unknown_field",
};
static_assert(names[static_cast<std::size_t>(ErrorCode::unsigned_ruleset)] == "unsigned");
static_assert(names[static_cast<std::size_t>(ErrorCode::expired)] == "expired");
static_assert(names.back() == "unknown_field");

}  // namespace

std::string_view name(ErrorCode code) { return names[static_cast<std::size_t>(code)]; }

}  // namespace heed
