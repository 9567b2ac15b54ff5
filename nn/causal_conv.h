// Causal convolution as the paper's blocks use it: depthwise over K steps, then pointwise across channels.
//
//   DepthwiseConv    y[t] = bias + sum over j of weight[j] * x[t - (K-1) + j]
//   CausalConv       y[t] = Linear(DepthwiseConv(x)[t])
//
// The state holds the last K-1 inputs of each stream under the name "tail", so a step needs no history.
//
// Shapes: x (B, T, D) -> (B, T, D). Parameters: weight (K, D) and bias (D), U(+-1/sqrt(K)), those of CausalConv under
// "depthwise"; "pointwise" (D, D) with bias. Errors: K < 1.
// Source: arXiv 2410.01201, appendix C.2; the released code's layout.
#pragma once

#include "../ops/boundaries.h"
#include "linear.h"
#include "state.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API DepthwiseConv {
 public:
  DepthwiseConv(const Params& params, int64_t dim, int64_t kernel);
  Tensor operator()(const Tensor& x, State& state, const Boundaries& at = {}) const;

 private:
  Tensor weight_, bias_;
};

class SCANGRAD_API CausalConv {
 public:
  CausalConv(const Params& params, int64_t dim, int64_t kernel);
  Tensor operator()(const Tensor& x, State& state, const Boundaries& at = {}) const;

 private:
  Linear pointwise_;
  DepthwiseConv depthwise_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
