// minLSTM: an LSTM whose gates and candidate do not look at the previous state, and whose cell is its hidden state.
//
//   f[t] = sigmoid(Linear(x[t]))                    forget gate
//   i[t] = sigmoid(Linear(x[t]))                    input gate
//   c[t] = g(Linear(x[t]))                          candidate; g(v) = v + 1/2 for v >= 0, sigmoid(v) below
//   h[t] = f[t] * h[t-1] + i[t] * c[t]              a linear recurrence: ops/scan.h
//
// With Gates::kNormalised f and i are divided by f + i, so that the state's scale does not grow with time. The three
// Linears are one fused projection (candidate, forget, input); the result is Linear(h), from E = expansion * D channels
// back to D. The state holds h under the name "h". A sequence starts from g(p) with a learned p, or from zero.
//
// Shapes: x (B, T, D) -> (B, T, D). Parameters: to_hidden_and_gate (3E, D), to_out (D, E), biased or not; h0 (E).
// Initialisation: U(+-1/sqrt(fan in)), forget bias plus `forget_bias`, h0 from N(0, 1).
// Errors: E not a whole number; candidate identity in log space, where states must be positive.
// Source: "Were RNNs All We Needed?", arXiv 2410.01201, section 3.2 and appendix B.3; the released code's defaults.
#pragma once

#include "../linear.h"
#include "../mixer.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API MinLstm : public Mixer {
 public:
  MinLstm(const Params& params, const MixerConfig& config);
  Tensor operator()(const Tensor& x, State& state, const Boundaries& at = {}, Rng* = nullptr) const override;

  // h (B, T, E) from the projection (B, T, 3E) by the plain ops that the fused scan replaces.
  Tensor composed(const Tensor& projection, const Tensor& start, const Boundaries& at = {}) const;

 private:
  MixerConfig config_;
  int64_t inner_;
  Linear to_hidden_and_gate_;
  Linear to_out_;
  Tensor h0_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
