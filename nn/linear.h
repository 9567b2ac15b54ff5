// Affine map of the last axis.
//
//   y = x W^T + b
//
// Shapes: x (..., in) -> (..., out). Parameters: weight (out, in) and, where asked for, bias (out), both from
// U(+-1/sqrt(in)), PyTorch's default; with a `stddev`, weights from N(0, stddev) and a zero bias. An `identity` gives x
// as it is and has no parameters. Errors: sizes below 1, x with other channels, an identity between different sizes.
#pragma once

#include "../core/tensor.h"
#include "params.h"

namespace scangrad::SCANGRAD_PRECISION {

struct LinearOptions {
  bool bias = true;
  Role role = Role::kWeight;  // of the weight; the bias has Role::kBias, or kGate next to the weight of a gate
  double stddev = 0;          // of the initial weights; 0: PyTorch's default
  bool identity = false;
};

class SCANGRAD_API Linear {
 public:
  Linear(const Params& params, int64_t in, int64_t out, const LinearOptions& options = {});
  Tensor operator()(const Tensor& x) const;
  const Tensor& weight() const { return weight_; }  // undefined for an identity
  Tensor& bias() { return bias_; }                  // undefined without bias

 private:
  Tensor weight_, bias_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
