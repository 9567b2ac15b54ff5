// Long short-term memory: PyTorch's nn.LSTM. Trained by backpropagation through time.
//
//   i, f, o = sigmoid(W_ih x[t] + b_ih + W_hh h[t-1] + b_hh)      input, forget and output gate
//   g       = tanh(W_ih x[t] + b_ih + W_hh h[t-1] + b_hh)         candidate
//   c[t]    = f c[t-1] + i g            h[t] = o tanh(c[t])
//
// The result is h. If expansion is not 1, a Linear projects it from E = expansion * D channels back to D. A sequence
// starts from zero. The state holds "h" and "c".
//
// Shapes: x (B, T, D) -> (B, T, D). Parameters and errors: recurrent_weights.h. Source: ops/sequential/lstm.h.
#pragma once

#include "recurrent_weights.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API Lstm : public Mixer {
 public:
  Lstm(const Params& params, const MixerConfig& config);
  Tensor operator()(const Tensor& x, State& state, const Boundaries& at = {}, Rng* = nullptr) const override;

 private:
  RecurrentWeights weights_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
