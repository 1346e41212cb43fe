// From a typed condition to terms: negation pushed to the tests, tests of one input as sets of
// values, the rest as programs.
#pragma once
#include <string>
#include <vector>

#include "terms.h"
#include "typed.h"

namespace heed::compile {

/// @param faults  gets too_many_terms, too_complex
[[nodiscard]] Terms lower_condition(const Typed& condition, Variables& variables,
                                    std::vector<Fault>& faults);

/// Inputs whose unknown values a negation of this condition shuts out, though nothing in it asks
/// whether they are known: at most one fault each.
[[nodiscard]] std::vector<Fault> find_shut_out(const Typed& condition, std::string_view text);

}  // namespace heed::compile
