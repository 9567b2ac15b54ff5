// The two-layer network of a Transformer block.
//
//   kGelu     y = dropout( Linear( gelu( Linear(x) ) ) )
//   kGeglu    y = dropout( Linear( value * gelu(gate) * mult_bias ) )            (value, gate) = Linear(x)
//
// Dropout acts in training only: where a random position is given to draw the mask from. Null means evaluation.
//
// Shapes: x (..., dim) -> the same, through `hidden` channels. Parameters: to_hidden (hidden, dim), twice as many rows
// for kGeglu; mult_bias (hidden) of kGeglu, from 1; to_out (dim, hidden); the Linears with bias.
// Errors: sizes below 1, dropout outside [0, 1).
// Source: kGeglu: ops/geglu.h, and the released code's feed-forward network.
#pragma once

#include "../core/random.h"
#include "linear.h"
#include "options.h"

namespace scangrad::SCANGRAD_PRECISION {

enum class MlpKind { kGelu, kGeglu };
SCANGRAD_API const Choices<MlpKind>& choices(MlpKind);

class SCANGRAD_API Mlp {
 public:
  Mlp(const Params& params, int64_t dim, int64_t hidden, real dropout = 0, MlpKind kind = MlpKind::kGelu);
  Tensor operator()(const Tensor& x, Rng* training = nullptr) const;

 private:
  Linear to_hidden_;
  Tensor mult_bias_;  // undefined without gates
  Linear to_out_;
  real dropout_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
