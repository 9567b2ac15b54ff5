// How surprised a classifier is by the right answers: the mean of -log(probability of the target).
//
//   forward     L = -sum over n of l[n, target[n]] / count            l[n, v] = logits[n, v] - m[n] - s[n]
//   backward    dlogits[n, v] = dL (exp(l[n, v]) - [v = target[n]]) / count
//
//               m[n] = max over v of logits[n, v]      s[n] = log(sum over v of exp(logits[n, v] - m[n]))
//
// Sums run over the counted positions: those that the mask names and whose target is not ignore_index. Others get a
// gradient of 0. l is the logarithm of the softmax; with m taken out first nothing overflows and large logits lose no
// digits. Backward computes it again, which saves a second array of the logits' size.
// Shapes: logits (..., V); targets and mask (...); result a scalar. Keeps logits, the targets, and m and s for each
// position. Errors: shapes that disagree, a target that is no class, no counted position.
#pragma once

#include "targets.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API Tensor cross_entropy(const Tensor& logits, const Ids& targets, const TargetOptions& options = {});

}  // namespace scangrad::SCANGRAD_PRECISION
