#include "heed/base/result.h"

namespace heed {

std::string_view name(ErrorCode code) {
  switch (code) {
    case ErrorCode::truncated:
      return "truncated";
    case ErrorCode::too_large:
      return "too_large";
    case ErrorCode::not_a_ruleset:
      return "not_a_ruleset";
    case ErrorCode::wrong_abi:
      return "wrong_abi";
    case ErrorCode::malformed_image:
      return "malformed_image";
    case ErrorCode::malformed_batch:
      return "malformed_batch";
    case ErrorCode::malformed_snapshot:
      return "malformed_snapshot";
    case ErrorCode::not_utf8:
      return "not_utf8";
    case ErrorCode::unsigned_ruleset:
      return "unsigned";
    case ErrorCode::malformed_signature:
      return "malformed_signature";
    case ErrorCode::unknown_key:
      return "unknown_key";
    case ErrorCode::bad_signature:
      return "bad_signature";
    case ErrorCode::too_few_signatures:
      return "too_few_signatures";
    case ErrorCode::malformed_key:
      return "malformed_key";
    case ErrorCode::wrong_site:
      return "wrong_site";
    case ErrorCode::expired:
      return "expired";
    case ErrorCode::rolled_back:
      return "rolled_back";
    case ErrorCode::unknown_attribute:
      return "unknown_attribute";
    case ErrorCode::unknown_signal:
      return "unknown_signal";
    case ErrorCode::unknown_slot:
      return "unknown_slot";
    case ErrorCode::wrong_type:
      return "wrong_type";
    case ErrorCode::not_finite:
      return "not_finite";
    case ErrorCode::bad_visitor:
      return "bad_visitor";
    case ErrorCode::too_many:
      return "too_many";
    case ErrorCode::no_consent:
      return "no_consent";
    case ErrorCode::wrong_visitor:
      return "wrong_visitor";
    case ErrorCode::wrong_version:
      return "wrong_version";
    case ErrorCode::not_supported:
      return "not_supported";
    case ErrorCode::bad_id:
      return "bad_id";
    case ErrorCode::unknown_field:
      return "unknown_field";
  }
  return "unknown_error";
}

}  // namespace heed
