// The two normalisations over channels, with their parameters.
//
//   RmsNorm     y = x / rms(x) * (1 + gamma)            gamma starts at 0: the released code's form, without eps
//   LayerNorm   y = (x - mean(x)) / s(x) * weight + bias      weight starts at 1, bias at 0: PyTorch's form, eps 1e-5
//
// What follows a norm keeps no copy of its result, which is made again from x in backward (core/saved.h).
// Shapes: x (..., dim) -> the same. Parameters: gamma (dim); weight (dim) and bias (dim). Errors: dim below 1.
// Source: see ops/rms_norm.h and ops/layer_norm.h.
#pragma once

#include "../core/tensor.h"
#include "params.h"

namespace scangrad::inline SCANGRAD_PRECISION {

class SCANGRAD_API RmsNorm {
 public:
  RmsNorm(const Params& params, int64_t dim);
  Tensor operator()(const Tensor& x) const;

 private:
  Tensor gamma_;
};

class SCANGRAD_API LayerNorm {
 public:
  LayerNorm(const Params& params, int64_t dim);
  Tensor operator()(const Tensor& x) const;

 private:
  Tensor weight_, bias_;
};

}  // namespace scangrad::inline SCANGRAD_PRECISION
