// The two-layer network of a Transformer block.
//
//   y = dropout( Linear( gelu( Linear(x) ) ) )
//
// Dropout acts in training only: where a random position is given to draw the mask from. Null means evaluation.
//
// Shapes: x (..., dim) -> the same, through `hidden` channels. Parameters: to_hidden (hidden, dim), to_out (dim,
// hidden), both with bias. Errors: sizes below 1, dropout outside [0, 1).
#pragma once

#include "../core/random.h"
#include "linear.h"

namespace scangrad::inline SCANGRAD_PRECISION {

class SCANGRAD_API Mlp {
 public:
  Mlp(const Params& params, int64_t dim, int64_t hidden, real dropout = 0);
  Tensor operator()(const Tensor& x, Rng* training = nullptr) const;

 private:
  Linear to_hidden_, to_out_;
  real dropout_;
};

}  // namespace scangrad::inline SCANGRAD_PRECISION
