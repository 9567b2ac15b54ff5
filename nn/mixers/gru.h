// The gated recurrent unit: PyTorch's nn.GRU. Trained by backpropagation through time.
//
//   r, z = sigmoid(W_ih x[t] + b_ih + W_hh h[t-1] + b_hh)         reset and update gate
//   n    = tanh(W_ih x[t] + b_ih + r (W_hh h[t-1] + b_hh))        candidate
//   h[t] = (1 - z) n + z h[t-1]
//
// The result is h. If expansion is not 1, a Linear projects it from E = expansion * D channels back to D. A sequence
// starts from zero. The state holds h under the name "h".
//
// Shapes: x (B, T, D) -> (B, T, D). Parameters and errors: recurrent_weights.h. Source: ops/sequential/gru.h.
#pragma once

#include "recurrent_weights.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API Gru : public Mixer {
 public:
  Gru(const Params& params, const MixerConfig& config);
  Tensor operator()(const Tensor& x, State& state, const Boundaries& at = {}, Rng* = nullptr) const override;

 private:
  RecurrentWeights weights_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
