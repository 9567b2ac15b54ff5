// The plainest recurrent layer: PyTorch's nn.RNN. Trained by backpropagation through time.
//
//   h[t] = tanh(W_ih x[t] + b_ih + W_hh h[t-1] + b_hh)
//
// The result is h. If expansion is not 1, a Linear projects it from E = expansion * D channels back to D. A sequence
// starts from zero. The state holds h under the name "h".
//
// Shapes: x (B, T, D) -> (B, T, D). Parameters and errors: recurrent_weights.h. Source: ops/sequential/elman.h.
#pragma once

#include "recurrent_weights.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API Elman : public Mixer {
 public:
  Elman(const Params& params, const MixerConfig& config);
  Tensor operator()(const Tensor& x, State& state, const Boundaries& at = {}, Rng* = nullptr) const override;

 private:
  RecurrentWeights weights_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
