// HGRN, real-valued: a gated linear recurrence whose forget gates are bounded from below, more so in higher layers.
//
//   [v, k, u] = Linear(x)
//   f[t] = lower + (1 - lower) * sigmoid(k[t])                  forget gate: 1 keeps the state
//   h[t] = f[t] * h[t-1] + (1 - f[t]) * silu(v[t])              ops/diagonal/hgrn_scan.h
//   y[t] = Linear(norm(h[t]) * silu(u[t]))                      norm: PyTorch's RMSNorm
//
// The lower bounds of all layers come from one parameter (layers, E), which the blocks of a network share: 0 in the
// first layer, and (layers - 1) / layers in the last one at the start. What this layer shares with others is in
// diagonal.h. The state holds h under "h".
//
// Shapes: x (B, T, D) -> (B, T, D). Parameters: to_hidden_and_gate (3E, D), to_out (D, E), biased or not; norm.weight
// (E); lower_bounds (layers, E) of the network, from 0. Errors: a layer that the network does not have.
// Source: Qin et al., arXiv 2311.04823; the real-valued layer of later code, which has no biases.
#pragma once

#include "../norm.h"
#include "diagonal.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API Hgrn : public DiagonalLayer {
 public:
  static OptionList options();
  Hgrn(const Params& params, const MixerConfig& config);
  Tensor fused(const Tensor& projection, const Tensor& start, const Boundaries& at = {}) const override;
  Tensor composed(const Tensor& projection, const Tensor& start, const Boundaries& at = {}) const override;

 protected:
  Tensor result(const Tensor& h, const Tensor& projection) const override;

 private:
  Norm norm_;
  int64_t layer_;
  Tensor lower_bounds_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
