// Every row times a matrix, plus a bias: what a linear layer computes, and where most of a training step's time goes.
//
//   forward     y = x W^T + b
//   backward    dx = dy W      dW = dy^T x      db = sum of dy over its rows
//
// All leading axes of x count as rows. The bias is added to a block of rows just after its product, and db is gathered
// from a block just before dx is, while the block is in the cache: both are then almost free.
// The products have the precision of the call: precision.h.
// Shapes: x (..., I); weight W (O, I), the layout of PyTorch; bias b (O), or undefined for none; result (..., O).
// Keeps x, weight. Errors: shapes that disagree.
#pragma once

#include "../core/tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API Tensor affine(const Tensor& x, const Tensor& weight, const Tensor& bias = {});

}  // namespace scangrad::SCANGRAD_PRECISION
