// minGRU: a GRU whose gate and candidate do not look at the previous state, so that it trains in parallel over time.
//
//   z[t] = sigmoid(Linear(x[t]))                    update gate: 1 takes the new candidate
//   c[t] = g(Linear(x[t]))                          candidate; g(v) = v + 1/2 for v >= 0, sigmoid(v) below
//   h[t] = (1 - z[t]) * h[t-1] + z[t] * c[t]        a linear recurrence: ops/scan.h
//
// Both Linears are one fused projection (candidate first); the result is Linear(h). What this layer shares with others
// (projection, learned start, state, way back to D channels, log space) is in mixers/diagonal.h.
//
// Shapes: x (B, T, D) -> (B, T, D). Parameters: to_hidden_and_gate (2E, D), to_out (D, E), biased or not; h0 (E).
// Source: "Were RNNs All We Needed?", arXiv 2410.01201, section 3.1 and appendix B.2.
#pragma once

#include "mixers/diagonal.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API MinGru : public DiagonalLayer {
 public:
  static OptionList options();
  MinGru(const Params& params, const MixerConfig& config);
  Tensor fused(const Tensor& projection, const Tensor& start, const Boundaries& at = {}) const override;
  Tensor composed(const Tensor& projection, const Tensor& start, const Boundaries& at = {}) const override;
};

}  // namespace scangrad::SCANGRAD_PRECISION
