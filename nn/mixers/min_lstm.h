// minLSTM: an LSTM whose gates and candidate do not look at the previous state, and whose cell is its hidden state.
//
//   f[t] = sigmoid(Linear(x[t]))                    forget gate
//   i[t] = sigmoid(Linear(x[t]))                    input gate
//   c[t] = g(Linear(x[t]))                          candidate; g(v) = v + 1/2 for v >= 0, sigmoid(v) below
//   h[t] = f[t] * h[t-1] + i[t] * c[t]              a linear recurrence: ops/scan.h
//
// With Gates::kNormalised f and i are divided by f + i, so that the state's scale does not grow with time. The three
// Linears are one fused projection (candidate, forget, input); the result is Linear(h). What this layer shares with
// others is in diagonal.h; `forget_bias` is added to the forget gate's bias at the start.
//
// Shapes: x (B, T, D) -> (B, T, D). Parameters: to_hidden_and_gate (3E, D), to_out (D, E), biased or not; h0 (E).
// Source: "Were RNNs All We Needed?", arXiv 2410.01201, section 3.2 and appendix B.3; the released code's defaults.
#pragma once

#include "../../ops/diagonal/min_lstm_scan.h"
#include "diagonal.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API const Choices<Gates>& choices(Gates);

class SCANGRAD_API MinLstm : public DiagonalLayer {
 public:
  static OptionList options();
  MinLstm(const Params& params, const MixerConfig& config);
  Tensor fused(const Tensor& projection, const Tensor& start, const Boundaries& at = {}) const override;
  Tensor composed(const Tensor& projection, const Tensor& start, const Boundaries& at = {}) const override;

 private:
  Gates gates_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
