// The fraction of counted positions whose largest logit is the target's; of equal logits the first one is taken.
// Positions count as for cross_entropy. Not differentiable, takes no part in a graph.
//
// Shapes: logits (..., V); targets and mask (...).
// Errors: shapes that disagree, a target that is no class, no counted position.
#pragma once

#include "targets.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API double accuracy(const Tensor& logits, const Ids& targets, const TargetOptions& options = {});

}  // namespace scangrad::SCANGRAD_PRECISION
