// Which positions of a batch a classification counts, and the class each should have: shared by cross_entropy and
// accuracy.
//
// A position counts unless its target is ignore_index or its mask is 0. Targets of counted positions lie in 0 ... V-1;
// what stands at the others does not matter.
// Shapes: logits (..., V); targets and mask (...).
// Errors, in the name of the unit that asks: shapes that disagree, a target that is no class, no counted position.
#pragma once

#include "../../core/ids.h"
#include "../../core/tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

struct TargetOptions {
  int32_t ignore_index = -1;
  Ids mask = {};  // undefined: all positions
};

struct CountedTargets {
  Ids ids;            // the target of each position, -1 where it does not count
  int64_t count = 0;  // of the positions that do
};

// `logits` is the shape that the logits have, or would have.
SCANGRAD_API CountedTargets counted_targets(const char* unit, const Shape& logits, const Ids& targets,
                                            const TargetOptions& options);

}  // namespace scangrad::SCANGRAD_PRECISION
