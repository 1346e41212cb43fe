#include "failure.h"

#include <fmt/format.h>

namespace heed::cli {
namespace {

/// One sentence: what is wrong and what to do. `at` is a byte offset where the code says so.
std::string sentence(ErrorCode code, std::uint64_t at) {
  switch (code) {
    case ErrorCode::truncated:
      return fmt::format("the file ends too early, after {} bytes; copy or build it again", at);
    case ErrorCode::too_large:
      return "larger than any ruleset may be (16 MiB and 16 signatures); check that it is one";
    case ErrorCode::not_a_ruleset:
      return "not a compiled ruleset; `heed build` makes one from a *.heed.json source";
    case ErrorCode::wrong_abi:
      return "compiled by another version of heed; build it again with this one";
    case ErrorCode::malformed_image:
      return fmt::format("damaged at byte {}; copy or build it again", at);
    case ErrorCode::not_utf8:
      return fmt::format("damaged: text that is not UTF-8 at byte {}; build it again", at);
    case ErrorCode::unsigned_ruleset:
      return "nobody has signed this ruleset; `heed sign` does";
    case ErrorCode::malformed_signature:
      return fmt::format("the signatures are damaged at byte {}; sign it again", at);
    case ErrorCode::unknown_key:
      return "signed by nobody on the keyring; ask for the right keyring or the right signature";
    case ErrorCode::bad_signature:
      return "a signature does not fit these bytes: the file was changed after it was signed; "
             "copy it again, or sign it again";
    case ErrorCode::too_few_signatures:
      return fmt::format(
          "{} valid signature(s), fewer than the keyring asks for; have the others sign it", at);
    case ErrorCode::wrong_site:
      return "this ruleset or keyring is for another site; take those of the site that is asked "
             "for";
    case ErrorCode::expired:
      return "the ruleset has expired; push or sign a newer one";
    case ErrorCode::rolled_back:
      return "older than a version already seen; use the newest";
    case ErrorCode::wrong_version:
      return "another version than the one asked for; ask for the one that is there";
    default:
      return fmt::format("refused at {}; build it again with this version of heed", at);
  }
}

}  // namespace

Failure failure_of(const Error& error, std::string where) {
  const std::string code(name(error.code));
  return {Exit::wrong_input, code, code + ": " + sentence(error.code, error.where),
          std::move(where)};
}

}  // namespace heed::cli
