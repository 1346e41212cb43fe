// Static analysis of a model that read well: what can never happen, what collides, what nothing
// uses.
#pragma once
#include "model.h"
#include "reader.h"

namespace heed::compile {

/// Errors: triggers that can never show, ranges that overlap.
void check_reach(Reader& reader, const Model& model);

/// Warnings.
void check_habits(Reader& reader, const Model& model);

}  // namespace heed::compile
