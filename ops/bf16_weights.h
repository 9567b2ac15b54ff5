// Weights in bf16 for generating one token after the other: a step then reads half as much memory.
//
//   const Bf16Weights rounded(params.values());     // a copy, rounded to nearest; used until the end of the scope
//   const NoGrad no_grad;
//   model(token, state);
//
// While it lives, affine on this thread takes its weight from the copy if the weight is a part of `values`, no gradient
// is recorded, and x has at most kFewRows rows (core/kernels/gemm.h). x and the sums are in float. Everything else
// reads `values` itself: biases, norms, embeddings, recurrences, and more rows, such as a long prompt. A change of
// `values` after the copy is not seen. The newest object of a thread is used.
#pragma once

#include <vector>

#include "../core/tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

struct Bf16Rows;  // core/kernels/row_dots.h
struct Matrix;    // core/kernels/matrix.h

class SCANGRAD_API Bf16Weights {
 public:
  explicit Bf16Weights(const Tensor& values);
  ~Bf16Weights();
  Bf16Weights(const Bf16Weights&) = delete;
  Bf16Weights& operator=(const Bf16Weights&) = delete;

  // For affine: this matrix in the newest copy of this thread. No data: there is none.
  static Bf16Rows of(const Matrix& weight);

 private:
  const Tensor values_;
  std::vector<uint16_t> rounded_;
  const Bf16Weights* const before_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
