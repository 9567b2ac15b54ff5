// What Elman, GRU and LSTM layers share: their parameters, under PyTorch's names so that weights can be exchanged as
// they are, the projection of the inputs, and the way back to `dim`.
//
//   p = x W_ih^T + b_ih         for all steps at once; W_hh and b_hh act inside the time loop
//
// Parameters, with G gates and H hidden channels: weight_ih_l0 (G H, in), weight_hh_l0 (G H, H), bias_ih_l0 and
// bias_hh_l0 (G H), all from U(+-1/sqrt(H)). As a mixer's, in is its dim and H = expansion * dim; where H is not dim, a
// Linear to_out (dim, H) leads back. Errors: sizes below 1, H not a whole number. Source: torch.nn.RNN, GRU and LSTM.
#pragma once

#include <optional>

#include "../linear.h"
#include "../mixer.h"

namespace scangrad::SCANGRAD_PRECISION {

// A time loop with h as its only state: ops/sequential/elman.h, ops/sequential/gru.h.
using OneStateLoop = Tensor (*)(const Tensor& projection, const Tensor& weight, const Tensor& bias, const Tensor& h0,
                                const Boundaries& at);

struct SCANGRAD_API RecurrentWeights {
  RecurrentWeights(const Params& params, int64_t gates, int64_t in, int64_t hidden);
  // Those of a mixer, which is called `unit` in messages.
  RecurrentWeights(const Params& params, const std::string& unit, int64_t gates, const MixerConfig& config);

  Tensor project(const Tensor& x) const;
  Tensor to_dim(const Tensor& h) const;
  // A whole layer whose state is "h".
  Tensor run(OneStateLoop loop, const Tensor& x, State& state, const Boundaries& at) const;

  Tensor weight_ih, weight_hh, bias_ih, bias_hh;
  std::optional<Linear> to_out;
};

}  // namespace scangrad::SCANGRAD_PRECISION
