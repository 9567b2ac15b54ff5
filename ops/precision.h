// The precision of matrix products.
//
//   const WithPrecision scope(Precision::kBf16);     // until the end of the scope, for ops of this thread
//   loss = model.loss(inputs, targets, state).loss;
//
// kBf16 rounds the operands of a product to bf16 and adds up in float (core/kernels/bf16_product.h). An op that
// computes products takes the precision at its call, and uses it for its gradient, too. Everything else stays in float:
// results, weights, gradients, norms, losses, scans, and the products inside recurrences, convolutions and attention.
//
// New layers need no code for it: their products come from affine. The double build has one precision; a scope changes
// nothing there. Source: Kalamkar et al., arXiv 1905.12322.
#pragma once

#include "../core/kernels/matrix.h"

namespace scangrad::SCANGRAD_PRECISION {

enum class Precision { kFloat, kBf16 };

// Of this thread. At its start kFloat.
SCANGRAD_API Precision precision();

class SCANGRAD_API WithPrecision {
 public:
  explicit WithPrecision(Precision precision);
  ~WithPrecision();
  WithPrecision(const WithPrecision&) = delete;
  WithPrecision& operator=(const WithPrecision&) = delete;

 private:
  Precision before_;
};

// For ops: gemm (core/kernels/gemm.h) in this precision.
SCANGRAD_API void product(Precision precision, real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add);

}  // namespace scangrad::SCANGRAD_PRECISION
