// A head without bias and its cross-entropy in one op: for vocabularies whose logits would not fit in memory.
//
//   logits = x W^T            loss = cross_entropy(logits, targets)
//
// Rows are taken in blocks. The logits of a block live only until its share of the loss, and of the gradients that are
// wanted, is computed. So logits (N, V) and their gradient are never kept: backward only multiplies dx (N, D) and
// dW (V, D) by dL. It calls affine and cross_entropy on each block; dW is summed in the order of the blocks.
//
// Shapes: x (..., D); weight W (V, D); targets and mask (...); result a scalar, with the accuracy next to it, which
// takes no part in the graph. Keeps dx and dW. Errors: those of affine and cross_entropy.
#pragma once

#include "targets.h"

namespace scangrad::SCANGRAD_PRECISION {

struct LossAndAccuracy {
  Tensor loss;
  double accuracy = 0;
};

// A block has about so many logits.
inline constexpr int64_t kBlockLogits = int64_t(8) << 20;

SCANGRAD_API LossAndAccuracy linear_cross_entropy(const Tensor& x, const Tensor& weight, const Ids& targets,
                                                  const TargetOptions& options = {},
                                                  int64_t block_logits = kBlockLogits);

}  // namespace scangrad::SCANGRAD_PRECISION
